package view

import (
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// eventAction is what happens to an instance in the words of Terraform's events, in
// which forgetting is "remove" and a change of nothing is "noop".
func eventAction(actions []plan.Action) string {
	has := func(a plan.Action) bool {
		for _, x := range actions {
			if x == a {
				return true
			}
		}
		return false
	}
	switch {
	case has(plan.Create) && has(plan.Delete):
		return "replace"
	case has(plan.Create):
		return "create"
	case has(plan.Update):
		return "update"
	case has(plan.Delete):
		return "delete"
	case has(plan.Forget):
		return "remove"
	default:
		return "noop"
	}
}

type plannedJSON struct {
	Resource resourceJSON `json:"resource"`
	Action   string       `json:"action"`
	Reasons  []string     `json:"reasons,omitempty"`
	Notes    []string     `json:"notes,omitempty"`
	Deferred []string     `json:"deferred,omitempty"`
	Steps    []StepDoc    `json:"steps,omitempty"`
}

// StepDoc is a step as JSON documents show it.
type StepDoc struct {
	Address   string     `json:"address"`
	Action    string     `json:"action"`
	Version   string     `json:"version,omitempty"`
	CreatedAt *time.Time `json:"created_at"`
	Period    *string    `json:"period"`
	Parts     int        `json:"parts,omitempty"`
	Path      string     `json:"path,omitempty"`
	From      string     `json:"from,omitempty"`
	RequestID string     `json:"request_id,omitempty"`
	Bytes     int64      `json:"bytes,omitempty"`
	NotBefore *time.Time `json:"not_before,omitempty"`
	Reason    string     `json:"reason,omitempty"`
}

// NewStepDoc describes a step.
func NewStepDoc(addr export.Address, s *plan.Step) StepDoc {
	d := StepDoc{
		Address: addr.String(), Action: string(s.Action), Version: s.Version.ID, Parts: s.Version.Parts, Path: s.Path,
		From: s.From, RequestID: s.RequestID, Bytes: s.Bytes, Reason: s.Reason,
	}
	if !s.Version.CreatedAt.IsZero() {
		d.CreatedAt = &s.Version.CreatedAt
	}
	if !s.NotBefore.IsZero() {
		d.NotBefore = &s.NotBefore
	}
	if s.Version.Period != nil {
		d.Period = &s.Version.Period.Name
	}
	return d
}

// changesJSON counts changes as Terraform does; forget and steps are additions.
type changesJSON struct {
	Add       int            `json:"add"`
	Change    int            `json:"change"`
	Import    int            `json:"import"`
	Remove    int            `json:"remove"`
	Forget    int            `json:"forget"`
	Operation string         `json:"operation"`
	Steps     map[string]int `json:"steps,omitempty"`
	Estimate  *EstimateDoc   `json:"estimate,omitempty"`
}

// EstimateDoc is the cost of a plan as JSON documents show it.
type EstimateDoc struct {
	Requests  int        `json:"requests"`
	DurationS int64      `json:"duration_s"`
	NotBefore *time.Time `json:"not_before"`
}

// NewEstimateDoc describes an estimate.
func NewEstimateDoc(e plan.Estimate) EstimateDoc {
	d := EstimateDoc{Requests: e.Requests, DurationS: int64((e.Duration + time.Second/2) / time.Second)}
	if !e.NotBefore.IsZero() {
		d.NotBefore = &e.NotBefore
	}
	return d
}

// StepSummary counts the steps of a plan, all actions named.
func StepSummary(p *plan.Plan) map[string]int {
	counts := p.StepCounts()
	out := make(map[string]int, len(plan.StepActions))
	for _, a := range plan.StepActions {
		out[string(a)] = counts[a]
	}
	return out
}

func (v *View) planJSON(p *plan.Plan, o PlanOptions) {
	for i := range p.Changes {
		c := &p.Changes[i]
		action := eventAction(c.Actions)
		if action == "noop" && !o.Unchanged && len(c.Notes) == 0 {
			continue
		}
		planned := plannedJSON{
			Resource: resource(c.Address, c.Provider), Action: action,
			Reasons: c.Reasons, Notes: c.Notes, Deferred: c.Deferred,
		}
		for j := range c.Steps {
			planned.Steps = append(planned.Steps, NewStepDoc(c.Address, &c.Steps[j]))
		}
		message := ": Plan to " + action
		if action == "noop" {
			message = ": No changes"
		}
		v.emit(levelInfo, "planned_change", v.text(c.Address.String())+message, field{"change", planned})
	}
	n, steps := p.Counts(), p.StepCounts()
	estimate := NewEstimateDoc(p.Estimate)
	v.emit(levelInfo, "change_summary", Totals(p), field{"changes", changesJSON{
		Add: n[plan.Create], Change: n[plan.Update], Import: steps[plan.StepImport], Remove: n[plan.Delete],
		Forget: n[plan.Forget], Operation: "plan", Steps: StepSummary(p), Estimate: &estimate,
	}})
	if len(o.Outputs) == 0 {
		return
	}
	outs := map[string]outputJSON{}
	for i := range o.Outputs {
		c := &o.Outputs[i]
		out := v.outputJSON(OutputValue{Name: c.Name, Value: c.After, Sensitive: c.Sensitive})
		out.Action = c.action()
		outs[v.redact(c.Name)] = out
	}
	v.emit(levelInfo, "outputs", "Outputs: "+Count(int64(len(outs))), field{"outputs", outs})
}
