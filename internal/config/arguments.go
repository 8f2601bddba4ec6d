package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// arguments are the decoded arguments of an instance.
type arguments struct {
	own schema.Values
	// attrs and blocks are parallel to the shape's.
	attrs, blocks      []*decoded
	sensitive, unknown []string
}

// decode decodes the arguments for one instance.
func (x *expansion) decode(ctx *hcl.EvalContext) (*arguments, hcl.Diagnostics) {
	a, diags := x.b.args, hcl.Diagnostics(nil)
	s := a.shape
	if a.dynamic != nil {
		expanded, d := a.expand(ctx)
		diags = append(diags, d...)
		a = expanded
	}
	out := &arguments{own: make(schema.Values, len(s.attrs)+len(s.blocks)), attrs: make([]*decoded, len(s.attrs)), blocks: make([]*decoded, len(s.blocks))}
	for i := range s.attrs {
		v := x.sharedAttrs[i]
		if v == nil {
			var d hcl.Diagnostics
			v, d = x.dec.attr(&s.attrs[i], a.attrs[i], ctx, a.rng)
			diags = append(diags, d...)
			if a.attrs[i] == nil || a.attrs[i].refs.uses&usesEach == 0 {
				x.sharedAttrs[i] = v
			}
		}
		out.attrs[i] = v
		out.note(s.attrs[i].Name, s.attrs[i].common, v)
	}
	for i := range s.blocks {
		v := x.sharedBlocks[i]
		if v == nil {
			var d hcl.Diagnostics
			v, d = x.dec.block(&s.blocks[i], a.blocks[i], ctx)
			diags = append(diags, d...)
			if a.blockUses[i]&usesEach == 0 {
				x.sharedBlocks[i] = v
			}
		}
		out.blocks[i] = v
		out.note(s.blocks[i].Name, s.blocks[i].common, v)
	}
	if len(s.own.ExactlyOne)+len(s.own.AtMostOne) > 0 {
		diags = append(diags, checkGroups(a, out.attrs, out.blocks, nil)...)
	}
	return out, diags
}

func (a *arguments) note(name string, common bool, v *decoded) {
	if !common {
		a.own[name] = v.value
		if v.sensitive && v.set {
			a.sensitive = append(a.sensitive, name)
		}
	}
	if v.unknown {
		a.unknown = append(a.unknown, name)
	}
}

// late reports whether some argument refers to version or period.
func (a *args) late() bool {
	for _, at := range a.attrs {
		if at != nil && at.refs.uses&usesLate != 0 {
			return true
		}
	}
	for _, u := range a.blockUses {
		if u&usesLate != 0 {
			return true
		}
	}
	return false
}

// lateArgs returns the function behind [Instance.ArgsFor].
func (x *expansion) lateArgs(in *Instance, ctx *hcl.EvalContext) func(export.Version) (schema.Values, hcl.Diagnostics) {
	a, e := x.b.args, x.e
	return func(v export.Version) (schema.Values, hcl.Diagnostics) {
		dec := decoder{e: e, late: moment{v, in.zone()}.values(false)}
		out := maps.Clone(in.Args)
		var diags hcl.Diagnostics
		for i, at := range a.attrs {
			if at == nil || at.refs.uses&usesLate == 0 || slices.Contains(in.kept, at.Name) {
				continue
			}
			val, d := dec.attr(&a.shape.attrs[i], at, ctx, a.rng)
			diags = append(diags, d...)
			out[at.Name] = val.value
		}
		for i := range a.blocks {
			if a.blockUses[i]&usesLate == 0 || slices.Contains(in.kept, a.shape.blocks[i].Name) {
				continue
			}
			val, d := dec.block(&a.shape.blocks[i], a.blocks[i], ctx)
			diags = append(diags, d...)
			out[a.shape.blocks[i].Name] = val.value
		}
		return out, e.c.redact(diags)
	}
}
