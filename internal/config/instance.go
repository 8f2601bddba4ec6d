package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// Instance is a wanted instance of an export.
type Instance struct {
	Address export.Address
	// Provider is the provider's reference: planfix, or planfix.alias.
	Provider string
	// Args are the arguments of the type, complete and without marks. Parts that
	// refer to version or period are unknown; ArgsFor fills them in.
	Args schema.Values
	// Sensitive names the arguments of which some part is sensitive.
	Sensitive []string
	// Unknown names the arguments, common ones included, that depend on results
	// not known yet.
	Unknown []string

	Enabled   bool
	Format    export.Format
	CSV       export.CSVOptions
	Retention export.Retention
	// Every is zero without the argument.
	Every time.Duration
	// Period is nil without the block.
	Period *export.Cut
	// MinRows and MaxShrink are zero when not set.
	MinRows   int64
	MaxShrink float64
	Path      PathTemplate

	// DependsOn are the blocks that the export refers to or names in depends_on.
	DependsOn      []export.Address
	PreventDestroy bool
	// OnDestroy is the argument on_destroy of types that have it.
	OnDestroy string
	// IgnoreChanges names the arguments of the type that stay as the state has
	// them; [Instance.Keep] puts them back.
	IgnoreChanges                 []string
	Preconditions, Postconditions []Condition

	// Identity is a hash of the arguments that make it this export; empty while one
	// of them is unknown. Rendering is the same for what shapes the files. Neither
	// covers sensitive values.
	Identity, Rendering string
	// Attributes are the arguments of the type as a JSON object, without those that
	// are sensitive, null or unknown.
	Attributes []byte

	// Range is the block's header.
	Range hcl.Range

	block  *block
	config *Config
	late   func(export.Version) (schema.Values, hcl.Diagnostics)
	// keeper is set when there are changes to ignore; kept are the arguments that
	// it has put back.
	keeper *keeper
	kept   []string
}

// AttrRange returns where an argument or nested block is written; the block's
// header when it is not.
func (i *Instance) AttrRange(name string) hcl.Range {
	if i.block == nil {
		return i.Range
	}
	if a := i.block.meta[name]; a != nil {
		return a.Range
	}
	if p := i.block.lifecycle.preventDestroy; p != nil && name == "prevent_destroy" {
		return p.Range
	}
	return i.block.args.rangeOf(name)
}

// ArgsFor returns Args with version and period filled in. For a generation that
// has yet to be asked for, only the version's Period matters.
func (i *Instance) ArgsFor(v export.Version) (schema.Values, hcl.Diagnostics) {
	if i.late == nil {
		return i.Args, nil
	}
	return i.late(v)
}

// DataInstance is a wanted instance of a data source.
type DataInstance struct {
	Address   export.Address
	Provider  string
	Args      schema.Values
	Sensitive []string
	// Unknown names the arguments that depend on results not known yet; the source
	// cannot be read before they are.
	Unknown []string
	// DependsOn are the blocks that it refers to or names in depends_on.
	DependsOn []export.Address
	Range     hcl.Range
}
