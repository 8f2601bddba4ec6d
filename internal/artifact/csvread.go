package artifact

import (
	"bytes"
	"errors"
	"fmt"

	"reportsync/internal/export"
)

var errNotAsWritten = errors.New("is not as it was written")

func cellCount(have, want int) error {
	return fmt.Errorf("has %d cells for %d columns", have, want)
}

// csvParser reads what [csvEncoder] writes. Bytes are what they are: line ends
// within quotes stay as they came.
type csvParser struct {
	cols    []export.Column
	encoder *csvEncoder
	cells   [][]byte
	text    []byte // cells that are not in the file as they are
}

func newCSVParser(cols []export.Column, o export.CSVOptions) *csvParser {
	p := &csvParser{cols: cols, encoder: newCSV(o), cells: make([][]byte, len(cols))}
	p.encoder.grow(cols)
	return p
}

func (p *csvParser) head() []byte { return p.encoder.head(nil, p.cols) }

func (p *csvParser) record(b []byte) (size int, cells [][]byte, err error) {
	if len(b) == 0 {
		return 0, nil, nil
	}
	if len(p.cells) == 0 {
		if b[0] != '\n' {
			return 0, nil, errNotAsWritten
		}
		return 1, nil, nil
	}
	p.text = p.text[:0]
	delim, at := p.encoder.delim, 0
	for i := range p.cells {
		var n int
		if at < len(b) && b[at] == '"' {
			p.cells[i], n = p.quoted(b[at:])
		} else {
			p.cells[i], n = p.plain(b[at:])
		}
		if n < 0 {
			return 0, nil, nil
		}
		switch at += n; {
		case at == len(b):
			return 0, nil, nil
		case b[at] == '\n':
			if i+1 < len(p.cells) {
				return 0, nil, cellCount(i+1, len(p.cells))
			}
			return at + 1, p.cells, nil
		case len(b)-at < len(delim):
			return 0, nil, nil
		case !bytes.HasPrefix(b[at:], delim):
			return 0, nil, errNotAsWritten
		}
		at += len(delim)
	}
	return 0, nil, cellCount(len(p.cells)+1, len(p.cells))
}

// plain returns a cell without quotes and its size, or -1 if b ends within it.
func (p *csvParser) plain(b []byte) ([]byte, int) {
	for at := 0; ; at++ {
		n := indexCSV(b[at:], p.encoder.first)
		if n < 0 {
			return nil, -1
		}
		if at += n; b[at] == '\n' || len(p.encoder.delim) == 1 || bytes.HasPrefix(b[at:], p.encoder.delim) {
			return b[:at], at
		}
		if len(b)-at < len(p.encoder.delim) {
			return nil, -1
		}
	}
}

// quoted returns a cell in quotes and its size with them, or -1 if b may end
// within it.
func (p *csvParser) quoted(b []byte) ([]byte, int) {
	start := len(p.text)
	for at := 1; ; {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 || at+n+1 == len(b) {
			return nil, -1
		}
		n += at
		if b[n+1] == '"' {
			p.text = append(p.text, b[at:n+1]...)
			at = n + 2
			continue
		}
		if at == 1 {
			return b[1:n], n + 1
		}
		p.text = append(p.text, b[at:n]...)
		return p.text[start:], n + 1
	}
}
