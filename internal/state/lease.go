package state

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The lease expires by itself: a holder that has not renewed it for leaseTTL is
// taken for dead.
const (
	leaseTTL  = 30 * time.Second
	leaseBeat = 5 * time.Second
	// lockPoll is how often a run that waits for the lease looks again.
	lockPoll = 250 * time.Millisecond
)

// Holder is who holds the lease.
type Holder struct {
	// ID names this holding of the lease; Acquire makes one if it is empty.
	ID      string
	Host    string
	PID     int
	User    string
	Command string
	// Since and Heartbeat are set by Acquire.
	Since     time.Time
	Heartbeat time.Time
}

// Lease is the right to write. All writing methods are its own.
type Lease struct {
	s      *State
	holder Holder

	ctx    context.Context // ends with the lease
	end    context.CancelCauseFunc
	lost   chan struct{}
	losing sync.Once
	beats  sync.WaitGroup

	releasing sync.Once
	released  error
}

var errReleased = errors.New("the lock on the state was given back")

// Acquire takes the lease. If somebody else holds it, it is tried again until the
// timeout is over (0: not at all), and then the error is an [*ErrLocked].
//
// A holder whose heartbeat is older than the time to live is taken for dead. A
// heartbeat from the future (a clock that was set back) proves nothing: the first
// who sees it notes the time in the lease, a live holder's next heartbeat wipes
// the note out, and a note that outlives the time to live ends the lease. So a
// wrong clock delays a take-over by that time and never blocks for good.
func (s *State) Acquire(ctx context.Context, h Holder, timeout time.Duration) (*Lease, error) {
	const op = "lock state"
	if s.writer == nil {
		return nil, fmt.Errorf("%s %s: %w", op, s.path, ErrReadOnly)
	}
	if h.ID == "" {
		h.ID = uuid.NewString()
	}
	began := s.opt.Wall.Now()
	for {
		holder, err := s.tryAcquire(ctx, &h)
		if err != nil {
			return nil, fail(op, s.path, err)
		}
		if holder == nil {
			return s.hold(h), nil
		}
		left := timeout - s.opt.Wall.Now().Sub(began)
		if left <= 0 {
			return nil, &ErrLocked{Holder: *holder}
		}
		if err := s.opt.Wall.Sleep(ctx, min(lockPoll, left)); err != nil {
			return nil, fmt.Errorf("wait for the lock on the state: %w", err)
		}
	}
}

// tryAcquire takes the lease if it is free or stale; otherwise it returns who
// holds it.
func (s *State) tryAcquire(ctx context.Context, h *Holder) (holder *Holder, err error) {
	err = s.writer.transact(ctx, func(tx *transaction) error {
		now := s.opt.Wall.Now()
		current, doubted, err := readLease(tx.session)
		if err != nil {
			return err
		}
		if current != nil && !stale(now, current.Heartbeat, doubted) {
			holder = current
			if !inFuture(now, current.Heartbeat) || !doubted.IsZero() && !doubted.After(now) {
				return nil
			}
			return tx.exec(`UPDATE lease SET doubted_at = ?`, stamp(now))
		}
		h.Since = now.Round(0).UTC()
		h.Heartbeat = h.Since
		return tx.exec(`INSERT OR REPLACE INTO lease (one, id, host, pid, user, command, since, heartbeat, doubted_at)
			VALUES (1, ?, ?, ?, ?, ?, ?, ?, NULL)`, h.ID, h.Host, h.PID, h.User, h.Command, stamp(now), stamp(now))
	})
	return holder, err
}

func inFuture(now, heartbeat time.Time) bool { return heartbeat.Sub(now) > leaseTTL }

// stale reports whether a lease no longer counts.
func stale(now, heartbeat, doubted time.Time) bool {
	if inFuture(now, heartbeat) {
		return !doubted.IsZero() && now.Sub(doubted) > leaseTTL
	}
	return now.Sub(heartbeat) > leaseTTL
}

// readLease returns who holds the lease, nil if nobody does.
func readLease(s *session) (h *Holder, doubted time.Time, err error) {
	r, err := s.first(`SELECT id, host, pid, user, command, since, heartbeat, doubted_at FROM lease`)
	if err != nil || r == nil {
		return nil, time.Time{}, err
	}
	return &Holder{
		ID: r.text(0), Host: r.text(1), PID: int(r.number(2)), User: r.text(3), Command: r.text(4), Since: r.moment(5), Heartbeat: r.moment(6),
	}, r.moment(7), nil
}

// refuseHeld keeps a schema change away from a run that is writing, and ends a
// lease that nobody renews any more.
func refuseHeld(s *session, now time.Time) error {
	h, doubted, err := readLease(s)
	if err != nil || h == nil {
		return err
	}
	if !stale(now, h.Heartbeat, doubted) {
		return &ErrLocked{Holder: *h}
	}
	_, err = s.change(`DELETE FROM lease`)
	return err
}

// Holder returns who holds the lease now, or nil if it is free or expired.
func (s *State) Holder(ctx context.Context) (*Holder, error) {
	var h *Holder
	var doubted time.Time
	err := s.readers.view(ctx, func(v *view) (err error) {
		h, doubted, err = readLease(v.session)
		return err
	})
	if err != nil {
		return nil, fail("read the lock of state", s.path, err)
	}
	if h != nil && stale(s.opt.Wall.Now(), h.Heartbeat, doubted) {
		return nil, nil
	}
	return h, nil
}

// ForceUnlock ends the lease with the id, whoever holds it. The holder, should it
// be alive, loses the lease and can write no more.
func (s *State) ForceUnlock(ctx context.Context, id string) error {
	const op = "unlock state"
	if s.writer == nil {
		return fmt.Errorf("%s %s: %w", op, s.path, ErrReadOnly)
	}
	return fail(op, s.path, s.writer.transact(ctx, func(tx *transaction) error {
		h, _, err := readLease(tx.session)
		switch {
		case err != nil:
			return err
		case h == nil:
			return fmt.Errorf("the state is not locked: lock %q is %w", id, ErrUnknown)
		case h.ID != id:
			return fmt.Errorf("lock %q is %w; the state is locked with id %s by %s@%s", id, ErrUnknown, h.ID, h.User, h.Host)
		}
		return tx.exec(`DELETE FROM lease`)
	}))
}

// hold makes the lease that was just written and starts to renew it.
func (s *State) hold(h Holder) *Lease {
	l := &Lease{s: s, holder: h, lost: make(chan struct{})}
	l.ctx, l.end = context.WithCancelCause(context.Background())
	s.mu.Lock()
	s.lease = l
	s.mu.Unlock()
	l.beats.Go(l.beat)
	return l
}

// beat renews the lease until it ends. A renewal that fails is tried again; only
// when none has worked for the whole time to live, the lease is given up.
func (l *Lease) beat() {
	wall := l.s.opt.Wall
	renewed := wall.Now()
	for wall.Sleep(l.ctx, leaseBeat) == nil {
		err := l.s.writer.transact(l.ctx, func(tx *transaction) error {
			return tx.renew(l.holder.ID, wall.Now())
		})
		switch {
		case err == nil:
			renewed = wall.Now()
		case errors.Is(err, ErrLeaseLost), wall.Now().Sub(renewed) > leaseTTL:
			l.lose()
			return
		}
	}
}

// renew moves the heartbeat, which wipes out doubts about it.
func (tx *transaction) renew(id string, now time.Time) error {
	n, err := tx.change(`UPDATE lease SET heartbeat = ?, doubted_at = NULL WHERE id = ?`, stamp(now), id)
	if err == nil && n == 0 {
		return ErrLeaseLost
	}
	return err
}

func (l *Lease) lose() {
	l.losing.Do(func() {
		close(l.lost)
		l.end(ErrLeaseLost)
	})
}

// Holder is what the lease was taken with.
func (l *Lease) Holder() Holder { return l.holder }

// Lost is closed when the lease is lost; it stays open after a Release.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Context returns a context that also ends with the lease; its cause is then
// [ErrLeaseLost].
func (l *Lease) Context(ctx context.Context) context.Context {
	bound, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.ctx, func() { cancel(context.Cause(l.ctx)) })
	context.AfterFunc(bound, func() { stop() })
	return bound
}

// Release gives the lease back. Further calls return what the first one did. A
// lease that was lost is not an error here: what it protected has been told.
func (l *Lease) Release() error {
	l.releasing.Do(func() {
		l.end(errReleased)
		l.beats.Wait()
		err := l.s.writer.transact(context.Background(), func(tx *transaction) error {
			return tx.exec(`DELETE FROM lease WHERE id = ?`, l.holder.ID)
		})
		l.released = fail("unlock state", l.s.path, err)
		l.s.mu.Lock()
		if l.s.lease == l {
			l.s.lease = nil
		}
		l.s.mu.Unlock()
	})
	return l.released
}
