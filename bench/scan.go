package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// bufferSize is how much is read and written at once.
const bufferSize = 256 << 10

// scanner is a pull scanner over a stream of JSON as one writes it by hand: it
// looks at each byte once, holds one buffer, and remembers nothing. After an error,
// which it keeps, its results mean nothing.
type scanner struct {
	src  io.Reader
	buf  []byte
	r, w int
	err  error
}

// reset begins with another stream.
func (s *scanner) reset(src io.Reader) {
	if s.buf == nil {
		s.buf = make([]byte, bufferSize)
	}
	s.src, s.r, s.w, s.err = src, 0, 0, nil
}

// more reads more bytes. Those from keep on stay, at the front of the buffer.
func (s *scanner) more(keep int) bool {
	if s.err != nil {
		return false
	}
	s.w = copy(s.buf, s.buf[keep:s.w])
	s.r -= keep
	if s.w == len(s.buf) {
		s.err = errors.New("a value is larger than the buffer")
		return false
	}
	for {
		n, err := s.src.Read(s.buf[s.w:])
		s.w += n
		if n > 0 {
			return true
		}
		if err != nil {
			s.err = err
			return false
		}
	}
}

// peek is the next byte that is not space, 0 at the end.
func (s *scanner) peek() byte {
	for {
		for s.r < s.w {
			switch c := s.buf[s.r]; c {
			case ' ', '\n', '\r', '\t':
				s.r++
			default:
				return c
			}
		}
		if !s.more(s.r) {
			return 0
		}
	}
}

// expect skips a byte that must come next.
func (s *scanner) expect(c byte) {
	if got := s.peek(); got != c && s.err == nil {
		s.err = fmt.Errorf("%q came where %q belongs", got, c)
	}
	s.r++
}

// another reports whether a list goes on, and skips the comma, or the end.
func (s *scanner) another(first bool, end byte) bool {
	c := s.peek()
	switch {
	case s.err != nil:
		return false
	case c == end:
		s.r++
		return false
	case !first:
		s.expect(',')
	}
	return s.err == nil
}

// plain are the bytes that a string holds as they are.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return t
}()

// text reads a string. It is valid until the next call.
func (s *scanner) text() []byte {
	s.expect('"')
	start, escaped := s.r, false
	for {
		b := s.buf[:s.w]
		i := s.r
		for i < len(b) && plain[b[i]] {
			i++
		}
		s.r = i
		switch {
		case i+1 >= len(b) && (i >= len(b) || b[i] == '\\'):
			if !s.more(start) {
				return nil
			}
			start = 0
		case b[i] == '"':
			s.r++
			if escaped {
				return s.unescape(b[start:i])
			}
			return b[start:i]
		case b[i] == '\\':
			escaped = true
			s.r += 2
		default:
			s.err = fmt.Errorf("a string holds the byte %#x", b[i])
			return nil
		}
	}
}

// unescape undoes the escapes of a string in place.
func (s *scanner) unescape(b []byte) []byte {
	out := b[:0]
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			return append(out, b...)
		}
		out = append(out, b[:i]...)
		c := b[i+1]
		b = b[i+2:]
		switch c {
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case '"', '\\', '/':
			out = append(out, c)
		case 'u':
			var r rune
			if _, err := fmt.Sscanf(string(b[:min(4, len(b))]), "%04x", &r); err != nil {
				s.err = err
				return nil
			}
			out = utf8.AppendRune(out, r)
			b = b[4:]
		default:
			s.err = fmt.Errorf("a string holds the escape \\%c", c)
			return nil
		}
	}
}

// skip skips a value.
func (s *scanner) skip() {
	switch s.peek() {
	case '"':
		s.text()
	case '{':
		s.r++
		for first := true; s.another(first, '}'); first = false {
			s.key()
			s.skip()
		}
	case '[':
		s.r++
		for first := true; s.another(first, ']'); first = false {
			s.skip()
		}
	default:
		for s.err == nil {
			for s.r < s.w {
				switch s.buf[s.r] {
				case ',', '}', ']', ' ', '\n', '\r', '\t':
					return
				}
				s.r++
			}
			s.more(s.r)
		}
	}
}

// name is a key that means something.
type name uint8

const (
	nameOther name = iota
	nameData
	nameRows
	nameType
	nameItems
	nameText
)

// key reads a key, up to its value.
func (s *scanner) key() name {
	k := nameOther
	switch string(s.text()) {
	case "data":
		k = nameData
	case "rows":
		k = nameRows
	case "type":
		k = nameType
	case "items":
		k = nameItems
	case "text":
		k = nameText
	}
	s.expect(':')
	return k
}
