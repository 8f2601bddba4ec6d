package state

import (
	"context"
	"database/sql"
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
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := orphanedLog(path, 0); err != nil {
			return nil, err
		}
		return nil, &Error{Op: op, Path: path, Kind: ErrNotExist}
	case err != nil:
		return nil, fail(op, path, err)
	case !info.Mode().IsRegular():
		return nil, &Error{Op: op, Path: path, Kind: ErrNotState, Hint: hintNotState, Err: errors.New("it is not a file")}
	}
	if err := orphanedLog(path, info.Size()); err != nil {
		return nil, err
	}
	s := &State{path: path, opt: Options{Clock: clock.Wall{}, Wall: clock.Wall{}}}
	err = s.read(ctx, reading, list)
	if errors.Is(classified(err), ErrAccess) && noLog(path) {
		err = errors.Join(s.Close(), s.read(ctx, frozen, list))
	}
	if err != nil {
		return nil, errors.Join(fail(op, path, err), s.Close())
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

func (s *State) read(ctx context.Context, a access, list []migration) error {
	db, err := connect(s.path, a)
	if err != nil {
		return err
	}
	s.readers = newReaders(db, maxReaders)
	have, err := schema(ctx, db, s.path, list)
	switch {
	case err != nil:
		return err
	case have == 0:
		return &Error{Op: "read state", Path: s.path, Kind: ErrNotExist}
	case have < len(list):
		memory, err := upgradedCopy(ctx, db, s.path, list)
		if err != nil {
			return fmt.Errorf("bring a copy of the state up to date: %w", err)
		}
		if err := s.readers.close(); err != nil {
			return errors.Join(err, memory.Close())
		}
		s.readers, db = newReaders(memory, 1), memory
	}
	return s.identify(ctx, db)
}

// upgradedCopy returns a copy in memory that has the newest schema.
func upgradedCopy(ctx context.Context, db *sql.DB, path string, list []migration) (*sql.DB, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var copied driver.Conn
	err = conn.Raw(func(c any) error {
		copied, err = copyOf(c)
		return err
	})
	if err = errors.Join(err, conn.Close()); err != nil {
		return nil, err
	}
	memory := sql.OpenDB(only{copied})
	memory.SetMaxOpenConns(1)
	if err := upgrade(ctx, memory, path, list, Options{}); err != nil {
		return nil, errors.Join(err, memory.Close())
	}
	return memory, nil
}

// copyOf copies the database of a connection into memory.
func copyOf(c any) (driver.Conn, error) {
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
