package state

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"reportsync/internal/clock"
)

// Options are what a state needs from outside.
type Options struct {
	// Clock is the time that records bear; nil means the wall clock.
	Clock clock.Clock
	// Wall is the time that leases run on, which the sandbox must not scale; nil
	// means the wall clock.
	Wall clock.Clock
	// Version of reportsync, noted in a state that is created.
	Version string
}

// State is an open state file. It is safe for concurrent use and must be closed.
type State struct {
	path    string
	opt     Options
	readers *readers
	writer  *writer // nil when opened for reading only
	lineage string
	key     []byte

	mu    sync.Mutex
	lease *Lease // the one that this State holds

	closing sync.Once
	closed  error
}

// Meta is what identifies a state.
type Meta struct {
	// Lineage is a random UUID, made with the state.
	Lineage string
	// Serial grows with every write that changes what a plan is made from.
	Serial int64
	// Schema is the schema version of the file.
	Schema int
}

// Open opens the state for reading and writing. It makes folder and file if there
// are none and brings an older schema up to date, after a backup. It does not take
// the lease.
func Open(ctx context.Context, path string, opt Options) (*State, error) {
	return open(ctx, path, opt, migrations())
}

func open(ctx context.Context, path string, opt Options, list []migration) (*State, error) {
	const op = "open state"
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if opt.Clock == nil {
		opt.Clock = clock.Wall{}
	}
	if opt.Wall == nil {
		opt.Wall = clock.Wall{}
	}
	if err := makeFile(op, path); err != nil {
		return nil, fail(op, path, err)
	}
	s := &State{path: path, opt: opt}
	if err := s.connect(ctx, list); err != nil {
		return nil, errors.Join(fail(op, path, err), s.Close())
	}
	return s, nil
}

func (s *State) connect(ctx context.Context, list []migration) error {
	w, err := openSession(s.path, writing)
	if err != nil {
		return err
	}
	s.writer = &writer{session: w}
	if err := w.migrate(ctx, s.path, s.opt, list); err != nil {
		return err
	}
	s.readers = newReaders(nil, maxReaders, func() (*session, error) { return openSession(s.path, reading) })
	return s.identify(w)
}

// identify reads what does not change while the state is open.
func (s *State) identify(from *session) error {
	r, err := from.one(`SELECT lineage, hash_key FROM meta`)
	if err == nil {
		s.lineage, s.key = r.text(0), r.bytes(1)
	}
	return err
}

// Close gives back the lease, if it is held, and closes the file. Further calls
// return what the first one did.
func (s *State) Close() error {
	s.closing.Do(func() {
		s.mu.Lock()
		lease := s.lease
		s.mu.Unlock()
		var errs []error
		if lease != nil {
			errs = append(errs, lease.Release())
		}
		if s.readers != nil {
			errs = append(errs, fail("close state", s.path, s.readers.close()))
		}
		if s.writer != nil {
			errs = append(errs, fail("close state", s.path, s.writer.close()))
		}
		s.closed = errors.Join(errs...)
	})
	return s.closed
}

// Path is the state file.
func (s *State) Path() string { return s.path }

// Meta returns what identifies the state.
func (s *State) Meta(ctx context.Context) (Meta, error) {
	var m Meta
	err := s.readers.view(ctx, func(v *view) error {
		r, err := v.one(`SELECT lineage, serial, (SELECT user_version FROM pragma_user_version) FROM meta`)
		if err == nil {
			m = Meta{Lineage: r.text(0), Serial: r.number(1), Schema: int(r.number(2))}
		}
		return err
	})
	return m, fail("read state", s.path, err)
}

// Hash returns the keyed hash (HMAC-SHA256, hex) of data. It tells whether a
// sensitive value has changed, and tells nothing to who does not have the state.
func (s *State) Hash(data []byte) string {
	mac := hmac.New(sha256.New, s.key)
	_, _ = mac.Write(data) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// IntegrityCheck reads the whole file and reports what is wrong with it.
func (s *State) IntegrityCheck(ctx context.Context) error {
	const op = "check state"
	var found []string
	err := s.readers.view(ctx, func(v *view) error {
		for _, q := range []string{
			`SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
			`SELECT "table" || ' row ' || ifnull(rowid, '?') || ' refers to a missing row of ' || parent FROM pragma_foreign_key_check`,
		} {
			err := v.session.each(ctx, q, nil, func(r row) error {
				found = append(found, r.text(0))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(found) > 0 {
		return &Error{Op: op, Path: s.path, Kind: ErrCorrupt, Hint: hintCorrupt, Err: fmt.Errorf("%d findings, the first: %s", len(found), found[0])}
	}
	return fail(op, s.path, err)
}
