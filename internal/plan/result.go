package plan

import (
	"time"

	"reportsync/internal/export"
)

// Outcome is how the apply of one change ended.
type Outcome string

// The outcomes of a change.
const (
	// Done: every step is done and recorded.
	Done Outcome = "done"
	// Failed: a step failed; the steps before it are recorded.
	Failed Outcome = "failed"
	// Pending: stopped cleanly; a later run goes on (a generation in progress, a
	// slot not free yet, a quota used up).
	Pending Outcome = "pending"
	// Skipped: not begun, because something it depends on failed or the run was
	// interrupted.
	Skipped Outcome = "skipped"
)

// Result is what became of one change.
type Result struct {
	Address export.Address
	Actions []Action
	Outcome Outcome
	Steps   []StepResult
	// Err is why the change failed or was skipped; nil otherwise.
	Err error
	// Detail says for pending changes what is waited for.
	Detail string
	// Until is when the pending work can go on, zero if unknown.
	Until    time.Time
	Requests int
	Bytes    int64
	Waited   time.Duration
	Took     time.Duration
	Warnings []string
}

// StepResult is one step that was done.
type StepResult struct {
	Step  Step
	Files []export.Artifact
	Rows  int64
	Bytes int64
	Took  time.Duration
}

// Outcomes counts results by outcome.
func Outcomes(results []Result) map[Outcome]int {
	n := map[Outcome]int{}
	for i := range results {
		n[results[i].Outcome]++
	}
	return n
}
