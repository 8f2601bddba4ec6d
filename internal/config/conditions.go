package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Condition is a precondition or postcondition of an instance.
type Condition struct {
	// Range is the block's header.
	Range hcl.Range

	e    *Eval
	c    *condition
	each cty.Value // cty.NilVal without for_each
}

func (x *expansion) conditions(list []*condition, ctx *hcl.EvalContext) []Condition {
	out := make([]Condition, len(list))
	for i, c := range list {
		out[i] = Condition{Range: c.rng, e: x.e, c: c, each: cty.NilVal}
		if v, ok := ctx.Variables["each"]; ok {
			out[i].each = v
		}
	}
	return out
}

// Check evaluates the condition with the results known by now. self is the
// instance's object, cty.NilVal for preconditions. A condition that depends on
// results not known yet holds for now. When it does not hold, message says why in
// the words of the configuration.
func (c Condition) Check(self cty.Value) (ok bool, message string, diags hcl.Diagnostics) {
	c.e.mu.Lock()
	ctx, diags := c.e.context(c.c.refs)
	c.e.mu.Unlock()
	if diags.HasErrors() {
		return true, "", c.e.c.redact(diags)
	}
	vars := map[string]cty.Value{}
	if c.each != cty.NilVal {
		vars["each"] = c.each
	}
	if self != cty.NilVal {
		vars["self"] = self
	}
	if len(vars) > 0 {
		ctx = ctx.NewChild()
		ctx.Variables = vars
	}
	ok, message, d := c.e.c.hold(c.c.expr, c.c.message, ctx)
	return ok, message, c.e.c.redact(append(diags, d...))
}

// hold evaluates a condition. An unknown condition holds for now. The message is
// evaluated only when it is needed.
func (c *Config) hold(condition, message hcl.Expression, ctx *hcl.EvalContext) (bool, string, hcl.Diagnostics) {
	v, diags := condition.Value(ctx)
	if diags.HasErrors() {
		return true, "", diags
	}
	ok := true
	v, _ = v.Unmark()
	if v.IsNull() {
		return true, "", append(diags, diag(condition.Range(), "Invalid condition", "The condition is null; it must be true or false."))
	}
	if d := fromKnown(condition, v, &ok); d.HasErrors() {
		return true, "", append(diags, d...)
	}
	if ok {
		return true, "", diags
	}
	text, d := c.message(message, ctx)
	return false, text, append(diags, d...)
}

// fromKnown reads a condition's value; unknown leaves ok as it is.
func fromKnown(expr hcl.Expression, v cty.Value, ok *bool) hcl.Diagnostics {
	if !v.IsKnown() {
		return nil
	}
	return fromValue(&hcl.Attribute{Name: "condition", Expr: expr}, v, ok)
}

func (c *Config) message(expr hcl.Expression, ctx *hcl.EvalContext) (string, hcl.Diagnostics) {
	v, diags := expr.Value(ctx)
	if diags.HasErrors() {
		return "The error message cannot be evaluated.", diags
	}
	v, sensitive := c.unmark(v)
	if sensitive {
		return "The condition does not hold. The error message refers to a sensitive value and is not shown.", diags
	}
	text := ""
	if d := fromKnownText(expr, v, &text); d.HasErrors() {
		return "The error message is not text.", append(diags, d...)
	}
	if text == "" {
		text = "The condition does not hold."
	}
	return text, diags
}

func fromKnownText(expr hcl.Expression, v cty.Value, text *string) hcl.Diagnostics {
	if !v.IsKnown() {
		return nil
	}
	return fromValue(&hcl.Attribute{Name: "error_message", Expr: expr}, v, text)
}
