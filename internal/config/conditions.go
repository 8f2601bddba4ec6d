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
		return true, "", diags
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
	return ok, message, append(diags, d...)
}
