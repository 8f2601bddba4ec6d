package state

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"reportsync/internal/export"
	"reportsync/internal/failpoint"
)

// writer is the one session that writes. What comes while it is busy is written
// together: making it durable costs more than all the rest.
type writer struct {
	mu      sync.Mutex // held for a transaction
	session *session   // nil once it is closed

	waitingMu sync.Mutex
	waiting   []*write
}

// write is one piece of work for the writer.
type write struct {
	ctx   context.Context //nolint:containedctx // looked at when its turn comes
	fn    func(*transaction) error
	ended bool // guarded by the writer's mu
	err   error
}

// transaction is a write transaction: it has the database's write lock from the
// beginning.
type transaction struct {
	*session
	changed bool // whether something was changed that plans are made from
}

// transact runs fn in a write transaction, perhaps together with what others have
// to write; an error of one leaves nothing of it and does not touch the others. The
// context is looked at once, before: a write that has begun takes less than a wait
// for its cancellation, and what it records has already happened. After a failure of
// the whole transaction fn may be run again.
func (w *writer) transact(ctx context.Context, fn func(*transaction) error) error {
	own := &write{ctx: ctx, fn: fn}
	w.waitingMu.Lock()
	w.waiting = append(w.waiting, own)
	w.waitingMu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if own.ended {
		return own.err // somebody else took it along
	}
	w.waitingMu.Lock()
	batch := w.waiting
	w.waiting = nil
	w.waitingMu.Unlock()
	w.together(batch)
	return own.err
}

// together carries out several writes in one transaction, or one by one if that
// cannot be.
func (w *writer) together(batch []*write) {
	if len(batch) > 1 && w.session != nil && w.session.inside(`BEGIN IMMEDIATE`, func() error { return w.each(batch) }) == nil {
		for _, one := range batch {
			one.ended = true
		}
		return
	}
	for _, one := range batch {
		one.err, one.ended = w.alone(one), true
	}
}

// each carries out writes inside a transaction. Its error is about the transaction.
func (w *writer) each(batch []*write) error {
	for _, one := range batch {
		if one.err = context.Cause(one.ctx); one.err != nil {
			continue
		}
		if _, err := w.session.change(`SAVEPOINT one`); err != nil {
			return err
		}
		if one.err = one.fn(&transaction{session: w.session}); one.err != nil {
			if _, err := w.session.change(`ROLLBACK TO one`); err != nil {
				return err
			}
		}
		if _, err := w.session.change(`RELEASE one`); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) alone(one *write) error {
	if one.ctx.Err() != nil {
		return context.Cause(one.ctx)
	}
	if w.session == nil {
		return errClosed
	}
	return w.session.inside(`BEGIN IMMEDIATE`, func() error { return one.fn(&transaction{session: w.session}) })
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.session
	w.session = nil
	return s.close()
}

// exec runs a statement.
func (tx *transaction) exec(query string, args ...any) error {
	_, err := tx.change(query, args...)
	return err
}

// id returns the number in the first column of the first row.
func (tx *transaction) id(query string, args ...any) (int64, error) {
	r, err := tx.one(query, args...)
	if err != nil {
		return 0, err
	}
	return r.number(0), nil
}

// instance returns the row id of an instance.
func (tx *transaction) instance(addr export.Address) (int64, error) {
	r, err := tx.first(`SELECT id FROM instances WHERE address = ?`, addr.String())
	switch {
	case err != nil:
		return 0, err
	case r == nil:
		return 0, fmt.Errorf("%s is %w", addr, ErrUnknown)
	}
	return r.number(0), nil
}

// write runs fn in a transaction that makes sure of the lease first. If fn has
// changed something that plans are made from, the serial grows.
func (l *Lease) write(ctx context.Context, op string, fn func(*transaction) error) error {
	if l.ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(l.ctx))
	}
	failpoint.Hit("journal.before")
	defer failpoint.Hit("journal.after")
	err := l.s.writer.transact(ctx, func(tx *transaction) error {
		ours, err := tx.exists(`SELECT EXISTS (SELECT 1 FROM lease WHERE id = ?)`, l.holder.ID)
		if err != nil {
			return err
		}
		if !ours {
			return ErrLeaseLost
		}
		if err := fn(tx); err != nil {
			return err
		}
		if tx.changed {
			if err := tx.exec(`UPDATE meta SET serial = serial + 1`); err != nil {
				return err
			}
		}
		failpoint.Hit("journal.commit")
		return nil
	})
	if errors.Is(err, ErrLeaseLost) {
		l.lose()
	}
	return fail(op, l.s.path, err)
}
