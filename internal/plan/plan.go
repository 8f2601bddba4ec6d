package plan

import (
	"encoding/json"
	"fmt"
	"time"

	"reportsync/internal/export"
)

// Action is what happens to an instance as a whole.
type Action string

// The actions. A replacement is [Create] and [Delete] together.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	Forget Action = "forget"
	NoOp   Action = "no-op"
)

// StepAction is one piece of work inside a change.
type StepAction string

// The step actions.
const (
	StepCreate   StepAction = "create"
	StepReplace  StepAction = "replace"
	StepGenerate StepAction = "generate"
	StepResume   StepAction = "resume"
	StepFetch    StepAction = "fetch"
	StepRepair   StepAction = "repair"
	StepPrune    StepAction = "prune"
	StepDelete   StepAction = "delete"
	StepForget   StepAction = "forget"
	StepImport   StepAction = "import"
	StepMove     StepAction = "move"
	StepAdopt    StepAction = "adopt"
)

// StepActions lists every step action in the order summaries show them.
var StepActions = []StepAction{
	StepCreate, StepReplace, StepGenerate, StepResume, StepFetch, StepRepair,
	StepPrune, StepDelete, StepForget, StepImport, StepMove, StepAdopt,
}

// Plan is what has to be done, in the order in which it was declared.
type Plan struct {
	Changes  []Change
	Problems []Problem
	Estimate Estimate
}

// Change is what happens to one instance.
type Change struct {
	Address  export.Address `json:"-"`
	Provider string         `json:"provider"`
	Account  string         `json:"account,omitempty"`
	Actions  []Action       `json:"actions"`
	Steps    []Step         `json:"steps,omitempty"`
	// Reasons say why the change is needed, where a step does not.
	Reasons []string `json:"reasons,omitempty"`
	// Notes are for people: what is odd, but no reason to act.
	Notes []string `json:"notes,omitempty"`
	// Deferred names arguments whose values are known only during apply; the
	// steps of such a change are found then.
	Deferred []string `json:"deferred,omitempty"`
	// Before and After are the arguments as the state has them and as they are to be,
	// JSON objects without what is sensitive; nil when there are none.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Identity and Rendering are recorded with the instance.
	Identity  string `json:"identity,omitempty"`
	Rendering string `json:"rendering,omitempty"`
}

// Is reports whether the change has the action.
func (c *Change) Is(a Action) bool {
	for _, x := range c.Actions {
		if x == a {
			return true
		}
	}
	return false
}

// Ends reports whether the change is the end of an instance, with or without the end
// of what it is on the service.
func (c *Change) Ends() bool {
	return len(c.Actions) == 1 && (c.Actions[0] == Forget || c.Actions[0] == Delete)
}

// Step is one piece of work.
type Step struct {
	Action StepAction `json:"action"`
	// Version is what the step is about. Its ID is empty when it becomes known
	// only during apply.
	Version export.Version `json:"version"`
	Path    string         `json:"path,omitempty"`
	// From is the path that a move starts from.
	From string `json:"from,omitempty"`
	// Reason says why, in a few words.
	Reason string `json:"reason,omitempty"`
	// RequestID is the generation to resume; empty when its id was lost.
	RequestID string `json:"request_id,omitempty"`
	// Bytes is the size of the files concerned, where it is known.
	Bytes int64 `json:"bytes,omitempty"`
	// NotBefore is when the step can start, zero for at once.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Requests is the number of requests expected.
	Requests int `json:"requests,omitempty"`
}

// Estimate is what a plan will cost.
type Estimate struct {
	Requests int           `json:"requests"`
	Duration time.Duration `json:"duration"`
	// NotBefore is when the first generation can start, zero when there is none
	// or it can start at once.
	NotBefore time.Time `json:"not_before,omitzero"`
}

// Problem is a reason why a plan must not be applied.
type Problem struct {
	Address   export.Address
	Attribute string
	Summary   string
	Detail    string
}

// RefreshOnly takes out of the plan everything but what brings the state up to date
// with what exists: versions that are found on disk or recognised on the service, and
// objects that do not exist any more. What is left out is counted in notes.
func (p *Plan) RefreshOnly() {
	p.Problems = nil // they are about what is left out
	p.Estimate = Estimate{}
	for i := range p.Changes {
		c := &p.Changes[i]
		var keep []Step
		for _, s := range c.Steps {
			if s.Action == StepAdopt || s.Action == StepForget && s.Version.ID != "" && !c.Ends() {
				keep = append(keep, s)
			}
		}
		if left := len(c.Steps) - len(keep); left > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("%d steps are left out: only the state is brought up to date", left))
		}
		c.Steps, c.Reasons, c.Deferred = keep, nil, nil
		switch {
		case len(keep) == 0:
			c.Actions = []Action{NoOp}
		case !c.Is(Create):
			c.Actions = []Action{Update}
		default:
			c.Actions = []Action{Create}
		}
	}
}

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool {
	for i := range p.Changes {
		if !p.Changes[i].Is(NoOp) {
			return false
		}
	}
	return true
}

// Counts returns how many changes have each action; a replacement counts as one
// create and one delete.
func (p *Plan) Counts() map[Action]int {
	n := map[Action]int{}
	for i := range p.Changes {
		for _, a := range p.Changes[i].Actions {
			n[a]++
		}
	}
	return n
}

// StepCounts returns how many steps there are of each action.
func (p *Plan) StepCounts() map[StepAction]int {
	n := make(map[StepAction]int, len(StepActions))
	for i := range p.Changes {
		for j := range p.Changes[i].Steps {
			n[p.Changes[i].Steps[j].Action]++
		}
	}
	return n
}
