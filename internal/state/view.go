package state

import (
	"context"
	"errors"

	"reportsync/internal/export"
)

// maxReaders is how many goroutines can read at once.
const maxReaders = 4

// readers is a pool of sessions that read. They do not wait for the writer.
type readers struct {
	open func() (*session, error)
	// places holds a session, or nil for one that is yet to be opened, for each
	// reader there may be.
	places chan *session
}

// newReaders makes a pool of at most n sessions, the first of which may be open
// already.
func newReaders(first *session, n int, open func() (*session, error)) *readers {
	r := &readers{open: open, places: make(chan *session, n)}
	r.places <- first
	for range n - 1 {
		r.places <- nil
	}
	return r
}

// view is the database as of one moment.
type view struct {
	*session
	decoder
}

// view runs fn on the database as of one moment. The context is looked at only
// while waiting for a place: a view takes milliseconds.
func (r *readers) view(ctx context.Context, fn func(*view) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var s *session
	var ok bool
	select {
	case s, ok = <-r.places:
		if !ok {
			return errClosed
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { r.places <- s }()
	if s == nil {
		var err error
		if s, err = r.open(); err != nil {
			return err
		}
	}
	v := &view{session: s, decoder: decoder{periods: map[string]export.Period{}, sets: map[int64][]export.Column{}}}
	return s.inside(`BEGIN`, func() error { return fn(v) })
}

// each calls fn for every row.
func (v *view) each(query string, args []any, fn func(row) error) error {
	return v.session.each(context.Background(), query, args, fn)
}

// close closes the pool, when nobody reads any more. It must be called once.
func (r *readers) close() error {
	var errs []error
	for range cap(r.places) {
		if s := <-r.places; s != nil {
			errs = append(errs, s.close())
		}
	}
	close(r.places)
	return errors.Join(errs...)
}
