package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"reportsync/internal/export"
)

// faultyStore opens a store of the usual lineage with faults and tiny buffers.
func faultyStore(t *testing.T, root string, f *faults) *Store {
	t.Helper()
	s, err := open(root, "0123456789abcdef", f.wrap)
	if err != nil {
		t.Fatal(err)
	}
	s.buffers = &buffers{small: 8, big: 32}
	return s
}

// makeVersion stages a version that uses all of the writer: several flushes, a part that is
// taken back, late columns, and a file that is written twice because of them. A
// path that says so gets a document as a second file.
func makeVersion(s *Store, spec Spec) (st *Staged, err error) {
	ctx := context.Background()
	w, err := s.Create(spec)
	if err != nil {
		return nil, err
	}
	var first, last *table
	first = rows([]string{"A"})
	for i := range 40 {
		first.recs = append(first.recs, rec{cells: []string{fmt.Sprint("cell ", i)}})
	}
	last = rows([]string{"A"}, []string{"end"})
	last.recs[0].grow = []string{"B"}
	half := rows([]string{"A"}, slices.Repeat([][]string{{"half"}}, 20)...)
	half.err = io.ErrUnexpectedEOF
	if err := w.Part(ctx, part(0, "", first)); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	mark := w.Mark()
	if err := w.Part(ctx, part(1, "", half)); !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.Join(err, w.Discard())
	}
	if err := w.Reset(mark); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	if err := w.Part(ctx, part(1, "", last)); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	if strings.Contains(spec.Path, "document") {
		if err := w.Part(ctx, &export.Part{Index: 2, Ext: "pdf", Body: strings.NewReader("%PDF")}); err != nil {
			return nil, errors.Join(err, w.Discard())
		}
	}
	st, err = w.Finish(ctx)
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return st, nil
}

func makeAndPublish(s *Store, spec Spec) error {
	st, err := makeVersion(s, spec)
	if err != nil {
		return err
	}
	if _, err = st.Publish(context.Background(), manifest("5388"), nil); err != nil {
		return errors.Join(err, st.Discard())
	}
	return nil
}

// TestEveryFailingCall makes each call fail once and looks for what is left.
func TestEveryFailingCall(t *testing.T) {
	t.Parallel()
	spec := Spec{Path: "weekly/Sales/5388.csv", Format: export.FormatCSV}
	calls := &faults{}
	s := faultyStore(t, t.TempDir(), calls)
	if err := errors.Join(makeAndPublish(s, spec), s.Close()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for n, call := range calls.log {
		op, _, _ := strings.Cut(call, " ")
		seen[op] = true
		if op == "remove" {
			continue // cleaning up may leave something for Sweep
		}
		root := t.TempDir()
		f := &faults{fail: once(n + 1)}
		s := faultyStore(t, root, f)
		err := errors.Join(makeAndPublish(s, spec), s.Close())
		if err == nil {
			t.Errorf("call %d (%s) failed and nobody noticed", n+1, call)
			continue
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room, or set export_root") || (!strings.Contains(err.Error(), "weekly") && !strings.Contains(err.Error(), "the export root")) {
			t.Errorf("call %d (%s): the error does not help: %v", n+1, call, err)
		}
		if strings.Contains(err.Error(), tempDir) && op != "mkdir" {
			t.Errorf("call %d (%s): the error is about a temporary file: %v", n+1, call, err)
		}
		if left := tree(t, root); len(left) != 0 {
			t.Errorf("call %d (%s) left %v", n+1, call, left)
		}
		if entries, err := os.ReadDir(root); err != nil || len(entries) != 0 {
			t.Errorf("call %d (%s) left folders: %v %v", n+1, call, entries, err)
		}
	}
	for _, op := range []string{"create", "mkdir", "write", "sync", "truncate", "close", "rename", "remove"} {
		if !seen[op] {
			t.Errorf("no call of %s was made: %v", op, calls.log)
		}
	}
}

// explained fails the test if a file lies under a final name without a manifest
// that lists it, or with other content than the manifest says.
func explained(t *testing.T, root, when string) {
	t.Helper()
	s := openStore(t, root)
	known := map[string]bool{}
	for m, err := range s.Manifests(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range m.Artifacts() {
			known[a.Path] = true
		}
	}
	for _, name := range finals(t, root) {
		if !known[name] {
			t.Errorf("%s: %s lies there unexplained", when, name)
		}
	}
}

// TestKilledWhilePublishing kills the process at every call and starts again.
func TestKilledWhilePublishing(t *testing.T) {
	t.Parallel()
	for spec, want := range map[Spec][]string{
		{Path: "weekly/Sales/5388.csv", Format: export.FormatCSV}:     {"weekly/Sales/5388.csv"},
		{Path: "weekly/Sales/5388.jsonl", Format: export.FormatJSONL}: {"weekly/Sales/5388.jsonl"},
		{Path: "weekly/document.csv", Format: export.FormatCSV}:       {"weekly/document/0.csv", "weekly/document/2.pdf"},
	} {
		calls := &faults{}
		s := faultyStore(t, t.TempDir(), calls)
		if err := errors.Join(makeAndPublish(s, spec), s.Close()); err != nil {
			t.Fatal(err)
		}
		for n, call := range calls.log {
			when := fmt.Sprintf("killed at call %d (%s)", n+1, call)
			root := t.TempDir()
			dead := faultyStore(t, root, &faults{fail: killed(n + 1)})
			if err := makeAndPublish(dead, spec); err == nil && !strings.HasPrefix(call, "remove") {
				t.Errorf("%s: not noticed", when)
			}
			_ = dead.disk.Close()

			explained(t, root, when)
			s := faultyStore(t, root, &faults{})
			if err := s.Sweep(); err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(tree(t, root), func(p string) bool { return strings.HasPrefix(p, tempDir) }) {
				t.Errorf("%s: Sweep left temporary files", when)
			}
			m, _, err := s.Adopt(spec, AdoptWant{"identity", "5388", "rendering"})
			if err != nil {
				t.Fatal(err)
			}
			if m == nil {
				if err := makeAndPublish(s, spec); err != nil {
					t.Errorf("%s: cannot be fetched again: %v", when, err)
				}
			}
			if got := finals(t, root); !slices.Equal(got, want) {
				t.Errorf("%s: in the end there is %v", when, got)
			}
			must(t, s.Close())
		}
	}
}

// TestManifestGoesFirst looks at the order of the calls that publish.
func TestManifestGoesFirst(t *testing.T) {
	t.Parallel()
	calls := &faults{}
	s := faultyStore(t, t.TempDir(), calls)
	st, err := makeVersion(s, Spec{Path: "weekly/5388.csv", Format: export.FormatCSV})
	if err != nil {
		t.Fatal(err)
	}
	calls.log = nil
	if _, err := st.Publish(context.Background(), manifest("5388"), nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range calls.log {
		got = append(got, strings.ReplaceAll(c, s.tmp, "TMP"))
	}
	name := got[0][len("create "):]
	want := []string{
		"create " + name, "write " + name, "sync " + name, "close " + name,
		"mkdir weekly", "rename weekly/5388.manifest.json", "sync folder weekly", "sync folder .",
		"mkdir weekly", "rename weekly/5388.csv", "sync folder weekly",
	}
	if !slices.Equal(got, want) {
		t.Errorf("calls are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
