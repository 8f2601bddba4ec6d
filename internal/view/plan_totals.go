package view

import (
	"fmt"
	"strings"
	"time"

	"reportsync/internal/plan"
)

// Totals is the sentence that a plan adds up to: Plan: 2 to create, 1 to update,
// 0 to forget. 1 to generate, 5 to fetch.
func Totals(p *plan.Plan) string {
	n := p.Counts()
	parts := []string{
		fmt.Sprintf("%s to create", Count(int64(n[plan.Create]))),
		fmt.Sprintf("%s to update", Count(int64(n[plan.Update]))),
	}
	if n[plan.Delete] > 0 {
		parts = append(parts, Count(int64(n[plan.Delete]))+" to delete")
	}
	parts = append(parts, Count(int64(n[plan.Forget]))+" to forget")
	out := "Plan: " + strings.Join(parts, ", ") + "."

	steps := p.StepCounts()
	parts = parts[:0]
	for _, a := range plan.StepActions {
		// Forgetting is counted above; its step says nothing new.
		if steps[a] == 0 || a == plan.StepForget {
			continue
		}
		parts = append(parts, Count(int64(steps[a]))+" to "+stepPhrase(a))
	}
	if len(parts) > 0 {
		out += " " + strings.Join(parts, ", ") + "."
	}
	if d := deferred(p); d > 0 {
		out += fmt.Sprintf(" The steps of %s are known only during apply.", plural(d, "instance"))
	}
	return out
}

// stepPhrase tells steps on the service from changes of the same name.
func stepPhrase(a plan.StepAction) string {
	switch a {
	case plan.StepCreate, plan.StepReplace, plan.StepDelete:
		return string(a) + " on the service"
	default:
		return string(a)
	}
}

func deferred(p *plan.Plan) int {
	n := 0
	for i := range p.Changes {
		if len(p.Changes[i].Deferred) > 0 {
			n++
		}
	}
	return n
}

// cost is the sentence on requests and time, or nothing for a plan that costs
// nothing.
func (v *View) cost(p *plan.Plan) string {
	e := p.Estimate
	if e.Requests == 0 {
		return ""
	}
	out := fmt.Sprintf("This will make about %s", plural(e.Requests, "request"))
	if e.Duration > 0 {
		out += " and take about " + Duration(roughly(e.Duration))
	}
	if e.NotBefore.After(v.options.Now()) {
		out += "; generation possible from " + v.when(e.NotBefore)
	}
	return out + "."
}

// roughly takes false precision from an estimate.
func roughly(d time.Duration) time.Duration {
	switch {
	case d < time.Second:
		return time.Second
	case d < 10*time.Minute:
		return d.Round(time.Second)
	default:
		return d.Round(time.Minute)
	}
}
