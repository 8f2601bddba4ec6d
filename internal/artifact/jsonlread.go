package artifact

import (
	"bytes"

	"reportsync/internal/export"
)

// jsonlParser reads what [jsonlEncoder] writes, and nothing else that would be
// JSON as well.
type jsonlParser struct {
	keys  [][]byte
	cells [][]byte
	text  []byte // cells that are not in the file as they are
}

func newJSONLParser(cols []export.Column) *jsonlParser {
	var e jsonlEncoder
	e.grow(cols)
	return &jsonlParser{keys: e.keys, cells: make([][]byte, len(cols))}
}

func (p *jsonlParser) head() []byte { return nil }

func (p *jsonlParser) record(b []byte) (size int, cells [][]byte, err error) {
	p.text = p.text[:0]
	at := 0
	for i, k := range p.keys {
		n, err := expect(b[at:], k)
		if n == 0 {
			return 0, nil, err
		}
		at += n
		if p.cells[i], n, err = p.value(b[at:]); n < 0 {
			return 0, nil, err
		}
		at += n
	}
	end := "\"}\n"
	if len(p.keys) == 0 {
		end = "{}\n"
	}
	n, err := expect(b[at:], []byte(end))
	if n == 0 {
		return 0, nil, err
	}
	return at + n, p.cells, nil
}

// expect returns the size of what b must begin with, or 0 if b ends within it.
func expect(b, want []byte) (int, error) {
	if bytes.HasPrefix(b, want) {
		return len(want), nil
	}
	if bytes.HasPrefix(want, b) {
		return 0, nil
	}
	return 0, errNotAsWritten
}

// value returns a string and its size up to the quote that ends it. The size is -1
// if b ends within it or something is wrong.
func (p *jsonlParser) value(b []byte) ([]byte, int, error) {
	n := indexJSON(b)
	if n < 0 {
		return nil, -1, nil
	}
	if b[n] == '"' {
		return b[:n], n, nil
	}
	start, at := len(p.text), 0
	for {
		p.text = append(p.text, b[at:at+n]...)
		at += n
		if b[at] == '"' {
			return p.text[start:], at, nil
		}
		c, size := unescape(b[at:])
		switch {
		case size == 0:
			return nil, -1, nil
		case size < 0:
			return nil, -1, errNotAsWritten
		}
		p.text = append(p.text, c)
		at += size
		if n = indexJSON(b[at:]); n < 0 {
			return nil, -1, nil
		}
	}
}

// unescape returns the byte that an escape stands for and its size: 0 if b ends
// within it, -1 if no encoder of ours has written it.
func unescape(b []byte) (c byte, size int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\':
		return b[1], 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		if len(b) < 6 {
			return 0, 0
		}
		high, low := b[4]-'0', hexDigit(b[5])
		if string(b[2:4]) != "00" || high > 1 || low > 15 {
			return 0, -1
		}
		return high<<4 | low, 6
	}
	return 0, -1
}

// hexDigit returns the value of a lower-case digit, or more than 15.
func hexDigit(b byte) byte {
	if b >= 'a' {
		return b - 'a' + 10
	}
	if b > '9' {
		return 16
	}
	return b - '0'
}
