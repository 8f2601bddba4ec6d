package config

import (
	"cmp"

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
	// MaxDeletes is how many deletions a plan may hold; nil is no limit.
	MaxDeletes *int
	// Files are the configuration's files by the name that diagnostics use. Files
	// with variable values are not among them: they may hold secrets.
	Files map[string]*hcl.File

	opt   Options
	env   map[string]string
	mod   *module
	base  *hcl.EvalContext
	nodes []Node

	secrets secrets
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

// HasChecks reports whether there are check blocks.
func (c *Config) HasChecks() bool { return len(c.mod.checks) > 0 }

// baseContext holds what every expression can refer to.
func (c *Config) baseContext() *hcl.EvalContext {
	cwd := c.opt.WorkDir
	if cwd == "" {
		cwd = c.opt.Dir
	}
	return &hcl.EvalContext{
		Functions: funcs.Table(funcs.Env{Root: c.Root, Now: c.opt.Now, Lookup: c.lookup, Hide: c.hide}),
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
