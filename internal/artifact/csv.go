package artifact

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"reportsync/internal/export"
)

// csvEncoder writes rows as encoding/csv quotes them, with "\n" line ends, and
// without touching what is in a cell.
type csvEncoder struct {
	n        int // columns
	delim    []byte
	opts     export.CSVOptions
	anywhere [256]byte // 1 for bytes that need quotes, or begin something that does
	leading  [256]byte // 1 for bytes that may need quotes when a cell begins so
	formulas [256]bool // cells that begin so get an apostrophe; all false when not asked for
}

func newCSV(o export.CSVOptions) *csvEncoder {
	e := &csvEncoder{opts: o, delim: []byte(",")}
	if o.Delimiter != 0 {
		e.delim = []byte(string(o.Delimiter))
	}
	for _, b := range []byte("\"\r\n") {
		e.anywhere[b] = 1
	}
	e.anywhere[e.delim[0]] = 1
	for _, b := range []byte(" \t\v\f\\\xc2\xe1\xe2\xe3") { // the last four begin wider spaces
		e.leading[b] = 1
	}
	if o.EscapeFormulas {
		for _, b := range []byte("=+-@\t\r") {
			e.formulas[b] = true
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
		if e.formulas[c[0]] {
			dst = e.escaped(dst, c)
			continue
		}
		odd := e.leading[c[0]]
		for _, b := range c {
			odd |= e.anywhere[b]
		}
		if odd != 0 && e.needsQuotes(c) {
			dst = quote(dst, c)
			continue
		}
		dst = append(dst, c...)
	}
	for range e.n - max(len(cells), 1) {
		dst = append(dst, e.delim...)
	}
	return append(dst, '\n')
}

// needsQuotes is the exact answer for cells that the table finds suspicious.
func (e *csvEncoder) needsQuotes(c []byte) bool {
	if string(c) == `\.` { // would end the data of a PostgreSQL import
		return true
	}
	if bytes.ContainsAny(c, "\"\r\n") || bytes.Contains(c, e.delim) {
		return true
	}
	r, _ := utf8.DecodeRune(c)
	return unicode.IsSpace(r)
}

// escaped appends a cell that a spreadsheet would run, with an apostrophe.
func (e *csvEncoder) escaped(dst, c []byte) []byte {
	if bytes.ContainsAny(c, "\"\r\n") || bytes.Contains(c, e.delim) || e.delim[0] == '\'' {
		start := len(dst)
		dst = quote(dst, c)
		dst = append(dst, 0)
		copy(dst[start+2:], dst[start+1:])
		dst[start+1] = '\''
		return dst
	}
	dst = append(dst, '\'')
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
