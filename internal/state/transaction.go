package state

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"reportsync/internal/export"
)

// writer is the one session that writes.
type writer struct {
	mu      sync.Mutex // held for a transaction
	session *session   // nil once it is closed
}

// transaction is a write transaction: it has the database's write lock from the
// beginning.
type transaction struct {
	*session
	changed bool // whether something was changed that plans are made from
}

// transact runs fn in a write transaction. The context is looked at once, before:
// a write that has begun takes less than a wait for its cancellation, and what it
// records has already happened.
func (w *writer) transact(ctx context.Context, fn func(*transaction) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if w.session == nil {
		return errClosed
	}
	tx := &transaction{session: w.session}
	return w.session.inside(`BEGIN IMMEDIATE`, func() error { return fn(tx) })
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
			return tx.exec(`UPDATE meta SET serial = serial + 1`)
		}
		return nil
	})
	if errors.Is(err, ErrLeaseLost) {
		l.lose()
	}
	return fail(op, l.s.path, err)
}
