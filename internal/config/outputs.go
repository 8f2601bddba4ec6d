package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Output is an output block, evaluated.
type Output struct {
	Name, Description string
	// Value has its marks removed. It may be unknown, in parts too.
	Value     cty.Value
	Sensitive bool
	Range     hcl.Range
}

// Outputs evaluates the output blocks with the results known by now.
func (e *Eval) Outputs() ([]Output, hcl.Diagnostics) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var diags hcl.Diagnostics
	out := make([]Output, 0, len(e.m.outputs))
	for _, o := range e.m.outputs {
		ctx, d := e.context(o.refs)
		v, vd := o.expr.Value(ctx)
		d = append(d, vd...)
		if diags = append(diags, d...); d.HasErrors() {
			continue
		}
		v, sensitive := e.c.unmark(v)
		if sensitive && !o.sensitive {
			diags = append(diags, diag(o.expr.Range(), "Output refers to a sensitive value",
				"output.%s would show a sensitive value. Write sensitive = true, or nonsensitive() if it may be seen.", o.name))
			continue
		}
		if o.sensitive {
			e.c.hide(v)
		}
		out = append(out, Output{Name: o.name, Description: o.description, Value: v, Sensitive: o.sensitive, Range: o.rng})
	}
	return out, e.c.redact(diags)
}
