package engine

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
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
		if nodes[i].Kind == config.ProviderNode {
			diags = append(diags, validateProvider(eval, &nodes[i], types)...)
			continue
		}
		if nodes[i].Kind != config.ExportNode {
			continue
		}
		found, d := eval.Expand(nodes[i].Address)
		if d.HasErrors() {
			continue // not known before data is read
		}
		for _, c := range found {
			if t := types[providerName(c.Provider)]; t != nil && len(c.Unknown) == 0 {
				in := &instance{cfg: c}
				for _, p := range validate(t, staticTarget(c)) {
					diags = append(diags, problem(plan.Problem{Attribute: p.Attribute, Summary: p.Summary, Detail: p.Detail}, in))
				}
				in.settle(t.Exports[c.Address.Type].Policy(c.Args))
				diags = append(diags, in.checkPeriod()...)
			}
		}
	}
	return diags
}

// validateProvider makes the provider as a run would, without any connection.
// Secrets that only the environment of a run has are stood in for.
func validateProvider(eval *config.Eval, n *config.Node, types map[string]*providers.Type) hcl.Diagnostics {
	t := types[providerName(n.Provider)]
	if t == nil {
		return nil
	}
	args, diags := eval.Provider(n.Provider, nil)
	if diags.HasErrors() {
		over := map[string]string{}
		for _, a := range t.Schema.Body.Attributes {
			if a.Sensitive && a.Env != "" {
				over[a.Name] = "stand-in"
			}
		}
		if args, diags = eval.Provider(n.Provider, over); diags.HasErrors() {
			return nil // what else is missing may be in the environment of a run
		}
		for name, v := range over {
			args[name] = cty.StringVal(v)
		}
	}
	_, err := t.Configure(providers.ConfigureRequest{
		Args: args, Transport: http.DefaultTransport, Clock: clock.Wall{}, Log: slog.New(slog.DiscardHandler), UserAgent: "reportsync",
	})
	if err == nil {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Provider cannot be configured", Detail: fmt.Sprintf("provider %s: %s", n.Provider, err), Subject: &n.Range,
	}}
}
