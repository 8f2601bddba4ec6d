package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/google/uuid"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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
func schema(ctx context.Context, db *sql.DB, path string, list []migration) (int, error) {
	var id, tables, have int
	err := db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).Scan(&id, &have, &tables)
	switch {
	case err != nil:
		return 0, err
	case id == 0 && have == 0 && tables == 0:
		return 0, nil
	case id != applicationID:
		return 0, &Error{
			Op: "open state", Path: path, Kind: ErrNotState, Hint: hintNotState,
			Err: errors.New("it is a SQLite database of another program"),
		}
	case have > len(list):
		return 0, &ErrNewer{Path: path, Have: have, Known: len(list)}
	}
	return have, nil
}

// migrate makes the file a state with the newest schema.
func migrate(ctx context.Context, db *sql.DB, path string, opt Options, list []migration) error {
	have, err := schema(ctx, db, path, list)
	if err != nil {
		return err
	}
	if err := writeAhead(ctx, db, opt); err != nil {
		return err
	}
	if have == len(list) {
		return nil
	}
	if have > 0 {
		if err := backup(ctx, db, path, have, opt); err != nil {
			return fmt.Errorf("back up before the schema is brought up to date: %w", err)
		}
	}
	return upgrade(ctx, db, path, list, opt)
}

// writeAhead turns the write-ahead log on. It is a property of the file, but
// backups come without it. SQLite does not wait for other processes here.
func writeAhead(ctx context.Context, db *sql.DB, opt Options) error {
	deadline := opt.Wall.Now().Add(5 * lockPoll)
	for {
		var mode string
		err := db.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode)
		if err == nil && mode != "wal" {
			return &Error{Op: "open state", Path: "", Kind: ErrAccess, Hint: hintIO, Err: fmt.Errorf("a write-ahead log is not possible here (%s)", mode)}
		}
		busy := false
		if e, ok := errors.AsType[*sqlite.Error](err); ok {
			busy = e.Code()&0xff == sqlite3.SQLITE_BUSY
		}
		if !busy || opt.Wall.Now().After(deadline) {
			return err
		}
		if err := opt.Wall.Sleep(ctx, lockPoll/10); err != nil {
			return err
		}
	}
}

// upgrade applies the migrations that the file lacks, in one transaction. Somebody
// else may have done so in the meantime.
func upgrade(ctx context.Context, db *sql.DB, path string, list []migration, opt Options) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}()
	var have int
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return err
	}
	if have > len(list) {
		return &ErrNewer{Path: path, Have: have, Known: len(list)}
	}
	if have > 0 && have < len(list) && opt.Wall != nil {
		if err := refuseHeld(ctx, tx, opt); err != nil {
			return err
		}
	}
	for i := have; i < len(list); i++ {
		if _, err := tx.ExecContext(ctx, list[i].sql); err != nil {
			return fmt.Errorf("apply migration %s: %w", list[i].name, err)
		}
	}
	if have == 0 {
		if err := initialise(ctx, tx, opt); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(list))); err != nil {
		return err
	}
	return tx.Commit()
}

// initialise gives a new state its identity.
func initialise(ctx context.Context, tx *sql.Tx, opt Options) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (one, lineage, serial, hash_key, created_at, created_by) VALUES (1, ?, 0, ?, ?, ?)`,
		uuid.NewString(), key, stamp(opt.Clock.Now()), opt.Version)
	return err
}

// backup writes a copy of the state beside it.
func backup(ctx context.Context, db *sql.DB, path string, have int, opt Options) error {
	stem := fmt.Sprintf("%s.backup-v%d-%s", path, have, opt.Wall.Now().UTC().Format("20060102T150405Z"))
	name := stem
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // beside the user's own file
	for n := 2; errors.Is(err, fs.ErrExist); n++ {
		name = fmt.Sprintf("%s-%d", stem, n)
		f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // beside the user's own file
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// An empty file is overwritten and keeps its permissions.
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, name); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return syncFile(name, filepath.Dir(name))
}

// syncFile makes a new file and its entry in the folder durable.
func syncFile(names ...string) error {
	for _, name := range names {
		f, err := os.Open(name) //nolint:gosec // the file was made above
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

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
