package artifact

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
)

func TestFilesOfAVersion(t *testing.T) {
	t.Parallel()
	csv := Spec{Path: "weekly/Sales/5388.csv", Format: export.FormatCSV}
	jsonl := Spec{Path: "weekly/5388.jsonl", Format: export.FormatJSONL}
	raw := Spec{Path: "weekly/5388.zip", Format: export.FormatRaw}
	document := func(i int, sheet, ext, body string) *export.Part {
		return &export.Part{Index: i, Sheet: sheet, Ext: ext, Body: strings.NewReader(body)}
	}
	blank := slices.Repeat([][]string{{""}}, 20)
	for _, tc := range []struct {
		name     string
		spec     Spec
		parts    []*export.Part
		want     map[string]string
		manifest string
		rows     int64
	}{
		{
			"one table in two parts", csv,
			[]*export.Part{part(0, "", rows([]string{"A", "B"}, []string{"1", "x"})), part(1, "", rows([]string{"A", "B"}, []string{"2"}))},
			map[string]string{"weekly/Sales/5388.csv": "A,B\n1,x\n2,\n"},
			"weekly/Sales/5388.manifest.json", 2,
		},
		{
			"columns but no rows", csv,
			[]*export.Part{part(0, "", rows([]string{"A", "B"}))},
			map[string]string{"weekly/Sales/5388.csv": "A,B\n"},
			"weekly/Sales/5388.manifest.json", 0,
		},
		{
			"a byte order mark",
			Spec{Path: "5388.csv", Format: export.FormatCSV, CSV: export.CSVOptions{BOM: true, Delimiter: ';'}},
			[]*export.Part{part(0, "", rows([]string{"A", "B"}, []string{"1,5", "x;y"}))},
			map[string]string{"5388.csv": "\ufeffA;B\n1,5;\"x;y\"\n"},
			"5388.manifest.json", 1,
		},
		{
			"no columns and no rows", csv,
			[]*export.Part{part(0, "", rows(nil))},
			map[string]string{"weekly/Sales/5388.csv": ""},
			"weekly/Sales/5388.manifest.json", 0,
		},
		{"no parts", csv, nil, map[string]string{"weekly/Sales/5388.csv": ""}, "weekly/Sales/5388.manifest.json", 0},
		{"no rows as JSON", jsonl, []*export.Part{part(0, "", rows([]string{"A"}))}, map[string]string{"weekly/5388.jsonl": ""}, "weekly/5388.manifest.json", 0},
		{
			"columns that come late", csv,
			[]*export.Part{part(0, "", &table{recs: []rec{{[]string{"1"}, []string{"A"}}, {[]string{"2", "x"}, []string{"B"}}, {[]string{""}, nil}}})},
			map[string]string{"weekly/Sales/5388.csv": "A,B\n1,\n2,x\n,\n"},
			"weekly/Sales/5388.manifest.json", 3,
		},
		{ // an empty cell that is alone in its row is written as two quotes
			"a column that comes late and makes earlier rows shorter", csv,
			[]*export.Part{part(0, "", rows([]string{"A"}, blank...)), part(1, "", rows([]string{"A", "B"}, []string{"2", "x"}))},
			map[string]string{"weekly/Sales/5388.csv": "A,B\n" + strings.Repeat(",\n", len(blank)) + "2,x\n"},
			"weekly/Sales/5388.manifest.json", int64(len(blank)) + 1,
		},
		{
			"the same before another sheet", csv,
			[]*export.Part{
				part(0, "Tasks", rows([]string{"A"}, blank...)), part(1, "Tasks", rows([]string{"A", "B"}, []string{"2", "x"})),
				part(2, "People", rows([]string{"C"}, []string{"3"})), part(3, "Tasks", rows([]string{"A", "B"}, []string{"4"})),
			},
			map[string]string{
				"weekly/Sales/5388/Tasks.csv":  "A,B\n" + strings.Repeat(",\n", len(blank)) + "2,x\n4,\n",
				"weekly/Sales/5388/People.csv": "C\n3\n",
			},
			"weekly/Sales/5388/manifest.json", int64(len(blank)) + 3,
		},
		{
			"keys that come late", jsonl,
			[]*export.Part{part(0, "", &table{recs: []rec{{nil, nil}, {[]string{"1"}, []string{"A"}}, {[]string{"2", "x"}, []string{"B"}}}})},
			map[string]string{"weekly/5388.jsonl": `{"A":"","B":""}` + "\n" + `{"A":"1","B":""}` + "\n" + `{"A":"2","B":"x"}` + "\n"},
			"weekly/5388.manifest.json", 3,
		},
		{
			"sheets in turns", csv,
			[]*export.Part{
				part(0, "Tasks", rows([]string{"A"}, []string{"1"})), part(1, "People", rows([]string{"B"}, []string{""})),
				part(2, "Tasks", rows([]string{"A"}, []string{"2"})),
			},
			map[string]string{"weekly/Sales/5388/Tasks.csv": "A\n1\n2\n", "weekly/Sales/5388/People.csv": "B\n\"\"\n"},
			"weekly/Sales/5388/manifest.json", 3,
		},
		{
			"hostile sheets", csv,
			[]*export.Part{
				part(0, "../../etc/passwd", rows([]string{"A"})), part(1, "tasks", rows([]string{"A"})), part(2, "TASKS", rows([]string{"A"})),
				part(3, "CON", rows([]string{"A"})), part(4, "a\x00b", rows([]string{"A"})), part(5, "..", rows([]string{"A"})),
			},
			map[string]string{
				"weekly/Sales/5388/_.._etc_passwd.csv": "A\n", "weekly/Sales/5388/tasks.csv": "A\n", "weekly/Sales/5388/TASKS_2.csv": "A\n",
				"weekly/Sales/5388/_CON.csv": "A\n", "weekly/Sales/5388/a_b.csv": "A\n", "weekly/Sales/5388/_.csv": "A\n",
			},
			"weekly/Sales/5388/manifest.json", 0,
		},
		{
			"raw parts as they came", raw,
			[]*export.Part{
				{Index: 0, Ext: "json", Body: strings.NewReader("a\r\nb\nend\n"), Rows: decodeLines},
				{Index: 1, Ext: "json", Body: strings.NewReader("end\n\x00trailing"), Rows: decodeLines},
			},
			map[string]string{"weekly/5388/0.json": "a\r\nb\nend\n", "weekly/5388/1.json": "end\n\x00trailing"},
			"weekly/5388/manifest.json", 2,
		},
		{
			"raw parts of sheets", raw,
			[]*export.Part{document(0, "S", "xml", "a"), document(1, "S", "xml", "b"), document(2, "manifest", "json", "c")},
			map[string]string{"weekly/5388/S.xml": "a", "weekly/5388/S_2.xml": "b", "weekly/5388/manifest_2.json": "c"},
			"weekly/5388/manifest.json", -1,
		},
		{
			"a document, whatever the format", csv,
			[]*export.Part{document(0, "", "pdf", "%PDF")},
			map[string]string{"weekly/Sales/5388/0.pdf": "%PDF"},
			"weekly/Sales/5388/manifest.json", -1,
		},
		{
			"a table and a document", csv,
			[]*export.Part{part(0, "", rows([]string{"A"}, []string{"1"})), document(1, "", "../x", "?")},
			map[string]string{"weekly/Sales/5388/0.csv": "A\n1\n", "weekly/Sales/5388/1.bin": "?"},
			"weekly/Sales/5388/manifest.json", 1,
		},
		{"raw without parts", raw, nil, map[string]string{}, "weekly/5388/manifest.json", -1},
		{
			"a path without an extension",
			Spec{Path: "weekly/5388", Format: export.FormatJSONL},
			[]*export.Part{part(0, "S", rows([]string{"A"}))},
			map[string]string{"weekly/5388/S.jsonl": ""},
			"weekly/5388/manifest.json", 0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			s := openStore(t, root)
			pub := publish(t, s, tc.spec, "5388", tc.parts...)
			got := map[string]string{}
			for _, name := range finals(t, root) {
				got[name] = read(t, root, name)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("files (-want +got):\n%s", d)
			}
			if pub.ManifestPath != tc.manifest {
				t.Errorf("manifest is %s, want %s", pub.ManifestPath, tc.manifest)
			}
			m, err := DecodeManifest([]byte(read(t, root, pub.ManifestPath)))
			if err != nil {
				t.Fatal(err)
			}
			if m.Rows != tc.rows {
				t.Errorf("rows = %d, want %d", m.Rows, tc.rows)
			}
			for _, a := range pub.Files {
				if c, err := s.Check(a, true); c != export.Whole || err != nil {
					t.Errorf("%s is %s (%v)", a.Path, c, err)
				}
			}
			adopted, files, err := s.Adopt(tc.spec, want("5388"))
			if err != nil || adopted == nil {
				t.Fatalf("not adopted: %v", err)
			}
			if d := cmp.Diff(pub.Files, files, cmp.Transformer("nil", func(c []export.Column) int { return len(c) })); d != "" && len(files) > 0 {
				t.Errorf("adopted files (-published +adopted):\n%s", d)
			}
			if got := s.ManifestPath(tc.spec, files); got != pub.ManifestPath {
				t.Errorf("ManifestPath = %s, want %s", got, pub.ManifestPath)
			}
		})
	}
}

func TestPartThatIsNotWhole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, tc := range []struct {
		name   string
		format export.Format
		part   *export.Part
		is     error
		text   string
	}{
		{"rows break off", export.FormatCSV, part(0, "", &table{recs: []rec{{[]string{"1"}, []string{"A"}}}, err: io.ErrUnexpectedEOF}), io.ErrUnexpectedEOF, "read row 2"},
		{"a raw body breaks off", export.FormatRaw, &export.Part{Body: broken("a\n"), Rows: decodeLines}, io.ErrUnexpectedEOF, "read row 1"},
		{"a raw body ends too early", export.FormatRaw, &export.Part{Body: strings.NewReader("a\nb\n"), Rows: decodeLines}, io.ErrUnexpectedEOF, "read row 3"},
		{"a document breaks off", export.FormatCSV, &export.Part{Body: broken("%PDF")}, io.ErrUnexpectedEOF, "read body"},
		{"more cells than columns", export.FormatCSV, part(0, "", rows([]string{"A"}, []string{"1"}, []string{"1", "2"})), nil, "it has 2 cells, but there are only 1 columns"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			s := openStore(t, root)
			w, err := s.Create(Spec{Path: "5388.csv", Format: tc.format})
			if err != nil {
				t.Fatal(err)
			}
			err = w.Part(ctx, tc.part)
			if err == nil || !strings.Contains(err.Error(), tc.text) || (tc.is != nil && !errors.Is(err, tc.is)) {
				t.Fatalf("error is %v, want %q", err, tc.text)
			}
			if err := w.Part(ctx, part(1, "", rows([]string{"A"}))); err == nil {
				t.Error("a part was taken after one that is not whole")
			}
			if st, err := w.Finish(ctx); err == nil {
				t.Error("a version with half a part was finished", st.Discard())
			}
			if got := tree(t, root); len(got) != 0 {
				t.Errorf("left behind: %v", got)
			}
		})
	}
}
