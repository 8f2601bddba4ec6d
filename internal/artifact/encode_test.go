package artifact

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"reportsync/internal/export"
)

func bytesOf(cells []string) [][]byte {
	out := make([][]byte, len(cells))
	for i := range cells {
		out[i] = []byte(cells[i])
	}
	return out
}

func csvRow(o export.CSVOptions, cells ...string) string {
	e := newCSV(o)
	e.n = len(cells)
	return string(e.row(nil, bytesOf(cells)))
}

func TestCSVCells(t *testing.T) {
	t.Parallel()
	escape := export.CSVOptions{EscapeFormulas: true}
	for _, tc := range []struct {
		name string
		opts export.CSVOptions
		cell string
		want string
	}{
		{"plain", export.CSVOptions{}, "Задача 1", "Задача 1"},
		{"a comma", export.CSVOptions{}, "a,b", `"a,b"`},
		{"quotes", export.CSVOptions{}, `"a" "b"`, `"""a"" ""b"""`},
		{"a line end of Windows stays", export.CSVOptions{}, "a\r\nb", "\"a\r\nb\""},
		{"a space in front", export.CSVOptions{}, " a", `" a"`},
		{"a wide space in front", export.CSVOptions{}, "\u3000a", "\"\u3000a\""},
		{"a wide character in front", export.CSVOptions{}, "\u20bda", "\u20bda"},
		{"a backslash", export.CSVOptions{}, `\N`, `\N`},
		{"the data end of PostgreSQL", export.CSVOptions{}, `\.`, `"\."`},
		{"bytes that are not text", export.CSVOptions{}, "a\xff", "a\xff"},
		{"a comma between semicolons", export.CSVOptions{Delimiter: ';'}, "1,5", "1,5"},
		{"a tab between tabs", export.CSVOptions{Delimiter: '\t'}, "a\tb", "\"a\tb\""},
		{"a formula", escape, "=1+1", "'=1+1"},
		{"a formula that is kept", export.CSVOptions{}, "=1+1", "=1+1"},
		{"a formula in quotes", escape, `=HYPERLINK("x")`, `"'=HYPERLINK(""x"")"`},
		{"plus, minus, at", escape, "-5", "'-5"},
		{"a tab", escape, "\tx", "'\tx"},
		{"a line end", escape, "\r=1", "\"'\r=1\""},
		{"a formula further on", escape, "a=1", "a=1"},
		{"an apostrophe as delimiter", export.CSVOptions{Delimiter: '\'', EscapeFormulas: true}, "+1", `"'+1"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			want := tc.want + "\n"
			if got := csvRow(tc.opts, tc.cell); got != want {
				t.Errorf("%q is written as %q, want %q", tc.cell, got, want)
			}
		})
	}
}

// TestCSVQuotesAsTheStandardLibrary compares bytes. Lone empty cells differ: readers,
// the standard library's included, do not see a row in an empty line.
func TestCSVQuotesAsTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(cell(), 2, 5).Draw(t, "cells")
		delim := rapid.SampledFrom([]rune{',', ';', '\t', '→', 'Ж'}).Draw(t, "delimiter")
		var want bytes.Buffer
		w := csv.NewWriter(&want)
		w.Comma = delim
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		if got := csvRow(export.CSVOptions{Delimiter: delim}, cells...); got != want.String() {
			t.Fatalf("%q, want %q", got, want.String())
		}
	})
}

func TestJSONSaysWhatTheStandardLibrarySays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := cell().Draw(t, "cell")
		text := `"` + string(appendJSON(nil, []byte(c))) + `"`
		var got string
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != fffd(c) {
			t.Fatalf("%q is written as %s and read as %q (%v)", c, text, got, err)
		}
		if strings.ContainsAny(text, "\n\r") {
			t.Fatalf("a line end in %q", text)
		}
	})
	if got := string(appendJSON(nil, []byte("<&>\u2028\x00\x7f"))); got != "<&>\u2028\\u0000\x7f" {
		t.Errorf("escaped more or less than needed: %q", got)
	}
}

func TestRowsCostNoAllocations(t *testing.T) {
	c, j := newCSV(export.CSVOptions{EscapeFormulas: true}), &jsonlEncoder{}
	cols := export.UniqueColumns([]string{"A", "B", "C", "D", "E"})
	c.grow(cols)
	j.grow(cols)
	cells := bytesOf([]string{"text", `with "quotes", and`, "=formula\n", "\x00\xff", "Задача"})
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { buf = j.row(c.row(buf[:0], cells), cells) }); n != 0 {
		t.Errorf("a row costs %g allocations", n)
	}
}
