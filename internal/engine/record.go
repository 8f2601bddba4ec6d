package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config"
	"reportsync/internal/plan"
	"reportsync/internal/state"
)

// record is the run as the history begins it.
func (a *apply) record() state.Run {
	return state.Run{Command: a.opt.Command, User: a.opt.User, Host: a.opt.Host, Version: a.opt.Version, Started: a.opt.Clock.Now()}
}

// end writes history and outputs, and sums up.
func (a *apply) end(ctx context.Context, runID int64, began time.Time) (*Applied, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	out := &Applied{Took: a.opt.Clock.Now().Sub(began), Interrupted: ctx.Err() != nil}
	if out.Interrupted && errors.Is(context.Cause(ctx), state.ErrLeaseLost) {
		return nil, append(diags, stateDiagnostic(context.Cause(ctx)))
	}
	var items []state.RunItem
	for i := range a.results {
		res := &a.results[i]
		out.Requests += res.Requests
		if len(res.Actions) == 1 && res.Actions[0] == plan.NoOp {
			continue
		}
		out.Results = append(out.Results, *res)
		items = append(items, runItem(res))
	}
	if err := a.lease.AddRunItems(a.hard, runID, items); err != nil {
		diags = append(diags, stateDiagnostic(err))
	}
	out.Results = append(out.Results, a.planned.Failed...)
	diags = append(diags, a.endOutputs(out)...)
	diags = append(diags, a.endChecks(out)...)
	n := plan.Outcomes(out.Results)
	summary := fmt.Sprintf("%d done, %d failed, %d pending, %d skipped", n[plan.Done], n[plan.Failed], n[plan.Pending], n[plan.Skipped])
	if err := a.lease.EndRun(a.hard, runID, ended(out, n), summary); err != nil {
		diags = append(diags, stateDiagnostic(err))
	}
	return out, diags
}

// endOutputs evaluates the outputs and records them. If one cannot be told because
// something failed, all stay as they were.
func (a *apply) endOutputs(out *Applied) hcl.Diagnostics {
	if a.planned.Destroy {
		if n := plan.Outcomes(out.Results); n[plan.Done] < len(out.Results) {
			return nil
		}
		return a.putOutputs(nil)
	}
	if a.planned.Incomplete {
		return nil
	}
	for _, in := range a.planned.walk.instances {
		a.publish(in, false)
	}
	a.evalMu.Lock()
	outputs, diags := a.eval.Outputs()
	a.evalMu.Unlock()
	if diags.HasErrors() {
		if n := plan.Outcomes(out.Results); n[plan.Done] < len(out.Results) || a.planned.limited() {
			return nil // for want of what is not done, which is told already
		}
		return diags
	}
	out.Outputs = outputs
	if slices.ContainsFunc(outputs, func(o config.Output) bool { return !o.Value.IsWhollyKnown() }) {
		return diags
	}
	return append(diags, a.putOutputs(stored(outputs))...)
}

func (a *apply) putOutputs(m map[string]state.OutputValue) hcl.Diagnostics {
	if err := a.lease.PutOutputs(a.hard, m); err != nil {
		return hcl.Diagnostics{stateDiagnostic(err)}
	}
	return nil
}

// ended is the word that the history keeps for a run.
func ended(out *Applied, n map[plan.Outcome]int) string {
	switch {
	case out.Interrupted:
		return "interrupted"
	case n[plan.Failed]+n[plan.Skipped] > 0:
		return string(plan.Failed)
	case n[plan.Pending] > 0:
		return string(plan.Pending)
	}
	return string(plan.Done)
}

func runItem(res *plan.Result) state.RunItem {
	steps := make([]plan.Step, len(res.Steps))
	for i := range res.Steps {
		steps[i] = res.Steps[i].Step
	}
	text, err := json.Marshal(steps)
	if err != nil {
		text = []byte("[]")
	}
	item := state.RunItem{
		Address: res.Address, Result: string(res.Outcome), Steps: text, Requests: res.Requests,
		Bytes: res.Bytes, Waited: res.Waited, Took: res.Took,
	}
	if len(res.Actions) > 0 {
		item.Change = string(res.Actions[0])
	}
	switch {
	case res.Err != nil:
		item.Error = res.Err.Error()
	case res.Detail != "":
		item.Error = res.Detail
	}
	return item
}

// stateDiagnostic is an error of the state as a diagnostic.
func stateDiagnostic(err error) *hcl.Diagnostic {
	detail := err.Error()
	if e, ok := errors.AsType[*state.Error](err); ok && e.Hint != "" {
		detail += "\n\n" + e.Hint
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "State cannot be used", Detail: detail, Extra: err}
}
