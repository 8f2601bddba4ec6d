package artifact_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/artifact"
	"reportsync/internal/export"
)

// cells is a decoder that has its rows already.
type cells struct {
	cols []export.Column
	rows [][][]byte
	next int
}

func (c *cells) Columns() []export.Column { return c.cols }

func (c *cells) Next() ([][]byte, error) {
	if c.next == len(c.rows) {
		return nil, io.EOF
	}
	c.next++
	return c.rows[c.next-1], nil
}

// written writes rows as a version of one file.
func written(t testing.TB, s *artifact.Store, spec artifact.Spec, cols []export.Column, rows [][][]byte) export.Artifact {
	t.Helper()
	w, err := s.Create(spec)
	if err != nil {
		t.Fatal(err)
	}
	part := &export.Part{Body: bytes.NewReader(nil), Rows: func(io.Reader) export.Rows { return &cells{cols: cols, rows: rows} }}
	if err := w.Part(t.Context(), part); err != nil {
		t.Fatal(err)
	}
	staged, err := w.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pub, err := staged.Publish(t.Context(), artifact.Manifest{Identity: "i"}, []string{spec.Path})
	if err != nil {
		t.Fatal(err)
	}
	return pub.Files[0]
}

func readBack(s *artifact.Store, a export.Artifact, spec artifact.Spec) ([][]string, error) {
	r, err := s.Read(a, spec)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	var out [][]string
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		line := make([]string, len(row))
		for i := range row {
			line[i] = string(row[i])
		}
		out = append(out, line)
	}
}

func openStore(t testing.TB) (*artifact.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := artifact.Open(dir, "0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

// What was written is read back, whatever is in the cells.
func TestReadGivesWhatWasWritten(t *testing.T) {
	t.Parallel()
	s, _ := openStore(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		spec := artifact.Spec{Path: fmt.Sprintf("f%d.csv", n), Format: export.FormatCSV}
		if rapid.Bool().Draw(rt, "jsonl") {
			spec = artifact.Spec{Path: fmt.Sprintf("f%d.jsonl", n), Format: export.FormatJSONL}
		} else {
			spec.CSV.Delimiter = rapid.SampledFrom([]rune{0, ';', '\t', 'ж', '|'}).Draw(rt, "delimiter")
			spec.CSV.BOM = rapid.Bool().Draw(rt, "bom")
		}
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a";,\n\r|ж\t\\]{0,12}`))
		cols := export.UniqueColumns(rapid.SliceOfN(text, 1, 4).Draw(rt, "titles"))
		var rows [][][]byte
		var want [][]string
		for _, row := range rapid.SliceOfN(rapid.SliceOfN(text, len(cols), len(cols)), 0, 12).Draw(rt, "rows") {
			line := make([][]byte, len(row))
			for i := range row {
				line[i] = []byte(row[i])
			}
			rows, want = append(rows, line), append(want, row)
		}
		a := written(t, s, spec, cols, rows)
		got, err := readBack(s, a, spec)
		if err != nil {
			rt.Fatalf("%s", err)
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatalf("(-want +got):\n%s", d)
		}
		if len(cols) == 1 {
			return // how a title of delimiters alone was written cannot be told
		}
		found, err := s.Written(a)
		if err != nil {
			rt.Fatalf("how it was written: %s", err)
		}
		if got, err = readBack(s, a, found); err != nil || cmp.Diff(want, got) != "" {
			rt.Fatalf("read as %+v: %v, (-want +got):\n%s", found, err, cmp.Diff(want, got))
		}
	})
}

// A file that is not what was recorded is never read to its end without a word.
func TestReadOfDamagedFiles(t *testing.T) {
	t.Parallel()
	cols := export.UniqueColumns([]string{"id", "name"})
	for name, damage := range map[string]func([]byte) []byte{
		"cut short":  func(b []byte) []byte { return b[:len(b)-3] },
		"a bit":      func(b []byte) []byte { b[len(b)-3] ^= 1; return b },
		"the header": func(b []byte) []byte { b[0] = 'x'; return b },
		"empty":      func([]byte) []byte { return nil },
		"longer":     func(b []byte) []byte { return append(b, "9,x\n"...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := openStore(t)
			spec := artifact.Spec{Path: "f.csv", Format: export.FormatCSV}
			a := written(t, s, spec, cols, [][][]byte{{[]byte("1"), []byte("a")}, {[]byte("2"), []byte("b")}})
			file := filepath.Join(dir, "f.csv")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = readBack(s, a, spec)
			if _, ok := errors.AsType[*artifact.DamagedError](err); !ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReadOfManyRows(t *testing.T) {
	t.Parallel()
	s, _ := openStore(t)
	cols := export.UniqueColumns([]string{"n", "text"})
	long := bytes.Repeat([]byte("x\"y\n"), 30_000)
	var rows [][][]byte
	for range 40 {
		rows = append(rows, [][]byte{[]byte("1"), long})
	}
	for _, spec := range []artifact.Spec{{Path: "f.csv", Format: export.FormatCSV}, {Path: "g.jsonl", Format: export.FormatJSONL}} {
		a := written(t, s, spec, cols, rows)
		got, err := readBack(s, a, spec)
		if err != nil || len(got) != 40 || got[39][1] != string(long) {
			t.Errorf("%s: %d rows, %v", spec.Path, len(got), err)
		}
	}
}

func TestWrittenWithOneColumn(t *testing.T) {
	t.Parallel()
	s, _ := openStore(t)
	spec := artifact.Spec{Path: "one.csv", Format: export.FormatCSV, CSV: export.CSVOptions{Delimiter: ';', BOM: true}}
	a := written(t, s, spec, export.UniqueColumns([]string{"text"}), [][][]byte{{[]byte("a,b")}, {[]byte("c;d")}, {nil}})
	found, err := s.Written(a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readBack(s, a, found)
	if d := cmp.Diff([][]string{{"a,b"}, {"c;d"}, {""}}, got); err != nil || d != "" {
		t.Errorf("%v, (-want +got):\n%s", err, d)
	}
}
