package engine

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// CheckError is in the Extra of the diagnostic of a check that does not hold.
type CheckError struct{ Name string }

func (e *CheckError) Error() string { return "check." + e.Name + " does not hold" }

// checks evaluates the check blocks with what is known by now; what is not known yet
// holds. A check that does not hold is an error or, where it only warns, a warning.
func (r *Run) checks() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, c := range r.eval.Checks() {
		for _, a := range c.Asserts {
			r.evalMu.Lock()
			ok, message, d := a.Check(cty.NilVal)
			r.evalMu.Unlock()
			if diags = append(diags, d...); ok || d.HasErrors() {
				continue
			}
			severity := hcl.DiagError
			if c.Warning {
				severity = hcl.DiagWarning
			}
			diags = append(diags, &hcl.Diagnostic{
				Severity: severity, Summary: "Check does not hold", Detail: fmt.Sprintf("check.%s: %s", c.Name, message),
				Subject: a.Range.Ptr(), Extra: &CheckError{c.Name},
			})
		}
	}
	return diags
}

// plannedChecks evaluates the checks before anything is done. Apply may mend what
// does not hold, so it is no error yet.
func (r *Run) plannedChecks(p *Planned) hcl.Diagnostics {
	if !r.cfg.HasChecks() || p.Destroy || p.Incomplete || len(p.Failed) > 0 {
		return nil
	}
	r.publishPlanned(p)
	diags := r.checks()
	for _, d := range diags {
		d.Severity = hcl.DiagWarning
	}
	return diags
}

// publishPlanned makes the attributes of all instances visible to expressions; what
// the plan will change is unknown.
func (r *Run) publishPlanned(p *Planned) {
	pending := map[export.Address]bool{}
	for i := range p.Changes {
		if !p.Changes[i].Is(plan.NoOp) {
			pending[p.Changes[i].Address] = true
		}
	}
	for _, in := range p.walk.instances {
		r.publish(in, pending[in.cfg.Address])
	}
}

// endChecks evaluates the checks after everything was done. What was left undone has
// been told already.
func (a *apply) endChecks(out *Applied) hcl.Diagnostics {
	if n := plan.Outcomes(out.Results); !a.cfg.HasChecks() || a.planned.Destroy || a.planned.Incomplete ||
		n[plan.Done] < len(out.Results) || a.planned.limited() {
		return nil
	}
	for _, in := range a.planned.walk.instances {
		a.publish(in, false)
	}
	return a.checks()
}
