package state_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	put(t, l, populated(0))
	if err := s.Script(`PRAGMA max_page_count = 1`); err != nil { // no less than there are
		t.Fatal(err)
	}
	before, last := meta(t, s), 1
	var err error
	for ; err == nil && last < 10_000; last++ {
		before = meta(t, s)
		err = l.Commit(t.Context(), populated(last).Address, populated(last), populated(last).Versions...)
	}
	e, ok := errors.AsType[*state.Error](err)
	if !ok || !errors.Is(err, state.ErrFull) || !strings.Contains(e.Hint, "space") {
		t.Fatalf("got %v, want ErrFull with a hint", err)
	}
	if after := meta(t, s); after != before {
		t.Errorf("a write that failed has left something: %+v became %+v", before, after)
	}
	if err := s.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Script(`PRAGMA max_page_count = 100000`); err != nil {
		t.Fatal(err)
	}
	put(t, l, populated(last))
}

func TestWriteProtectedFile(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	if err := s.Script(`PRAGMA query_only = 1`); err != nil {
		t.Fatal(err)
	}
	err := l.PutInstance(t.Context(), export.Known{Address: address(t, "a.b")})
	if e, ok := errors.AsType[*state.Error](err); !ok || !errors.Is(err, state.ErrAccess) || e.Hint == "" {
		t.Errorf("got %v, want ErrAccess with a hint", err)
	}
	if err := s.Script(`PRAGMA query_only = 0`); err != nil {
		t.Fatal(err)
	}
}

func TestFileInUseByAnotherProgram(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	if err := s.Script(`PRAGMA busy_timeout = 1`); err != nil {
		t.Fatal(err)
	}
	raw(t, s.Path(), func(db *sql.DB) {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
			t.Fatal(err)
		}
		err = l.PutInstance(t.Context(), export.Known{Address: address(t, "a.b")})
		if e, ok := errors.AsType[*state.Error](err); !ok || !errors.Is(err, state.ErrBusy) || e.Hint == "" {
			t.Errorf("got %v, want ErrBusy with a hint", err)
		}
		if _, err := s.Snapshot(t.Context()); err != nil {
			t.Errorf("a reader was kept waiting: %v", err)
		}
		if _, err := conn.ExecContext(t.Context(), `ROLLBACK`); err != nil {
			t.Fatal(err)
		}
	})
	if err := l.PutInstance(t.Context(), export.Known{Address: address(t, "a.b")}); err != nil {
		t.Error(err)
	}
}
