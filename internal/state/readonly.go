package state

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"

	"reportsync/internal/clock"
)

// OpenReadOnly opens the state for reading. It works while another process
// writes, never changes what is stored, and leaves no file behind. The error wraps
// [ErrNotExist] when there is no state.
//
// A state of an older schema is read through a copy in memory that is brought up
// to date; the file stays as it is.
func OpenReadOnly(ctx context.Context, path string) (*State, error) {
	return openReadOnly(ctx, path, migrations())
}

func openReadOnly(ctx context.Context, path string, list []migration) (*State, error) {
	const op = "read state"
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	something, err := inspect(op, path)
	if err != nil {
		return nil, fail(op, path, err)
	}
	if !something {
		return nil, &Error{Op: op, Path: path, Kind: ErrNotExist}
	}
	s := &State{path: path, opt: Options{Clock: clock.Wall{}, Wall: clock.Wall{}}}
	err = s.read(reading, list)
	if kind := classified(err); (errors.Is(kind, ErrAccess) || errors.Is(kind, ErrFull)) && noLog(path) {
		err = s.read(frozen, list)
	}
	if err != nil {
		return nil, fail(op, path, err)
	}
	return s, nil
}

func classified(err error) error {
	if err == nil {
		return nil
	}
	kind, _ := classify(err)
	return kind
}

// noLog reports whether everything that was written is in the file itself.
func noLog(path string) bool {
	wal, err := os.Stat(path + "-wal")
	return errors.Is(err, os.ErrNotExist) || err == nil && wal.Size() == 0
}

func (s *State) read(a access, list []migration) error {
	first, err := openSession(s.path, a)
	if err != nil {
		return err
	}
	have, err := first.schema(s.path, list)
	switch {
	case err == nil && have == 0:
		err = &Error{Op: "read state", Path: s.path, Kind: ErrNotExist}
	case err == nil && have < len(list):
		return s.readCopy(first, list)
	}
	if err == nil {
		err = s.identify(first)
	}
	if err != nil {
		return errors.Join(err, first.close())
	}
	s.readers = newReaders(first, maxReaders, func() (*session, error) { return openSession(s.path, a) })
	return nil
}

// readCopy goes on with a copy in memory that has the newest schema.
func (s *State) readCopy(file *session, list []migration) error {
	conn, err := copyOf(file.conn)
	if err = errors.Join(err, file.close()); err != nil {
		return err
	}
	memory := &session{conn: conn, statements: map[string]driver.Stmt{}}
	err = memory.upgrade(s.path, s.opt, list, func() error { return nil })
	if err == nil {
		err = s.identify(memory)
	}
	if err != nil {
		return fmt.Errorf("bring a copy of the state up to date: %w", errors.Join(err, memory.close()))
	}
	s.readers = newReaders(memory, 1, nil)
	return nil
}

// copyOf copies the database of a connection into memory.
func copyOf(c driver.Conn) (driver.Conn, error) {
	source, ok := c.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	})
	if !ok {
		return nil, errors.New("the database driver cannot copy")
	}
	b, err := source.NewBackup(":memory:")
	if err != nil {
		return nil, err
	}
	if _, err := b.Step(-1); err != nil {
		return nil, errors.Join(err, b.Finish())
	}
	return b.Commit()
}
