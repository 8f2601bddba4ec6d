package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Check is a check block: what should hold of the data after everything is done.
type Check struct {
	Name string
	// Warning is set for a check that only warns.
	Warning bool
	Asserts []Condition
	Range   hcl.Range
}

// checkBlock is a check block as written.
type checkBlock struct {
	name     string
	severity string
	asserts  []*condition
	rng      hcl.Range
}

var checkSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "severity"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "assert"}},
}

func (m *module) declareCheck(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	diags := checkName(b, 0, "a check")
	for _, c := range m.checks {
		if c.name == b.Labels[0] {
			return append(diags, duplicate(b.DefRange, "check."+c.name, c.rng))
		}
	}
	content, d := b.Body.Content(checkSchema)
	diags = append(diags, d...)
	c := &checkBlock{name: b.Labels[0], severity: "error", rng: b.DefRange}
	if a := content.Attributes["severity"]; a != nil {
		diags = append(diags, m.literal(a, &c.severity)...)
		if c.severity != "error" && c.severity != "warning" {
			diags = append(diags, diag(a.Expr.Range(), "Invalid check", "severity is %q; write \"error\" or \"warning\".", c.severity))
		}
	}
	for _, ab := range content.Blocks {
		ac, d := ab.Body.Content(conditionSchema)
		if diags = append(diags, d...); d.HasErrors() {
			continue
		}
		c.asserts = append(c.asserts, &condition{expr: ac.Attributes["condition"].Expr, message: ac.Attributes["error_message"].Expr, rng: ab.DefRange})
	}
	if len(content.Blocks) == 0 {
		diags = append(diags, diag(b.DefRange, "Invalid check", "check.%s asserts nothing; add a block: assert { condition = ..., error_message = ... }", c.name))
	}
	m.checks = append(m.checks, c)
	return diags
}

func (m *module) resolveChecks() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, c := range m.checks {
		for _, a := range c.asserts {
			for _, expr := range []hcl.Expression{a.expr, a.message} {
				r, d := m.resolve(expr, scope{})
				a.refs.merge(r)
				diags = append(diags, d...)
			}
		}
	}
	return diags
}

// Checks returns the check blocks in the order of the files.
func (e *Eval) Checks() []Check {
	out := make([]Check, len(e.m.checks))
	for i, c := range e.m.checks {
		out[i] = Check{Name: c.name, Warning: c.severity == "warning", Range: c.rng}
		for _, a := range c.asserts {
			out[i].Asserts = append(out[i].Asserts, Condition{Range: a.rng, e: e, c: a, each: cty.NilVal})
		}
	}
	return out
}
