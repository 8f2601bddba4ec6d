package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Validate evaluates everything as far as it can be without reading a data source
// or an export, and returns what is wrong. What only the environment of a run
// gives, such as a token, is not missed.
func (c *Config) Validate() hcl.Diagnostics {
	e := c.NewEval()
	e.lenient = true
	var diags hcl.Diagnostics
	for i := range c.nodes {
		n := &c.nodes[i]
		var d hcl.Diagnostics
		switch n.Kind {
		case ProviderNode:
			_, d = e.Provider(n.Provider, nil)
		case DataNode:
			_, d = e.Data(n.Address)
		case ExportNode:
			_, d = e.Expand(n.Address)
		}
		diags = append(diags, d...)
	}
	_, d := e.Outputs()
	diags = append(diags, d...)
	_, d = e.Imports()
	diags = append(diags, d...)
	for _, check := range e.Checks() {
		for _, a := range check.Asserts {
			_, _, d := a.Check(cty.NilVal)
			diags = append(diags, d...)
		}
	}
	sortDiagnostics(diags)
	return diags
}
