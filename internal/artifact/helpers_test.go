package artifact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"reportsync/internal/export"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rec is a row, and the columns that become known with it.
type rec struct {
	cells []string
	grow  []string
}

// table is an in-memory export.Rows. It ends with err instead of io.EOF if that is set.
type table struct {
	set  export.ColumnSet
	recs []rec
	err  error
	buf  [][]byte
}

func (t *table) Next() ([][]byte, error) {
	if len(t.recs) == 0 {
		if t.err != nil {
			return nil, t.err
		}
		return nil, io.EOF
	}
	r := t.recs[0]
	t.recs = t.recs[1:]
	for _, g := range r.grow {
		t.set.Add(g)
	}
	t.buf = t.buf[:0]
	for _, c := range r.cells {
		t.buf = append(t.buf, []byte(c))
	}
	return t.buf, nil
}

func (t *table) Columns() []export.Column { return t.set.Columns() }

// rows makes a table of rows that have all columns from the start.
func rows(columns []string, cells ...[]string) *table {
	t := &table{}
	for _, c := range columns {
		t.set.Add(c)
	}
	for _, c := range cells {
		t.recs = append(t.recs, rec{cells: c})
	}
	return t
}

// part makes a part of a table.
func part(index int, sheet string, t export.Rows) *export.Part {
	return &export.Part{Index: index, Sheet: sheet, Ext: "json", Rows: func(io.Reader) export.Rows { return t }}
}

func openStore(t *testing.T, root string) *Store {
	t.Helper()
	s, err := Open(root, "0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// stage writes parts into a staged version.
func stage(t testing.TB, s *Store, spec Spec, parts ...*export.Part) *Staged {
	t.Helper()
	w, err := s.Create(spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if err := w.Part(context.Background(), p); err != nil {
			t.Fatal(errors.Join(err, w.Discard()))
		}
	}
	st, err := w.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// manifest describes version id of an export of the tests.
func manifest(id string) Manifest {
	return Manifest{
		Tool: "reportsync test", Address: "planfix_report.weekly", Identity: "identity", Rendering: "rendering",
		Provider: "planfix", Type: "planfix_report", Version: export.Version{ID: id}, Format: export.FormatCSV,
	}
}

func want(id string) AdoptWant {
	return AdoptWant{Identity: "identity", VersionID: id, Rendering: "rendering"}
}

// publish writes and publishes a version.
func publish(t testing.TB, s *Store, spec Spec, id string, parts ...*export.Part) Published {
	t.Helper()
	pub, err := stage(t, s, spec, parts...).Publish(context.Background(), manifest(id), nil)
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

// tree lists all files below a folder, temporary ones included.
func tree(t testing.TB, root string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, p)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// finals is tree without manifests and temporary files.
func finals(t testing.TB, root string) []string {
	t.Helper()
	return slices.DeleteFunc(tree(t, root), func(p string) bool {
		return strings.HasSuffix(p, "manifest.json") || strings.HasPrefix(p, tempDir)
	})
}

func read(t testing.TB, root, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t testing.TB, root, name, text string) {
	t.Helper()
	p := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// broken is a body that breaks off after some bytes.
func broken(text string) io.Reader {
	return io.MultiReader(strings.NewReader(text), errReader{io.ErrUnexpectedEOF})
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// lines is a decoder of bodies with a line for each row; the last line must be "end".
type lines struct {
	body io.Reader
	text *bytes.Buffer
}

func decodeLines(body io.Reader) export.Rows { return &lines{body: body} }

func (l *lines) Columns() []export.Column { return export.UniqueColumns([]string{"line"}) }

func (l *lines) Next() ([][]byte, error) {
	if l.text == nil {
		b, err := io.ReadAll(l.body)
		if err != nil {
			return nil, err
		}
		l.text = bytes.NewBuffer(b)
	}
	line, err := l.text.ReadBytes('\n')
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if string(line) == "end\n" {
		return nil, io.EOF
	}
	return [][]byte{bytes.TrimSuffix(line, []byte("\n"))}, nil
}
