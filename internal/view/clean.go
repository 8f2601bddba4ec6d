package view

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text from services safe for terminals: control characters, escape
// sequences, bidirectional overrides and invisible characters become visible
// escapes such as \n, \x1b and \u202e. Bytes that are no UTF-8 become U+FFFD.
// The result is a single line.
func Clean(s string) string { return clean(s, false) }

// cleanLines is Clean for text whose line breaks are meant.
func cleanLines(s string) string {
	return clean(strings.ReplaceAll(s, "\r\n", "\n"), true)
}

func clean(s string, multiline bool) string {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if unsafe(r, size) && (r != '\n' || !multiline) {
			return cleanFrom(s, i, multiline)
		}
		i += size
	}
	return s
}

func cleanFrom(s string, start int, multiline bool) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:start])
	for i := start; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case !unsafe(r, size), r == '\n' && multiline:
			b.WriteString(s[i : i+size])
		case r == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		default:
			writeEscape(&b, r)
		}
		i += size
	}
	return b.String()
}

// unsafe reports whether a rune must not reach a terminal as it is. size is the
// length it was decoded from, which tells a broken byte from a real U+FFFD.
func unsafe(r rune, size int) bool {
	switch {
	case r < 0x20 || r == 0x7f:
		return true
	case r < 0x7f:
		return false
	case r == utf8.RuneError:
		return size == 1
	case r < 0xa0: // C1 controls, CSI among them
		return true
	case r == 0x200c || r == 0x200d: // joiners, which scripts and emoji need
		return false
	case r == 0x2028 || r == 0x2029: // line and paragraph separators
		return true
	case r < 0xad:
		return false
	default:
		return unicode.Is(unicode.Cf, r)
	}
}

const hexDigits = "0123456789abcdef"

func writeEscape(b *strings.Builder, r rune) {
	switch r {
	case '\n':
		b.WriteString(`\n`)
	case '\r':
		b.WriteString(`\r`)
	case '\t':
		b.WriteString(`\t`)
	default:
		digits, lead := 4, `\u`
		switch {
		case r < 0x80:
			digits, lead = 2, `\x`
		case r > 0xffff:
			digits, lead = 8, `\U`
		}
		b.WriteString(lead)
		for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
			b.WriteByte(hexDigits[r>>shift&0xf])
		}
	}
}

// text makes a piece of foreign text fit to stand in a line.
func (v *View) text(s string) string { return Clean(v.redact(s)) }

// textLines is text for what may have several lines.
func (v *View) textLines(s string) string { return cleanLines(v.redact(s)) }
