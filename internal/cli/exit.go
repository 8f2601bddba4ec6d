package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/crash"
	"reportsync/internal/engine"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
	"reportsync/internal/state"
)

// The exit statuses, one table for all commands.
const (
	exitOK          = 0
	exitError       = 1
	exitChanges     = 2
	exitPartial     = 3
	exitAuth        = 4
	exitLocked      = 5
	exitStale       = 6
	exitCheck       = 7
	exitPending     = 8
	exitUsage       = 64
	exitInternal    = 70
	exitInterrupted = 130
)

// exitHelp ends the help of every command.
const exitHelp = `Exit status:
  0    done; nothing to do
  1    error
  2    plan -detailed-exitcode: there are changes
  3    some exports failed, the others are done and recorded
  4    authentication or permission
  5    the state is locked
  6    the saved plan is stale, already applied, or damaged
  7    a check did not hold
  8    apply -detailed-exitcode: stopped cleanly, work is pending
  64   wrong usage
  70   internal error
  130  interrupted
`

// errInterrupted is the cause of contexts that a signal has ended.
var errInterrupted = errors.New("interrupted")

// exitStatus ends a command with a status and, if err is set, a message.
type exitStatus struct {
	code int
	err  error
	// hint says how to go on.
	hint string
}

func (e *exitStatus) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitStatus) Unwrap() error { return e.err }

// status ends a command quietly: what had to be said was said.
func status(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitStatus{code: code}
}

// usage is an error in how a command was called.
func usage(hint, format string, args ...any) error {
	return &exitStatus{code: exitUsage, err: fmt.Errorf(format, args...), hint: hint}
}

// codeOf maps an error to its exit status.
func codeOf(err error) int {
	if err == nil {
		return exitOK
	}
	if s, ok := errors.AsType[*exitStatus](err); ok {
		return s.code
	}
	if _, ok := errors.AsType[*state.ErrLocked](err); ok || errors.Is(err, state.ErrBusy) {
		return exitLocked
	}
	if _, ok := errors.AsType[*crash.Panic](err); ok {
		return exitInternal
	}
	switch {
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, engine.ErrStale), errors.Is(err, plan.ErrDamaged), errors.Is(err, plan.ErrNotPlan):
		return exitStale
	}
	if _, ok := errors.AsType[*engine.CheckError](err); ok {
		return exitCheck
	}
	if errors.Is(err, engine.ErrNoSuchAddress) {
		return exitUsage
	}
	switch providers.KindOf(err) {
	case providers.Auth, providers.Permission:
		return exitAuth
	}
	return exitError
}

// codeOfDiagnostics maps diagnostics to a status: authentication only if that is
// all that is wrong.
func codeOfDiagnostics(diags hcl.Diagnostics) int {
	code := exitOK
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		c := exitError
		if err, ok := d.Extra.(error); ok {
			c = codeOf(err)
		}
		switch {
		case c == exitInterrupted, c == exitLocked:
			return c
		case code == exitOK:
			code = c
		case code != c:
			code = exitError
		}
	}
	return code
}

// codeOfResults maps the results of an apply to a status.
func codeOfResults(rs []plan.Result, detailed bool) int {
	n := plan.Outcomes(rs)
	bad := n[plan.Failed] + n[plan.Skipped]
	switch {
	case bad == 0 && n[plan.Pending] > 0 && detailed:
		return exitPending
	case bad == 0:
		return exitOK
	case n[plan.Done]+n[plan.Pending] > 0:
		return exitPartial
	}
	for i := range rs {
		if rs[i].Outcome == plan.Failed && codeOf(rs[i].Err) != exitAuth {
			return exitPartial
		}
	}
	return exitAuth
}
