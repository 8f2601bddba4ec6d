package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/export"
)

// drawn is a table in parts, in which columns may appear with any row.
type drawn struct {
	titles []string // known before the first row
	parts  [][]rec
}

// all returns every title, and the cells of every row filled up to all columns.
func (d drawn) all() (titles []string, cells [][]string) {
	titles = slices.Clone(d.titles)
	recs := slices.Concat(d.parts...)
	for _, r := range recs {
		titles = append(titles, r.grow...)
	}
	for _, r := range recs {
		cells = append(cells, append(slices.Clone(r.cells), make([]string, len(titles)-len(r.cells))...))
	}
	return titles, cells
}

// wide is the same table with all columns known from the start.
func (d drawn) wide() drawn {
	titles, _ := d.all()
	w := drawn{titles: titles}
	for _, p := range d.parts {
		recs := make([]rec, len(p))
		for i := range p {
			recs[i] = rec{cells: p[i].cells}
		}
		w.parts = append(w.parts, recs)
	}
	return w
}

func tables() *rapid.Generator[drawn] {
	title := rapid.OneOf(rapid.StringMatching(`[A-D]?`), cell())
	return rapid.Custom(func(t *rapid.T) drawn {
		d := drawn{titles: rapid.SliceOfN(title, 0, 3).Draw(t, "titles")}
		known := len(d.titles)
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			var recs []rec
			for range rapid.IntRange(0, 6).Draw(t, "rows") {
				var r rec
				if rapid.IntRange(0, 5).Draw(t, "grows") == 0 {
					r.grow = rapid.SliceOfN(title, 1, 2).Draw(t, "new titles")
					known += len(r.grow)
				}
				for range rapid.IntRange(0, known).Draw(t, "cells") {
					r.cells = append(r.cells, cell().Draw(t, "cell"))
				}
				recs = append(recs, r)
			}
			d.parts = append(d.parts, recs)
		}
		return d
	})
}

func formats() *rapid.Generator[Spec] {
	delims := rapid.SampledFrom([]rune{0, ';', '\t', '→', '\'', ' '})
	return rapid.Custom(func(t *rapid.T) Spec {
		if rapid.Bool().Draw(t, "jsonl") {
			return Spec{Path: "v.jsonl", Format: export.FormatJSONL}
		}
		return Spec{Path: "v.csv", Format: export.FormatCSV, CSV: export.CSVOptions{
			Delimiter: delims.Draw(t, "delimiter"), BOM: rapid.Bool().Draw(t, "bom"), EscapeFormulas: rapid.Bool().Draw(t, "escape"),
		}}
	})
}

// sizes draws buffers that are full after a few cells, so that all that happens to
// large files happens to small ones.
func sizes() *rapid.Generator[*buffers] {
	return rapid.Custom(func(t *rapid.T) *buffers {
		small := rapid.IntRange(1, 60).Draw(t, "small buffer")
		return &buffers{small: small, big: small + rapid.IntRange(1, 200).Draw(t, "big buffer")}
	})
}

// interruption is called before each part.
type interruption func(w *Writer, index int, set export.ColumnSet)

// written writes a table to a temporary file and returns its bytes, which must be
// what their description says.
func written(t *rapid.T, root string, b *buffers, spec Spec, d drawn, before interruption) string {
	s, err := open(root, "tiny", (&faults{}).wrap)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	s.buffers = b
	w, err := s.Create(spec)
	if err != nil {
		t.Fatal(err)
	}
	shared := &table{}
	for _, title := range d.titles {
		shared.set.Add(title)
	}
	for i, recs := range d.parts {
		if before != nil {
			before(w, i, shared.set)
		}
		shared.recs = recs
		if err := w.Part(context.Background(), part(i, "", shared)); err != nil {
			t.Fatal(err)
		}
	}
	st, err := w.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(root, s.tmp))
	if err != nil || len(entries) != 1 {
		t.Fatalf("there are %d temporary files (%v)", len(entries), err)
	}
	text, err := os.ReadFile(filepath.Join(root, st.temps[0]))
	if err != nil {
		t.Fatal(err)
	}
	sum, a := sha256.Sum256(text), st.Files()[0]
	if a.SHA256 != hex.EncodeToString(sum[:]) || a.Size != int64(len(text)) {
		t.Fatalf("%d bytes are described as %+v", len(text), a)
	}
	if _, cells := d.all(); a.Rows != int64(len(cells)) || st.Rows() != a.Rows || w.Rows() != a.Rows {
		t.Fatalf("%d rows are counted as %d, %d, %d", len(cells), a.Rows, st.Rows(), w.Rows())
	}
	if err := st.Discard(); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRowsComeBack reads what was written with the standard library.
func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		d, spec := tables().Draw(t, "table"), formats().Draw(t, "format")
		text := written(t, root, sizes().Draw(t, "buffers"), spec, d, nil)
		titles, cells := d.all()
		head := make([]string, len(titles))
		for i, c := range export.UniqueColumns(titles) {
			head[i] = c.Name
		}
		if len(head) == 0 {
			return // rows without columns have nothing to read back
		}
		var got, want [][]string
		if spec.Format == export.FormatJSONL {
			for range cells {
				want = append(want, head)
			}
			for i := range cells {
				want = append(want, apply(cells[i], fffd))
			}
			got = readJSONL(t, text)
		} else {
			want = append([][]string{head}, cells...)
			for i := range want {
				want[i] = apply(want[i], func(s string) string { return csvText(s, spec.CSV) })
			}
			got = readCSV(t, text, spec.CSV)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got):\n%s\nin %q", d, text)
		}
	})
}

// csvText is a cell as a reader sees it: encoding/csv itself makes one line end of two bytes.
func csvText(s string, o export.CSVOptions) string {
	if o.EscapeFormulas && s != "" && strings.Contains("=+-@\t\r", s[:1]) {
		s = "'" + s
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

// fffd replaces each byte that is not UTF-8, as JSON decoders do.
func fffd(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

func apply(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = f(list[i])
	}
	return out
}

func readCSV(t *rapid.T, text string, o export.CSVOptions) [][]string {
	if o.BOM {
		var ok bool
		if text, ok = strings.CutPrefix(text, "\ufeff"); !ok {
			t.Fatalf("no byte order mark in %q", text)
		}
	}
	r := csv.NewReader(strings.NewReader(text))
	if o.Delimiter != 0 {
		r.Comma = o.Delimiter
	}
	got, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return got
}

// readJSONL returns the keys of all lines, in their order, and then the values.
func readJSONL(t *rapid.T, text string) [][]string {
	var keys, values [][]string
	for line := range strings.Lines(text) {
		d := json.NewDecoder(strings.NewReader(line))
		var words []string
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			if s, ok := tok.(string); ok {
				words = append(words, s)
			}
		}
		var k, v []string
		for i := 0; i+1 < len(words); i += 2 {
			k, v = append(k, words[i]), append(v, words[i+1])
		}
		keys, values = append(keys, k), append(values, v)
	}
	return append(keys, values...)
}

// TestLateColumnsAreWidened compares with all columns known from the start.
func TestLateColumnsAreWidened(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		d, spec := tables().Draw(t, "table"), formats().Draw(t, "format")
		got := written(t, root, sizes().Draw(t, "buffers"), spec, d, nil)
		want := written(t, root, standardBuffers, spec, d.wide(), nil)
		if got != want {
			t.Fatalf("widened %q, want %q", got, want)
		}
	})
}

// TestResetLeavesNoTrace breaks parts off and takes them back.
func TestResetLeavesNoTrace(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		d, spec, b := tables().Draw(t, "table"), formats().Draw(t, "format"), sizes().Draw(t, "buffers")
		want := written(t, root, b, spec, d, nil)
		junk := tables().Draw(t, "junk")
		got := written(t, root, b, spec, d, func(w *Writer, i int, set export.ColumnSet) {
			for range rapid.IntRange(0, 2).Draw(t, "tries") {
				known := make([]string, set.Len())
				for j, c := range set.Columns() {
					known[j] = c.Title
				}
				half := rows(known)
				half.recs, half.err = slices.Concat(junk.parts...), io.ErrUnexpectedEOF
				if len(half.recs) > 0 {
					half.recs[0].grow = append(slices.Clone(junk.titles), half.recs[0].grow...)
				}
				mark := w.Mark()
				if err := w.Part(context.Background(), part(i, "", half)); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("error is %v", err)
				}
				if err := w.Reset(mark); err != nil {
					t.Fatal(err)
				}
			}
		})
		if got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

// FuzzWiden gives the widener pieces of a file whose rows are cut anywhere.
func FuzzWiden(f *testing.F) {
	f.Add("a", "b", "c", uint8(1), uint8(3), true)
	f.Add("", "", "", uint8(1), uint8(2), true)
	f.Add(`"`, "\n", "}", uint8(0), uint8(1), false)
	f.Add("\r\n", `""`, `"}`, uint8(1), uint8(5), false)
	f.Fuzz(func(t *testing.T, a, b, c string, have, piece uint8, asCSV bool) {
		cells := [][]byte{[]byte(a), []byte(b), []byte(c)}
		narrow := int(have) % 3
		cols := export.UniqueColumns([]string{"A", "B", "C"})
		w := &widener{cols: cols, steps: []step{{0, narrow}, {2, 3}}}
		var enc encoder
		var row func([]byte, [][]byte) []byte
		if asCSV {
			w.csv = newCSV(export.CSVOptions{})
			enc, row = w.csv, w.csv.row
		} else {
			w.jsonl = &jsonlEncoder{}
			enc, row = w.jsonl, w.jsonl.row
		}
		var text, want []byte
		enc.grow(cols[:narrow])
		text = row(row(enc.head(text, cols[:narrow]), cells[:narrow]), nil)
		enc.grow(cols)
		text = row(text, cells)
		want = row(row(row(enc.head(want, cols), cells[:narrow]), nil), cells)
		var got []byte
		for p := range slices.Chunk(text, int(piece)%16+1) {
			got = w.feed(got, p)
		}
		if string(got) != string(want) {
			t.Errorf("%q widened to %q, want %q", text, got, want)
		}
	})
}
