package sim

import (
	"context"
	"sync"
	"time"

	"reportsync/internal/clock"
)

// Pace is how fast a [Timeline] runs.
type Pace struct {
	// Speed is how many times faster than the wall clock it can run; below 1
	// counts as 1.
	Speed float64
	// Always makes it run at that speed all the time, for clients in other
	// processes, which cannot sleep on it.
	Always bool
}

// Timeline is the sandbox's virtual clock. It keeps the pace of the wall clock
// and hurries while somebody sleeps on it: work takes the time that it takes, only
// waiting is cut short.
//
// It never runs backwards and is safe for concurrent use.
type Timeline struct {
	wall clock.Clock
	pace Pace

	mu       sync.Mutex
	at       time.Time // virtual time at mark
	mark     time.Time // wall time of the last change of pace
	sleepers map[*context.CancelFunc]struct{}
}

var _ clock.Clock = (*Timeline)(nil)

// NewTimeline returns a clock that shows base now.
func NewTimeline(wall clock.Clock, base time.Time, pace Pace) *Timeline {
	pace.Speed = max(pace.Speed, 1)
	return &Timeline{
		wall: wall, pace: pace, at: base, mark: wall.Now(),
		sleepers: make(map[*context.CancelFunc]struct{}),
	}
}

// Now implements [clock.Clock].
func (t *Timeline) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.settle()
}

// settle accounts for the time that passed at the pace so far.
func (t *Timeline) settle() time.Time {
	now := t.wall.Now()
	if passed := now.Sub(t.mark); passed > 0 {
		if t.pace.Always || len(t.sleepers) > 0 {
			passed = time.Duration(float64(passed) * t.pace.Speed)
		}
		t.at = t.at.Add(passed)
		t.mark = now
	}
	return t.at
}

// Advance moves the clock forward and wakes those whose time has come.
func (t *Timeline) Advance(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = t.settle().Add(max(d, 0))
	for wake := range t.sleepers {
		(*wake)()
	}
}

// Sleep implements [clock.Clock]. It ends early when the clock is advanced past
// the moment it waits for.
func (t *Timeline) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	until := t.Now().Add(d)
	for {
		left, err := t.doze(ctx, until)
		if err != nil || left <= 0 {
			return err
		}
	}
}

// doze sleeps until the moment comes, the clock is advanced or ctx ends, and
// returns how much is left to sleep.
func (t *Timeline) doze(ctx context.Context, until time.Time) (time.Duration, error) {
	nap, wake := context.WithCancel(ctx)
	defer wake()

	t.mu.Lock()
	left := until.Sub(t.settle())
	if left <= 0 {
		t.mu.Unlock()
		return 0, context.Cause(ctx)
	}
	t.sleepers[&wake] = struct{}{}
	t.mu.Unlock()

	err := t.wall.Sleep(nap, time.Duration(float64(left)/t.pace.Speed))

	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.settle()
	delete(t.sleepers, &wake)
	if err == nil && now.Before(until) {
		// The wall clock's timer and the conversion between the two paces round
		// differently; whoever slept to the end must find that time has come.
		t.at = until
	}
	return until.Sub(t.at), context.Cause(ctx)
}
