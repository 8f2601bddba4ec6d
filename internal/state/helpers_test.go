package state_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

var noon = time.Date(2026, 4, 24, 12, 0, 0, 123456789, time.UTC)

// locked is a new state with its lease taken.
func locked(t testing.TB) (*state.State, *state.Lease) {
	t.Helper()
	s := opened(t, filepath.Join(t.TempDir(), "folder", "state.db"))
	l, err := s.Acquire(context.Background(), state.Holder{Host: "host", PID: 1, User: "user", Command: "apply"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

// opened is a state that is closed with the test.
func opened(t testing.TB, path string) *state.State {
	t.Helper()
	s, err := state.Open(context.Background(), path, state.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func address(t testing.TB, text string) export.Address {
	t.Helper()
	a, err := export.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func meta(t testing.TB, s *state.State) state.Meta {
	t.Helper()
	m, err := s.Meta(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// full is an instance that has something in every field.
func full(addr export.Address) *export.Known {
	period := &export.Period{Name: "2026-04", Start: noon.AddDate(0, -1, 0), End: noon}
	columns := []export.Column{{Name: "Title", Title: "Title"}, {Name: "Title_2", Title: "Title"}}
	return &export.Known{
		Address: addr, Provider: "planfix.other", Account: "acct", Identity: "id", Attributes: []byte(`{"a":1}`),
		PreventDestroy: true, OnDestroy: "forget",
		Versions: []export.KnownVersion{
			{Version: export.Version{ID: "9"}, Status: export.Announced, Rows: -1, RequestID: "r0"},
			{
				Version: export.Version{
					ID: "10", Name: "ten", CreatedAt: noon, CreatedRaw: "24.04.2026", Period: period, Parts: 3, PartsTolerant: true,
					Pieces: []export.Piece{{RequestID: "r1", Period: *period, Empty: true, Provisional: true}},
					Empty:  true, Provisional: true, Meta: map[string]string{"watermark": "1"},
				},
				Status: export.Kept, ManifestPath: addr.Name + "/10.manifest.json", Path: addr.Name + "/10", Rendering: "csv", Rows: 7,
				FetchedAt: noon.Add(time.Hour), Damaged: true, RequestID: "r1", Object: true, Adopted: true,
				Pending: []export.Piece{{Period: *period}}, CheckedAt: noon.Add(2 * time.Hour),
				Artifacts: []export.Artifact{
					{Path: addr.Name + "/10/a.csv", Sheet: "a", Size: 1, Rows: 7, SHA256: "aa", ModTime: noon.Add(time.Nanosecond), Columns: columns},
					{Path: addr.Name + "/10/b.pdf", Size: 2, Rows: -1, SHA256: "bb", ModTime: noon},
				},
			},
		},
		Requests: []export.Request{
			{ID: "r2", StartedAt: noon, Period: period, Fingerprint: "f"},
			{ID: "r1", StartedAt: noon.Add(time.Minute), Fingerprint: "f", Version: &export.Version{ID: "10", CreatedAt: noon}},
		},
		Intents: []export.Intent{{Kind: export.IntentGenerate, StartedAt: noon, Period: period, Fingerprint: "f", After: "9"}},
	}
}

// put records an instance with all that it has; the intents get their ids.
func put(t testing.TB, l *state.Lease, k *export.Known) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(l.Commit(ctx, k.Address, k, k.Versions...))
	for _, r := range k.Requests {
		must(l.OpenRequest(ctx, k.Address, k.Account, 0, r))
	}
	for i := range k.Intents {
		id, err := l.BeginIntent(ctx, k.Address, k.Account, k.Intents[i])
		must(err)
		k.Intents[i].ID = id
	}
}

// counts returns the number of rows of each table, read without the package.
func counts(t testing.TB, path string) map[string]int {
	t.Helper()
	out := map[string]int{}
	raw(t, path, func(db *sql.DB) {
		for _, table := range []string{
			"meta", "lease", "instances", "versions", "artifacts", "column_sets", "requests", "intents", "limits", "quotas", "outputs", "runs",
		} {
			var n int
			if err := db.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			out[table] = n
		}
	})
	return out
}

// raw opens the file without the package.
func raw(t testing.TB, path string, fn func(*sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	fn(db)
}

var errStop = errors.New("stop")

func cancelled() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errStop)
	return ctx, func() { cancel(nil) }
}
