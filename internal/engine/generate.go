package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// maxStarts is how often one step may start a generation: a second time when the
// service has forgotten the first.
const maxStarts = 2

// generate makes a version exist: it asks for one, or goes on with what an
// earlier run has asked for. Generations of an account go one at a time.
//
// Around the call that must not be made twice stand an intent before it and the
// request id after it; whatever happens in between, the next run finds the intent
// and has the provider find out what became of the call.
func (w *worker) generate(ctx context.Context, s *plan.Step) error {
	g, ok := w.in.acct.provider.(providers.Generator)
	if !ok {
		return fmt.Errorf("provider %s cannot generate", w.in.cfg.Provider)
	}
	gen := &generation{worker: w, g: g, acct: w.in.acct.provider.Account()}
	gen.slot = w.slot(gen.acct)
	if err := gen.enter(ctx); err != nil {
		return err
	}
	defer gen.leave()
	if err := w.in.acct.usable(); err != nil {
		return err
	}
	if err := w.ensure(); err != nil { // the journal's entries belong to it
		return err
	}
	known := w.known(w.change.Address)
	var err error
	switch {
	case s.Action == plan.StepGenerate:
		err = gen.start(ctx)
	case s.RequestID != "":
		err = gen.resumeRequest(ctx, known, s.RequestID)
	default:
		err = gen.resumeIntent(ctx, known)
	}
	if err != nil {
		w.in.acct.close(err)
	}
	return err
}

// generation is one generation on its way.
type generation struct {
	*worker
	g      providers.Generator
	acct   string
	slot   *slot
	starts int
}

// enter waits for the account's one place.
func (g *generation) enter(ctx context.Context) error {
	select {
	case g.slot.place <- struct{}{}:
		return nil
	default:
	}
	if g.noWait {
		return &pendingError{detail: "another generation of the account is in progress"}
	}
	g.opt.Events.Waiting(g.change.Address, "another generation of the account is in progress", time.Time{})
	select {
	case g.slot.place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *generation) leave() { <-g.slot.place }

func (g *generation) target() providers.Target {
	t := g.Run.target(g.in)
	if k := g.known(g.change.Address); k != nil {
		t.Known = k.Versions
	}
	return t
}

func (g *generation) trace(ctx context.Context) context.Context {
	return g.traced(ctx, g.change.Address, g.in.acct, g.worker)
}

// pause waits and counts it.
func (g *generation) pause(ctx context.Context, reason string, until time.Time) error {
	d, err := g.wait(ctx, g.change.Address, reason, until)
	g.waited += d
	return err
}

// start asks for a generation when the slot is free, and sees it to its end.
func (g *generation) start(ctx context.Context) error {
	for {
		if err := g.pause(ctx, "the generation slot is not free yet", g.slot.get().NotBefore); err != nil {
			return err
		}
		if g.starts++; g.starts > maxStarts {
			return fmt.Errorf("the service lost the generation %d times; try again later", maxStarts)
		}
		again, err := g.ask(ctx)
		if err != nil || !again {
			return err
		}
	}
}

// ask makes the call once. It reports whether the caller should ask again.
func (g *generation) ask(ctx context.Context) (again bool, err error) {
	if err := context.Cause(ctx); err != nil {
		return false, err
	}
	// Whatever is listed now was not made by the call that follows: should its
	// answer be lost, only newer versions can be its work.
	if g.in.observed, err = g.in.acct.provider.Observe(g.trace(ctx), g.target()); err != nil {
		return false, err
	}
	now := g.opt.Clock.Now()
	in := export.Intent{Kind: export.IntentGenerate, StartedAt: now, Fingerprint: g.in.cfg.Identity, After: g.newestID()}
	if in.ID, err = g.lease.BeginIntent(g.hard, g.change.Address, g.acct, in); err != nil {
		return false, fmt.Errorf("journal the generation: %w", err)
	}
	// The call is not cut short by a gentle stop: its answer is worth the wait.
	id, err := g.g.Generate(g.trace(g.hard), g.target(), nil)
	if err == nil {
		return g.started(ctx, in.ID, id, true)
	}
	if providers.KindOf(err) == providers.Uncertain {
		g.opt.Events.Note(g.change.Address, "the answer to the generation was lost; looking for what became of it")
		g.setLimit(now, g.in.acct.limits.GenerationInterval)
		return g.reconcile(ctx, in)
	}
	if cerr := g.lease.CloseIntent(g.hard, in.ID, string(providers.KindOf(err))); cerr != nil {
		return false, errors.Join(err, cerr)
	}
	perr, _ := errors.AsType[*providers.Error](err)
	switch providers.KindOf(err) {
	case providers.TooSoon:
		g.starts-- // nothing was started
		g.opt.Events.Note(g.change.Address, "the service says that it is too soon: "+perr.Error())
		g.setLimit(now, max(perr.RetryAfter, time.Second))
		return true, nil
	case providers.Busy:
		g.starts--
		return g.busy(ctx, perr)
	}
	return false, err
}

// started records a generation that runs, and follows it.
func (g *generation) started(ctx context.Context, intent int64, id string, now bool) (again bool, err error) {
	at := g.opt.Clock.Now()
	req := export.Request{ID: id, StartedAt: at, Fingerprint: g.in.cfg.Identity}
	if err := g.lease.OpenRequest(g.hard, g.change.Address, g.acct, intent, req); err != nil {
		return false, fmt.Errorf("journal generation %s: %w", id, err)
	}
	if now {
		g.setLimit(at, g.in.acct.limits.GenerationInterval)
	}
	return g.follow(ctx, req)
}

// busy follows somebody else's generation to its end; if it makes a version of
// this very export, that one is taken.
func (g *generation) busy(ctx context.Context, e *providers.Error) (again bool, err error) {
	if e.RequestID == "" {
		g.setLimit(g.opt.Clock.Now(), time.Minute)
		return true, nil
	}
	g.opt.Events.Note(g.change.Address, "another generation of the account is in progress; waiting for it")
	p, err := g.poll(ctx, export.Request{ID: e.RequestID, StartedAt: g.opt.Clock.Now()})
	if err != nil {
		return false, err
	}
	if p.State == providers.Ready {
		return false, g.announce(*p.Version, e.RequestID, "")
	}
	return true, nil
}

// follow polls a generation of ours to its end and records that.
func (g *generation) follow(ctx context.Context, req export.Request) (again bool, err error) {
	p, err := g.poll(ctx, req)
	if err != nil {
		return false, err
	}
	switch p.State {
	case providers.Ready:
		return false, g.announce(*p.Version, req.ID, req.ID)
	case providers.Lost, providers.Foreign:
		g.opt.Events.Note(g.change.Address, "the service does not know the generation any more; starting over")
		return true, g.lease.CloseRequest(g.hard, g.change.Address, req.ID, string(p.State), nil)
	default:
		err := g.lease.CloseRequest(g.hard, g.change.Address, req.ID, string(p.State), nil)
		return false, errors.Join(fmt.Errorf("the service reports that the generation has failed (%s); run again to ask for another", p.Detail), err)
	}
}

// announce records the version that a generation made, before it is fetched.
// Open names the request to close with it, if it is in the journal.
func (g *generation) announce(v export.Version, requestID, open string) error {
	k := export.KnownVersion{Version: v, Status: export.Announced, Rows: -1, RequestID: requestID}
	if known := g.known(g.change.Address).Find(v.ID); known != nil && known.Status == export.Kept {
		k = *known // fetched already, as a save that somebody else's run found
	}
	g.made = &k
	if open == "" {
		return g.record(k)
	}
	err := g.lease.CloseRequest(g.hard, g.change.Address, open, string(providers.Ready), &k)
	if err != nil {
		return fmt.Errorf("record version %s: %w", v.ID, err)
	}
	_, err = g.refreshed(g.hard, g.change.Address)
	return err
}

// poll asks until the generation has ended or the patience has.
func (g *generation) poll(ctx context.Context, req export.Request) (providers.Progress, error) {
	patience := g.in.acct.limits.PollTimeout
	began := g.opt.Clock.Now()
	for n := 0; ; n++ {
		next := g.opt.Clock.Now().Add(g.in.acct.pollInterval(n))
		if err := g.pause(ctx, fmt.Sprintf("generation %s is in progress", req.ID), next); err != nil {
			return providers.Progress{}, err
		}
		p, err := g.g.Poll(g.trace(ctx), g.target(), req)
		if err != nil {
			return p, fmt.Errorf("ask for generation %s: %w", req.ID, err)
		}
		if p.State != providers.Running {
			return p, nil
		}
		if patience > 0 && g.opt.Clock.Now().Sub(began) >= patience {
			return p, &pendingError{detail: fmt.Sprintf("generation %s is still in progress after %s", req.ID, patience)}
		}
	}
}

// resumeRequest goes on with a generation that an earlier run started.
func (g *generation) resumeRequest(ctx context.Context, known *export.Known, id string) error {
	for _, req := range known.Requests {
		if req.ID != id {
			continue
		}
		p, err := g.g.Poll(g.trace(ctx), g.target(), req) // it may have long been ready
		if err != nil {
			return fmt.Errorf("ask for generation %s: %w", id, err)
		}
		if p.State == providers.Ready {
			return g.announce(*p.Version, id, id)
		}
		g.starts = 1
		again, err := g.follow(ctx, req)
		if err == nil && again {
			return g.start(ctx)
		}
		return err
	}
	return fmt.Errorf("generation %s is not in the state any more; plan again", id)
}

// resumeIntent finds out what became of a call whose answer an earlier run lost.
func (g *generation) resumeIntent(ctx context.Context, known *export.Known) error {
	for _, in := range known.Intents {
		if in.Kind != export.IntentGenerate {
			continue
		}
		again, err := g.reconcile(ctx, in)
		if err == nil && again {
			return g.start(ctx)
		}
		return err
	}
	return errors.New("the open intent is not in the state any more; plan again")
}

// reconcile asks the provider until it is clear what became of a call.
func (g *generation) reconcile(ctx context.Context, in export.Intent) (again bool, err error) {
	for {
		rec, err := g.g.Reconcile(g.trace(g.hard), g.target(), in)
		if err != nil {
			return false, fmt.Errorf("find out what became of the generation asked for at %s: %w", in.StartedAt.UTC().Format(time.RFC3339), err)
		}
		switch rec.Outcome {
		case providers.FoundRequest:
			return g.started(ctx, in.ID, rec.RequestID, rec.Started)
		case providers.FoundVersion:
			if err := g.announce(*rec.Version, "", ""); err != nil {
				return false, err
			}
			return false, g.lease.CloseIntent(g.hard, in.ID, "found version "+rec.Version.ID)
		case providers.NotStarted:
			return true, g.lease.CloseIntent(g.hard, in.ID, "never started")
		}
		until := g.opt.Clock.Now().Add(max(rec.Wait, time.Second))
		if err := g.pause(ctx, "it is not clear yet whether the generation was started", until); err != nil {
			return false, err
		}
	}
}

// setLimit moves the slot's clock, in memory and in the state.
func (g *generation) setLimit(start time.Time, interval time.Duration) {
	l := export.Limit{LastStart: start, NotBefore: start.Add(interval)}
	if old := g.slot.get(); old.NotBefore.After(l.NotBefore) {
		return
	}
	g.slot.set(l)
	if err := g.lease.SetLimit(g.hard, export.LimitKey{Account: g.acct, Name: plan.LimitGeneration}, l); err != nil {
		g.opt.Log.Warn("record the generation slot", "error", err)
	}
}

// newestID is the newest version known before the call: what the call makes is
// newer. It looks at the service's list too, where that was read.
func (g *generation) newestID() string {
	var newest *export.Version
	consider := func(v *export.Version) {
		if newest == nil || newest.Compare(*v) < 0 {
			newest = v
		}
	}
	if k := g.known(g.change.Address); k != nil {
		for i := range k.Versions {
			consider(&k.Versions[i].Version)
		}
	}
	if g.in.observed != nil {
		for i := range g.in.observed.Versions {
			consider(&g.in.observed.Versions[i])
		}
	}
	if newest == nil {
		return ""
	}
	return newest.ID
}
