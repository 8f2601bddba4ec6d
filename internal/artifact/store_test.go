package artifact

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
)

func TestReadingMakesNothing(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "exports", "here")
	s := openStore(t, root)
	if c, err := s.Check(export.Artifact{Path: "a.csv"}, true); c != export.Missing || err != nil {
		t.Errorf("Check: %s, %v", c, err)
	}
	if m, _, err := s.Adopt(daily, want("1")); m != nil || err != nil {
		t.Errorf("Adopt: %v, %v", m, err)
	}
	for range s.Manifests(context.Background()) {
		t.Error("a manifest was found")
	}
	if err := errors.Join(s.Sweep(), s.Remove("a.csv")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the root was made: %v", err)
	}
	publish(t, s, daily, "1", one("1"))
	if got := finals(t, root); !slices.Equal(got, []string{daily.Path}) {
		t.Errorf("the root made later holds %v", got)
	}
}

func TestRootThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "file", "")
	for _, root := range []string{"file", "file/below"} {
		if _, err := Open(filepath.Join(dir, root), ""); err == nil || !strings.Contains(err.Error(), "open export root") {
			t.Errorf("%s: error is %v", root, err)
		}
	}
	s := openStore(t, filepath.Join(dir, "later"))
	write(t, dir, "later", "a file that came in between")
	if _, err := s.Create(daily); err == nil || !strings.Contains(err.Error(), "export root") {
		t.Errorf("error is %v", err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, tempDir+"/01234567/1", "left by a killed run")
	write(t, root, tempDir+"/76543210/1", "another state's")
	write(t, root, "a.csv", "")
	s := openStore(t, root)
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	if got, want := tree(t, root), []string{tempDir + "/76543210/1", "a.csv"}; !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	publish(t, s, daily, "1", one("1"))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(root, tempDir, "01234567")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder for temporary files stays: %v", err)
	}
}

func TestSweepDoesNotFollowLinks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, "mine/01234567/1", "")
	link(t, "mine", filepath.Join(root, tempDir))
	if err := openStore(t, root).Sweep(); err == nil || !strings.Contains(err.Error(), "is not a folder; move it away") {
		t.Errorf("error is %v", err)
	}
	if got := finals(t, root); !slices.Contains(got, "mine/01234567/1") {
		t.Errorf("left: %v", got)
	}
}

func TestSpecsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	for _, tc := range []struct {
		spec Spec
		want string
	}{
		{Spec{Path: "../a.csv", Format: export.FormatCSV}, "is not a relative path below the export root"},
		{Spec{Path: "/a.csv", Format: export.FormatCSV}, "is not a relative path below the export root"},
		{Spec{Path: `a\b.csv`, Format: export.FormatCSV}, "is not a relative path below the export root"},
		{Spec{Path: "a//b.csv", Format: export.FormatCSV}, "is not a relative path below the export root"},
		{Spec{Path: "", Format: export.FormatCSV}, "is not a relative path below the export root"},
		{Spec{Path: ".", Format: export.FormatCSV}, "is not a relative path below the export root"},
		{Spec{Path: ".ReportSync-TMP/a.csv", Format: export.FormatCSV}, "is kept for temporary files; choose another folder"},
		{Spec{Path: "a.csv", Format: "parquet"}, `format "parquet" cannot be written; use csv, jsonl or raw`},
		{Spec{Path: "a.csv", Format: export.FormatCSV, CSV: export.CSVOptions{Delimiter: '"'}}, "cannot separate cells; use a comma, semicolon or tab"},
		{Spec{Path: "a.csv", Format: export.FormatCSV, CSV: export.CSVOptions{Delimiter: '\n'}}, "cannot separate cells"},
	} {
		if _, err := s.Create(tc.spec); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("Create(%+v): %v, want %q", tc.spec, err, tc.want)
		}
		if _, _, err := s.Adopt(tc.spec, want("1")); err == nil {
			t.Errorf("Adopt(%+v) took it", tc.spec)
		}
		if _, _, err := s.Move(tc.spec, nil, ""); err == nil {
			t.Errorf("Move(%+v) took it", tc.spec)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		change        func(t *testing.T, root, name string)
		shallow, deep export.Condition
	}{
		{"as it was", func(*testing.T, string, string) {}, export.Whole, export.Whole},
		{"gone", func(t *testing.T, _, name string) { must(t, os.Remove(name)) }, export.Missing, export.Missing},
		{"shorter", func(t *testing.T, _, name string) { must(t, os.Truncate(name, 1)) }, export.Damaged, export.Damaged},
		{"touched", func(t *testing.T, _, name string) {
			must(t, os.Chtimes(name, time.Time{}, time.Unix(1, 0)))
		}, export.Whole, export.Whole},
		{"other bytes", func(t *testing.T, root, _ string) { write(t, root, daily.Path, "A\n2\n"); later(t, root) }, export.Damaged, export.Damaged},
		{"other bytes at the same moment", func(t *testing.T, root, name string) {
			info, err := os.Stat(name)
			must(t, err)
			write(t, root, daily.Path, "A\n2\n")
			must(t, os.Chtimes(name, time.Time{}, info.ModTime()))
		}, export.Whole, export.Damaged},
		{"a folder", func(t *testing.T, root, name string) {
			must(t, os.Remove(name))
			must(t, os.Mkdir(name, 0o700))
		}, export.Damaged, export.Damaged},
		{"a link to itself elsewhere", func(t *testing.T, root, name string) {
			must(t, os.Rename(name, filepath.Join(root, "x")))
			link(t, "../x", name)
		}, export.Damaged, export.Damaged},
		{"a file in the folder's place", func(t *testing.T, root, name string) {
			must(t, os.RemoveAll(filepath.Dir(name)))
			write(t, root, "daily", "")
		}, export.Missing, export.Missing},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			s := openStore(t, root)
			a := publish(t, s, daily, "1", one("1")).Files[0]
			tc.change(t, root, filepath.Join(root, daily.Path))
			for deep, want := range map[bool]export.Condition{false: tc.shallow, true: tc.deep} {
				if got, err := s.Check(a, deep); got != want || err != nil {
					t.Errorf("Check(deep=%t) = %s, %v, want %s", deep, got, err, want)
				}
			}
			m, _, err := s.Adopt(daily, want("1"))
			if err != nil || (m != nil) != (tc.deep == export.Whole) {
				t.Errorf("Adopt: %v, %v", m, err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// later moves a file's time on, in case it was written in the same moment.
func later(t *testing.T, root string) {
	t.Helper()
	must(t, os.Chtimes(filepath.Join(root, daily.Path), time.Time{}, time.Unix(2e9, 0)))
}

func TestAdoptWantsEverythingToMatch(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := openStore(t, root)
	publish(t, s, daily, "1", one("1"))
	for _, w := range []AdoptWant{
		{"other", "1", "rendering"}, {"identity", "2", "rendering"}, {"identity", "1", "other"}, {"", "1", "rendering"},
	} {
		if m, _, err := s.Adopt(daily, w); m != nil || err != nil {
			t.Errorf("Adopt(%+v) = %v, %v", w, m, err)
		}
	}
	for _, p := range []string{"daily/latest.jsonl", "daily/other.csv", "latest.csv"} {
		if m, _, err := s.Adopt(Spec{Path: p, Format: export.FormatCSV}, want("1")); m != nil || err != nil {
			t.Errorf("Adopt(%s) = %v, %v", p, m, err)
		}
	}
	write(t, root, "daily/latest.manifest.json", "no manifest")
	if m, _, err := s.Adopt(daily, want("1")); m != nil || err != nil {
		t.Errorf("Adopt beside a damaged manifest = %v, %v", m, err)
	}
}

func TestManifestsAreFound(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := openStore(t, root)
	publish(t, s, Spec{Path: "a/1.csv", Format: export.FormatCSV}, "1", one("1"))
	publish(t, s, Spec{Path: "b/2.csv", Format: export.FormatCSV}, "2", sheets("2")...)
	write(t, root, "c/3.manifest.json", "{}")
	write(t, root, tempDir+"/01234567/4.manifest.json", read(t, root, "a/1.manifest.json"))
	link(t, ".", filepath.Join(root, "loop"))
	got := map[string][]string{}
	for m, err := range s.Manifests(context.Background()) {
		must(t, err)
		for _, a := range m.Artifacts() {
			got[m.Path+" "+m.Version.ID] = append(got[m.Path+" "+m.Version.ID], a.Path)
		}
	}
	want := map[string][]string{"a/1.manifest.json 1": {"a/1.csv"}, "b/2/manifest.json 2": {"b/2/X.csv", "b/2/Y.csv"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for m, err := range s.Manifests(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("found %s, %v", m.Path, err)
		}
	}
	for range s.Manifests(context.Background()) {
		break
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := openStore(t, root)
	a := publish(t, s, Spec{Path: "x/y/1.csv", Format: export.FormatCSV}, "1", one("1"))
	b := publish(t, s, Spec{Path: "x/y/2.csv", Format: export.FormatCSV}, "2", sheets("2")...)
	write(t, root, "x/mine", "")
	must(t, s.Remove(a.Files[0].Path, a.ManifestPath))
	if got := finals(t, root); !slices.Equal(got, []string{"x/mine", "x/y/2/X.csv", "x/y/2/Y.csv"}) {
		t.Errorf("left: %v", got)
	}
	must(t, s.Remove(b.Files[0].Path, b.Files[1].Path, b.ManifestPath, "never/was.csv"))
	if got := tree(t, root); !slices.Equal(got, []string{"x/mine"}) {
		t.Errorf("left: %v", got)
	}
	if _, err := os.Stat(filepath.Join(root, "x/y")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the empty folder stays: %v", err)
	}
	must(t, os.Mkdir(filepath.Join(root, "x/folder"), 0o700))
	if err := s.Remove("x/folder"); err == nil || !strings.Contains(err.Error(), "it is not a file any more") {
		t.Errorf("error is %v", err)
	}
	for _, p := range []string{"../a", "/etc/passwd", ".", tempDir + "/x"} {
		if err := s.Remove(p); err == nil {
			t.Errorf("Remove(%q) took it", p)
		}
	}
	must(t, os.Remove(filepath.Join(root, "x/mine")))
	must(t, s.Remove("x/folder/gone.csv"))
	if entries, err := os.ReadDir(root); err != nil || len(entries) > 1 {
		t.Errorf("root holds %v, %v", entries, err)
	}
}

func TestCancelledPart(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	for _, format := range []export.Format{export.FormatCSV, export.FormatRaw} {
		s := openStore(t, t.TempDir())
		w, err := s.Create(Spec{Path: "a.csv", Format: format})
		must(t, err)
		ctx, cancel := context.WithCancelCause(context.Background())
		endless := &endlessRows{stop: func() { cancel(stop) }}
		p := part(0, "", endless)
		p.Body = endless
		if format == export.FormatRaw {
			p.Rows = nil
		}
		if err := w.Part(ctx, p); !errors.Is(err, stop) {
			t.Errorf("%s: error is %v", format, err)
		}
		must(t, w.Discard())
	}
}

// endlessRows never end, and stop the run after some.
type endlessRows struct {
	n    int
	stop func()
}

func (e *endlessRows) Columns() []export.Column { return export.UniqueColumns([]string{"A"}) }

func (e *endlessRows) Next() ([][]byte, error) {
	if e.n++; e.n == 5000 {
		e.stop()
	}
	if e.n > 10_000 {
		return nil, io.EOF
	}
	return [][]byte{[]byte("x")}, nil
}

func (e *endlessRows) Read(p []byte) (int, error) {
	if _, err := e.Next(); err != nil {
		return 0, err
	}
	return min(len(p), 10), nil
}

// TestFoldersMadeByOthers: whoever puts a file into a folder that somebody else has
// just made must not rely on the other to make the folder's name durable.
func TestFoldersMadeByOthers(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	d, err := s.writing()
	must(t, err)
	first, second, third := folders{store: s, disk: d}, folders{store: s, disk: d}, folders{store: s, disk: d}
	must(t, first.make("a/b"))
	must(t, second.make("a/b"))
	for _, f := range []*folders{&first, &second} {
		if !slices.Equal(f.dirty, []string{".", "a"}) {
			t.Errorf("names to be made durable are in %v", f.dirty)
		}
	}
	second.unmake() // it has made none
	if _, err := d.Stat("a/b"); err != nil {
		t.Errorf("a folder of another was removed: %v", err)
	}
	must(t, first.sync())
	must(t, second.sync())
	must(t, third.make("a/b"))
	if len(third.dirty) != 0 {
		t.Errorf("names that are durable are to be made so again, in %v", third.dirty)
	}
}
