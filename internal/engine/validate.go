package engine

import (
	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// Validate checks a configuration as far as it can be without network or state:
// everything that is known is evaluated, and export types look at their arguments.
func Validate(cfg *config.Config, types map[string]*providers.Type) hcl.Diagnostics {
	diags := cfg.Validate()
	if diags.HasErrors() {
		return diags
	}
	eval := cfg.NewEval()
	nodes := cfg.Nodes()
	for i := range nodes {
		if nodes[i].Kind != config.ExportNode {
			continue
		}
		found, d := eval.Expand(nodes[i].Address)
		if d.HasErrors() {
			continue // not known before data is read
		}
		for _, c := range found {
			if t := types[providerName(c.Provider)]; t != nil && len(c.Unknown) == 0 {
				for _, p := range validate(t, c.Address.Type, c.Args) {
					diags = append(diags, problem(plan.Problem{Attribute: p.Attribute, Summary: p.Summary, Detail: p.Detail}, &instance{cfg: c}))
				}
			}
		}
	}
	return diags
}
