package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/schema"
)

// shape is a body's schema prepared for decoding many bodies of one type.
type shape struct {
	own    *schema.Body
	attrs  []attrShape
	blocks []blockShape
	// late is set when something in the body is evaluated for each version.
	late bool
	// hcl lists everything that may be written in the body, dynamic blocks included.
	hcl *hcl.BodySchema
	// blocksOnly lists nothing but nested blocks.
	blocksOnly *hcl.BodySchema
}

type attrShape struct {
	*schema.Attribute
	// common arguments belong to every export, not to the type.
	common bool
	// absent is what the argument is when it is not written.
	absent *decoded
}

type blockShape struct {
	*schema.Block
	shape  *shape
	common bool
	// identity and rendering say whether the block counts in the hashes.
	identity, rendering bool
	// null is the value of a block that is not written.
	null *decoded
}

// meta names arguments and blocks that the language itself gives a meaning to.
type meta struct {
	attrs, blocks []string
	// late means that a required argument may come from elsewhere and is checked
	// when the body is decoded.
	late bool
}

var (
	exportMeta   = meta{attrs: []string{pathArgument, "provider", "for_each", "count", "depends_on"}, blocks: []string{"lifecycle"}}
	dataMeta     = meta{attrs: []string{"provider", "for_each", "count", "depends_on"}}
	providerMeta = meta{attrs: []string{"alias"}, late: true}
)

const dynamicBlock = "dynamic"

func newShape(own, common *schema.Body, m meta) *shape {
	s := &shape{own: own, hcl: &hcl.BodySchema{}, blocksOnly: &hcl.BodySchema{}}
	s.add(own, false, m.late)
	if common != nil {
		s.add(common, true, m.late)
	}
	for _, name := range m.attrs {
		s.hcl.Attributes = append(s.hcl.Attributes, hcl.AttributeSchema{Name: name})
	}
	for _, name := range m.blocks {
		s.hcl.Blocks = append(s.hcl.Blocks, hcl.BlockHeaderSchema{Type: name})
	}
	if len(s.blocks) > 0 {
		s.hcl.Blocks = append(s.hcl.Blocks, hcl.BlockHeaderSchema{Type: dynamicBlock, LabelNames: []string{"type"}})
	}
	return s
}

func (s *shape) add(body *schema.Body, common, late bool) {
	for i := range body.Attributes {
		a := &body.Attributes[i]
		s.attrs = append(s.attrs, attrShape{a, common, absent(a)})
		s.late = s.late || a.Late
		s.hcl.Attributes = append(s.hcl.Attributes, hcl.AttributeSchema{Name: a.Name, Required: a.Required && !late})
	}
	for i := range body.Blocks {
		b := &body.Blocks[i]
		inner := newShape(&b.Body, nil, meta{})
		s.late = s.late || inner.late
		identity, rendering := marksOf(&b.Body)
		s.blocks = append(s.blocks, blockShape{
			Block: b, shape: inner, common: common, identity: identity, rendering: rendering || b.Rendering,
			null: noBlocks(inner, b.Repeated),
		})
		header := hcl.BlockHeaderSchema{Type: b.Name}
		s.hcl.Blocks = append(s.hcl.Blocks, header)
		s.blocksOnly.Blocks = append(s.blocksOnly.Blocks, header)
	}
}

// absent returns what an argument is when it is not written.
func absent(a *schema.Attribute) *decoded {
	out := &decoded{value: cty.NullVal(a.Type.WithoutOptionalAttributesDeep()), sensitive: a.Sensitive}
	if a.Default != cty.NilVal {
		out.value = a.Default
	}
	out.shown = out.value
	return out
}

// noBlocks is the value of a block that is not written.
func noBlocks(s *shape, repeated bool) *decoded {
	v := cty.NullVal(s.blockType(repeated))
	return &decoded{value: v, shown: v}
}

// blockType is the type of a block's value; arguments of any type leave the type
// of a repeated block open.
func (s *shape) blockType(repeated bool) cty.Type {
	t := s.objectType()
	if !repeated {
		return t
	}
	if t.HasDynamicTypes() {
		return cty.DynamicPseudoType
	}
	return cty.List(t)
}

func (s *shape) objectType() cty.Type {
	types := make(map[string]cty.Type, len(s.attrs)+len(s.blocks))
	for _, a := range s.attrs {
		types[a.Name] = a.Type.WithoutOptionalAttributesDeep()
	}
	for _, b := range s.blocks {
		types[b.Name] = b.shape.blockType(b.Repeated)
	}
	return cty.Object(types)
}

func (s *shape) block(name string) *blockShape {
	for i := range s.blocks {
		if s.blocks[i].Name == name {
			return &s.blocks[i]
		}
	}
	return nil
}
