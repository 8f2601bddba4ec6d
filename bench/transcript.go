package main

import (
	"errors"
	"io"
)

// transcript writes the cells of chunks into a file as they pass by. It relies on
// the order of the keys that the service here uses.
type transcript struct {
	scan  *scanner
	file  *hashedFile
	jsonl bool
	keys  [][]byte // JSON Lines: what stands before each value
	began bool     // CSV: the header is there
}

// chunk writes one chunk.
func (t *transcript) chunk(body io.Reader) error {
	s := t.scan
	s.reset(body)
	t.object()
	if s.err == nil && s.peek() == 0 && errors.Is(s.err, io.EOF) {
		return nil
	}
	if s.err == nil {
		return errors.New("there is something behind the end")
	}
	if errors.Is(s.err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return s.err
}

// object reads the answer, or the object in it that holds the rows.
func (t *transcript) object() {
	s := t.scan
	s.expect('{')
	for first := true; s.another(first, '}'); first = false {
		switch s.key() {
		case nameData:
			t.object()
		case nameRows:
			t.rows()
		default:
			s.skip()
		}
	}
}

func (t *transcript) rows() {
	s := t.scan
	s.expect('[')
	for first := true; s.another(first, ']'); first = false {
		t.row()
		t.file.flush()
	}
}

func (t *transcript) row() {
	s := t.scan
	kind := byte(0)
	s.expect('{')
	for first := true; s.another(first, '}'); first = false {
		switch s.key() {
		case nameType:
			if text := s.text(); len(text) > 0 {
				kind = text[0]
			}
		case nameItems:
			t.items(kind)
		default:
			s.skip()
		}
	}
}

func (t *transcript) items(kind byte) {
	s := t.scan
	cell := func(int, []byte) {}
	end := ""
	switch {
	case kind == 'H' && t.jsonl && t.keys == nil:
		cell = t.title
	case kind == 'H' && !t.jsonl && !t.began, kind == 'N' && !t.jsonl:
		t.began = true
		cell, end = t.csvCell, "\n"
	case kind == 'N':
		cell, end = t.jsonCell, "\"}\n"
	}
	s.expect('[')
	n := 0
	for first := true; s.another(first, ']'); first = false {
		s.expect('{')
		for first := true; s.another(first, '}'); first = false {
			if s.key() == nameText {
				cell(n, s.text())
			} else {
				s.skip()
			}
		}
		n++
	}
	t.file.buf = append(t.file.buf, end...)
}

func (t *transcript) title(i int, c []byte) {
	k := []byte(`","`)
	if i == 0 {
		k = []byte(`{"`)
	}
	t.keys = append(t.keys, append(appendEscaped(k, c), `":"`...))
}

func (t *transcript) jsonCell(i int, c []byte) {
	b := append(t.file.buf, t.keys[i]...)
	t.file.buf = appendEscaped(b, c)
}

// appendEscaped appends the inside of a JSON string.
func appendEscaped(b, c []byte) []byte {
	from := 0
	for i, x := range c {
		if plain[x] {
			continue
		}
		b = append(append(b, c[from:i]...), '\\')
		from = i + 1
		switch x {
		case '\n':
			b = append(b, 'n')
		case '\r':
			b = append(b, 'r')
		case '\t':
			b = append(b, 't')
		case '"', '\\':
			b = append(b, x)
		default:
			b = append(b, 'u', '0', '0', '0'+x>>4, "0123456789abcdef"[x&15])
		}
	}
	return append(b, c[from:]...)
}

// special are the bytes for which a cell is quoted in CSV.
var special = [256]bool{',': true, '"': true, '\n': true, '\r': true}

func (t *transcript) csvCell(i int, c []byte) {
	b := t.file.buf
	if i > 0 {
		b = append(b, ',')
	}
	quote := len(c) > 0 && c[0] == ' '
	for _, x := range c {
		if special[x] {
			quote = true
			break
		}
	}
	if !quote {
		t.file.buf = append(b, c...)
		return
	}
	b = append(b, '"')
	for _, x := range c {
		if x == '"' {
			b = append(b, '"')
		}
		b = append(b, x)
	}
	t.file.buf = append(b, '"')
}
