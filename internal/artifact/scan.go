package artifact

import (
	"encoding/binary"
	"math/bits"
)

// Looking for bytes that need care is most of what writing a cell costs, so it is
// done eight bytes at a time: a byte equal to b is a zero byte of v ^ repeat(b),
// and v - ones borrows into the top bit of the lowest zero byte, if there is one.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// repeat returns eight times the byte b.
func repeat(b byte) uint64 { return ones * uint64(b) }

// oddCSV looks for bytes that are quoted in CSV: the result has a bit of highs set
// if one of the eight bytes of v is.
func oddCSV(v, delim uint64) uint64 {
	q, n, r, d := v^repeat('"'), v^repeat('\n'), v^repeat('\r'), v^delim
	return (q-ones)&^q | (n-ones)&^n | (r-ones)&^r | (d-ones)&^d
}

// oddJSON is like oddCSV for bytes that are escaped in JSON strings.
func oddJSON(v uint64) uint64 {
	q, b := v^repeat('"'), v^repeat('\\')
	return (q-ones)&^q | (b-ones)&^b | (v-repeat(' '))&^v
}

// plainCSV reports whether c contains no quote, no line end, and not the byte whose
// repetition is delim.
func plainCSV(c []byte, delim uint64) bool {
	if len(c) < 8 {
		return oddCSV(word(c), delim)&highs == 0
	}
	odd := oddCSV(binary.LittleEndian.Uint64(c[len(c)-8:]), delim)
	for ; len(c) > 8; c = c[8:] {
		odd |= oddCSV(binary.LittleEndian.Uint64(c), delim)
	}
	return odd&highs == 0
}

// scanJSON reports whether bytes of c are escaped in JSON strings, and whether
// there are bytes beyond ASCII.
func scanJSON(c []byte) (escaped, wide bool) {
	if len(c) < 8 {
		v := word(c)
		return oddJSON(v)&highs != 0, v&highs != 0
	}
	v := binary.LittleEndian.Uint64(c[len(c)-8:])
	odd, all := oddJSON(v), v
	for ; len(c) > 8; c = c[8:] {
		v = binary.LittleEndian.Uint64(c)
		odd |= oddJSON(v)
		all |= v
	}
	return odd&highs != 0, all&highs != 0
}

// word returns up to seven bytes in eight: some of them twice, with letters behind
// them, as only their kind counts.
func word(c []byte) uint64 {
	switch n := len(c); {
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(c)) | uint64(binary.LittleEndian.Uint32(c[n-4:]))<<32
	case n > 0:
		return uint64(c[0]) | uint64(c[n/2])<<8 | uint64(c[n-1])<<16 | repeat('x')<<24
	}
	return repeat('x')
}

// indexCSV returns where the cell that c begins with may end: at a line end or at
// the byte whose repetition is delim. It returns -1 if neither is in c.
func indexCSV(c []byte, delim uint64) int {
	at := 0
	for ; len(c)-at >= 8; at += 8 {
		v := binary.LittleEndian.Uint64(c[at:])
		n, d := v^repeat('\n'), v^delim
		if odd := ((n-ones)&^n | (d-ones)&^d) & highs; odd != 0 {
			return at + bits.TrailingZeros64(odd)/8 // the lowest is never a borrowed one
		}
	}
	for ; at < len(c); at++ {
		if c[at] == '\n' || c[at] == byte(delim) {
			return at
		}
	}
	return -1
}

// indexJSON returns where the first quote or backslash of c is, or -1.
func indexJSON(c []byte) int {
	at := 0
	for ; len(c)-at >= 8; at += 8 {
		v := binary.LittleEndian.Uint64(c[at:])
		q, b := v^repeat('"'), v^repeat('\\')
		if odd := ((q-ones)&^q | (b-ones)&^b) & highs; odd != 0 {
			return at + bits.TrailingZeros64(odd)/8
		}
	}
	for ; at < len(c); at++ {
		if c[at] == '"' || c[at] == '\\' {
			return at
		}
	}
	return -1
}
