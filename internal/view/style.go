package view

import (
	"strings"
	"unicode/utf8"
)

// The marks for styles are single control characters without width. Foreign
// text cannot carry them, because it is cleaned where it enters; finish turns
// them into escape sequences, or into nothing.
const (
	bold      = "\x0e"
	plain     = "\x0f"
	red       = "\x10"
	green     = "\x11"
	yellow    = "\x12"
	blue      = "\x13"
	cyan      = "\x14"
	faint     = "\x15"
	underline = "\x16"
)

// sequences are the escape sequences of the marks, by their code.
var sequences = [0x20]string{
	'\x0e': "\x1b[1m", '\x0f': "\x1b[0m", '\x10': "\x1b[31m", '\x11': "\x1b[32m", '\x12': "\x1b[33m",
	'\x13': "\x1b[34m", '\x14': "\x1b[36m", '\x15': "\x1b[2m", '\x16': "\x1b[4m",
}

// paint gives text a style.
func paint(style, s string) string {
	if s == "" {
		return ""
	}
	return style + s + plain
}

// finish is the gate: the last thing that happens to human text before it is
// written. It redacts once more, turns marks into colours, and lets no other
// control character through.
func (v *View) finish(s string) string {
	s = v.redact(s)
	clean := true
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\n' || c >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n' || !unsafe(r, size):
			b.WriteString(s[i : i+size])
		case r == utf8.RuneError:
			b.WriteRune(r)
		case int(r) < len(sequences) && sequences[r] != "":
			if v.options.Color {
				b.WriteString(sequences[r])
			}
		default:
			writeEscape(&b, r)
		}
		i += size
	}
	return b.String()
}
