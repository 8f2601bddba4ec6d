package artifact

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/export"
)

func kindOfPart(index int, sheet string, kind export.PartKind, t export.Rows) *export.Part {
	p := part(index, sheet, t)
	p.Kind, p.Key = kind, "id"
	return p
}

// merged publishes a version of the base with parts applied to it.
func merged(t testing.TB, s *Store, base []export.Artifact, spec Spec, id string, parts ...*export.Part) Published {
	t.Helper()
	w, err := s.Create(spec)
	if err != nil {
		t.Fatal(err)
	}
	m := NewMerge(s, base, spec, w)
	for _, p := range parts {
		if err := m.Part(t.Context(), p); err != nil {
			t.Fatal(errors.Join(err, m.Close(), w.Discard()))
		}
	}
	if err := errors.Join(m.Finish(t.Context()), m.Close()); err != nil {
		t.Fatal(errors.Join(err, w.Discard()))
	}
	st, err := w.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pub, err := st.Publish(t.Context(), manifest(id), nil)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func csvSpec(path string) Spec {
	return Spec{Path: path, Format: export.FormatCSV}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	base := func() *table {
		return rows([]string{"id", "name"}, []string{"1", "one"}, []string{"2", "two"}, []string{"3", "three"})
	}
	cases := []struct {
		name  string
		parts []*export.Part
		want  string
	}{
		{"nothing has changed", nil, "id,name\n1,one\n2,two\n3,three\n"},
		{"a changed row keeps its place", []*export.Part{
			kindOfPart(0, "", export.PartChanges, rows([]string{"id", "name"}, []string{"2", "zwei"})),
		}, "id,name\n1,one\n2,zwei\n3,three\n"},
		{"new rows come last, the newest of a key counts", []*export.Part{
			kindOfPart(0, "", export.PartChanges, rows([]string{"id", "name"}, []string{"9", "nine"}, []string{"1", "eins"}, []string{"8", "eight"})),
			kindOfPart(1, "", export.PartChanges, rows([]string{"id", "name"}, []string{"9", "neun"})),
		}, "id,name\n1,eins\n2,two\n3,three\n9,neun\n8,eight\n"},
		{"columns are matched by name", []*export.Part{
			kindOfPart(0, "", export.PartChanges, rows([]string{"color", "id"}, []string{"red", "3"})),
		}, "id,name,color\n1,one,\n2,two,\n3,,red\n"},
		{"rows whose key is gone are dropped, changes are not", []*export.Part{
			kindOfPart(0, "", export.PartChanges, rows([]string{"id", "name"}, []string{"4", "four"})),
			kindOfPart(1, "", export.PartKeys, rows([]string{"id"}, []string{"3"})),
			kindOfPart(2, "", export.PartKeys, rows([]string{"id"}, []string{"1"})),
		}, "id,name\n1,one\n3,three\n4,four\n"},
		{"no keys means that all rows are gone", []*export.Part{
			kindOfPart(0, "", export.PartKeys, rows([]string{"id"})),
		}, "id,name\n"},
		{"rows replace the base", []*export.Part{part(0, "", rows([]string{"id"}, []string{"7"}))}, "id\n7\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := openStore(t, dir)
			old := publish(t, s, csvSpec("old.csv"), "1", part(0, "", base()))
			merged(t, s, old.Files, csvSpec("new.csv"), "2", c.parts...)
			if diff := cmp.Diff(c.want, read(t, dir, "new.csv")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMergeOfSheets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	old := publish(t, s, csvSpec("old.csv"), "1",
		part(0, "tasks", rows([]string{"id"}, []string{"1"}, []string{"2"})), part(1, "people", rows([]string{"id"}, []string{"5"})))
	merged(t, s, old.Files, csvSpec("new.csv"), "2",
		kindOfPart(0, "people", export.PartChanges, rows([]string{"id", "name"}, []string{"5", "Ann"})),
		kindOfPart(1, "places", export.PartChanges, rows([]string{"id"}, []string{"x"})))
	got := map[string]string{}
	for _, sheet := range []string{"tasks", "people", "places"} {
		got[sheet] = read(t, dir, "new/"+sheet+".csv")
	}
	want := map[string]string{"tasks": "id\n1\n2\n", "people": "id,name\n5,Ann\n", "places": "id\nx\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if left := finals(t, dir+"/"+tempDir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A version in which nothing has changed has the same bytes, however it is written.
func TestMergeWithoutChangesIsTheSame(t *testing.T) {
	t.Parallel()
	for _, spec := range []Spec{
		{Path: "a.csv", Format: export.FormatCSV, CSV: export.CSVOptions{Delimiter: ';', BOM: true, EscapeFormulas: true}},
		{Path: "a.jsonl", Format: export.FormatJSONL},
	} {
		dir := t.TempDir()
		s := openStore(t, dir)
		tab := rows([]string{"id", "text"}, []string{"1", "=1+1"}, []string{"2", "a\r\n\"b\";c"}, []string{"3", ""})
		old := publish(t, s, spec, "1", part(0, "", tab))
		next := spec
		next.Path = "b" + spec.Path
		pub := merged(t, s, old.Files, next, "2", kindOfPart(0, "", export.PartChanges, rows([]string{"id", "text"})))
		if a, b := old.Files[0], pub.Files[0]; a.SHA256 != b.SHA256 || a.Rows != b.Rows {
			t.Errorf("%s: %q became %q", spec.Format, read(t, dir, a.Path), read(t, dir, b.Path))
		}
	}
}

func TestMergeTakesAPartBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	old := publish(t, s, csvSpec("old.csv"), "1", part(0, "", rows([]string{"id", "name"}, []string{"1", "one"})))
	w, err := s.Create(csvSpec("new.csv"))
	if err != nil {
		t.Fatal(err)
	}
	m := NewMerge(s, old.Files, csvSpec("new.csv"), w)
	half := rows([]string{"id", "name", "junk"}, []string{"1", "half", "x"}, []string{"7", "half", "x"})
	half.err = io.ErrUnexpectedEOF
	mark := m.Mark()
	if err := m.Part(t.Context(), kindOfPart(0, "", export.PartChanges, half)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("a half part: %v", err)
	}
	if err := m.Reset(mark); err != nil {
		t.Fatal(err)
	}
	if m.Rows() != 0 {
		t.Errorf("%d rows are left of it", m.Rows())
	}
	whole := rows([]string{"id", "name"}, []string{"1", "eins"})
	if err := errors.Join(m.Part(t.Context(), kindOfPart(0, "", export.PartChanges, whole)), m.Finish(t.Context()), m.Close()); err != nil {
		t.Fatal(err)
	}
	st, err := w.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Publish(t.Context(), manifest("2"), nil); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "new.csv"); got != "id,name\n1,eins\n" {
		t.Errorf("got %q", got)
	}
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		parts []*export.Part
		harm  func(t *testing.T, dir string)
		want  string
	}{
		{"a row without its key", []*export.Part{kindOfPart(0, "", export.PartChanges, rows([]string{"id"}, []string{""}))}, nil, `row 1 has no "id"`},
		{"changes without the key's column", []*export.Part{kindOfPart(0, "", export.PartChanges, rows([]string{"name"}, []string{"x"}))}, nil, `row 1 has no "id"`},
		{"rows and changes of one sheet", []*export.Part{
			part(0, "", rows([]string{"id"}, []string{"1"})), kindOfPart(1, "", export.PartChanges, rows([]string{"id"}, []string{"1"})),
		}, nil, "both as rows and as changes"},
		{
			"a base that was edited",
			[]*export.Part{kindOfPart(0, "", export.PartChanges, rows([]string{"id"}, []string{"1"}))},
			func(t *testing.T, dir string) { t.Helper(); write(t, dir, "old.csv", "id\n2\n") }, "SHA-256",
		},
		{
			"a base that is gone", nil,
			func(t *testing.T, dir string) {
				t.Helper()
				if err := openStore(t, dir).Remove("old.csv"); err != nil {
					t.Fatal(err)
				}
			}, "missing",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := openStore(t, dir)
			old := publish(t, s, csvSpec("old.csv"), "1", part(0, "", rows([]string{"id"}, []string{"1"})))
			if c.harm != nil {
				c.harm(t, dir)
			}
			w, err := s.Create(csvSpec("new.csv"))
			if err != nil {
				t.Fatal(err)
			}
			m := NewMerge(s, old.Files, csvSpec("new.csv"), w)
			for _, p := range c.parts {
				err = errors.Join(err, m.Part(t.Context(), p))
			}
			if err == nil {
				err = m.Finish(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, damaged := errors.AsType[*DamagedError](err); damaged != (c.harm != nil) {
				t.Errorf("damaged: %t, %v", damaged, err)
			}
			if err := errors.Join(m.Close(), w.Discard()); err != nil {
				t.Fatal(err)
			}
			if left := finals(t, dir); len(left) > 1 {
				t.Errorf("published: %v", left)
			}
		})
	}
}

func TestChangesNeedABase(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	w, err := s.Create(csvSpec("new.csv"))
	if err != nil {
		t.Fatal(err)
	}
	err = NewMerge(s, nil, csvSpec("new.csv"), w).Part(t.Context(), kindOfPart(0, "", export.PartChanges, rows([]string{"id"}, []string{"1"})))
	if err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("got %v", err)
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
}

// What a merge writes is what applying the changes one by one to a list gives.
func TestMergeAsAList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		key := rapid.StringMatching(`[1-9]`)
		text := rapid.SampledFrom([]string{"", "a", `q"uote`, "line\nline", "'=x", strings.Repeat("long ", 2000)})
		type row struct{ id, text string }
		ids := rapid.SliceOfNDistinct(key, 0, 6, rapid.ID[string]).Draw(rt, "base")
		var want []row
		baseTable := rows([]string{"id", "text"})
		for _, id := range ids {
			r := row{id, text.Draw(rt, "text")}
			want = append(want, r)
			baseTable.recs = append(baseTable.recs, rec{cells: []string{r.id, r.text}})
		}
		old := publish(t, s, csvSpec("b"+string(rune('0'+n%10))+".csv"), "1", part(0, "", baseTable))
		defer func() { _ = s.Remove(old.Files[0].Path, old.ManifestPath) }()
		var parts []*export.Part
		sweep, changed := map[string]bool(nil), map[string]bool{}
		for i := range rapid.IntRange(0, 4).Draw(rt, "parts") {
			if rapid.IntRange(0, 3).Draw(rt, "kind") == 0 {
				if sweep == nil {
					sweep = map[string]bool{}
				}
				tab := rows([]string{"id"})
				for _, id := range rapid.SliceOfN(key, 0, 4).Draw(rt, "keys") {
					sweep[id] = true
					tab.recs = append(tab.recs, rec{cells: []string{id}})
				}
				parts = append(parts, kindOfPart(i, "", export.PartKeys, tab))
				continue
			}
			tab := rows([]string{"id", "text"})
			for range rapid.IntRange(0, 4).Draw(rt, "rows") {
				r := row{key.Draw(rt, "id"), text.Draw(rt, "text")}
				changed[r.id] = true
				tab.recs = append(tab.recs, rec{cells: []string{r.id, r.text}})
				found := false
				for j := range want {
					if want[j].id == r.id {
						want[j], found = r, true
					}
				}
				if !found {
					want = append(want, r)
				}
			}
			parts = append(parts, kindOfPart(i, "", export.PartChanges, tab))
		}
		wanted := rows([]string{"id", "text"})
		for _, r := range want {
			if changed[r.id] || sweep == nil || sweep[r.id] {
				wanted.recs = append(wanted.recs, rec{cells: []string{r.id, r.text}})
			}
		}
		got := merged(t, s, old.Files, csvSpec("n.csv"), "2", parts...)
		defer func() { _ = s.Remove("n.csv", got.ManifestPath) }()
		exp := publish(t, s, csvSpec("w.csv"), "3", part(0, "", wanted))
		defer func() { _ = s.Remove("w.csv", exp.ManifestPath) }()
		if diff := cmp.Diff(read(t, dir, "w.csv"), read(t, dir, "n.csv")); diff != "" {
			rt.Fatal(diff)
		}
	})
}
