package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

const (
	addNote = `ALTER TABLE instances ADD COLUMN note TEXT; CREATE TABLE notes (x TEXT) STRICT;`
	broken  = `CREATE TABLE halfway (x TEXT) STRICT; INSERT INTO nowhere VALUES (1);`
)

// older makes a state of the present schema, which is the older one to OpenLater.
func older(t *testing.T) (path string, want *export.Known, m state.Meta) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.db")
	s := openWith(t, path, nil)
	want = full(address(t, "a.b"))
	put(t, acquire(t, s, "ann"), want)
	m = meta(t, s)
	closeAll(t, s)
	return path, want, m
}

func holds(t *testing.T, s *state.State, want *export.Known) {
	t.Helper()
	got, err := s.Get(t.Context(), want.Address)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func backups(t *testing.T, path string) []string {
	t.Helper()
	names, err := filepath.Glob(path + ".backup-*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMigrationKeepsEverythingAndABackup(t *testing.T) {
	t.Parallel()
	path, want, m := older(t)
	wall := &oddClock{off: time.Until(time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC))}
	s, err := state.OpenLater(t.Context(), path, state.Options{Wall: wall}, addNote)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, s, want)
	after := meta(t, s)
	if after.Schema != m.Schema+1 || after.Lineage != m.Lineage || after.Serial != m.Serial {
		t.Errorf("%+v became %+v", m, after)
	}
	put(t, acquire(t, s, "ann"), full(address(t, "a.c")))
	closeAll(t, s)

	list := backups(t, path)
	if len(list) != 1 || !strings.HasPrefix(list[0], path+".backup-v2-20260424T1200") {
		t.Fatalf("backups: %v", list)
	}
	if info, err := os.Stat(list[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v", info.Mode(), err)
	}
	// Put in the state's place, the backup is the state as it was.
	if err := os.Rename(list[0], path); err != nil {
		t.Fatal(err)
	}
	s = opened(t, path)
	holds(t, s, want)
	if d := cmp.Diff(m, meta(t, s)); d != "" {
		t.Error(d)
	}
	if err := s.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPresentSchemaNeedsNoBackup(t *testing.T) {
	t.Parallel()
	path, _, _ := older(t)
	opened(t, path)
	if list := backups(t, path); len(list) != 0 {
		t.Errorf("backups: %v", list)
	}
}

func TestNewerStateIsRefused(t *testing.T) {
	t.Parallel()
	path, _, _ := older(t)
	s, err := state.OpenLater(t.Context(), path, state.Options{}, addNote, `CREATE TABLE more (x TEXT) STRICT`)
	if err != nil {
		t.Fatal(err)
	}
	closeAll(t, s)
	want := &state.ErrNewer{Path: path, Have: 4, Known: 2}
	_, errOpen := state.Open(t.Context(), path, state.Options{})
	_, errRead := state.OpenReadOnly(t.Context(), path)
	for _, err := range []error{errOpen, errRead} {
		newer, ok := errors.AsType[*state.ErrNewer](err)
		if !ok {
			t.Fatalf("got %v, want *ErrNewer", err)
		}
		if d := cmp.Diff(want, newer); d != "" {
			t.Error(d)
		}
		if !strings.Contains(err.Error(), "written by a newer reportsync") {
			t.Errorf("unclear message: %v", err)
		}
	}
}

func TestOlderStateIsReadWithoutChangingIt(t *testing.T) {
	t.Parallel()
	path, want, m := older(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := state.OpenReadOnlyLater(t.Context(), path, addNote)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, s, want)
	if got := meta(t, s); got.Schema != m.Schema+1 || got.Lineage != m.Lineage || got.Serial != m.Serial {
		t.Errorf("%+v is read as %+v", m, got)
	}
	closeAll(t, s)
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed (%v)", err)
	}
	if names := list(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("reading has left %v", names)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	t.Parallel()
	path, want, m := older(t)
	_, err := state.OpenLater(t.Context(), path, state.Options{}, addNote, broken)
	if err == nil || !strings.Contains(err.Error(), "later.sql") {
		t.Fatalf("got %v, want an error that names the migration", err)
	}
	if _, err := state.OpenReadOnlyLater(t.Context(), path, broken); err == nil {
		t.Error("a copy was brought up to date with a broken migration")
	}
	s := opened(t, path)
	holds(t, s, want)
	if d := cmp.Diff(m, meta(t, s)); d != "" {
		t.Error(d)
	}
}

func TestMigrationWaitsForTheWriterToEnd(t *testing.T) {
	t.Parallel()
	path, _, _ := older(t)
	wall := &oddClock{}
	s := openWith(t, path, wall)
	l := acquire(t, s, "ann")
	_, err := state.OpenLater(t.Context(), path, state.Options{}, addNote)
	lockedBy(t, err, "ann")
	if list := backups(t, path); len(list) != 0 {
		t.Errorf("backups of a migration that was refused: %v", list)
	}
	if r, err := state.OpenReadOnlyLater(t.Context(), path, addNote); err != nil {
		t.Errorf("a reader was kept away: %v", err)
	} else {
		closeAll(t, r)
	}

	late := &oddClock{off: time.Hour} // by its time the holder is dead
	young, err := state.OpenLater(t.Context(), path, state.Options{Wall: late}, addNote)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.PutInstance(t.Context(), export.Known{Address: address(t, "a.c")}); !errors.Is(err, state.ErrLeaseLost) {
		t.Errorf("a writer of the old schema: %v, want ErrLeaseLost", err)
	}
	closeAll(t, young, s)
}

func TestStatesAreMadeAndMigratedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	for _, extra := range [][]string{nil, {addNote}} {
		var wg sync.WaitGroup
		lineages := make([]string, 6)
		for i := range lineages {
			wg.Go(func() {
				s, err := state.OpenLater(t.Context(), path, state.Options{}, extra...)
				if err != nil {
					t.Error(err)
					return
				}
				defer closeAll(t, s)
				lineages[i] = meta(t, s).Lineage
			})
		}
		wg.Wait()
		for _, l := range lineages {
			if l != lineages[0] {
				t.Errorf("several states were made: %v", lineages)
			}
		}
	}
}
