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

// maxStarts is how often a step may start a generation for the same window: again
// when the service has forgotten one or says that it failed in passing.
const maxStarts = 3

// maxFirstWait bounds how long an estimate of the service is believed.
const maxFirstWait = time.Minute

// generate makes a version exist: it asks for one, or goes on with what an
// earlier run has asked for.
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
	gen.gate = w.gate(gen.acct)
	defer gen.leave()
	if err := w.in.acct.usable(); err != nil {
		return err
	}
	if err := w.ensure(); err != nil { // the journal's entries belong to it
		return err
	}
	err := gen.do(ctx, s)
	if err != nil {
		w.in.acct.close(err)
	}
	return err
}

// generation is one generation on its way, or several in turn for the windows of a
// period.
type generation struct {
	*worker
	g    providers.Generator
	acct string
	gate *gate
	// inside is set while the generation is counted among the account's.
	inside bool
	starts int
	// version and window are set for a version that covers a period: the version,
	// and the part of its period that is asked for now.
	version *export.Version
	window  *export.Period
}

func (g *generation) do(ctx context.Context, s *plan.Step) error {
	known := g.known(g.change.Address)
	if s.Version.Period != nil {
		return g.cover(ctx, known, s)
	}
	switch {
	case s.Action == plan.StepGenerate:
		return g.start(ctx)
	case s.RequestID != "":
		return g.resumeRequest(ctx, known, s.RequestID)
	default:
		return g.resumeIntent(ctx, known)
	}
}

// enter counts the generation among those of the account that run. It waits for
// room.
func (g *generation) enter(ctx context.Context) error {
	if g.inside {
		return nil
	}
	const reason = "another generation of the account is in progress"
	err := g.gate.enter(ctx, func() int { return g.in.acct.provider.Limits().ActiveGenerations }, func() error {
		if g.noWait {
			return &pendingError{detail: reason}
		}
		g.opt.Events.Waiting(g.change.Address, reason, time.Time{})
		return nil
	})
	g.inside = err == nil
	return err
}

// occupy counts a generation that runs on the service already.
func (g *generation) occupy() {
	if !g.inside {
		g.gate.occupy()
		g.inside = true
	}
}

func (g *generation) leave() {
	if g.inside {
		g.gate.leave()
		g.inside = false
	}
}

// target is the instance with the arguments for the window.
func (g *generation) target() (providers.Target, error) {
	if g.version == nil {
		return g.Run.target(g.in), nil
	}
	return g.targetOf(g.in, export.Version{ID: g.version.ID, Period: g.window})
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

// next is how a generation goes on after a call. It reports whether the caller
// should ask again.
type next func(context.Context) (again bool, err error)

func askAgain(context.Context) (bool, error) { return true, nil }

// start asks for a generation when its turn has come, and sees it to its end.
func (g *generation) start(ctx context.Context) error {
	busySince := time.Time{}
	for {
		if g.starts++; g.starts > maxStarts {
			return fmt.Errorf("the service gave up or lost the generation %d times; try again later", maxStarts)
		}
		then, err := g.turn(ctx)
		if err != nil {
			return err
		}
		again, err := then(ctx)
		g.leave()
		if err != nil || !again {
			return err
		}
		// Others may keep the service busy for ever; patience ends.
		if now := g.opt.Clock.Now(); busySince.IsZero() {
			busySince = now
		} else if patience := g.in.acct.limits.PollTimeout; patience > 0 && now.Sub(busySince) > max(4*patience, time.Hour) {
			return &pendingError{detail: "the service has been busy with other generations for " + now.Sub(busySince).Round(time.Minute).String()}
		}
	}
}

// turn waits until a generation may be started and makes the call. Nobody else who
// waits for the same limit can come in between.
func (g *generation) turn(ctx context.Context) (next, error) {
	target, err := g.target()
	if err != nil {
		return nil, err
	}
	_, paced := g.in.acct.provider.(providers.Paced)
	if paced && g.in.observed == nil { // what the account allows is known only after it was asked
		if err := g.observe(ctx, target); err != nil {
			return nil, err
		}
	}
	slot, limit := g.slotFor(g.in, target)
	select {
	case slot.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-slot.turn }()
	if err := g.pause(ctx, "the generation slot is not free yet", slot.get().Free(g.opt.Clock.Now())); err != nil {
		return nil, err
	}
	if err := g.enter(ctx); err != nil {
		return nil, err
	}
	if !paced {
		// Whatever is listed now was not made by the call that follows: should its
		// answer be lost, only newer versions can be its work.
		if err := g.observe(ctx, target); err != nil {
			return nil, err
		}
	}
	return g.ask(ctx, target, slot, limit.Interval)
}

// observe asks the service what exists.
func (g *generation) observe(ctx context.Context, t providers.Target) error {
	o, err := g.in.acct.provider.Observe(g.trace(ctx), t)
	if err == nil {
		g.in.observed = o
	}
	return err
}

// ask makes the call once.
func (g *generation) ask(ctx context.Context, target providers.Target, slot *slot, interval time.Duration) (next, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	now := g.opt.Clock.Now()
	in := export.Intent{
		Kind: export.IntentGenerate, StartedAt: now, Fingerprint: g.in.cfg.Identity, After: g.newestID(), Period: g.window,
	}
	var err error
	if in.ID, err = g.lease.BeginIntent(g.hard, g.change.Address, g.acct, in); err != nil {
		return nil, fmt.Errorf("journal the generation: %w", err)
	}
	slot.forget()
	// The call is not cut short by a gentle stop: its answer is worth the wait.
	id, err := g.g.Generate(g.trace(g.hard), target, g.window)
	if err == nil {
		return g.started(in.ID, id, slot, interval)
	}
	if providers.KindOf(err) == providers.Uncertain {
		g.opt.Events.Note(g.change.Address, "the answer to the generation was lost; looking for what became of it")
		g.setLimit(slot, now, interval)
		return func(ctx context.Context) (bool, error) { return g.reconcile(ctx, in, slot, interval) }, nil
	}
	if cerr := g.lease.CloseIntent(g.hard, in.ID, string(providers.KindOf(err))); cerr != nil {
		return nil, errors.Join(err, cerr)
	}
	perr, _ := errors.AsType[*providers.Error](err)
	switch providers.KindOf(err) {
	case providers.TooSoon:
		g.starts-- // nothing was started
		g.opt.Events.Note(g.change.Address, "the service says that it is too soon: "+perr.Error())
		g.setLimit(slot, now, max(perr.RetryAfter, time.Second))
		return askAgain, nil
	case providers.Busy:
		g.starts--
		return g.busy(slot, perr), nil
	}
	if slot.heard() { // a refusal may count as well
		g.setLimit(slot, now, 0)
	}
	return nil, err
}

// started records a generation that runs; it is then followed.
func (g *generation) started(intent int64, id string, slot *slot, interval time.Duration) (next, error) {
	at := g.opt.Clock.Now()
	req := export.Request{ID: id, StartedAt: at, Fingerprint: g.in.cfg.Identity, Period: g.window}
	if err := g.lease.OpenRequest(g.hard, g.change.Address, g.acct, intent, req); err != nil {
		return nil, fmt.Errorf("journal generation %s: %w", id, err)
	}
	if slot != nil {
		g.setLimit(slot, at, interval)
	}
	return func(ctx context.Context) (bool, error) { return g.follow(ctx, req) }, nil
}

// busy follows somebody else's generation to its end; if it makes a version of
// this very export, that one is taken.
func (g *generation) busy(slot *slot, e *providers.Error) next {
	if e.RequestID == "" {
		g.setLimit(slot, g.opt.Clock.Now(), max(e.RetryAfter, time.Minute))
		return askAgain
	}
	return func(ctx context.Context) (bool, error) {
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
}

// follow polls a generation of ours to its end and records that.
func (g *generation) follow(ctx context.Context, req export.Request) (again bool, err error) {
	p, err := g.poll(ctx, req)
	if err != nil {
		return false, err
	}
	return g.ended(req, p)
}

// ended records how a generation of ours has ended.
func (g *generation) ended(req export.Request, p providers.Progress) (again bool, err error) {
	closed := func() error {
		return g.lease.CloseRequest(g.hard, g.change.Address, req.ID, string(p.State))
	}
	switch p.State {
	case providers.Ready:
		if p.Warning != "" {
			g.result.Warnings = append(g.result.Warnings, p.Warning)
			g.opt.Events.Note(g.change.Address, p.Warning)
		}
		if g.version != nil {
			return false, g.pieceMade(req, p)
		}
		return false, g.announce(*p.Version, req.ID, req.ID)
	case providers.TooLarge:
		if g.version != nil {
			return false, g.pieceTooLarge(req)
		}
		return false, errors.Join(errors.New("the service will not make so much at once; narrow the arguments, or add a period block"), closed())
	case providers.Lost, providers.Foreign:
		g.opt.Events.Note(g.change.Address, "the service does not know the generation any more; starting over")
		return true, closed()
	}
	if p.Err != nil {
		return false, errors.Join(p.Err, closed())
	}
	if p.Again && g.starts < maxStarts {
		g.opt.Events.Note(g.change.Address, fmt.Sprintf("the generation has failed (%s); asking for another", p.Detail))
		return true, closed()
	}
	return false, errors.Join(fmt.Errorf("the service reports that the generation has failed (%s); run again to ask for another", p.Detail), closed())
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
	return g.closeWith(open, providers.Ready, k)
}

// closeWith closes a request together with what it has made.
func (g *generation) closeWith(requestID string, state providers.GenerationState, k export.KnownVersion) error {
	err := g.lease.CloseRequest(g.hard, g.change.Address, requestID, string(state), k)
	if err != nil {
		return fmt.Errorf("record version %s: %w", k.ID, err)
	}
	_, err = g.refreshed(g.hard, g.change.Address)
	return err
}

// poll asks until the generation has ended or the patience has.
func (g *generation) poll(ctx context.Context, req export.Request) (providers.Progress, error) {
	patience := g.in.acct.limits.PollTimeout
	began := g.opt.Clock.Now()
	for n := 0; ; n++ {
		wait := g.in.acct.pollInterval(n)
		if e, ok := g.in.acct.provider.(providers.Estimator); ok && n == 0 {
			wait = max(wait, min(e.Estimate(req.ID), maxFirstWait))
		}
		next := g.opt.Clock.Now().Add(wait)
		if err := g.pause(ctx, fmt.Sprintf("generation %s is in progress", req.ID), next); err != nil {
			return providers.Progress{}, err
		}
		p, err := g.look(ctx, req)
		if err != nil || p.State != providers.Running {
			return p, err
		}
		if patience > 0 && g.opt.Clock.Now().Sub(began) >= patience {
			return p, &pendingError{detail: fmt.Sprintf("generation %s is still in progress after %s", req.ID, patience)}
		}
	}
}

// look asks once.
func (g *generation) look(ctx context.Context, req export.Request) (providers.Progress, error) {
	target, err := g.target()
	if err != nil {
		return providers.Progress{}, err
	}
	p, err := g.g.Poll(g.trace(ctx), target, req)
	if err != nil {
		return p, fmt.Errorf("ask for generation %s: %w", req.ID, err)
	}
	return p, nil
}

// resumeRequest goes on with a generation that an earlier run started.
func (g *generation) resumeRequest(ctx context.Context, known *export.Known, id string) error {
	for _, req := range known.Requests {
		if req.ID == id {
			return g.resumed(ctx, req)
		}
	}
	return fmt.Errorf("generation %s is not in the state any more; plan again", id)
}

func (g *generation) resumed(ctx context.Context, req export.Request) error {
	g.occupy()
	g.starts = 1
	p, err := g.look(ctx, req) // it may have long been ready
	if err != nil {
		return err
	}
	var again bool
	if p.State == providers.Running {
		again, err = g.follow(ctx, req)
	} else {
		again, err = g.ended(req, p)
	}
	g.leave()
	if err == nil && again {
		return g.start(ctx)
	}
	return err
}

// resumeIntent finds out what became of a call whose answer an earlier run lost.
func (g *generation) resumeIntent(ctx context.Context, known *export.Known) error {
	for _, in := range known.Intents {
		if in.Kind == export.IntentGenerate {
			return g.resumedIntent(ctx, in)
		}
	}
	return errors.New("the open intent is not in the state any more; plan again")
}

func (g *generation) resumedIntent(ctx context.Context, in export.Intent) error {
	target, err := g.target()
	if err != nil {
		return err
	}
	g.occupy()
	slot, limit := g.slotFor(g.in, target)
	again, err := g.reconcile(ctx, in, slot, limit.Interval)
	g.leave()
	if err == nil && again {
		return g.start(ctx)
	}
	return err
}

// reconcile asks the provider until it is clear what became of a call.
func (g *generation) reconcile(ctx context.Context, in export.Intent, slot *slot, interval time.Duration) (again bool, err error) {
	for {
		target, err := g.target()
		if err != nil {
			return false, err
		}
		slot.forget()
		rec, err := g.g.Reconcile(g.trace(g.hard), target, in)
		if err != nil {
			return false, fmt.Errorf("find out what became of the generation asked for at %s: %w", in.StartedAt.UTC().Format(time.RFC3339), err)
		}
		switch rec.Outcome {
		case providers.FoundRequest:
			if !rec.Started {
				slot = nil
			}
			then, err := g.started(in.ID, rec.RequestID, slot, interval)
			if err != nil {
				return false, err
			}
			return then(ctx)
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
func (g *generation) setLimit(s *slot, start time.Time, interval time.Duration) {
	if err := g.lease.SetLimit(g.hard, s.key, s.started(start, interval)); err != nil {
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
