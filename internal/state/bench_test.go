package state_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

// populated is an instance with three kept versions.
func populated(n int) *export.Known {
	addr := export.Address{Type: "planfix_report", Name: "weekly", Key: fmt.Sprintf("report %d", n), HasKey: true}
	k := &export.Known{
		Address: addr, Provider: "planfix", Account: "acme", Identity: fmt.Sprintf("%064x", n),
		Attributes: []byte(`{"report_id":"1234","mode":"saved","format":"csv","path":"weekly/x/y.csv","rows":"normal"}`), OnDestroy: "forget",
	}
	columns := make([]export.Column, 12)
	for i := range columns {
		columns[i] = export.Column{Name: fmt.Sprintf("Column %d", i), Title: fmt.Sprintf("Column %d", i)}
	}
	for i := range 3 {
		at := noon.Add(time.Duration(i) * 24 * time.Hour)
		id := fmt.Sprint(5000 + n*3 + i)
		k.Versions = append(k.Versions, export.KnownVersion{
			Version: export.Version{
				ID: id, CreatedAt: at, CreatedRaw: "2026-04-24 12:00", Parts: 2,
				Period: &export.Period{Name: at.Format(time.DateOnly), Start: at, End: at.Add(24 * time.Hour)},
			},
			Status: export.Kept, ManifestPath: "weekly/" + id + ".manifest.json", Path: "weekly/" + id + ".csv", Rendering: "csv-0123456789abcdef",
			Rows: 1000, FetchedAt: at,
			Artifacts: []export.Artifact{{
				Path: "weekly/" + id + ".csv", Size: 123456, Rows: 1000, SHA256: fmt.Sprintf("%064x", n*3+i), ModTime: at, Columns: columns,
			}},
		})
	}
	return k
}

func BenchmarkSnapshot(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("instances=%d", n), func(b *testing.B) {
			s, l := locked(b)
			for i := range n {
				put(b, l, populated(i))
			}
			b.ReportAllocs()
			for b.Loop() {
				snap, err := s.Snapshot(b.Context())
				if err != nil || len(snap.Instances) != n {
					b.Fatal(len(snap.Instances), err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	s, l := locked(b)
	for i := range 1000 {
		put(b, l, populated(i))
	}
	addr := populated(500).Address
	b.ReportAllocs()
	for b.Loop() {
		if k, err := s.Get(b.Context(), addr); err != nil || len(k.Versions) != 3 {
			b.Fatal(k, err)
		}
	}
}

func BenchmarkPutInstanceAndVersion(b *testing.B) {
	_, l := locked(b)
	n := 0
	for b.Loop() {
		k := populated(n)
		n++
		if err := l.PutInstance(b.Context(), *k); err != nil {
			b.Fatal(err)
		}
		if err := l.PutVersion(b.Context(), k.Address, k.Versions[0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	_, l := locked(b)
	n := 0
	for b.Loop() {
		k := populated(n)
		n++
		if err := l.Commit(b.Context(), k.Address, k, k.Versions[0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.db")
	s, err := state.Open(b.Context(), path, state.Options{})
	if err != nil {
		b.Fatal(err)
	}
	l, err := s.Acquire(b.Context(), state.Holder{}, 0)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		put(b, l, populated(i))
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	open := func(b *testing.B, open func(context.Context) (*state.State, error)) {
		for b.Loop() {
			s, err := open(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("write", func(b *testing.B) {
		open(b, func(ctx context.Context) (*state.State, error) { return state.Open(ctx, path, state.Options{}) })
	})
	b.Run("read", func(b *testing.B) {
		open(b, func(ctx context.Context) (*state.State, error) { return state.OpenReadOnly(ctx, path) })
	})
}
