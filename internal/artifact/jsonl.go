package artifact

import (
	"unicode/utf8"

	"reportsync/internal/export"
)

// Classes of bytes in a JSON string.
const (
	jsonEscaped = 1 << iota
	jsonWide    // part of a character beyond ASCII: plain if all of them are UTF-8
)

var jsonClass = func() (t [256]byte) {
	for b := range t {
		switch {
		case b < ' ' || b == '"' || b == '\\':
			t[b] = jsonEscaped
		case b >= utf8.RuneSelf:
			t[b] = jsonWide
		}
	}
	return t
}()

// jsonlEncoder writes rows as JSON objects, one a line, keys in the order of the
// columns and all values strings.
type jsonlEncoder struct {
	keys [][]byte // by column: all that stands before its value
}

// grow tells the encoder all columns that rows have from now on. They are the ones
// it knows, and more or fewer at the end.
func (e *jsonlEncoder) grow(cols []export.Column) {
	e.keys = e.keys[:min(len(e.keys), len(cols))]
	for i := len(e.keys); i < len(cols); i++ {
		k := []byte(`","`)
		if i == 0 {
			k = []byte(`{"`)
		}
		k = appendJSON(k, []byte(cols[i].Name))
		e.keys = append(e.keys, append(k, `":"`...))
	}
}

// head appends what stands before the rows, which is nothing.
func (e *jsonlEncoder) head(dst []byte, _ []export.Column) []byte { return dst }

// row appends a record. There must not be more cells than columns; cells that are
// not there are empty.
func (e *jsonlEncoder) row(dst []byte, cells [][]byte) []byte {
	if len(e.keys) == 0 {
		return append(dst, "{}\n"...)
	}
	for i, c := range cells {
		dst = append(dst, e.keys[i]...)
		dst = appendJSON(dst, c)
	}
	for _, k := range e.keys[len(cells):] {
		dst = append(dst, k...)
	}
	return append(dst, "\"}\n"...)
}

// appendJSON appends the inside of a JSON string.
func appendJSON(dst, c []byte) []byte {
	if escaped, wide := scanJSON(c); escaped || wide && !utf8.Valid(c) {
		return appendEscaped(dst, c)
	}
	return append(dst, c...)
}

func appendEscaped(dst, c []byte) []byte {
	const digits = "0123456789abcdef"
	plain := 0 // where bytes begin that are yet to be copied
	for i := 0; i < len(c); {
		b := c[i]
		if jsonClass[b] == 0 {
			i++
			continue
		}
		size := 1
		if jsonClass[b] == jsonWide {
			var r rune
			if r, size = utf8.DecodeRune(c[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, c[plain:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			if b < ' ' {
				dst = append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
			} else {
				dst = append(dst, "\uFFFD"...)
			}
		}
		i += size
		plain = i
	}
	return append(dst, c[plain:]...)
}

// pad appends what an object of that many columns, without its closing brace,
// lacks to have all columns.
func (e *jsonlEncoder) pad(dst []byte, have int) []byte {
	for i := have; i < len(e.keys); i++ {
		k := e.keys[i]
		if i > have || have == 0 {
			dst = append(dst, k...)
		} else {
			dst = append(dst, k[1:]...) // the value before it is closed already
		}
	}
	if have < len(e.keys) {
		dst = append(dst, '"')
	}
	return dst
}
