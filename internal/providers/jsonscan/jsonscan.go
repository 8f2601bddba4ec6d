// Package jsonscan reads JSON in a byte slice, without copying and eight bytes at a
// time, for answers whose rows are most of what a run does. The slice may end
// anywhere: the functions return where a value ends, [ErrShort] if more bytes are
// needed, and [ErrSyntax] if no bytes can help. What they accept is valid JSON, but
// for bytes that are not UTF-8, which they do not look at.
package jsonscan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Errors about what is read.
var (
	ErrShort  = errors.New("more bytes are needed")
	ErrSyntax = errors.New("it is not JSON")
	ErrDepth  = errors.New("it is nested too deep")
)

// MaxDepth bounds the nesting of values that are not looked into.
const MaxDepth = 64

// SkipSpace returns the index of the first byte from i on that is no white space.
func SkipSpace(b []byte, i int) int {
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

// StringEnd returns the index of the quote that closes the string whose first
// byte is at i, and whether the string holds escapes.
func StringEnd(b []byte, i int) (end int, escaped bool, err error) {
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
			return i, escaped, ErrShort
		case b[i] == '"':
			return i, escaped, nil
		case b[i] != '\\':
			return i, escaped, ErrSyntax
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
		return i, ErrShort
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(b) {
				return i, ErrShort
			}
			if hexValue(b[j]) < 0 {
				return j, ErrSyntax
			}
		}
		return i + 6, nil
	}
	return i + 1, ErrSyntax
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

// Unescape undoes the escapes of a string that StringEnd has checked, in place:
// what an escape stands for is never longer than the escape.
func Unescape(s []byte) []byte {
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
		return i, ErrShort
	case b[i] == '0':
		i++
	case b[i] >= '1' && b[i] <= '9':
		i = digitsFrom(i)
	default:
		return i, ErrSyntax
	}
	if i < len(b) && b[i] == '.' {
		from := i + 1
		if i = digitsFrom(from); i == from && i < len(b) {
			return i, ErrSyntax
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		from := i + 1
		if from < len(b) && (b[from] == '+' || b[from] == '-') {
			from++
		}
		if i = digitsFrom(from); i == from && i < len(b) {
			return i, ErrSyntax
		}
	}
	if i >= len(b) {
		return i, ErrShort
	}
	return i, nil
}

func skipWord(b []byte, i int, word string) (int, error) {
	for j := range len(word) {
		if i+j >= len(b) {
			return i, ErrShort
		}
		if b[i+j] != word[j] {
			return i + j, ErrSyntax
		}
	}
	return i + len(word), nil
}

// Check reports what is wrong with b as one whole JSON value, and at which byte.
func Check(b []byte) (at int, err error) {
	i := SkipSpace(b, 0)
	if i < len(b) && (b[i] == '-' || b[i] >= '0' && b[i] <= '9') {
		b = append(bytes.Clone(b), ' ') // else a number at the end might go on
	}
	if i, err = SkipValue(b, i, 0); err != nil {
		return i, err
	}
	if i = SkipSpace(b, i); i < len(b) {
		return i, ErrSyntax
	}
	return i, nil
}

// SkipValue skips any value.
func SkipValue(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return i, ErrShort
	}
	switch b[i] {
	case '"':
		end, _, err := StringEnd(b, i+1)
		return end + 1, err
	case 't':
		return skipWord(b, i, "true")
	case 'f':
		return skipWord(b, i, "false")
	case 'n':
		return skipWord(b, i, "null")
	case '{', '[':
		if depth >= MaxDepth {
			return i, ErrDepth
		}
		return skipNested(b, i, depth+1)
	}
	return skipNumber(b, i)
}

// skipNested skips an object or an array.
func skipNested(b []byte, i, depth int) (int, error) {
	if b[i] == '{' {
		return Members(b, i, func(_ []byte, _ bool, i int) (int, error) { return SkipValue(b, i, depth) })
	}
	return Elements(b, i, func(i int) (int, error) { return SkipValue(b, i, depth) })
}

// Members calls f for each member of the object at i with its key, as it is written
// within the quotes and perhaps with escapes, and where its value begins; f returns
// where that ends. It returns where the object ends.
func Members(b []byte, i int, f func(key []byte, escaped bool, i int) (int, error)) (int, error) {
	return list(b, i, '}', func(i int) (int, error) {
		start, end, escaped, at, err := Key(b, i)
		if err != nil {
			return at, err
		}
		return f(b[start:end:end], escaped, at)
	})
}

// Elements calls f with where each element of the array at i begins; f returns where
// it ends. It returns where the array ends.
func Elements(b []byte, i int, f func(i int) (int, error)) (int, error) {
	return list(b, i, ']', f)
}

// list reads what stands between commas, from the opening bracket at i on.
func list(b []byte, i int, closing byte, f func(i int) (int, error)) (int, error) {
	for first := true; ; first = false {
		i = SkipSpace(b, i+1)
		if i >= len(b) {
			return i, ErrShort
		}
		if first && b[i] == closing {
			return i + 1, nil
		}
		var err error
		if i, err = f(i); err != nil {
			return i, err
		}
		i = SkipSpace(b, i)
		switch {
		case i >= len(b):
			return i, ErrShort
		case b[i] == closing:
			return i + 1, nil
		case b[i] != ',':
			return i, ErrSyntax
		}
	}
}

// Key reads the key of a member at i, up to where its value begins.
func Key(b []byte, i int) (start, end int, escaped bool, next int, err error) {
	switch {
	case i >= len(b):
		return 0, 0, false, i, ErrShort
	case b[i] != '"':
		return 0, 0, false, i, ErrSyntax
	}
	start = i + 1
	if end, escaped, err = StringEnd(b, start); err != nil {
		return start, end, escaped, end, err
	}
	i = SkipSpace(b, end+1)
	switch {
	case i >= len(b):
		return start, end, escaped, i, ErrShort
	case b[i] != ':':
		return start, end, escaped, i, ErrSyntax
	}
	i = SkipSpace(b, i+1)
	if i >= len(b) {
		return start, end, escaped, i, ErrShort
	}
	return start, end, escaped, i, nil
}

// Text is a value as text: what is inside a string, nothing for null, anything
// else as it is written.
type Text struct {
	Start, End int // within the quotes
	Escaped    bool
	Quoted     bool
}

// Value reads any value as text.
func Value(b []byte, i int) (t Text, next int, err error) {
	if i < len(b) && b[i] == '"' {
		t = Text{Start: i + 1, Quoted: true}
		t.End, t.Escaped, err = StringEnd(b, t.Start)
		return t, t.End + 1, err
	}
	next, err = SkipValue(b, i, 0)
	if err == nil && b[i] != 'n' {
		t.Start, t.End = i, next
	}
	return t, next, err
}

// Of returns the text's bytes in b, with escapes undone in place.
func (t Text) Of(b []byte) []byte {
	if t.Escaped {
		return Unescape(b[t.Start:t.End:t.End])
	}
	return b[t.Start:t.End:t.End]
}
