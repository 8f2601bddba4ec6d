package planfix

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file read JSON in a byte slice that may end anywhere.
// They return where the value ends; errShort if more bytes are needed, errSyntax
// if no bytes can help.
var (
	errShort  = errors.New("more bytes are needed")
	errSyntax = errors.New("it is not JSON")
	errDepth  = errors.New("it is nested too deep")
)

// maxDepth bounds the nesting of values that are not looked into.
const maxDepth = 64

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// Every byte of these is the same.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd returns the index of the quote that closes the string whose first
// byte is at i, and whether the string holds escapes.
func stringEnd(b []byte, i int) (end int, escaped bool, err error) {
	for {
		// Eight bytes at once: a bit is set for each quote, backslash and control
		// character. Bits above the lowest one may be wrong; only that is used.
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			q, s := w^(ones*'"'), w^(ones*'\\')
			m := ((q-ones)&^q | (s-ones)&^s | (w-ones*' ')&^w) & highs
			if m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
		switch {
		case i >= len(b):
			return i, escaped, errShort
		case b[i] == '"':
			return i, escaped, nil
		case b[i] != '\\':
			return i, escaped, errSyntax
		}
		if i, err = skipEscape(b, i); err != nil {
			return i, true, err
		}
		escaped = true
	}
}

// skipEscape skips the escape that begins with the backslash at i.
func skipEscape(b []byte, i int) (int, error) {
	if i+1 >= len(b) {
		return i, errShort
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(b) {
				return i, errShort
			}
			if hexValue(b[j]) < 0 {
				return j, errSyntax
			}
		}
		return i + 6, nil
	}
	return i + 1, errSyntax
}

func hexValue(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

// unescape undoes the escapes of a string that stringEnd has checked, in place:
// what an escape stands for is never longer than the escape.
func unescape(s []byte) []byte {
	out := s[:0]
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			out = append(out, s[i])
			i++
			continue
		}
		if s[i+1] != 'u' {
			out = append(out, plainEscapes[s[i+1]])
			i += 2
			continue
		}
		r := unit(s[i+2:])
		i += 6
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if i+6 <= len(s) && s[i] == '\\' && s[i+1] == 'u' {
				low = unit(s[i+2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

var plainEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func unit(b []byte) rune {
	return hexValue(b[0])<<12 | hexValue(b[1])<<8 | hexValue(b[2])<<4 | hexValue(b[3])
}

// skipNumber skips a number. One at the end of the bytes may go on.
func skipNumber(b []byte, i int) (int, error) {
	digitsFrom := func(i int) int {
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b):
		return i, errShort
	case b[i] == '0':
		i++
	case b[i] >= '1' && b[i] <= '9':
		i = digitsFrom(i)
	default:
		return i, errSyntax
	}
	if i < len(b) && b[i] == '.' {
		from := i + 1
		if i = digitsFrom(from); i == from && i < len(b) {
			return i, errSyntax
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		from := i + 1
		if from < len(b) && (b[from] == '+' || b[from] == '-') {
			from++
		}
		if i = digitsFrom(from); i == from && i < len(b) {
			return i, errSyntax
		}
	}
	if i >= len(b) {
		return i, errShort
	}
	return i, nil
}

func skipWord(b []byte, i int, word string) (int, error) {
	for j := range len(word) {
		if i+j >= len(b) {
			return i, errShort
		}
		if b[i+j] != word[j] {
			return i + j, errSyntax
		}
	}
	return i + len(word), nil
}

// skipValue skips any value.
func skipValue(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return i, errShort
	}
	switch b[i] {
	case '"':
		end, _, err := stringEnd(b, i+1)
		return end + 1, err
	case 't':
		return skipWord(b, i, "true")
	case 'f':
		return skipWord(b, i, "false")
	case 'n':
		return skipWord(b, i, "null")
	case '{', '[':
		if depth >= maxDepth {
			return i, errDepth
		}
		return skipNested(b, i, depth+1)
	}
	return skipNumber(b, i)
}

// skipNested skips an object or an array.
func skipNested(b []byte, i, depth int) (int, error) {
	object := b[i] == '{'
	closing := b[i] + 2 // in ASCII, for both
	for first := true; ; first = false {
		i = skipSpace(b, i+1)
		if i >= len(b) {
			return i, errShort
		}
		if first && b[i] == closing {
			return i + 1, nil
		}
		var err error
		if object {
			if _, _, _, i, err = key(b, i); err != nil {
				return i, err
			}
		}
		if i, err = skipValue(b, i, depth); err != nil {
			return i, err
		}
		i = skipSpace(b, i)
		switch {
		case i >= len(b):
			return i, errShort
		case b[i] == closing:
			return i + 1, nil
		case b[i] != ',':
			return i, errSyntax
		}
	}
}

// key reads the key of a member at i, up to where its value begins.
func key(b []byte, i int) (start, end int, escaped bool, next int, err error) {
	switch {
	case i >= len(b):
		return 0, 0, false, i, errShort
	case b[i] != '"':
		return 0, 0, false, i, errSyntax
	}
	start = i + 1
	if end, escaped, err = stringEnd(b, start); err != nil {
		return start, end, escaped, end, err
	}
	i = skipSpace(b, end+1)
	switch {
	case i >= len(b):
		return start, end, escaped, i, errShort
	case b[i] != ':':
		return start, end, escaped, i, errSyntax
	}
	i = skipSpace(b, i+1)
	if i >= len(b) {
		return start, end, escaped, i, errShort
	}
	return start, end, escaped, i, nil
}

// text is a value as text: what is inside a string, nothing for null, anything
// else as it is written.
type text struct {
	start, end int
	escaped    bool
	quoted     bool
}

func value(b []byte, i int) (t text, next int, err error) {
	if i < len(b) && b[i] == '"' {
		t = text{start: i + 1, quoted: true}
		t.end, t.escaped, err = stringEnd(b, t.start)
		return t, t.end + 1, err
	}
	next, err = skipValue(b, i, 0)
	if err == nil && b[i] != 'n' {
		t.start, t.end = i, next
	}
	return t, next, err
}

// of returns the text's bytes in b, with escapes undone in place.
func (t text) of(b []byte) []byte {
	if t.escaped {
		return unescape(b[t.start:t.end:t.end])
	}
	return b[t.start:t.end:t.end]
}
