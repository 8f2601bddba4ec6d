package archive

import (
	"bytes"
	"fmt"
	"io"

	"reportsync/internal/export"
)

const (
	// csvBuffer is how much is read at once. A record may be as long as maxRecord.
	csvBuffer = 256 << 10
	maxRecord = 64 << 20
)

// CSV reads a sheet of comma-separated text: a header row, quotes as in RFC 4180, a
// byte order mark that does not matter. Semicolons and tabs are recognised by the
// header. Cells beyond the header become columns without a title, so that nothing is
// lost. Cells are as they came, lines may end in any way.
func CSV(r io.Reader) export.Rows { return &csvRows{r: r} }

type csvRows struct {
	r     io.Reader
	buf   []byte
	at    int   // where the next record begins in buf
	err   error // how reading ended
	line  int   // of the next record, from 1
	begun bool

	delim byte
	cols  export.ColumnSet
	cells [][]byte
	text  []byte // cells that are not in buf as they are
	blank bool   // the last record was an empty line
}

// Columns implements [export.Rows].
func (c *csvRows) Columns() []export.Column { return c.cols.Columns() }

// Next implements [export.Rows].
func (c *csvRows) Next() ([][]byte, error) {
	if !c.begun {
		if err := c.header(); err != nil {
			return nil, err
		}
	}
	for {
		cells, err := c.record()
		if err != nil {
			return nil, err
		}
		if c.blank && c.cols.Len() != 1 {
			continue
		}
		for c.cols.Len() < len(cells) {
			c.cols.Add("")
		}
		return cells, nil
	}
}

func (c *csvRows) header() error {
	c.begun, c.line = true, 1
	c.buf = make([]byte, 0, csvBuffer)
	end := -1
	for end < 0 {
		err := c.fill()
		if err != nil && err != io.EOF { //nolint:errorlint // the plain end and nothing else
			return err
		}
		if end = bytes.IndexByte(c.buf, '\n'); err != nil && end < 0 {
			end = len(c.buf)
		}
	}
	c.delim = delimiter(c.buf[:end])
	c.at = len(bom(c.buf))
	cells, err := c.record()
	if err != nil {
		return err // an empty sheet ends here
	}
	for _, t := range cells {
		c.cols.Add(string(t))
	}
	return nil
}

// bom is the byte order mark at the beginning, if there is one.
func bom(b []byte) []byte {
	const mark = "\ufeff"
	if bytes.HasPrefix(b, []byte(mark)) {
		return b[:len(mark)]
	}
	return nil
}

// delimiter is what stands between the titles of the header.
func delimiter(header []byte) byte {
	best, most := byte(','), 0
	for _, d := range []byte{',', ';', '\t'} {
		n, quoted := 0, false
		for _, b := range header {
			switch {
			case b == '"':
				quoted = !quoted
			case b == d && !quoted:
				n++
			}
		}
		if n > most {
			best, most = d, n
		}
	}
	return best
}

// fill reads more behind what is not used yet.
func (c *csvRows) fill() error {
	if c.err != nil {
		return c.err
	}
	if c.at > 0 {
		c.buf = c.buf[:copy(c.buf, c.buf[c.at:])]
		c.at = 0
	}
	if len(c.buf) == cap(c.buf) {
		if len(c.buf) >= maxRecord {
			return bad("line %d has more than %d MiB, which no row of a report has", c.line, maxRecord>>20)
		}
		c.buf = append(make([]byte, 0, 2*cap(c.buf)), c.buf...)
	}
	for tries := 0; tries < 100; tries++ {
		n, err := c.r.Read(c.buf[len(c.buf):cap(c.buf)])
		c.buf = c.buf[:len(c.buf)+n]
		c.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// record returns the cells of the next record, valid until the next call.
func (c *csvRows) record() ([][]byte, error) {
	for from := 0; ; {
		end := bytes.IndexByte(c.buf[c.at+from:], '\n')
		if end >= 0 {
			line := c.buf[c.at : c.at+from+end]
			if bytes.IndexByte(line, '"') < 0 {
				c.at += len(line) + 1
				c.line++
				return c.split(line), nil
			}
			return c.quoted()
		}
		from = len(c.buf) - c.at
		if err := c.fill(); err != nil {
			if err != io.EOF { //nolint:errorlint // the plain end and nothing else
				return nil, err
			}
			return c.last()
		}
	}
}

// last returns the record that no line end follows.
func (c *csvRows) last() ([][]byte, error) {
	line := c.buf[c.at:]
	switch {
	case len(line) == 0:
		return nil, io.EOF
	case bytes.IndexByte(line, '"') >= 0:
		return c.quoted()
	}
	c.at = len(c.buf)
	return c.split(line), nil
}

// split cuts a line without quotes.
func (c *csvRows) split(line []byte) [][]byte {
	line = bytes.TrimSuffix(line, []byte("\r"))
	c.cells, c.blank = c.cells[:0], len(line) == 0
	for {
		i := bytes.IndexByte(line, c.delim)
		if i < 0 {
			c.cells = append(c.cells, line)
			return c.cells
		}
		c.cells = append(c.cells, line[:i])
		line = line[i+1:]
	}
}

// quoted reads a record that has quotes in it and may span lines.
func (c *csvRows) quoted() ([][]byte, error) {
	for {
		size, lines, err := c.parse(c.buf[c.at:], c.err != nil)
		if err != nil {
			return nil, err
		}
		if size > 0 {
			c.at += size
			c.line += lines
			return c.cells, nil
		}
		if err := c.fill(); err != nil && err != io.EOF { //nolint:errorlint // the plain end and nothing else
			return nil, err
		}
	}
}

// parse reads one record from b; a size of 0 asks for more.
func (c *csvRows) parse(b []byte, whole bool) (size, lines int, err error) {
	c.cells, c.text, c.blank = c.cells[:0], c.text[:0], false
	for at, lines := 0, 1; ; at++ {
		var cell []byte
		if at < len(b) && b[at] == '"' {
			var n int
			if cell, n = c.inQuotes(b[at:], whole); n < 0 {
				if whole {
					return 0, 0, c.unfinished()
				}
				return 0, 0, nil
			}
			lines += bytes.Count(b[at:at+n], []byte{'\n'})
			at += n
			if at < len(b) && b[at] == '\r' && (at+1 == len(b) || b[at+1] == '\n') {
				at++
			}
		} else {
			from := at
			for at < len(b) && b[at] != c.delim && b[at] != '\n' {
				at++
			}
			if cell = b[from:at]; at == len(b) || b[at] == '\n' {
				cell = bytes.TrimSuffix(cell, []byte("\r"))
			}
		}
		c.cells = append(c.cells, cell)
		switch {
		case at == len(b) && !whole:
			return 0, 0, nil
		case at == len(b), b[at] == '\n':
			return min(at+1, len(b)), lines, nil
		case b[at] != c.delim:
			return 0, 0, bad("line %d has text behind a closing quote; the sheet is not CSV as the service is known to write it", c.line+lines-1)
		}
	}
}

// inQuotes returns a cell that begins with a quote and its size with the quotes, or
// -1 if b ends, or may end, within it.
func (c *csvRows) inQuotes(b []byte, whole bool) (cell []byte, size int) {
	from := len(c.text)
	for at := 1; ; {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 || at+n+1 == len(b) && !whole {
			return nil, -1
		}
		end := at + n
		if end+1 == len(b) || b[end+1] != '"' {
			if at == 1 {
				return b[1:end], end + 1
			}
			c.text = append(c.text, b[at:end]...)
			return c.text[from:len(c.text):len(c.text)], end + 1
		}
		c.text = append(c.text, b[at:end+1]...)
		at = end + 2
	}
}

func (c *csvRows) unfinished() error {
	return &BadError{Why: fmt.Sprintf("the quotes that begin in line %d are never closed", c.line), Broken: true, Err: io.ErrUnexpectedEOF}
}
