package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Expression evaluates the text of an expression with the results known by now,
// as it would be in an output. The value has its marks removed.
func (e *Eval) Expression(text string) (v cty.Value, sensitive bool, diags hcl.Diagnostics) {
	if d := nesting(source{"expression", []byte(text)}); d != nil {
		return cty.DynamicVal, false, hcl.Diagnostics{d}
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "expression", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, false, diags
	}
	r, d := e.m.resolve(expr, scope{})
	if diags = append(diags, d...); diags.HasErrors() {
		return cty.DynamicVal, false, diags
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	ctx, d := e.context(r)
	diags = append(diags, d...)
	v, d = expr.Value(ctx)
	diags = append(diags, d...)
	v, sensitive = e.c.unmark(v)
	return v, sensitive, e.c.redact(diags)
}
