package artifact

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"reportsync/internal/export"
)

// first is what the first byte of a cell says about it.
type first byte

const (
	firstPlain   first = iota
	firstSpace         // it may be a space, which is quoted, or the data end of PostgreSQL
	firstFormula       // a spreadsheet may run the cell
)

// csvEncoder writes rows as encoding/csv quotes them, with "\n" line ends, and
// without touching what is in a cell.
type csvEncoder struct {
	n       int // columns
	delim   []byte
	opts    export.CSVOptions
	first   uint64 // the first byte of delim, eight times
	leading [256]first
}

func newCSV(o export.CSVOptions) *csvEncoder {
	e := &csvEncoder{opts: o, delim: []byte(",")}
	if o.Delimiter != 0 {
		e.delim = []byte(string(o.Delimiter))
	}
	e.first = repeat(e.delim[0])
	for _, b := range []byte(" \t\v\f\\\xc2\xe1\xe2\xe3") { // the last four begin wider spaces
		e.leading[b] = firstSpace
	}
	if o.EscapeFormulas {
		for _, b := range []byte("=+-@\t\r") {
			e.leading[b] = firstFormula
		}
	}
	return e
}

// grow tells the encoder all columns that rows have from now on. They are the ones
// it knows, and more or fewer at the end.
func (e *csvEncoder) grow(cols []export.Column) { e.n = len(cols) }

// head appends what stands before the rows.
func (e *csvEncoder) head(dst []byte, cols []export.Column) []byte {
	if len(cols) == 0 {
		return dst
	}
	if e.opts.BOM {
		dst = append(dst, "\ufeff"...)
	}
	cells := make([][]byte, len(cols))
	for i := range cols {
		cells[i] = []byte(cols[i].Name)
	}
	return e.row(dst, cells)
}

// row appends a record. There must not be more cells than columns; cells that are
// not there are empty.
func (e *csvEncoder) row(dst []byte, cells [][]byte) []byte {
	if e.n == 1 && (len(cells) == 0 || len(cells[0]) == 0) {
		return append(dst, "\"\"\n"...) // readers skip lines with nothing on them
	}
	for i, c := range cells {
		if i > 0 {
			dst = append(dst, e.delim...)
		}
		if len(c) == 0 {
			continue
		}
		plain, lead := plainCSV(c, e.first), e.leading[c[0]]
		if !plain || lead != firstPlain {
			dst = e.careful(dst, c, plain, lead)
			continue
		}
		dst = append(dst, c...)
	}
	for range e.n - max(len(cells), 1) {
		dst = append(dst, e.delim...)
	}
	return append(dst, '\n')
}

// careful appends a cell that may need quotes or an apostrophe.
func (e *csvEncoder) careful(dst, c []byte, plain bool, lead first) []byte {
	quoted := !plain && (len(e.delim) == 1 || bytes.ContainsAny(c, "\"\r\n") || bytes.Contains(c, e.delim))
	if lead == firstFormula {
		if !quoted && e.delim[0] != '\'' {
			return append(append(dst, '\''), c...)
		}
		start := len(dst)
		dst = quote(dst, c)
		return slices.Insert(dst, start+1, '\'')
	}
	r, _ := utf8.DecodeRune(c)
	if quoted || unicode.IsSpace(r) || string(c) == `\.` { // the last would end a PostgreSQL import
		return quote(dst, c)
	}
	return append(dst, c...)
}

// quote appends a cell in quotes, its own quotes doubled.
func quote(dst, c []byte) []byte {
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(c, '"')
		if i < 0 {
			break
		}
		dst = append(dst, c[:i+1]...)
		dst = append(dst, '"')
		c = c[i+1:]
	}
	dst = append(dst, c...)
	return append(dst, '"')
}

// pad appends what a record of that many columns, without its line end, lacks to
// have all columns.
func (e *csvEncoder) pad(dst []byte, have int) []byte {
	if have == 0 && e.n == 1 {
		return append(dst, `""`...)
	}
	for range e.n - max(have, 1) {
		dst = append(dst, e.delim...)
	}
	return dst
}
