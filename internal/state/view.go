package state

import (
	"context"
	"database/sql"
	"errors"

	"reportsync/internal/export"
)

// readers is a pool of sessions that read. They do not wait for the writer.
type readers struct {
	db *sql.DB
	// places holds a session, or nil for one that is yet to be opened, for each
	// reader there may be.
	places chan *session
}

func newReaders(db *sql.DB, n int) *readers {
	r := &readers{db: db, places: make(chan *session, n)}
	for range n {
		r.places <- nil
	}
	return r
}

// view is the database as of one moment.
type view struct {
	ctx context.Context
	*session
	decoder
}

// view runs fn on the database as of one moment.
func (r *readers) view(ctx context.Context, fn func(*view) error) error {
	var s *session
	select {
	case s = <-r.places:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { r.places <- s }()
	if s == nil {
		var err error
		if s, err = newSession(ctx, r.db); err != nil {
			return err
		}
	}
	v := &view{ctx: ctx, session: s, decoder: decoder{periods: map[string]export.Period{}, sets: map[int64][]export.Column{}}}
	return s.inside(`BEGIN`, func() error { return fn(v) })
}

// row reads one row.
func (v *view) row(query string, args []any, dst ...any) error {
	return v.session.row(v.ctx, query, args, dst...)
}

// each calls fn for every row.
func (v *view) each(query string, args []any, fn func(scan func(...any) error) error) error {
	return v.session.each(v.ctx, query, args, fn)
}

// close closes the pool, when nobody reads any more.
func (r *readers) close() error {
	var errs []error
	for range cap(r.places) {
		if s := <-r.places; s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(append(errs, r.db.Close())...)
}

// grouped collects items that belong to owners.
type grouped[T any] struct {
	items  []T
	owners []int64
}

// add makes room for the next item, which the pointer is good for.
func (g *grouped[T]) add() *T {
	var zero T
	g.items = append(g.items, zero)
	g.owners = append(g.owners, 0)
	return &g.items[len(g.items)-1]
}

// owner sets who the last item belongs to.
func (g *grouped[T]) owner(id int64) { g.owners[len(g.owners)-1] = id }

// byOwner deals the items out, in their order; all share one array.
func (g *grouped[T]) byOwner() map[int64][]T {
	count := map[int64]int{}
	for _, o := range g.owners {
		count[o]++
	}
	out := make(map[int64][]T, len(count))
	all := make([]T, len(g.items))
	for i, o := range g.owners {
		s, ok := out[o]
		if !ok {
			n := count[o]
			s, all = all[:0:n], all[n:]
		}
		out[o] = append(s, g.items[i])
	}
	return out
}
