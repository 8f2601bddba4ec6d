package state_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/state"
)

// oddClock is the wall clock with an error, which can stop to wake up sleepers.
type oddClock struct {
	off    time.Duration
	frozen atomic.Bool // like a process that is suspended
}

func (c *oddClock) Now() time.Time { return time.Now().Add(c.off) }

func (c *oddClock) Sleep(ctx context.Context, d time.Duration) error {
	for {
		if err := (clock.Wall{}).Sleep(ctx, d); err != nil || !c.frozen.Load() {
			return err
		}
	}
}

func openWith(t *testing.T, path string, wall clock.Clock) *state.State {
	t.Helper()
	s, err := state.Open(t.Context(), path, state.Options{Wall: wall})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func acquire(t *testing.T, s *state.State, user string) *state.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), state.Holder{User: user, Host: "host", PID: 42, Command: "apply"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closeAll(t *testing.T, states ...*state.State) {
	t.Helper()
	for _, s := range states {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// lockedBy fails the test unless the lease is refused because of the user.
func lockedBy(t *testing.T, err error, user string) {
	t.Helper()
	locked, ok := errors.AsType[*state.ErrLocked](err)
	if !ok || locked.Holder.User != user {
		t.Fatalf("got %v, want *ErrLocked by %s", err, user)
	}
}

// bubble runs a test of two handles on one state in made-up time.
func bubble(t *testing.T, wallA, wallB clock.Clock, test func(t *testing.T, a, b *state.State)) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	synctest.Test(t, func(t *testing.T) {
		a, b := openWith(t, path, wallA), openWith(t, path, wallB)
		defer closeAll(t, a, b)
		test(t, a, b)
	})
}

func TestSecondRunIsToldWhoHoldsTheLock(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, a, b *state.State) {
		l := acquire(t, a, "ann")
		before := time.Now()
		_, err := b.Acquire(t.Context(), state.Holder{User: "bob"}, 0)
		lockedBy(t, err, "ann")
		if waited := time.Since(before); waited != 0 {
			t.Errorf("waited %v, want none", waited)
		}
		for _, want := range []string{"ann@host", "pid 42", `"apply"`, l.Holder().ID, "since 2000-01-01 00:00:00 UTC"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
		got, err := b.Holder(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := l.Holder()
		if d := cmp.Diff(&want, got); d != "" {
			t.Errorf("Holder (-want +got):\n%s", d)
		}
	})
}

func TestWaitingForTheLock(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, a, b *state.State) {
		l := acquire(t, a, "ann")
		start := time.Now()
		_, err := b.Acquire(t.Context(), state.Holder{}, 3*time.Second)
		lockedBy(t, err, "ann")
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("gave up after %v, want 3s", waited)
		}

		time.AfterFunc(time.Minute, func() {
			if err := l.Release(); err != nil {
				t.Error(err)
			}
		})
		start = time.Now()
		if _, err := b.Acquire(t.Context(), state.Holder{}, time.Hour); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < time.Minute || waited > time.Minute+time.Second {
			t.Errorf("got the lock after %v, want soon after a minute", waited)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, a, b *state.State) {
		acquire(t, a, "ann")
		why := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(why) })
		if _, err := b.Acquire(ctx, state.Holder{}, time.Hour); !errors.Is(err, why) {
			t.Errorf("got %v, want the cause", err)
		}
	})
}

func TestHeartbeatKeepsTheLock(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, a, b *state.State) {
		l := acquire(t, a, "ann")
		time.Sleep(5 * time.Minute)
		_, err := b.Acquire(t.Context(), state.Holder{}, 0)
		lockedBy(t, err, "ann")
		select {
		case <-l.Lost():
			t.Error("the lease counts as lost")
		default:
		}
		if err := l.PutInstance(t.Context(), export.Known{Address: address(t, "a.b")}); err != nil {
			t.Error(err)
		}
	})
}

func TestReleasedLockIsFree(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, a, b *state.State) {
		l := acquire(t, a, "ann")
		for range 2 {
			if err := l.Release(); err != nil {
				t.Fatal(err)
			}
		}
		if h, err := b.Holder(t.Context()); h != nil || err != nil {
			t.Errorf("got %v, %v; want nobody", h, err)
		}
		acquire(t, b, "bob")
		if err := l.SetLimit(t.Context(), export.LimitKey{}, export.Limit{}); err == nil {
			t.Error("a released lease still writes")
		}
	})
}

func TestCloseGivesTheLockBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	a := openWith(t, path, nil)
	acquire(t, a, "ann")
	closeAll(t, a)
	b := openWith(t, path, nil)
	acquire(t, b, "bob")
	closeAll(t, b)
}

func TestTakeOverFencesTheOldHolder(t *testing.T) {
	wall := &oddClock{}
	bubble(t, wall, nil, func(t *testing.T, a, b *state.State) {
		old := acquire(t, a, "ann")
		bound := old.Context(t.Context())
		wall.frozen.Store(true)
		time.Sleep(30 * time.Second)
		_, err := b.Acquire(t.Context(), state.Holder{}, 0)
		lockedBy(t, err, "ann")
		time.Sleep(time.Nanosecond)
		if h, err := b.Holder(t.Context()); h != nil || err != nil {
			t.Errorf("an expired lease is held by %v, %v", h, err)
		}
		young := acquire(t, b, "bob")
		if err := young.PutInstance(t.Context(), export.Known{Address: address(t, "a.b")}); err != nil {
			t.Fatal(err)
		}
		before := meta(t, b)

		err = old.PutInstance(t.Context(), export.Known{Address: address(t, "a.c")})
		if !errors.Is(err, state.ErrLeaseLost) {
			t.Fatalf("the old holder's write: %v, want ErrLeaseLost", err)
		}
		if d := cmp.Diff(before, meta(t, b)); d != "" {
			t.Errorf("the old holder has written:\n%s", d)
		}
		<-old.Lost()
		<-bound.Done()
		if cause := context.Cause(bound); !errors.Is(cause, state.ErrLeaseLost) {
			t.Errorf("the context ended with %v", cause)
		}
		if err := old.Release(); err != nil {
			t.Errorf("release of the lost lease: %v", err)
		}
		if h, err := a.Holder(t.Context()); err != nil || h == nil || h.User != "bob" {
			t.Errorf("the lock is held by %v, %v; want bob", h, err)
		}
	})
}

func TestOldHolderNoticesByItself(t *testing.T) {
	wall := &oddClock{}
	bubble(t, wall, nil, func(t *testing.T, a, b *state.State) {
		old := acquire(t, a, "ann")
		wall.frozen.Store(true)
		time.Sleep(time.Minute)
		acquire(t, b, "bob")
		wall.frozen.Store(false)
		time.Sleep(10 * time.Second)
		select {
		case <-old.Lost():
		default:
			t.Error("the lease does not count as lost")
		}
	})
}

func TestSleepingHolderGoesOnIfNobodyTookOver(t *testing.T) {
	wall := &oddClock{}
	bubble(t, wall, nil, func(t *testing.T, a, b *state.State) {
		l := acquire(t, a, "ann")
		wall.frozen.Store(true)
		time.Sleep(time.Hour)
		wall.frozen.Store(false)
		time.Sleep(10 * time.Second)
		if err := l.PutInstance(t.Context(), export.Known{Address: address(t, "a.b")}); err != nil {
			t.Error(err)
		}
		_, err := b.Acquire(t.Context(), state.Holder{}, 0)
		lockedBy(t, err, "ann")
	})
}

func TestHeartbeatFromTheFuture(t *testing.T) {
	t.Run("of a living holder", func(t *testing.T) {
		bubble(t, &oddClock{off: 24 * time.Hour}, nil, func(t *testing.T, a, b *state.State) {
			acquire(t, a, "ann")
			_, err := b.Acquire(t.Context(), state.Holder{}, 2*time.Minute)
			lockedBy(t, err, "ann")
		})
	})
	t.Run("of a dead holder, waited for", func(t *testing.T) {
		wall := &oddClock{off: 24 * time.Hour}
		bubble(t, wall, nil, func(t *testing.T, a, b *state.State) {
			acquire(t, a, "ann")
			wall.frozen.Store(true)
			start := time.Now()
			if _, err := b.Acquire(t.Context(), state.Holder{}, time.Hour); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited > 31*time.Second {
				t.Errorf("the lock was taken over after %v", waited)
			}
		})
	})
	t.Run("of a dead holder, tried twice", func(t *testing.T) {
		wall := &oddClock{off: 24 * time.Hour}
		bubble(t, wall, nil, func(t *testing.T, a, b *state.State) {
			acquire(t, a, "ann")
			wall.frozen.Store(true)
			_, err := b.Acquire(t.Context(), state.Holder{}, 0)
			lockedBy(t, err, "ann")
			time.Sleep(31 * time.Second)
			acquire(t, b, "bob")
		})
	})
	t.Run("of a holder that is a little ahead", func(t *testing.T) {
		wall := &oddClock{off: 20 * time.Second}
		bubble(t, wall, nil, func(t *testing.T, a, b *state.State) {
			acquire(t, a, "ann")
			wall.frozen.Store(true)
			time.Sleep(51 * time.Second)
			acquire(t, b, "bob")
		})
	})
	t.Run("noted by a clock that was wrong itself", func(t *testing.T) {
		wallA, wallB := &oddClock{off: 24 * time.Hour}, &oddClock{off: 12 * time.Hour}
		bubble(t, wallA, wallB, func(t *testing.T, a, b *state.State) {
			acquire(t, a, "ann")
			wallA.frozen.Store(true)
			_, err := b.Acquire(t.Context(), state.Holder{}, 0) // notes a moment 12 hours ahead
			lockedBy(t, err, "ann")
			wallB.off = 0
			if _, err := b.Acquire(t.Context(), state.Holder{}, time.Minute); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestLeaseThatCannotBeRenewedIsLost(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	synctest.Test(t, func(t *testing.T) {
		s := openWith(t, path, nil)
		l := acquire(t, s, "ann")
		raw(t, path, func(db *sql.DB) {
			if _, err := db.Exec(`ALTER TABLE lease RENAME TO gone`); err != nil {
				t.Fatal(err)
			}
		})
		start := time.Now()
		<-l.Lost()
		if after := time.Since(start); after < 30*time.Second || after > 40*time.Second {
			t.Errorf("lost after %v, want soon after 30s", after)
		}
		if err := s.Close(); err == nil {
			t.Error("the lease was given back without its table")
		}
	})
}

func TestForceUnlock(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, a, b *state.State) {
		ctx := t.Context()
		if err := b.ForceUnlock(ctx, "x"); !errors.Is(err, state.ErrUnknown) {
			t.Errorf("unlock of a free state: %v, want ErrUnknown", err)
		}
		l := acquire(t, a, "ann")
		err := b.ForceUnlock(ctx, "x")
		if !errors.Is(err, state.ErrUnknown) || !strings.Contains(err.Error(), l.Holder().ID) {
			t.Errorf("unlock with a wrong id: %v, want ErrUnknown and the right id", err)
		}
		if err := b.ForceUnlock(ctx, l.Holder().ID); err != nil {
			t.Fatal(err)
		}
		acquire(t, b, "bob")
		<-l.Lost()
	})
}

func TestLeaseContextEndsWithItsParent(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, a, _ *state.State) {
		l := acquire(t, a, "ann")
		why := errors.New("interrupted")
		parent, cancel := context.WithCancelCause(t.Context())
		bound := l.Context(parent)
		cancel(why)
		if err := l.SetLimit(bound, export.LimitKey{}, export.Limit{}); !errors.Is(err, why) {
			t.Errorf("got %v, want the cause", err)
		}
	})
}

func TestHandlesTakeTurns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	synctest.Test(t, func(t *testing.T) {
		var inside, turns atomic.Int32
		done := make(chan struct{})
		for range 5 {
			go func() {
				defer func() { done <- struct{}{} }()
				s := openWith(t, path, nil)
				defer closeAll(t, s)
				for range 4 {
					l, err := s.Acquire(t.Context(), state.Holder{}, time.Hour)
					if err != nil {
						t.Error(err)
						return
					}
					if n := inside.Add(1); n != 1 {
						t.Errorf("%d hold the lease at once", n)
					}
					time.Sleep(7 * time.Second)
					inside.Add(-1)
					turns.Add(1)
					if err := l.Release(); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		for range 5 {
			<-done
		}
		if turns.Load() != 20 {
			t.Errorf("%d turns, want 20", turns.Load())
		}
	})
}
