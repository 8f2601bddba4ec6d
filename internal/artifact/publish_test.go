package artifact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
)

var daily = Spec{Path: "daily/latest.csv", Format: export.FormatCSV}

func one(cell string) *export.Part { return part(0, "", rows([]string{"A"}, []string{cell})) }

func sheets(cell string) []*export.Part {
	return []*export.Part{part(0, "X", rows([]string{"A"}, []string{cell})), part(1, "Y", rows([]string{"A"}, []string{cell}))}
}

func TestWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		prepare  func(t *testing.T, root string)
		parts    []*export.Part
		replaces []string
		want     string // part of the error; empty when it is replaced
	}{
		{"nothing", func(*testing.T, string) {}, nil, nil, ""},
		{"a stranger's file", func(t *testing.T, root string) { write(t, root, "daily/latest.csv", "mine") }, nil, nil, "daily/latest.csv exists and was not written by reportsync; move it away or change path"},
		{"a file that the state knows", func(t *testing.T, root string) { write(t, root, "daily/latest.csv", "old") }, nil, []string{"daily/latest.csv"}, ""},
		{"an equal file", func(t *testing.T, root string) { write(t, root, "daily/latest.csv", "A\nnew\n") }, nil, nil, ""},
		{"a stranger's manifest", func(t *testing.T, root string) { write(t, root, "daily/latest.manifest.json", "{}") }, nil, nil, "daily/latest.manifest.json exists and was not written by reportsync"},
		{"an older version with a manifest", func(t *testing.T, root string) {
			publish(t, openStore(t, root), daily, "old", one("old"))
		}, nil, nil, ""},
		{"a file beside another's manifest", func(t *testing.T, root string) {
			publish(t, openStore(t, root), Spec{Path: "daily/latest.jsonl", Format: export.FormatJSONL}, "old", one("old"))
			write(t, root, "daily/latest.csv", "mine")
		}, nil, nil, "daily/latest.csv exists and was not written"},
		{"another export", func(t *testing.T, root string) {
			s := openStore(t, root)
			m := manifest("1")
			m.Address, m.Identity = `planfix_report.other["x"]`, "other"
			if _, err := stage(t, s, daily, one("old")).Publish(context.Background(), m, nil); err != nil {
				t.Fatal(err)
			}
		}, nil, nil, `daily/latest.manifest.json belongs to planfix_report.other["x"]; give the two exports different paths`},
		{"the same export under another name", func(t *testing.T, root string) {
			s := openStore(t, root)
			m := manifest("1")
			m.Address = "planfix_report.renamed"
			if _, err := stage(t, s, daily, one("old")).Publish(context.Background(), m, nil); err != nil {
				t.Fatal(err)
			}
		}, nil, nil, ""},
		{"a folder", func(t *testing.T, root string) { write(t, root, "daily/latest.csv/x", "") }, nil, []string{"daily/latest.csv"}, "publish daily/latest.csv: a folder has this name; move it away or change path"},
		{"a file in the folder's place", func(t *testing.T, root string) { write(t, root, "daily", "") }, nil, nil, "make folder daily: a file has this name; move it away or change path"},
		{"a file in the place of the sheets' folder", func(t *testing.T, root string) { write(t, root, "daily/latest", "") }, sheets("new"), nil, "make folder daily/latest: a file has this name"},
		{"one sheet of a stranger", func(t *testing.T, root string) { write(t, root, "daily/latest/Y.csv", "mine") }, sheets("new"), nil, "daily/latest/Y.csv exists"},
		{"a symbolic link", func(t *testing.T, root string) {
			write(t, root, "elsewhere", "mine")
			write(t, root, "daily/x", "")
			link(t, "../elsewhere", filepath.Join(root, "daily/latest.csv"))
		}, nil, []string{"daily/latest.csv"}, "publish daily/latest.csv: a symbolic link has this name; remove the link or change path"},
		{"a linked folder inside", func(t *testing.T, root string) {
			write(t, root, "elsewhere/x", "")
			link(t, "elsewhere", filepath.Join(root, "daily"))
		}, nil, nil, ""},
		{"a linked folder outside", func(t *testing.T, root string) {
			link(t, t.TempDir(), filepath.Join(root, "daily"))
		}, nil, nil, "daily is a symbolic link out of the export root, and nothing outside it is touched; remove the link"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			tc.prepare(t, root)
			before := contents(t, root)
			s := openStore(t, root)
			parts := tc.parts
			if parts == nil {
				parts = []*export.Part{one("new")}
			}
			st := stage(t, s, daily, parts...)
			_, err := st.Publish(context.Background(), manifest("new"), tc.replaces)
			if derr := st.Discard(); derr != nil {
				t.Error(derr)
			}
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := read(t, root, "daily/latest.csv"); got != "A\nnew\n" {
					t.Errorf("the file is %q", got)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want %q", err, tc.want)
			}
			if d := cmp.Diff(before, contents(t, root)); d != "" {
				t.Errorf("something changed (-before +after):\n%s", d)
			}
		})
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skip(err)
	}
}

// contents returns all files of a folder, links not followed.
func contents(t *testing.T, root string) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, name := range tree(t, root) {
		info, err := os.Lstat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if m[name] = info.Mode().Type().String(); info.Mode().IsRegular() {
			m[name] = read(t, root, name)
		}
	}
	return m
}

func TestForeignFileIsATypedError(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, daily.Path, "mine")
	st := stage(t, openStore(t, root), daily, one("new"))
	_, err := st.Publish(context.Background(), manifest("1"), nil)
	if e, ok := errors.AsType[*ForeignFileError](err); !ok || e.Path != daily.Path || e.Owner != "" {
		t.Errorf("error is %#v", err)
	}
	if err := os.Remove(filepath.Join(root, daily.Path)); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Publish(context.Background(), manifest("1"), nil); err != nil {
		t.Errorf("cannot be published after the file was moved away: %v", err)
	}
}

// TestFailedReplacementKeepsTheOld makes every call of a replacement fail: the old
// version or the new one must be there, whole and explained.
func TestFailedReplacementKeepsTheOld(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		root := t.TempDir()
		publish(t, openStore(t, root), daily, "old", one("old"))
		f := &faults{}
		s := faultyStore(t, root, f)
		st := stage(t, s, daily, one("new"))
		f.log, f.fail = nil, once(n)
		_, err := st.Publish(context.Background(), manifest("new"), nil)
		calls := len(f.log)
		if cerr := errors.Join(st.Discard(), s.Close()); cerr != nil {
			t.Error(cerr)
		}
		if n > calls {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		id := "old"
		if read(t, root, daily.Path) == "A\nnew\n" {
			id = "new" // only making its name durable has failed
		}
		if m, _, aerr := openStore(t, root).Adopt(daily, want(id)); err == nil || aerr != nil || m == nil {
			t.Errorf("call %d failed (%v), and version %s is not whole (%v)", n, err, id, aerr)
		}
	}
}

func TestPublishFillsInTheManifest(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := openStore(t, root)
	m := manifest("5388")
	m.Params, m.Warnings, m.RequestID = []byte(`{"report_id":"12"}`), []string{"a <row> was odd"}, "r-1"
	pub, err := stage(t, s, Spec{Path: "5388.csv", Format: export.FormatCSV}, one("1")).Publish(context.Background(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeManifest([]byte(read(t, root, pub.ManifestPath)))
	if err != nil {
		t.Fatal(err)
	}
	m.FormatVersion, m.Rows = 1, 1
	m.Files = []ManifestFile{{
		Name: "5388.csv", Size: 4, Rows: 1, SHA256: pub.Files[0].SHA256, Columns: []export.Column{{Name: "A", Title: "A"}},
	}}
	if d := cmp.Diff(&m, got, cmp.Transformer("json", func(b []byte) string { return strings.Join(strings.Fields(string(b)), "") })); d != "" {
		t.Errorf("manifest (-want +got):\n%s", d)
	}
	if text := read(t, root, pub.ManifestPath); !strings.Contains(text, "a <row> was odd") || !strings.Contains(text, "\n  \"address\"") {
		t.Errorf("the manifest is not for people:\n%s", text)
	}
	if runtime.GOOS != "windows" {
		for _, name := range []string{"5388.csv", "5388.manifest.json"} {
			if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v (%v)", name, info.Mode(), err)
			}
		}
	}
}

func TestContentHashIsOfTheContent(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	hash := func(path string, parts ...*export.Part) string {
		st := stage(t, s, Spec{Path: path, Format: export.FormatCSV}, parts...)
		defer func() { _ = st.Discard() }()
		if got := st.Columns(); len(got) != 1 || got[0].Name != "A" {
			t.Errorf("columns are %v", got)
		}
		return st.ContentHash()
	}
	same := hash("a.csv", one("1"))
	if other := hash("b/c.csv", one("1")); other != same {
		t.Error("the path changes the hash")
	}
	if other := hash("a.csv", one("2")); other == same {
		t.Error("the rows do not change the hash")
	}
	if hash("a.csv", sheets("1")...) != hash("b.csv", sheets("1")...) {
		t.Error("the path of sheets changes the hash")
	}
}

func TestStagedCanBeUsedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	root := t.TempDir()
	s := openStore(t, root)
	w, err := s.Create(daily)
	if err != nil {
		t.Fatal(err)
	}
	st, err := w.Finish(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(ctx); err == nil {
		t.Error("finished twice")
	}
	if err := w.Part(ctx, one("1")); err == nil {
		t.Error("a part after the end")
	}
	if err := w.Discard(); err != nil || len(tree(t, root)) != 1 {
		t.Errorf("Discard after Finish: %v, %v", err, tree(t, root))
	}
	cancelled, cancel := context.WithCancelCause(ctx)
	stop := errors.New("stop")
	cancel(stop)
	if _, err := st.Publish(cancelled, manifest("1"), nil); !errors.Is(err, stop) {
		t.Errorf("published after the end of its context: %v", err)
	}
	if _, err := st.Publish(ctx, manifest("1"), nil); err != nil {
		t.Error(err)
	}
	if _, err := st.Publish(ctx, manifest("1"), nil); err == nil {
		t.Error("published twice")
	}
	if err := st.Discard(); err != nil || len(finals(t, root)) != 1 {
		t.Errorf("Discard after Publish: %v, %v", err, tree(t, root))
	}
}

// TestManyAtOnce publishes and removes side by side in the same folders.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := openStore(t, root)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 15 {
				spec := Spec{Path: fmt.Sprintf("deep/%d/%d.csv", i%2, g), Format: export.FormatCSV}
				w, err := s.Create(spec)
				if err == nil {
					err = w.Part(context.Background(), one("x"))
				}
				if err != nil {
					t.Error(err)
					return
				}
				st, err := w.Finish(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				pub, err := st.Publish(context.Background(), manifest("1"), nil)
				if err != nil {
					t.Error(err)
					return
				}
				if g == 0 && i == 14 {
					return // one stays
				}
				if err := s.Remove(pub.Files[0].Path, pub.ManifestPath); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := finals(t, root); !slices.Equal(got, []string{"deep/0/0.csv"}) {
		t.Errorf("left: %v", got)
	}
	if len(s.fresh) != 0 {
		t.Errorf("folders are still to be made durable: %v", s.fresh)
	}
}
