package config

import (
	"cmp"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config/funcs"
	"reportsync/internal/export"
)

// Config is a configuration that was read and checked.
type Config struct {
	// Root is the absolute folder of the configuration.
	Root string
	// Stem is the name of the single file without its extension; empty for a folder.
	Stem string
	// StatePath and ExportRoot are absolute.
	StatePath, ExportRoot string
	// Files are the configuration's files by the name that diagnostics use. Files
	// with variable values are not among them: they may hold secrets.
	Files map[string]*hcl.File

	opt   Options
	env   map[string]string
	mod   *module
	base  *hcl.EvalContext
	nodes []Node

	mu      sync.Mutex
	secrets map[string]struct{}
}

// NodeKind is the kind of a block in the dependency graph.
type NodeKind int

// The kinds of nodes.
const (
	ProviderNode NodeKind = iota + 1
	DataNode
	ExportNode
)

// Node is a block in the dependency graph. A provider that is used without a
// block is a node too.
type Node struct {
	Kind NodeKind
	// Provider is the provider's reference, planfix or planfix.alias: its own for
	// a ProviderNode, the one it uses for others.
	Provider string
	// Address is the block's, zero for a ProviderNode.
	Address export.Address
	// DependsOn are indexes of nodes, all smaller than the node's own.
	DependsOn []int
	// Range is the block's header, or the first user of a provider without a block.
	Range hcl.Range
}

// Nodes returns providers, data sources and exports so that each comes after what
// it depends on, and otherwise in the order of the files.
func (c *Config) Nodes() []Node { return c.nodes }

// HasOutputs reports whether there are output blocks.
func (c *Config) HasOutputs() bool { return len(c.mod.outputs) > 0 }

// Sensitive returns the texts of all sensitive values seen so far: of variables,
// and of arguments of providers and blocks that were evaluated. Longer texts come
// first, so that replacing them in this order hides each whole.
func (c *Config) Sensitive() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := names(c.secrets)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return out
}

// hide adds the texts inside a value to those that must not be shown.
func (c *Config) hide(v cty.Value) {
	if v == cty.NilVal {
		return
	}
	v, _ = v.UnmarkDeep()
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) { // the function returns no error
		if v.IsKnown() && !v.IsNull() && v.Type() == cty.String && v.AsString() != "" {
			c.secrets[v.AsString()] = struct{}{}
		}
		return true, nil
	})
}

// unmark removes the marks of a value and reports whether it was sensitive, in
// which case its texts are remembered.
func (c *Config) unmark(v cty.Value) (cty.Value, bool) {
	if !v.ContainsMarked() {
		return v, false
	}
	plain, paths := v.UnmarkDeepWithPaths()
	sensitive := false
	for _, p := range paths {
		if _, ok := p.Marks[funcs.Sensitive]; !ok {
			continue
		}
		sensitive = true
		if part, err := p.Path.Apply(plain); err == nil {
			c.hide(part)
		}
	}
	return plain, sensitive
}

// baseContext holds what every expression can refer to.
func (c *Config) baseContext() *hcl.EvalContext {
	cwd := c.opt.WorkDir
	if cwd == "" {
		cwd = c.opt.Dir
	}
	return &hcl.EvalContext{
		Functions: funcs.Table(funcs.Env{Root: c.Root, Now: c.opt.Now, Lookup: c.lookup}),
		Variables: map[string]cty.Value{
			"path": cty.ObjectVal(map[string]cty.Value{"config": cty.StringVal(c.Root), "cwd": cty.StringVal(cwd)}),
		},
	}
}

func (c *Config) lookup(name string) (string, bool) {
	v, ok := c.env[name]
	return v, ok
}

func comparePlaces(a, b hcl.Range) int {
	return cmp.Or(cmp.Compare(a.Filename, b.Filename), cmp.Compare(a.Start.Byte, b.Start.Byte))
}
