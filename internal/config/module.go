package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// module is everything that the files declare.
type module struct {
	catalog   *catalog
	constants *hcl.EvalContext // functions and nothing to refer to
	variables map[string]*variable
	locals    map[string]*local
	providers map[string]*provider // by reference: planfix, planfix.eu
	blocks    map[export.Address]*block
	settings  *hcl.Block
	// localUsers and eachUsers are the local values, and the blocks whose for_each,
	// that change when a block's result does.
	localUsers map[export.Address][]string
	eachUsers  map[export.Address][]export.Address

	// In the order of files and lines, which is the order of diagnostics.
	variableOrder []*variable
	localOrder    []*local
	providerOrder []*provider
	blockOrder    []*block
	outputs       []*output
	moves         []Move
	removals      []Removal
	imports       []*importBlock
	checks        []*checkBlock
}

// variable is a variable block.
type variable struct {
	name        string
	rng         hcl.Range
	typ         cty.Type
	typed       bool // a type was written
	defaults    *typeexpr.Defaults
	description string
	sensitive   bool
	nullable    bool
	fallback    cty.Value // the default; cty.NilVal when required
	validations []validation
	// wrong is set when the block has errors, so that no more are reported about it.
	wrong bool
	// value is what the variable has, sensitive marks included; unknown when it
	// is wrong or, in a run that only checks, not set.
	value cty.Value
	// from is where the value was written, for diagnostics.
	from hcl.Range
}

// validation is a validation block of a variable.
type validation struct {
	condition, message hcl.Expression
	rng                hcl.Range
}

// local is one argument of a locals block.
type local struct {
	name string
	expr hcl.Expression
	rng  hcl.Range
	refs refs
	// wrong is set when a reference in it was reported.
	wrong bool
	// needs are the data sources and exports that the value depends on, through
	// other locals too.
	needs []export.Address
}

// provider is a provider block, or a provider that is used without one.
type provider struct {
	ref    string
	schema *schema.Provider
	rng    hcl.Range
	args   *args // nil without a block
	refs   refs
	used   *hcl.Range // by whom first
}

// block is a data or export block.
type block struct {
	addr     export.Address
	rng      hcl.Range
	schema   *schema.Provider
	own      *schema.Body
	formats  []string // of exports
	args     *args
	forEach  *hcl.Attribute
	provider string // reference
	refs     refs   // of everything in the block
	needs    []export.Address
	// each expression's own references decide what has to be known for it.
	forEachRefs refs
	pathRefs    refs
	explicit    []export.Address // depends_on
	lifecycle   lifecycle

	// meta are the arguments as written, by name; those that the language gives a
	// meaning to are read from here.
	meta hcl.Attributes
}

// output is an output block.
type output struct {
	name        string
	description string
	sensitive   bool
	expr        hcl.Expression
	rng         hcl.Range
	refs        refs
	meta        hcl.Attributes
}
