package engine

import (
	"context"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Settle makes everything that the state and the data sources know visible to
// [Run.Evaluate]. Exports are as the last apply has left them.
func (r *Run) Settle(ctx context.Context) hcl.Diagnostics {
	w := r.walk(ctx, walkOptions{})
	for _, in := range w.instances {
		r.publish(in, false)
	}
	return w.diags
}

// Evaluate evaluates the text of an expression. What is not known is unknown.
func (r *Run) Evaluate(text string) (v cty.Value, sensitive bool, diags hcl.Diagnostics) {
	r.evalMu.Lock()
	defer r.evalMu.Unlock()
	return r.eval.Expression(text)
}
