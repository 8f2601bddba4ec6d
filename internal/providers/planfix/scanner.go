package planfix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"reportsync/internal/providers/jsonscan"
)

const (
	// scanBuffer is how much is read at once.
	scanBuffer = 256 << 10
	// maxToken bounds a row, and any other value that must be held as a whole.
	maxToken = 64 << 20
)

// scanBuffers keeps buffers from one chunk to the next.
var scanBuffers = sync.Pool{New: func() any { b := make([]byte, scanBuffer); return &b }}

// Errors of answers that are JSON, but not of the known kind.
var (
	errTrailing = errors.New("there is something behind its end")
	errTwice    = errors.New("it has rows twice")
	errTooLarge = fmt.Errorf("one of its rows is larger than %d MiB", maxToken>>20)
)

// formatError is an answer that cannot be read.
type formatError struct {
	err error
	at  int64
}

func (e *formatError) Error() string {
	return fmt.Sprintf("the answer cannot be read: at byte %d, %s", e.at, e.err)
}
func (e *formatError) Unwrap() error { return e.err }

// place is where in the answer the scanner is.
type place uint8

const (
	beforeAll place = iota
	inTop
	inData
	inRows
	afterAll
)

// scanner pulls the rows out of one chunk as it comes. It knows the answer in both
// shapes, {"chunk":0,"rows":[…]} and the same wrapped in "data", with keys in any
// order; keys that it does not know are skipped.
//
// It parses a whole row in its buffer, and begins the row again when the bytes
// end inside it: that happens once a buffer, and leaves the functions that parse
// without a thought about where the bytes come from.
type scanner struct {
	src  io.Reader
	held *[]byte // of the pool
	buf  []byte
	r, w int
	base int64 // bytes before buf
	end  error // of src

	at      place
	wrapped bool // the rows are inside data
	comma   bool // a value came before: a comma or the end must follow
	found   bool // rows were there
	row     row
	tpl     template

	env   envelope
	chunk string // as the service echoes it
}

func newScanner(src io.Reader, links bool) *scanner {
	held, _ := scanBuffers.Get().(*[]byte)
	return &scanner{src: src, held: held, buf: *held, row: row{wantLinks: links}}
}

// next returns the next row, which is valid until the call after it. At the end of
// the answer, when nothing is missing from it, the error is io.EOF.
func (s *scanner) next() (*row, error) {
	for {
		b := s.buf[s.r:s.w]
		i, got, err := s.step(b)
		if err == nil {
			s.r += i
			if got {
				return &s.row, nil
			}
			continue
		}
		if !errors.Is(err, jsonscan.ErrShort) {
			return nil, &formatError{err, s.base + int64(s.r+i)}
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// step reads one row, or one thing around the rows.
func (s *scanner) step(b []byte) (i int, got bool, err error) {
	i = jsonscan.SkipSpace(b, 0)
	switch s.at {
	case inRows:
		return s.stepRows(b, i)
	case afterAll:
		if i < len(b) {
			return i, false, errTrailing
		}
	}
	if i >= len(b) {
		return i, false, jsonscan.ErrShort
	}
	switch s.at {
	case beforeAll:
		if b[i] != '{' {
			return i, false, jsonscan.ErrSyntax
		}
		s.at = inTop
		return i + 1, false, nil
	default:
		i, err = s.stepMember(b, i)
		return i, false, err
	}
}

// stepRows reads the next row, or the end of the rows.
func (s *scanner) stepRows(b []byte, i int) (int, bool, error) {
	if i >= len(b) {
		return i, false, jsonscan.ErrShort
	}
	if b[i] == ']' {
		s.at, s.comma = inTop, true
		if s.wrapped {
			s.at = inData
		}
		return i + 1, false, nil
	}
	if s.comma {
		if b[i] != ',' {
			return i, false, jsonscan.ErrSyntax
		}
		i = jsonscan.SkipSpace(b, i+1)
	}
	i, err := s.row.parse(b, i, &s.tpl)
	s.comma = s.comma || err == nil
	return i, err == nil, err
}

// stepMember reads a member of the object around the rows, or its end.
func (s *scanner) stepMember(b []byte, i int) (int, error) {
	if b[i] == '}' {
		if s.at == inTop {
			s.at = afterAll
		} else {
			s.at = inTop
		}
		s.comma = true
		return i + 1, nil
	}
	if s.comma {
		if b[i] != ',' {
			return i, jsonscan.ErrSyntax
		}
		i = jsonscan.SkipSpace(b, i+1)
	}
	start, end, escaped, i, err := jsonscan.Key(b, i)
	if err != nil {
		return i, err
	}
	name := keyName(b[start:end], escaped)
	switch {
	case name == "data" && b[i] == '{' && s.at == inTop:
		s.at, s.comma = inData, false
		return i + 1, nil
	case name == "rows" && b[i] == '[':
		if s.found {
			return i, errTwice
		}
		s.found, s.wrapped = true, s.at == inData
		s.at, s.comma = inRows, false
		return i + 1, nil
	}
	t, next, err := jsonscan.Value(b, i)
	if err != nil {
		return next, err
	}
	s.note(name, t, b)
	s.comma = true
	return next, nil
}

// note keeps what the members around the rows say.
func (s *scanner) note(name string, t jsonscan.Text, b []byte) {
	set := func(to *scalar) {
		if s.at == inTop {
			*to = scalar{string(t.Of(b)), t.End > 0}
		}
	}
	switch name {
	case "result":
		set(&s.env.Result)
	case "code":
		set(&s.env.Code)
	case "error":
		set(&s.env.Error)
	case "message":
		set(&s.env.Message)
	case "chunk":
		s.chunk = string(t.Of(b))
	}
}

// keyNames are the keys that mean something.
var keyNames = []string{"text", "link", "hidden", "type", "depth", "items", "rows", "data", "chunk", "result", "code", "error", "message"}

// keyName returns the key that is meant, in any case and spelling, or "".
func keyName(raw []byte, escaped bool) string {
	if escaped {
		raw = jsonscan.Unescape(bytes.Clone(raw))
	}
	for _, name := range keyNames {
		if string(raw) == name {
			return name
		}
	}
	for _, name := range keyNames {
		if strings.EqualFold(string(raw), name) {
			return name
		}
	}
	return ""
}

// fill reads more bytes behind those that are not used yet.
func (s *scanner) fill() error {
	if s.end != nil {
		return s.ended()
	}
	if s.r > 0 && s.w > len(s.buf)/2 {
		copy(s.buf, s.buf[s.r:s.w])
		s.base, s.w, s.r = s.base+int64(s.r), s.w-s.r, 0
	}
	if s.w == len(s.buf) {
		if len(s.buf) >= maxToken {
			return &formatError{errTooLarge, s.base}
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.w:])
		s.w += n
		if s.end = err; n > 0 {
			return nil
		}
		if err != nil {
			return s.ended()
		}
	}
	s.end = io.ErrNoProgress
	return s.end
}

// ended is the error when there are no more bytes.
func (s *scanner) ended() error {
	switch {
	case !errors.Is(s.end, io.EOF):
		return s.end
	case s.at != afterAll:
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// close gives the buffer back. The rows are not valid any more.
func (s *scanner) close() {
	if s.held != nil {
		scanBuffers.Put(s.held)
		s.held, s.buf, s.r, s.w = nil, nil, 0, 0
	}
}
