package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config"
	"reportsync/internal/crash"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// ApplyOptions say how long an apply may wait.
type ApplyOptions struct {
	// NoWait starts generations whose slot is free and waits for nothing.
	NoWait bool
	// WaitTimeout ends all waiting after this long; 0 means no limit.
	WaitTimeout time.Duration
}

// Applied is how an apply ended.
type Applied struct {
	// Results are in the order of the plan, changes without work left out.
	Results     []plan.Result
	Outputs     []config.Output
	Interrupted bool
	Took        time.Duration
	Requests    int
}

// Apply carries out a plan. Cancelling ctx stops it the gentle way: nothing new is
// started, and what runs is recorded. Cancelling hard ends it at once; the journal
// keeps it consistent all the same. Problems of single exports are in the results;
// the diagnostics are about the run as a whole.
func (r *Run) Apply(ctx, hard context.Context, p *Planned, o ApplyOptions) (*Applied, hcl.Diagnostics) {
	leased := r.lease.Context(ctx)
	a := &apply{
		Run: r, hard: r.lease.Context(hard), planned: p, noWait: o.NoWait,
		settling: make(chan struct{}, maxSettling),
		done:     map[int]chan struct{}{}, failedNodes: map[int]bool{}, remaining: map[int]int{},
	}
	if o.WaitTimeout > 0 {
		a.deadline = r.opt.Clock.Now().Add(o.WaitTimeout)
	}
	return a.run(leased)
}

// maxSettling is how many versions are made durable at once: the more of them wait
// for the disk together, the fewer times it has to be waited for.
const maxSettling = 32

// apply is one apply on its way.
type apply struct {
	*Run
	hard     context.Context //nolint:containedctx // outlives the gentle one on purpose
	planned  *Planned
	noWait   bool
	deadline time.Time

	// settling limits how many versions are made durable at once.
	settling chan struct{}

	mu          sync.Mutex
	done        map[int]chan struct{} // by node: closed when all its changes have ended
	remaining   map[int]int
	failedNodes map[int]bool
	results     []plan.Result
}

func (a *apply) run(ctx context.Context) (*Applied, hcl.Diagnostics) {
	began := a.opt.Clock.Now()
	runID, err := a.lease.BeginRun(a.hard, a.record())
	if err != nil {
		return nil, hcl.Diagnostics{stateDiagnostic(err)}
	}
	changes := a.planned.Changes
	a.results = make([]plan.Result, len(changes))
	nodes := a.cfg.Nodes()
	for i := range changes {
		if n, ok := a.node(&changes[i]); ok {
			a.remaining[n]++
			if a.done[n] == nil {
				a.done[n] = make(chan struct{})
			}
		}
	}
	for i := range a.planned.Failed {
		if in := a.planned.walk.byAddress[a.planned.Failed[i].Address]; in != nil {
			a.failedNodes[in.node] = true
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	for i := range changes {
		c := &changes[i]
		if c.Is(plan.NoOp) {
			a.results[i] = plan.Result{Address: c.Address, Actions: c.Actions, Outcome: plan.Done}
			a.finish(c, true)
			continue
		}
		wg.Go(func() {
			a.results[i] = a.change(ctx, c, nodes)
			if p, ok := errors.AsType[*crash.Panic](a.results[i].Err); ok {
				stop(p) // it may hold what others would wait for
			}
			a.finish(c, a.results[i].Outcome == plan.Done)
		})
	}
	wg.Wait()
	return a.end(ctx, runID, began)
}

// node is the block that a change belongs to; orphans have none.
func (a *apply) node(c *plan.Change) (int, bool) {
	in := a.planned.walk.byAddress[c.Address]
	if in == nil {
		return 0, false
	}
	return in.node, true
}

// finish marks a change as ended, so that what depends on its block can go on.
func (a *apply) finish(c *plan.Change, ok bool) {
	n, known := a.node(c)
	if !known {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !ok {
		a.failedNodes[n] = true
	}
	if a.remaining[n]--; a.remaining[n] == 0 {
		close(a.done[n])
	}
}

// change carries out one change.
func (a *apply) change(ctx context.Context, c *plan.Change, nodes []config.Node) plan.Result {
	res := plan.Result{Address: c.Address, Actions: c.Actions, Outcome: plan.Done}
	began := a.opt.Clock.Now()
	w := &worker{apply: a, change: c, result: &res}
	err := a.awaitDependencies(ctx, c, nodes)
	if err == nil {
		a.opt.Events.Started(c)
		err = crash.Catch(func() error { return w.carryOut(ctx) })
	}
	res.Took = a.opt.Clock.Now().Sub(began)
	w.counted(&res)
	if p, ok := errors.AsType[*pendingError](err); ok {
		res.Outcome, res.Detail, res.Until = plan.Pending, p.detail, p.until
	} else if s, ok := errors.AsType[*skippedError](err); ok {
		res.Outcome, res.Err = plan.Skipped, s
	} else if err != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		res.Outcome, res.Detail = plan.Pending, "interrupted; the next run goes on from here"
	} else if providers.KindOf(err) == providers.Quota {
		res.Outcome, res.Detail, res.Err = plan.Pending, "the account's quota is used up; the next run goes on from here", err
		if e, ok := errors.AsType[*providers.Error](err); ok && e.RetryAfter > 0 {
			res.Until = a.opt.Clock.Now().Add(e.RetryAfter)
		}
	} else if err != nil {
		res.Outcome, res.Err = plan.Failed, err
	}
	a.opt.Events.Finished(res)
	return res
}

// awaitDependencies waits for the blocks that the change's block depends on.
func (a *apply) awaitDependencies(ctx context.Context, c *plan.Change, nodes []config.Node) error {
	n, ok := a.node(c)
	if !ok {
		return ctx.Err()
	}
	for _, d := range nodes[n].DependsOn {
		a.mu.Lock()
		done := a.done[d]
		a.mu.Unlock()
		if done != nil {
			select {
			case <-done:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		a.mu.Lock()
		failed := a.failedNodes[d]
		a.mu.Unlock()
		if failed {
			return &skippedError{fmt.Sprintf("%s, which it depends on, is not done", nodes[d].Address)}
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// skippedError is why a change was not begun.
type skippedError struct{ reason string }

func (e *skippedError) Error() string { return "not begun: " + e.reason }

// pendingError stops a change cleanly: a later run goes on.
type pendingError struct {
	detail string
	until  time.Time
}

func (e *pendingError) Error() string { return e.detail }

// wait sleeps until a moment, or says that the work stays pending because the run
// may not wait that long.
func (a *apply) wait(ctx context.Context, addr export.Address, reason string, until time.Time) (time.Duration, error) {
	now := a.opt.Clock.Now()
	d := until.Sub(now)
	if d <= 0 {
		return 0, nil
	}
	if a.noWait || (!a.deadline.IsZero() && until.After(a.deadline)) {
		return 0, &pendingError{detail: reason, until: until}
	}
	if d > time.Second {
		a.opt.Events.Waiting(addr, reason, until)
	}
	err := a.opt.Clock.Sleep(ctx, d)
	return a.opt.Clock.Now().Sub(now), err
}

// refreshed reads an instance's state again, so that expressions and later steps
// see what was recorded.
func (r *Run) refreshed(ctx context.Context, addr export.Address) (*export.Known, error) {
	known, err := r.st.Get(ctx, addr)
	if err != nil {
		return nil, err
	}
	r.knownMu.Lock()
	defer r.knownMu.Unlock()
	instances := r.snap.Instances
	if known == nil {
		delete(instances, addr)
	} else {
		instances[addr] = known
	}
	return known, nil
}

// remember puts what was just recorded into the snapshot, which spares reading it
// back. row is nil when the instance itself was recorded before.
func (w *worker) remember(row *export.Known, versions []export.KnownVersion) {
	w.knownMu.Lock()
	defer w.knownMu.Unlock()
	k := &export.Known{}
	if old := w.snap.Instances[w.change.Address]; old != nil {
		*k = *old // what others hold is not edited
		k.Versions = slices.Clone(old.Versions)
	}
	if row != nil {
		row.Versions, row.Requests, row.Intents = k.Versions, k.Requests, k.Intents
		k = row
	}
	for _, v := range versions {
		if old := k.Find(v.ID); old != nil {
			*old = v
		} else {
			k.Versions = append(k.Versions, v)
		}
	}
	slices.SortFunc(k.Versions, func(a, b export.KnownVersion) int { return a.Compare(b.Version) })
	w.snap.Instances[w.change.Address] = k
}

// known is what the state knows of an instance now.
func (r *Run) known(addr export.Address) *export.Known {
	r.knownMu.RLock()
	defer r.knownMu.RUnlock()
	return r.snap.Instances[addr]
}
