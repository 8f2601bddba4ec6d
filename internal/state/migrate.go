package state

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// applicationID marks the file as ours in its header ("rpts").
const applicationID = 0x72707473

//go:embed migrations/*.sql
var files embed.FS

// migration brings the schema from one version to the next. The n-th migration
// (from 1) leads to schema version n.
type migration struct {
	name string
	sql  string
}

// migrations are the embedded ones, in order.
var migrations = sync.OnceValue(func() []migration {
	entries, err := fs.ReadDir(files, "migrations")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	list := make([]migration, len(entries))
	for i, e := range entries {
		text, err := files.ReadFile("migrations/" + e.Name())
		if want := fmt.Sprintf("%04d_", i+1); err != nil || !strings.HasPrefix(e.Name(), want) {
			panic(fmt.Sprintf("migration %s must begin with %s (%v)", e.Name(), want, err))
		}
		list[i] = migration{name: e.Name(), sql: string(text)}
	}
	return list
})

// schema returns the schema version of the file, 0 if nothing is in it. Files
// that are not ours and files of a newer schema are errors.
func (s *session) schema(path string, list []migration) (int, error) {
	r, err := s.one(`SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err != nil {
		return 0, err
	}
	id, have, tables := r.number(0), int(r.number(1)), r.number(2)
	switch {
	case id == 0 && have == 0 && tables == 0:
		return 0, nil
	case id != applicationID:
		return 0, &Error{
			Op: "open state", Path: path, Kind: ErrNotState, Hint: hintNotState,
			Err: errors.New("it is a SQLite database of another program"),
		}
	case have < 1:
		return 0, &Error{Op: "open state", Path: path, Kind: ErrCorrupt, Hint: hintCorrupt, Err: fmt.Errorf("its schema version is %d", have)}
	case have > len(list):
		return 0, &ErrNewer{Path: path, Have: have, Known: len(list)}
	}
	return have, nil
}

// migrate makes the file a state with the newest schema.
func (s *session) migrate(ctx context.Context, path string, opt Options, list []migration) error {
	have, err := s.schema(path, list)
	if err != nil {
		return err
	}
	if have > 0 {
		if err := s.sound(path); err != nil {
			return err
		}
	}
	if err := s.writeAhead(ctx, path, opt); err != nil {
		return err
	}
	if have == len(list) {
		return nil
	}
	if have > 0 {
		if err := refuseHeld(s, opt.Wall.Now()); err != nil {
			return err
		}
		if err := s.backup(path, have, opt); err != nil {
			return fmt.Errorf("back up before the schema is brought up to date: %w", err)
		}
	}
	return s.upgrade(path, opt, list, func() error { return refuseHeld(s, opt.Wall.Now()) })
}

// sound refuses to write to a damaged file. Reading finds damage only where it
// reads, and what is built on a damaged page is lost with it; looking at all of them
// takes a millisecond per megabyte.
func (s *session) sound(path string) error {
	r, err := s.one(`PRAGMA quick_check(1)`)
	if err == nil && r.text(0) != "ok" {
		return &Error{Op: "open state", Path: path, Kind: ErrCorrupt, Hint: hintCorrupt, Err: errors.New(r.text(0))}
	}
	return err
}

// writeAhead turns the write-ahead log on. It is a property of the file, but
// backups come without it. SQLite does not wait for other processes here.
func (s *session) writeAhead(ctx context.Context, path string, opt Options) error {
	began := opt.Wall.Now()
	for {
		r, err := s.one(`PRAGMA journal_mode = WAL`)
		if err == nil && r.text(0) != "wal" {
			return &Error{
				Op: "open state", Path: path, Kind: ErrAccess, Hint: hintIO,
				Err: fmt.Errorf("a write-ahead log is not possible here, only %q", r.text(0)),
			}
		}
		if !errors.Is(classified(err), ErrBusy) || opt.Wall.Now().Sub(began) > 10*lockPoll {
			return err
		}
		if err := opt.Wall.Sleep(ctx, lockPoll/10); err != nil {
			return err
		}
	}
}

// upgrade applies the migrations that the file lacks, in one transaction. Somebody
// else may have done so in the meantime. A schema that exists is changed only if
// allowed has no objection.
func (s *session) upgrade(path string, opt Options, list []migration, allowed func() error) error {
	return s.inside(`BEGIN IMMEDIATE`, func() error {
		r, err := s.one(`SELECT user_version FROM pragma_user_version`)
		if err != nil {
			return err
		}
		have := int(r.number(0))
		switch {
		case have == len(list):
			return nil
		case have > len(list):
			return &ErrNewer{Path: path, Have: have, Known: len(list)}
		case have > 0:
			if err := allowed(); err != nil {
				return err
			}
		}
		for _, m := range list[have:] {
			if err := s.script(m.sql); err != nil {
				return fmt.Errorf("apply migration %s: %w", m.name, err)
			}
		}
		if have == 0 {
			if err := s.initialise(opt); err != nil {
				return err
			}
		}
		return s.script(fmt.Sprintf(`PRAGMA user_version = %d`, len(list)))
	})
}

// initialise gives a new state its identity.
func (s *session) initialise(opt Options) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if err := s.script(fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
		return err
	}
	_, err := s.change(`INSERT INTO meta (one, lineage, serial, hash_key, created_at, created_by) VALUES (1, ?, 0, ?, ?, ?)`,
		uuid.NewString(), key, stamp(opt.Clock.Now()), opt.Version)
	return err
}

// backup writes a copy of the state beside it.
func (s *session) backup(path string, have int, opt Options) error {
	stem := fmt.Sprintf("%s.backup-v%d-%s", path, have, opt.Wall.Now().UTC().Format("20060102T150405Z"))
	name := stem
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	for n := 2; errors.Is(err, fs.ErrExist); n++ {
		name = fmt.Sprintf("%s-%d", stem, n)
		f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// An empty file is overwritten and keeps its permissions.
	if _, err := s.change(`VACUUM INTO ?`, name); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return syncFile(name, filepath.Dir(name))
}

// syncFile makes a new file and its entry in the folder durable.
func syncFile(names ...string) error {
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil {
			if err = f.Sync(); info.IsDir() {
				err = nil // not every system can sync a folder
			}
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}
