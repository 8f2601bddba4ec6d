// Package schema describes, as data, what providers, exports and data sources
// accept. The same description drives the decoding of configurations, the
// diagnostics with their suggestions, `providers schema -json`, and the reference
// pages in docs/. It holds no behaviour: what an argument does is its owner's.
package schema

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// Attribute is one argument of a block.
type Attribute struct {
	Name        string
	Description string
	// Type is what a value is converted to.
	Type     cty.Type
	Required bool
	// Default is used when the argument is absent or null; cty.NilVal means null.
	Default cty.Value
	// Env names the environment variable that stands in for an absent argument of
	// a provider.
	Env string
	// Sensitive values are never printed nor stored; changes of them are noticed
	// by a keyed hash.
	Sensitive bool
	// Duration marks a string that [export.ParseDuration] must accept.
	Duration bool
	// Enum lists the values a string may have.
	Enum []string
	// Identity marks an argument that makes the export this one and no other: a
	// change of it is a replacement.
	Identity bool
	// Rendering marks an argument that shapes the files: a change of it means
	// that kept versions are written again.
	Rendering bool
	// Late marks an expression that is evaluated for each version and may refer
	// to version.* and period.*.
	Late bool
	// Example is HCL source for the reference pages.
	Example string
}

// Block is a nested block.
type Block struct {
	Name        string
	Description string
	Body        Body
	// Repeated blocks decode to a list of objects, others to an object or null.
	Repeated bool
	// Rendering is as for attributes.
	Rendering bool
}

// Body is the inside of a block.
type Body struct {
	Attributes []Attribute
	Blocks     []Block
	// ExactlyOne lists groups of arguments of which exactly one must be set.
	ExactlyOne [][]string
	// AtMostOne lists groups of arguments of which no two may be set.
	AtMostOne [][]string
}

// Attribute returns the attribute with the name, or nil.
func (b *Body) Attribute(name string) *Attribute {
	if i := slices.IndexFunc(b.Attributes, func(a Attribute) bool { return a.Name == name }); i >= 0 {
		return &b.Attributes[i]
	}
	return nil
}

// Block returns the nested block with the name, or nil.
func (b *Body) Block(name string) *Block {
	if i := slices.IndexFunc(b.Blocks, func(n Block) bool { return n.Name == name }); i >= 0 {
		return &b.Blocks[i]
	}
	return nil
}

// Names returns the names of all attributes and blocks, for suggestions.
func (b *Body) Names() []string {
	names := make([]string, 0, len(b.Attributes)+len(b.Blocks))
	for i := range b.Attributes {
		names = append(names, b.Attributes[i].Name)
	}
	for i := range b.Blocks {
		names = append(names, b.Blocks[i].Name)
	}
	return names
}

// Provider describes a service.
type Provider struct {
	// Name is the label of the provider block and the prefix of its types.
	Name        string
	Description string
	Body        Body
	Exports     []Export
	Data        []Data
}

// Export describes an export type.
type Export struct {
	// Type is the first label of the export block.
	Type        string
	Description string
	// Body holds the type's own arguments; the common ones are config's.
	Body Body
	// Formats are the values format may have; the first is the default.
	Formats []string
	// Result describes attributes beyond the common ones that expressions can
	// read from an instance, such as report_id.
	Result map[string]Result
	// Reference is what else the reference page says: Markdown, with headings from
	// the third level on.
	Reference string
}

// Data describes a data source.
type Data struct {
	// Type is the first label of the data block.
	Type        string
	Description string
	Body        Body
	Result      map[string]Result
}

// Result is one attribute that can be read from an instance.
type Result struct {
	Type        cty.Type
	Description string
}
