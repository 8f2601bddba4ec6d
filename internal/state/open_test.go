package state_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

func TestNewState(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", "state.db")
	if state.Exists(path) {
		t.Error("a state exists before it is made")
	}
	s := opened(t, path)
	if !state.Exists(path) {
		t.Error("the state that was made does not exist")
	}
	m := meta(t, s)
	if len(m.Lineage) != 36 || m.Serial != 0 || m.Schema != 2 {
		t.Errorf("got %+v", m)
	}
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &export.Snapshot{Lineage: m.Lineage, Instances: map[export.Address]*export.Known{}, Limits: map[export.LimitKey]export.Limit{}}
	if d := cmp.Diff(want, snap); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if other := meta(t, opened(t, filepath.Join(t.TempDir(), "state.db"))); other.Lineage == m.Lineage {
		t.Error("two states have one lineage")
	}
}

func TestFilesAreTheUsersOwn(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	put(t, l, full(address(t, "a.b")))
	folder := filepath.Dir(s.Path())
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 3 {
		t.Errorf("only %v in the folder, want the state with -wal and -shm", entries)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestReopenedStateIsTheSame(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd ?#%20 name", "state.db")
	s := openWith(t, path, nil)
	l := acquire(t, s, "ann")
	want := full(address(t, "a.b"))
	put(t, l, want)
	before, hash := meta(t, s), s.Hash([]byte("secret"))
	closeAll(t, s)
	if names := list(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("closing has left %v", names)
	}
	s = opened(t, path)
	if d := cmp.Diff(before, meta(t, s)); d != "" {
		t.Error(d)
	}
	if again := s.Hash([]byte("secret")); again != hash || hash == s.Hash([]byte("other")) {
		t.Error("the keyed hash does not tell values apart, or changes")
	}
	got, err := s.Get(t.Context(), want.Address)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := s.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
}

func list(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUnusableFiles opens what is not a state for writing and for reading. It must
// be refused with a hint, and stay as it is.
func TestUnusableFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"text", func(t *testing.T, path string) {
			write(t, path, []byte(strings.Repeat("this is no database\n", 300)))
		}, state.ErrNotState},
		{"a few bytes", func(t *testing.T, path string) { write(t, path, []byte("x")) }, state.ErrNotState},
		{"hundreds of bytes", func(t *testing.T, path string) { write(t, path, []byte(strings.Repeat("x", 600))) }, state.ErrNotState},
		{"zeros", func(t *testing.T, path string) { write(t, path, make([]byte, 8192)) }, state.ErrNotState},
		{"another program's database", func(t *testing.T, path string) {
			raw(t, path, func(db *sql.DB) {
				if _, err := db.Exec(`CREATE TABLE theirs (x)`); err != nil {
					t.Fatal(err)
				}
			})
		}, state.ErrNotState},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, state.ErrNotState},
		{"truncated to nothing, with a log", func(t *testing.T, path string) {
			write(t, path, nil)
			write(t, path+"-wal", []byte("writes"))
		}, state.ErrCorrupt},
		{"gone, with a log", func(t *testing.T, path string) { write(t, path+"-wal", []byte("writes")) }, state.ErrCorrupt},
		{"cut in half", func(t *testing.T, path string) {
			data := stateFile(t)
			write(t, path, data[:len(data)/2])
		}, state.ErrCorrupt},
		{"pages overwritten", func(t *testing.T, path string) {
			data := stateFile(t)
			for i := 4096; i < len(data); i++ {
				data[i] = 0xa5
			}
			write(t, path, data)
		}, state.ErrCorrupt},
		{"without identity", func(t *testing.T, path string) {
			write(t, path, stateFile(t))
			raw(t, path, func(db *sql.DB) {
				if _, err := db.Exec(`DELETE FROM meta`); err != nil {
					t.Fatal(err)
				}
			})
		}, state.ErrCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			tt.make(t, path)
			before, _ := os.ReadFile(path) // a folder has no bytes
			check := func(how string, s *state.State, err error) {
				t.Helper()
				if err == nil {
					closeAll(t, s)
				}
				e, ok := errors.AsType[*state.Error](err)
				if !errors.Is(err, tt.want) || !ok || e.Hint == "" || e.Path != path || !strings.Contains(err.Error(), path) {
					t.Errorf("%s: got %v, want %v with path and hint", how, err, tt.want)
				}
			}
			s, err := state.OpenReadOnly(t.Context(), path)
			check("OpenReadOnly", s, err)
			s, err = state.Open(t.Context(), path, state.Options{})
			check("Open", s, err)
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// stateFile returns the bytes of a state with something in it.
func stateFile(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := state.Open(t.Context(), path, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Acquire(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		put(t, l, populated(i))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDamageInsideIsFound(t *testing.T) {
	t.Parallel()
	data := stateFile(t)
	for i := len(data) - 4096; i < len(data); i++ {
		data[i] = 0xa5
	}
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, data)
	s, err := state.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, s)
	err = s.IntegrityCheck(t.Context())
	if e, ok := errors.AsType[*state.Error](err); !ok || !errors.Is(err, state.ErrCorrupt) || !strings.Contains(e.Hint, "backup") {
		t.Errorf("got %v, want ErrCorrupt with a hint", err)
	}
}

func TestEmptyFileIsNoState(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, nil)
	if state.Exists(path) {
		t.Error("an empty file counts as a state")
	}
	if _, err := state.OpenReadOnly(t.Context(), path); !errors.Is(err, state.ErrNotExist) {
		t.Errorf("OpenReadOnly: %v, want ErrNotExist", err)
	}
	opened(t, path)
}

func TestFolderThatCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, []byte("x"))
	for _, path := range []string{filepath.Join(file, "state.db"), filepath.Join(file, "folder", "state.db")} {
		_, err := state.Open(t.Context(), path, state.Options{})
		if e, ok := errors.AsType[*state.Error](err); !ok || !errors.Is(err, state.ErrAccess) || e.Hint == "" {
			t.Errorf("Open %s: %v, want ErrAccess with a hint", path, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "state.db")
	if _, err := state.OpenReadOnly(t.Context(), path); !errors.Is(err, state.ErrNotExist) {
		t.Fatalf("got %v, want ErrNotExist", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading has made the folder: %v", err)
	}

	w := openWith(t, path, nil)
	l := acquire(t, w, "ann")
	put(t, l, full(address(t, "a.b")))
	r, err := state.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.c", "a.d"} { // what is written meanwhile is seen
		put(t, l, full(address(t, name)))
		if k, err := r.Get(t.Context(), address(t, name)); err != nil || k == nil {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	if h, err := r.Holder(t.Context()); err != nil || h == nil || h.User != "ann" {
		t.Errorf("the lock is held by %v, %v", h, err)
	}
	if _, err := r.Acquire(t.Context(), state.Holder{}, 0); !errors.Is(err, state.ErrReadOnly) {
		t.Errorf("Acquire: %v, want ErrReadOnly", err)
	}
	if err := r.ForceUnlock(t.Context(), "x"); !errors.Is(err, state.ErrReadOnly) {
		t.Errorf("ForceUnlock: %v, want ErrReadOnly", err)
	}
	closeAll(t, w, r)

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = state.OpenReadOnly(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Snapshot(t.Context()); err != nil {
		t.Error(err)
	}
	closeAll(t, r)
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("reading has changed the file (%v)", err)
	}
	if names := list(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("reading has left %v", names)
	}
}

func TestReadingWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	write(t, path, stateFile(t))
	s, err := state.OpenFrozen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, s)
	snap, err := s.Snapshot(t.Context())
	if err != nil || len(snap.Instances) != 20 {
		t.Errorf("got %v, %v", snap, err)
	}
	if names := list(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("reading has made %v", names)
	}
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx, cancel := cancelled()
	defer cancel()
	_, errGet := s.Get(ctx, address(t, "a.b"))
	_, errOpen := state.Open(ctx, filepath.Join(t.TempDir(), "x", "state.db"), state.Options{})
	_, errRead := state.OpenReadOnly(ctx, s.Path())
	for name, err := range map[string]error{
		"read": errGet, "open": errOpen, "open for reading": errRead, "write": l.SetLimit(ctx, export.LimitKey{}, export.Limit{}),
	} {
		if !errors.Is(err, errStop) {
			t.Errorf("%s: %v, want the cause", name, err)
		}
	}
}

func TestClosedState(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	closeAll(t, s, s)
	_, errGet := s.Get(t.Context(), address(t, "a.b"))
	_, errLock := s.Acquire(t.Context(), state.Holder{}, 0)
	for name, err := range map[string]error{
		"read": errGet, "lock": errLock, "write": l.SetLimit(t.Context(), export.LimitKey{}, export.Limit{}),
	} {
		if err == nil {
			t.Errorf("%s: a closed state still works", name)
		}
	}
}
