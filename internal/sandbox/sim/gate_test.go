package sim

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"reportsync/internal/clock"
)

func newGate(speed float64) *Gate {
	return NewGate(Env{Clock: clock.Wall{}, Wall: clock.Wall{}, Speed: speed}, 900*time.Millisecond)
}

func TestGatePace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		gaps  []time.Duration
		wrong int
	}{
		{"a second apart", []time.Duration{time.Second, time.Second, time.Second}, 0},
		{"one late, the next in time", []time.Duration{1200 * time.Millisecond, 850 * time.Millisecond, time.Second}, 0},
		{"one early after a pause", []time.Duration{time.Minute, 800 * time.Millisecond}, 0},
		{"at once", []time.Duration{0, 0, 0}, 3},
		{"half a second apart", []time.Duration{500 * time.Millisecond, 500 * time.Millisecond}, 1},
		{"always a little early", []time.Duration{
			840 * time.Millisecond, 840 * time.Millisecond, 840 * time.Millisecond, 840 * time.Millisecond, 840 * time.Millisecond,
		}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g, wrong := newGate(1), 0
				for i, gap := range append([]time.Duration{0}, tc.gaps...) {
					time.Sleep(gap)
					violation, leave := g.Enter(t.Context())
					leave()
					if violation == TooFast {
						wrong++
					} else if violation != "" {
						t.Errorf("request %d: %s", i, violation)
					}
				}
				if wrong != tc.wrong {
					t.Errorf("%d requests were too fast, want %d", wrong, tc.wrong)
				}
			})
		})
	}
}

func TestGateForgivesMoreWhenTheClockHurries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, passed := newGate(600), 0
		for range 100 {
			violation, leave := g.Enter(t.Context())
			leave()
			if violation == "" {
				passed++
			}
		}
		// 20 ms on the wall are 12 s here.
		if passed < 10 || passed > 15 {
			t.Errorf("%d requests of a burst passed", passed)
		}
	})
}

func TestGateBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1).Burst(5)
		burst := func() (passed int) {
			for range 20 {
				if g.Pass() == "" {
					passed++
				}
			}
			return passed
		}
		if n := burst(); n != 6 {
			t.Errorf("%d requests of a burst passed, want one and five more", n)
		}
		time.Sleep(2 * time.Second)
		if n := burst(); n != 2 {
			t.Errorf("%d requests passed after two seconds", n)
		}
		time.Sleep(time.Minute)
		if n := burst(); n != 6 {
			t.Errorf("%d requests of a burst passed after a pause", n)
		}
	})
}

func TestGateParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		_, leave := g.Enter(t.Context())
		time.Sleep(time.Second)
		violation, leaveToo := g.Enter(t.Context())
		if violation != Parallel {
			t.Errorf("two at once: %q", violation)
		}
		leave()
		leaveToo()
		time.Sleep(time.Second)
		violation, leave = g.Enter(t.Context())
		leave()
		if violation != "" {
			t.Errorf("one after the other: %q", violation)
		}
	})
}

// A client that gave a request up may send the next one before the end of the
// first has come through.
func TestGateForgivesAfterARequestThatWasGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		ctx, giveUp := context.WithCancel(t.Context())
		_, leave := g.Enter(ctx)
		time.Sleep(time.Second)
		time.AfterFunc(abandonment/2, giveUp)
		violation, leaveToo := g.Enter(t.Context())
		if violation != "" {
			t.Errorf("after one that was given up: %q", violation)
		}
		leave()
		leaveToo()
	})
}

// One that ends while the next waits has been served at the same time.
func TestGateNoticesOverlap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		ctx, end := context.WithCancel(t.Context())
		_, leave := g.Enter(ctx)
		time.Sleep(time.Second)
		time.AfterFunc(abandonment/2, func() { leave(); end() })
		violation, leaveToo := g.Enter(t.Context())
		leaveToo()
		if violation != Parallel {
			t.Errorf("overlapping: %q", violation)
		}
	})
}
