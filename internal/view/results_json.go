package view

import (
	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/plan"
)

// resultsJSON reports the errors and the summary of an apply. What became of
// each instance was told when it happened.
func (v *View) resultsJSON(rs []*plan.Result, o ResultOptions) {
	sum := changesJSON{Operation: "apply", Steps: map[string]int{}}
	for _, r := range rs {
		if r.Outcome == plan.Failed && r.Err != nil {
			detail := ""
			if hint := o.hint(r.Err); hint != "" {
				detail = hint
			}
			v.diagnosticJSON(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: r.Err.Error(), Detail: detail}, r.Address.String(), nil)
		}
		for _, w := range r.Warnings {
			v.diagnosticJSON(&hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: w}, r.Address.String(), nil)
		}
		for i := range r.Steps {
			sum.Steps[string(r.Steps[i].Step.Action)]++
		}
		if r.Outcome != plan.Done {
			continue
		}
		for _, a := range r.Actions {
			switch a {
			case plan.Create:
				sum.Add++
			case plan.Update:
				sum.Change++
			case plan.Delete:
				sum.Remove++
			case plan.Forget:
				sum.Forget++
			}
		}
	}
	sum.Import = sum.Steps[string(plan.StepImport)]
	n := map[plan.Outcome]int{}
	for _, r := range rs {
		n[r.Outcome]++
	}
	run := "Apply"
	if o.Destroy {
		run = "Destroy"
		sum.Operation = "destroy"
	}
	message := run + " complete: " + Count(int64(n[plan.Done])) + " done, " + Count(int64(n[plan.Failed])) + " failed, " +
		Count(int64(n[plan.Pending])) + " pending, " + Count(int64(n[plan.Skipped])) + " skipped"
	v.emit(levelInfo, "change_summary", message, field{"changes", sum})
}
