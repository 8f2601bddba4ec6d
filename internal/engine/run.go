package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/artifact"
	"reportsync/internal/clock"
	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
	"reportsync/internal/state"
)

// Options are what a run is made from. Everything outside the process is handed
// in here.
type Options struct {
	Config    *config.Config
	Types     map[string]*providers.Type
	Transport http.RoundTripper
	Clock     clock.Clock
	Log       *slog.Logger
	Events    Events
	// Override replaces arguments of a provider block; the sandbox uses it to put
	// its own address and token in place of the configured ones. It may be nil.
	Override func(provider string) map[string]string
	// StatePath and ExportRoot are absolute; empty means the configuration's.
	StatePath, ExportRoot string
	Version               string
	Command               string
	User, Host            string
	PID                   int
	// Parallelism is how many instances are worked on at once.
	Parallelism int
	// LockTimeout is how long to wait for the lease.
	LockTimeout time.Duration
	// Place names where this process runs, as far as process ids mean the same;
	// Gone reports whether a process of this place has ended. With both, a lease
	// that a killed process has left is taken over at once.
	Place string
	Gone  func(pid int) bool
}

// Run is one run over one configuration and its state. It is made by [Read] or
// [Write] and must be closed.
type Run struct {
	opt   Options
	cfg   *config.Config
	st    *state.State // nil when there is no state and none may be made
	lease *state.Lease // nil in a run that only reads
	store *artifact.Store
	snap  *export.Snapshot
	began time.Time
	// knownMu guards the instances of snap, which an apply keeps current.
	knownMu sync.RWMutex
	// moved are addresses that moved blocks have given, with those in the state.
	moved map[export.Address]export.Address
	// importing is what the import command names; nil otherwise.
	importing *config.Import

	evalMu sync.Mutex
	eval   *config.Eval

	accountsMu sync.Mutex
	accounts   map[string]*account // by provider reference
	slots      map[export.LimitKey]*slot
	gates      map[string]*gate // by account key
}

// Read begins a run that changes nothing. A state that does not exist counts as
// empty.
func Read(ctx context.Context, opt Options) (*Run, error) {
	r := newRun(opt)
	st, err := state.OpenReadOnly(ctx, r.opt.StatePath)
	switch {
	case errors.Is(err, state.ErrNotExist):
		r.snap = &export.Snapshot{Instances: map[export.Address]*export.Known{}, Limits: map[export.LimitKey]export.Limit{}}
	case err != nil:
		return nil, err
	default:
		r.st = st
		if r.snap, err = st.Snapshot(ctx); err != nil {
			return nil, errors.Join(err, st.Close())
		}
	}
	r.move()
	if r.store, err = artifact.Open(r.opt.ExportRoot, r.snap.Lineage); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Write begins a run that may change state and files. It takes the lease and
// clears away what a killed run has left.
func Write(ctx context.Context, opt Options) (*Run, error) {
	r := newRun(opt)
	st, err := state.Open(ctx, r.opt.StatePath, state.Options{Clock: opt.Clock, Version: opt.Version})
	if err != nil {
		return nil, err
	}
	r.st = st
	fail := func(err error) (*Run, error) { return nil, errors.Join(err, r.Close()) }
	if r.lease, err = r.acquire(ctx); err != nil {
		return fail(err)
	}
	if r.snap, err = st.Snapshot(ctx); err != nil {
		return fail(err)
	}
	r.move()
	if r.store, err = artifact.Open(r.opt.ExportRoot, r.snap.Lineage); err != nil {
		return fail(err)
	}
	if err := errors.Join(r.store.Sweep(), r.store.DropPartsExcept(r.partsNames()...)); err != nil {
		return fail(err)
	}
	return r, nil
}

// partsNames are the names of the readings that may have kept parts.
func (r *Run) partsNames() []string {
	var out []string
	for addr, k := range r.snap.Instances {
		for i := range k.Requests {
			out = append(out, partsName(addr, k.Requests[i].ID))
		}
	}
	return out
}

// acquire takes the lease, also from a process that was killed. A lease of a
// process that lives elsewhere, or that cannot be looked at, is left to expire.
func (r *Run) acquire(ctx context.Context) (*state.Lease, error) {
	holder := state.Holder{
		ID: uuid.NewString() + "@" + r.opt.Place, Host: r.opt.Host, PID: r.opt.PID, User: r.opt.User, Command: r.opt.Command,
	}
	lease, err := r.st.Acquire(ctx, holder, 0)
	locked, ok := errors.AsType[*state.ErrLocked](err)
	if !ok {
		return lease, err
	}
	if h := locked.Holder; r.opt.Gone != nil && r.opt.Place != "" && h.Host == r.opt.Host &&
		strings.HasSuffix(h.ID, "@"+r.opt.Place) && r.opt.Gone(h.PID) {
		// If it is released or taken meanwhile, Acquire below tells.
		_ = r.st.ForceUnlock(ctx, h.ID)
	}
	return r.st.Acquire(ctx, holder, r.opt.LockTimeout)
}

func newRun(opt Options) *Run {
	if opt.StatePath == "" {
		opt.StatePath = opt.Config.StatePath
	}
	if opt.ExportRoot == "" {
		opt.ExportRoot = opt.Config.ExportRoot
	}
	if opt.Events == nil {
		opt.Events = Silent{}
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Parallelism < 1 {
		opt.Parallelism = 10
	}
	return &Run{
		opt: opt, cfg: opt.Config, eval: opt.Config.NewEval(), began: opt.Clock.Now(),
		accounts: map[string]*account{}, slots: map[export.LimitKey]*slot{}, gates: map[string]*gate{},
		moved: map[export.Address]export.Address{},
	}
}

// Close gives back the lease and closes state and export root.
func (r *Run) Close() error {
	var errs []error
	if r.lease != nil {
		errs = append(errs, r.lease.Release())
	}
	if r.store != nil {
		errs = append(errs, r.store.Close())
	}
	if r.st != nil {
		errs = append(errs, r.st.Close())
	}
	return errors.Join(errs...)
}

// Listen sets who hears what happens from now on. It must not be called while the
// run plans or applies.
func (r *Run) Listen(e Events) { r.opt.Events = e }

// State is the open state, or nil when there is none.
func (r *Run) State() *state.State { return r.st }

// Snapshot is the state as it was when the run began.
func (r *Run) Snapshot() *export.Snapshot { return r.snap }

// files tells the planner the condition of local files, looking no deeper than
// it must.
func (r *Run) files(_ export.Address, k *export.KnownVersion) export.Condition {
	for i := range k.Artifacts {
		c, err := r.store.Check(k.Artifacts[i], false)
		if err != nil {
			r.opt.Log.Warn("look at local file", "path", k.Artifacts[i].Path, "error", err)
			return export.Damaged
		}
		if c != export.Whole {
			return c
		}
	}
	return export.Whole
}

// problem turns what the planner objects to into a diagnostic that points at the
// configuration where it can.
func problem(p plan.Problem, in *instance) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: p.Summary, Detail: p.Detail}
	if in == nil {
		return d
	}
	rng := in.cfg.Range
	if p.Attribute != "" {
		rng = in.cfg.AttrRange(p.Attribute)
	}
	d.Subject = &rng
	return d
}

// diagnose turns an error about an instance into a diagnostic; the error itself
// stays reachable through Extra.
func diagnose(err error, addr export.Address, rng *hcl.Range) *hcl.Diagnostic {
	detail := fmt.Sprintf("%s: %s.", addr, err)
	if hint := providers.HintOf(err); hint != "" {
		detail += "\n\n" + hint
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary(err), Detail: detail, Subject: rng, Extra: err}
}

// summary is the constant first line for a kind of error.
func summary(err error) string {
	switch providers.KindOf(err) {
	case providers.Auth:
		return "Credentials refused"
	case providers.Permission:
		return "Permission denied"
	case providers.NotFound, providers.Gone:
		return "Not found on the service"
	case providers.Invalid:
		return "Request refused"
	case providers.Refused:
		return "Not possible on this account"
	case providers.Quota:
		return "Quota used up"
	case providers.TooSoon, providers.Busy:
		return "Service is busy"
	case providers.Transient:
		return "Service cannot be reached"
	case providers.Protocol:
		return "Unexpected answer"
	case providers.Uncertain:
		return "Answer lost"
	}
	return "Export failed"
}
