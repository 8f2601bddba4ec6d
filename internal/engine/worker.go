package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// worker carries out the steps of one change, one after the other.
type worker struct {
	*apply
	change *plan.Change
	result *plan.Result
	in     *instance // nil for instances that are not in the configuration any more

	requests atomic.Int64
	bytes    atomic.Int64
	waited   time.Duration
	// row is the instance as it will be recorded, nil once it is.
	row *export.Known
	// made is the version that a generation of this change has made.
	made *export.KnownVersion
	// baseless is set when the newest version must not be built upon.
	baseless bool
}

func (w *worker) counted(res *plan.Result) {
	res.Requests, res.Bytes, res.Waited = int(w.requests.Load()), w.bytes.Load(), w.waited
}

// carryOut does the change's steps and records them.
func (w *worker) carryOut(ctx context.Context) error {
	c := w.change
	if err := w.rename(); err != nil {
		return fmt.Errorf("move: %w", err)
	}
	if c.Ends() {
		return w.end(ctx)
	}
	w.in = w.planned.walk.byAddress[c.Address]
	if w.in == nil {
		return fmt.Errorf("%s is in the plan but not in the configuration", c.Address)
	}
	if len(c.Deferred) > 0 {
		if err := w.resolve(ctx); err != nil {
			return err
		}
		c = w.change
	}
	if err := w.begin(c); err != nil {
		return err
	}
	var soft []error // errors of single versions, after which the others go on
	for i := range c.Steps {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if c.Steps[i].Action == plan.StepPrune && len(soft) > 0 {
			break // its successor did not come
		}
		err := w.step(ctx, &c.Steps[i])
		if err == nil {
			continue
		}
		if none, ok := errors.AsType[*noFilesError](err); ok {
			w.warn(fmt.Sprintf("the object exists, but its file was not downloaded: %s", none.err))
			continue
		}
		if !ofOneVersion(err) {
			return errors.Join(append(soft, err)...)
		}
		soft = append(soft, err)
	}
	if err := w.ensure(); err != nil {
		return errors.Join(append(soft, err)...)
	}
	if err := errors.Join(soft...); err != nil {
		return err
	}
	return w.postconditions()
}

// end carries out the end of an instance: objects of ours are deleted, and the state
// forgets it. Local files stay.
func (w *worker) end(ctx context.Context) error {
	for i := range w.change.Steps {
		s := &w.change.Steps[i]
		if s.Action != plan.StepDelete {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.deleteObject(ctx, s) }); err != nil {
			return err
		}
	}
	return w.stepped(plan.Step{Action: plan.StepForget}, func() (plan.StepResult, error) {
		return plan.StepResult{}, w.lease.RemoveInstance(w.hard, w.change.Address)
	})
}

// ofOneVersion reports whether an error concerns a single version, so that the
// other steps of the change can still be done.
func ofOneVersion(err error) bool {
	if _, ok := errors.AsType[*refusedVersionError](err); ok {
		return true
	}
	k := providers.KindOf(err)
	return k == providers.Gone || k == providers.NotFound
}

// begin prepares the instance's own row. It is written together with the first
// thing that the instance owns: the number of commits decides how long it takes to
// record many small versions.
func (w *worker) begin(c *plan.Change) error {
	acct := ""
	if w.in.acct.provider != nil {
		acct = w.in.acct.provider.Account()
	}
	w.row = &export.Known{
		Address: c.Address, Provider: w.in.cfg.Provider, Account: acct, Identity: w.in.cfg.Identity,
		Attributes: attributes(w.in), PreventDestroy: w.in.cfg.PreventDestroy, OnDestroy: w.in.cfg.OnDestroy,
	}
	if !c.Is(plan.Delete) || w.in.policy.Source == export.SourceCreate {
		return nil // objects are replaced one by one
	}
	// A replacement: what belongs to the old one is forgotten.
	if err := w.lease.RemoveInstance(w.hard, c.Address); err != nil {
		return fmt.Errorf("forget the replaced export: %w", err)
	}
	return w.ensure()
}

// record writes versions, and the instance's row if that is still to be written.
func (w *worker) record(versions ...export.KnownVersion) error {
	if err := w.lease.Commit(w.hard, w.change.Address, w.row, versions...); err != nil {
		return fmt.Errorf("record %s: %w", w.change.Address, err)
	}
	w.remember(w.row, versions)
	w.row = nil
	return nil
}

// ensure writes the instance's row, unless it is written.
func (w *worker) ensure() error {
	if w.row == nil {
		return nil
	}
	return w.record()
}

// step does one step.
func (w *worker) step(ctx context.Context, s *plan.Step) error {
	switch s.Action {
	case plan.StepForget:
		k := w.known(w.change.Address).Find(s.Version.ID)
		if k == nil {
			return nil // done with the instance
		}
		return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.forgetObject(k) })
	case plan.StepImport:
		return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.importObject(s) })
	case plan.StepReplace:
		return w.stepped(*s, func() (plan.StepResult, error) {
			if err := w.outdate(); err != nil {
				return plan.StepResult{}, err
			}
			return plan.StepResult{}, w.create(ctx)
		})
	case plan.StepCreate:
		return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.create(ctx) })
	case plan.StepDelete:
		return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.deleteObject(ctx, s) })
	case plan.StepGenerate, plan.StepResume:
		if w.in.policy.Source == export.SourceCreate {
			return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.resumeCreate(ctx) })
		}
		return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.generate(ctx, s) })
	case plan.StepFetch, plan.StepRepair:
		return w.stepped(*s, func() (plan.StepResult, error) { return w.fetch(ctx, s) })
	case plan.StepAdopt:
		if w.in.policy.Source == export.SourceCreate {
			return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, w.adoptObject(s.Version) })
		}
		return w.stepped(*s, func() (plan.StepResult, error) { return w.adopt(ctx, s) })
	case plan.StepMove:
		if s.Version.ID == "" { // of the instance itself, done first
			return w.stepped(*s, func() (plan.StepResult, error) { return plan.StepResult{}, nil })
		}
		return w.stepped(*s, func() (plan.StepResult, error) { return w.move(s) })
	case plan.StepPrune:
		return w.stepped(*s, func() (plan.StepResult, error) { return w.prune(s) })
	}
	return fmt.Errorf("step %q is not known to this version", s.Action)
}

// stepped tells the listeners about a step and keeps its result.
func (w *worker) stepped(s plan.Step, do func() (plan.StepResult, error)) error {
	began := w.opt.Clock.Now()
	w.opt.Events.StepStarted(w.change.Address, s)
	res, err := do()
	if err != nil {
		if s.Version.ID != "" {
			return fmt.Errorf("%s version %s: %w", s.Action, s.Version.ID, err)
		}
		return fmt.Errorf("%s: %w", s.Action, err)
	}
	if res.Step.Action == "" {
		res.Step = s
	}
	res.Took = w.opt.Clock.Now().Sub(began)
	w.result.Steps = append(w.result.Steps, res)
	w.opt.Events.StepDone(w.change.Address, res)
	return nil
}

// resolve evaluates an instance again whose arguments were not known at plan
// time, asks the service about it, and plans it.
func (w *worker) resolve(ctx context.Context) error {
	addr := w.change.Address
	w.evalMu.Lock()
	found, diags := w.eval.Expand(addr.Block())
	w.evalMu.Unlock()
	if diags.HasErrors() {
		return diags
	}
	var cfg *config.Instance
	for _, f := range found {
		if f.Address == addr {
			cfg = f
		}
	}
	if cfg == nil {
		return fmt.Errorf("%s vanished from the configuration when its arguments became known; plan again", addr)
	}
	if d := w.keep(cfg); d.HasErrors() {
		return d
	}
	if len(cfg.Unknown) > 0 {
		return fmt.Errorf("%v is still not known after everything it depends on was applied", cfg.Unknown)
	}
	in := &instance{node: w.in.node, cfg: cfg, acct: w.in.acct, replace: w.in.replace}
	in.settle(in.acct.typ.Exports[addr.Type].Policy(cfg.Args))
	for _, p := range validate(in.acct.typ, staticTarget(cfg)) {
		return fmt.Errorf("%s: %s", p.Summary, p.Detail)
	}
	if d := in.checkPeriod(); d.HasErrors() {
		return d
	}
	if w.mustAsk(in) {
		if w.observe(ctx, in); in.err != nil {
			return in.err
		}
	}
	alone := &walk{byAddress: map[export.Address]*instance{addr: in}}
	p := plan.Compute(plan.Input{
		Wanted: []plan.Wanted{w.wanted(in)}, State: w.only(addr), Files: w.files, Now: w.opt.Clock.Now(),
		Adoptable: w.adoptable(alone), OnDisk: w.onDisk(ctx, alone),
	})
	if len(p.Problems) > 0 {
		return fmt.Errorf("%s: %s", p.Problems[0].Summary, p.Problems[0].Detail)
	}
	w.in = in
	for i := range p.Changes {
		if p.Changes[i].Address == addr {
			w.change = &p.Changes[i]
			w.result.Actions = w.change.Actions
		}
	}
	return nil
}

// postconditions checks what the block promises about its data.
func (w *worker) postconditions() error {
	known := w.known(w.change.Address)
	w.publish(w.in, false)
	if len(w.in.cfg.Postconditions) == 0 || known.Latest() == nil {
		return nil
	}
	self := w.value(w.in, false)
	for _, c := range w.in.cfg.Postconditions {
		w.evalMu.Lock()
		ok, message, diags := c.Check(self)
		w.evalMu.Unlock()
		if diags.HasErrors() {
			return diags
		}
		if !ok {
			return fmt.Errorf("postcondition at %s does not hold: %s", c.Range, message)
		}
	}
	return nil
}

// traced returns a context whose provider calls are reported to the listeners.
func (r *Run) traced(ctx context.Context, addr export.Address, acct *account, w *worker) context.Context {
	return providers.WithTrace(ctx, &providers.Trace{
		Admit: r.admit(acct),
		Allowed: func(limit string, at time.Time) {
			if acct.provider != nil {
				r.slot(export.LimitKey{Account: acct.provider.Account(), Name: limit}).hear(at)
			}
		},
		Request: func(string, int, time.Duration) {
			if w != nil {
				w.requests.Add(1)
			}
		},
		Waiting: func(reason string, until time.Time) { r.opt.Events.Waiting(addr, reason, until) },
		Remaining: func(quota string, left int) {
			if acct.provider != nil {
				r.opt.Events.Remaining(acct.provider.Account(), quota, left)
			}
		},
		Bytes: func(n int) {
			if w != nil {
				w.bytes.Add(int64(n))
			}
			r.opt.Events.Bytes(addr, n)
		},
	})
}
