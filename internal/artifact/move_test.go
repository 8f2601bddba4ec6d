package artifact

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reportsync/internal/export"
)

func moved(t *testing.T, s *Store, spec Spec, pub Published) Published {
	t.Helper()
	files, manifest, err := s.Move(spec, pub.Files, pub.ManifestPath)
	must(t, err)
	return Published{Files: files, ManifestPath: manifest}
}

func TestMove(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		from, to Spec
		parts    []*export.Part
		want     []string
	}{
		{
			"one file",
			Spec{Path: "a/b/1.csv", Format: export.FormatCSV},
			Spec{Path: "c/one.csv", Format: export.FormatCSV},
			[]*export.Part{one("1")},
			[]string{"c/one.csv", "c/one.manifest.json"},
		},
		{
			"within its folder",
			Spec{Path: "a/1.csv", Format: export.FormatCSV},
			Spec{Path: "a/2.csv", Format: export.FormatCSV},
			[]*export.Part{one("1")},
			[]string{"a/2.csv", "a/2.manifest.json"},
		},
		{
			"only the extension",
			Spec{Path: "a/1.csv", Format: export.FormatCSV},
			Spec{Path: "a/1.txt", Format: export.FormatCSV},
			[]*export.Part{one("1")},
			[]string{"a/1.manifest.json", "a/1.txt"},
		},
		{
			"sheets",
			Spec{Path: "a/1.csv", Format: export.FormatCSV},
			Spec{Path: "2.csv", Format: export.FormatCSV},
			sheets("1"),
			[]string{"2/X.csv", "2/Y.csv", "2/manifest.json"},
		},
		{
			"nowhere",
			Spec{Path: "a/1.csv", Format: export.FormatCSV},
			Spec{Path: "a/1.csv", Format: export.FormatCSV},
			sheets("1"),
			[]string{"a/1/X.csv", "a/1/Y.csv", "a/1/manifest.json"},
		},
		{
			"into a folder of its old name",
			Spec{Path: "1", Format: export.FormatCSV},
			Spec{Path: "2/1", Format: export.FormatCSV},
			[]*export.Part{one("1")},
			[]string{"2/1", "2/1.manifest.json"},
		},
		{
			"nothing but a manifest",
			Spec{Path: "a/1.zip", Format: export.FormatRaw},
			Spec{Path: "2.zip", Format: export.FormatRaw},
			nil,
			[]string{"2/manifest.json"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			s := openStore(t, root)
			pub := moved(t, s, tc.to, publish(t, s, tc.from, "1", tc.parts...))
			must(t, s.Close())
			if got := tree(t, root); !slices.Equal(got, tc.want) {
				t.Errorf("files are %v, want %v", got, tc.want)
			}
			if tc.from.Path != "a/1.csv" || strings.HasPrefix(tc.to.Path, "a/") {
				return
			}
			if _, err := os.Stat(filepath.Join(root, "a")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the empty folder stays: %v", err)
			}
			m, files, err := openStore(t, root).Adopt(tc.to, want("1"))
			if err != nil || m == nil || len(files) != len(pub.Files) {
				t.Errorf("cannot be adopted at its new place: %v, %v", files, err)
			}
		})
	}
}

func TestMoveReplacesNobody(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := openStore(t, root)
	spec := func(p string) Spec { return Spec{Path: p, Format: export.FormatCSV} }
	one1 := publish(t, s, spec("1.csv"), "1", one("1"))
	publish(t, s, spec("2.csv"), "2", one("2"))
	write(t, root, "3.csv", "mine")
	before := contents(t, root)
	for p, want := range map[string]string{
		"2.csv": "2.manifest.json belongs to version 2 of the same export; give each version a path of its own",
		"3.csv": "3.csv exists and was not written by reportsync",
	} {
		if _, _, err := s.Move(spec(p), one1.Files, one1.ManifestPath); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Move to %s: %v, want %q", p, err, want)
		}
	}
	must(t, os.Remove(filepath.Join(root, "1.csv")))
	if _, _, err := s.Move(spec("4.csv"), one1.Files, one1.ManifestPath); err == nil || !strings.Contains(err.Error(), "move 1.csv: it is missing; run verify") {
		t.Errorf("a file that is missing: %v", err)
	}
	must(t, s.Remove("4.manifest.json"))
	write(t, root, "1.csv", before["1.csv"])
	must(t, os.Remove(filepath.Join(root, "1.manifest.json")))
	if _, _, err := s.Move(spec("4.csv"), one1.Files, one1.ManifestPath); err == nil || !strings.Contains(err.Error(), "its manifest 1.manifest.json is missing or damaged") {
		t.Errorf("a manifest that is missing: %v", err)
	}
	delete(before, "1.manifest.json")
	after := contents(t, root)
	for name, text := range before {
		if after[name] != text && !strings.HasPrefix(name, tempDir) {
			t.Errorf("%s is %q, was %q", name, after[name], text)
		}
	}
}

// TestKilledWhileMoving kills the process at every call; moving again completes it.
func TestKilledWhileMoving(t *testing.T) {
	t.Parallel()
	from, to := Spec{Path: "a/1.csv", Format: export.FormatCSV}, Spec{Path: "b/c/2.csv", Format: export.FormatCSV}
	for _, parts := range [][]*export.Part{{one("1")}, sheets("1")} {
		for n, done := 1, false; !done; n++ {
			root := t.TempDir()
			old := faultyStore(t, root, &faults{})
			pub := publish(t, old, from, "1", fresh(parts)...)
			must(t, old.Close())

			f := &faults{fail: killed(n)}
			dead := faultyStore(t, root, f)
			_, _, err := dead.Move(to, pub.Files, pub.ManifestPath)
			done = err == nil && len(f.log) < n
			_ = dead.disk.Close()
			explained(t, root, fmt.Sprintf("killed at call %d", n))

			s := faultyStore(t, root, &faults{})
			must(t, s.Sweep())
			got, _, err := s.Move(to, pub.Files, pub.ManifestPath)
			if err != nil {
				t.Errorf("killed at call %d (%s): cannot go on: %v", n, f.log[len(f.log)-1], err)
			}
			for _, a := range got {
				if c, err := s.Check(a, true); c != export.Whole || err != nil {
					t.Errorf("killed at call %d: %s is %s, %v", n, a.Path, c, err)
				}
			}
			must(t, s.Close())
			if left := tree(t, root); len(left) != len(pub.Files)+1 {
				t.Errorf("killed at call %d: in the end there is %v", n, left)
			}
		}
	}
}

// fresh returns parts whose rows can be read once more.
func fresh(parts []*export.Part) []*export.Part {
	var out []*export.Part
	for _, p := range parts {
		out = append(out, part(p.Index, p.Sheet, rows([]string{"A"}, []string{"1"})))
	}
	return out
}
