package engine

import (
	"context"
	"sync"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// slot is the limit of one kind of generation of an account: between two starts
// some time must pass. Whoever holds it may look at the clock and start.
type slot struct {
	key  export.LimitKey
	turn chan struct{}

	mu    sync.Mutex
	limit export.Limit
	// told is what the service said, since it was last forgotten, about when the
	// next generation may start.
	told time.Time
}

// slotFor returns the slot of an instance's generations.
func (r *Run) slotFor(in *instance, t providers.Target) (*slot, providers.Slot) {
	s := slotOf(in.acct, t)
	return r.slot(export.LimitKey{Account: in.acct.provider.Account(), Name: s.Limit}), s
}

// slotOf asks the provider what the generations of a target are counted by.
func slotOf(a *account, t providers.Target) providers.Slot {
	if p, ok := a.provider.(providers.Paced); ok {
		return p.Slot(t)
	}
	return providers.Slot{Limit: plan.LimitGeneration, Interval: a.limits.GenerationInterval}
}

func (r *Run) slot(key export.LimitKey) *slot {
	r.accountsMu.Lock()
	defer r.accountsMu.Unlock()
	s, ok := r.slots[key]
	if !ok {
		s = &slot{key: key, turn: make(chan struct{}, 1), limit: r.snap.Limits[key]}
		r.slots[key] = s
	}
	return s
}

func (s *slot) get() export.Limit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit
}

// hear notes what the service said about when the next start is possible.
func (s *slot) hear(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = at
}

// heard reports whether the service has said anything since it was last forgotten.
func (s *slot) heard() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.told.IsZero()
}

// forget makes the slot listen for what the service says from now on.
func (s *slot) forget() { s.hear(time.Time{}) }

// started moves the clock after a start, and returns it. What the service said goes
// before what we assume.
func (s *slot) started(at time.Time, interval time.Duration) export.Limit {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := at.Add(interval)
	switch {
	case !s.told.IsZero():
		next = s.told
	case s.limit.Free(at).After(next):
		next = s.limit.Free(at)
	}
	s.limit = export.Limit{LastStart: at, NotBefore: next}
	return s.limit
}

// gate counts the generations of an account that are under way.
type gate struct {
	mu    sync.Mutex
	n     int
	freed chan struct{} // closed when one ends
}

// gate returns the gate of an account key.
func (r *Run) gate(account string) *gate {
	r.accountsMu.Lock()
	defer r.accountsMu.Unlock()
	g, ok := r.gates[account]
	if !ok {
		g = &gate{freed: make(chan struct{})}
		r.gates[account] = g
	}
	return g
}

// tryEnter counts one more generation if there is room for it; otherwise it
// returns a channel that is closed when one ends.
func (g *gate) tryEnter(limit int) (<-chan struct{}, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n < max(limit, 1) {
		g.n++
		return nil, true
	}
	return g.freed, false
}

// occupy counts a generation that runs already.
func (g *gate) occupy() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n--
	close(g.freed)
	g.freed = make(chan struct{})
}

// enter waits for room. Waiting is called once, before the first wait.
func (g *gate) enter(ctx context.Context, limit func() int, waiting func() error) error {
	for first := true; ; first = false {
		freed, ok := g.tryEnter(limit())
		if ok {
			return nil
		}
		if first {
			if err := waiting(); err != nil {
				return err
			}
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
