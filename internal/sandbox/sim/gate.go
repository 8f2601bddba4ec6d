package sim

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"reportsync/internal/clock"
)

// The limits that a client of a service can break.
const (
	TooFast  = "pace"
	Parallel = "parallel"
)

const (
	// jitter is how late a request may come on the wall clock without being taken
	// for one that was sent too early: on a busy machine a goroutine waits for its
	// turn this long.
	jitter = 20 * time.Millisecond
	// abandonment is how long it may take until the end of a request whose client
	// has given up is noticed.
	abandonment = 50 * time.Millisecond
)

// Gate enforces the pace of an account: so much time between two requests, and
// one at a time. A request that comes early is forgiven as long as the average
// holds, within what the network may shift; a burst is not.
//
// A request is being served until its answer is ready; the answer's way to the
// client is nobody's business.
type Gate struct {
	clock, wall clock.Clock
	gap, slack  time.Duration

	mu      sync.Mutex
	due     time.Time // when the next request may come, if all came in time
	flights map[*flight]struct{}
}

// flight is a request that is being served.
type flight struct {
	ctx  context.Context
	left bool // it was served to the end
}

// NewGate returns a gate that wants gap of virtual time between requests.
func NewGate(env Env, gap time.Duration) *Gate {
	return &Gate{
		clock: env.Clock, wall: env.Wall, gap: gap,
		slack:   100*time.Millisecond + time.Duration(float64(jitter)*max(env.Speed, 1)),
		flights: make(map[*flight]struct{}),
	}
}

// Burst lets so many requests come at once, after a pause that would have allowed
// them one by one.
func (g *Gate) Burst(n int) *Gate {
	g.slack += time.Duration(n) * g.gap
	return g
}

// Pass lets a request in where only the pace matters, and returns the limit that
// it breaks, or "".
func (g *Gate) Pass() (violation string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pace()
}

// pace counts a request that comes now.
func (g *Gate) pace() (violation string) {
	now := g.clock.Now()
	if now.Before(g.due.Add(-g.slack)) {
		return TooFast
	}
	g.due = later(g.due, now).Add(g.gap)
	return ""
}

// Enter lets a request in. It returns the limit that the request breaks, or "",
// and what is to be called when its answer is ready.
func (g *Gate) Enter(ctx context.Context) (violation string, leave func()) {
	g.mu.Lock()
	others := slices.Collect(maps.Keys(g.flights))
	own := &flight{ctx: ctx}
	g.flights[own] = struct{}{}
	violation = g.pace()
	g.mu.Unlock()

	for _, f := range others {
		if violation == "" && !g.abandoned(f) {
			violation = Parallel
		}
	}
	return violation, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		own.left = own.left || ctx.Err() == nil
		delete(g.flights, own)
	}
}

// abandoned reports whether the client of a request has given it up. It waits a
// little to see that.
func (g *Gate) abandoned(f *flight) bool {
	if g.wall.Sleep(f.ctx, abandonment) == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return !f.left
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
