package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
)

// args is a body taken apart by its shape, before anything is evaluated.
type args struct {
	shape *shape
	rng   hcl.Range // of the block's header
	// attrs are parallel to shape.attrs, nil where nothing is written.
	attrs []*arg
	// blocks are parallel to shape.blocks.
	blocks [][]*args
	// blockUses are what the blocks of a type refer to, parallel to shape.blocks.
	blockUses []uses
	// dynamic is the body when it holds dynamic blocks somewhere: its blocks are
	// known only after evaluation, blocks is empty then.
	dynamic hcl.Body
	// unknown is set for the content of a dynamic block that is not known yet.
	unknown bool
}

// arg is an argument as written.
type arg struct {
	*hcl.Attribute
	refs refs
}

// takeApart splits a body by its shape. The arguments and blocks that the
// language gives a meaning to are returned as they are.
func takeApart(body hcl.Body, s *shape, rng hcl.Range) (*args, *hcl.BodyContent, hcl.Diagnostics) {
	content, diags := body.Content(s.hcl)
	a := &args{
		shape: s, rng: rng,
		attrs: make([]*arg, len(s.attrs)), blocks: make([][]*args, len(s.blocks)), blockUses: make([]uses, len(s.blocks)),
	}
	for i, spec := range s.attrs {
		if attr, ok := content.Attributes[spec.Name]; ok {
			a.attrs[i] = &arg{Attribute: attr}
		}
	}
	for _, b := range content.Blocks {
		if b.Type == dynamicBlock {
			diags = append(diags, checkDynamic(b, s)...)
			a.dynamic = body
			continue
		}
		i, d := a.nest(b)
		diags = append(diags, d...)
		if i >= 0 && a.blocks[i][len(a.blocks[i])-1].dynamic != nil {
			a.dynamic = body
		}
	}
	return a, content, diags
}

// nest takes a nested block apart and adds it. It returns the index of the
// block's type, or -1 for a block that is not the schema's.
func (a *args) nest(b *hcl.Block) (int, hcl.Diagnostics) {
	for i, spec := range a.shape.blocks {
		if spec.Name != b.Type {
			continue
		}
		inner, _, diags := takeApart(b.Body, spec.shape, b.DefRange)
		if u, ok := b.Body.(interface{ Unknown() bool }); ok {
			inner.unknown = u.Unknown()
		}
		if !spec.Repeated && len(a.blocks[i]) > 0 {
			diags = append(diags, diag(b.DefRange, "Duplicate block",
				"Only one %s block is allowed here; another was defined at %s.", b.Type, a.blocks[i][0].rng))
		}
		a.blocks[i] = append(a.blocks[i], inner)
		return i, diags
	}
	return -1, nil
}

// checkDynamic checks what can be known of a dynamic block without evaluating it.
func checkDynamic(b *hcl.Block, s *shape) hcl.Diagnostics {
	spec := s.block(b.Labels[0])
	if spec == nil {
		var known []string
		for _, k := range s.blocks {
			known = append(known, k.Name)
		}
		return hcl.Diagnostics{diag(b.LabelRanges[0], "Unsupported block type",
			"Blocks of type %q are not expected here.%s", b.Labels[0], didYouMean(b.Labels[0], known))}
	}
	content, _, _ := b.Body.PartialContent(dynamicSchema) // dynblock reports what is wrong with it
	var diags hcl.Diagnostics
	for _, c := range content.Blocks {
		_, _, d := takeApart(c.Body, spec.shape, c.DefRange)
		diags = append(diags, d...)
	}
	return diags
}

var dynamicSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "content"}}}

// expand returns the args with the dynamic blocks expanded.
func (a *args) expand(ctx *hcl.EvalContext) (*args, hcl.Diagnostics) {
	if a.dynamic == nil {
		return a, nil
	}
	content, _, diags := dynblock.Expand(a.dynamic, ctx).PartialContent(a.shape.blocksOnly)
	out := *a
	out.dynamic = nil
	out.blocks = make([][]*args, len(a.shape.blocks))
	for _, b := range content.Blocks {
		_, d := out.nest(b)
		diags = append(diags, d...)
	}
	return &out, diags
}

// resolve records what the arguments refer to, and returns all of it together.
func (a *args) resolve(m *module, s scope) (refs, hcl.Diagnostics) {
	var all refs
	var diags hcl.Diagnostics
	for i, at := range a.attrs {
		if at == nil {
			continue
		}
		where := s
		if a.shape.attrs[i].Late {
			where.allow |= usesLate
		}
		r, d := m.resolve(at.Expr, where)
		at.refs = r
		all.merge(r)
		diags = append(diags, d...)
	}
	if a.dynamic != nil {
		r, d := m.resolveDynamic(dynblock.WalkVariables(a.dynamic), a.shape, s)
		all.merge(r)
		for i := range a.blockUses {
			a.blockUses[i] = r.uses
		}
		return all, append(diags, d...)
	}
	for i := range a.blocks {
		for _, inner := range a.blocks[i] {
			r, d := inner.resolve(m, s)
			all.merge(r)
			a.blockUses[i] |= r.uses
			diags = append(diags, d...)
		}
	}
	return all, diags
}

// resolveDynamic does the same for blocks that may be dynamic.
func (m *module) resolveDynamic(n dynblock.WalkVariablesNode, s *shape, where scope) (refs, hcl.Diagnostics) {
	var all refs
	var diags hcl.Diagnostics
	vars, children := n.Visit(s.blocksOnly)
	for _, t := range vars {
		diags = append(diags, m.reference(t, where, &all)...)
	}
	for _, c := range children {
		if spec := s.block(c.BlockTypeName); spec != nil {
			diags = append(diags, m.resolveContent(c.Node, spec.shape, where, &all)...)
		}
	}
	return all, diags
}

func (m *module) resolveContent(n dynblock.WalkVariablesNode, s *shape, where scope, all *refs) hcl.Diagnostics {
	var diags hcl.Diagnostics
	vars, children := n.Visit(s.hcl)
	for _, t := range vars {
		diags = append(diags, m.reference(t, where, all)...)
	}
	for _, c := range children {
		if spec := s.block(c.BlockTypeName); spec != nil {
			diags = append(diags, m.resolveContent(c.Node, spec.shape, where, all)...)
		}
	}
	return diags
}

// rangeOf returns where an argument or block is written, the header of the body
// when it is not. An argument inside a block is named block.argument.
func (a *args) rangeOf(name string) hcl.Range {
	name, inner, nested := strings.Cut(name, ".")
	for i, spec := range a.shape.attrs {
		if spec.Name == name && a.attrs[i] != nil {
			return a.attrs[i].Range
		}
	}
	for i, spec := range a.shape.blocks {
		if spec.Name == name && len(a.blocks[i]) > 0 {
			if nested {
				return a.blocks[i][0].rangeOf(inner)
			}
			return a.blocks[i][0].rng
		}
	}
	return a.rng
}
