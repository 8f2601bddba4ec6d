package tracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// text is a JSON scalar as text: ids come as numbers here and as texts there.
type text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(b []byte) error {
	switch {
	case bytes.Equal(b, []byte("null")):
		*t = ""
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = text(s)
	case b[0] == '{' || b[0] == '[':
		return fmt.Errorf("%.20s is not a plain value", b)
	default:
		*t = text(b)
	}
	return nil
}

// moment is a time. The offset has no colon.
type moment struct {
	time.Time
	raw string
}

const layout = "2006-01-02T15:04:05.000-0700"

// UnmarshalJSON implements [json.Unmarshaler].
func (m *moment) UnmarshalJSON(b []byte) error {
	var t text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	m.raw, m.Time = string(t), parseTime(string(t))
	return nil
}

// parseTime reads a time, zero if it is none.
func parseTime(s string) time.Time {
	for _, l := range []string{layout, time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if at, err := time.Parse(l, s); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// value walks over JSON that is known to be valid: what stands at the beginning of b,
// and what comes behind it.
func value(b []byte) (val, rest []byte) {
	b = space(b)
	switch b[0] {
	case '"':
		n := stringEnd(b)
		return b[:n], b[n:]
	case '{', '[':
		depth := 0
		for i := 0; ; {
			switch b[i] {
			case '"':
				i += stringEnd(b[i:])
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return b[:i+1], b[i+1:]
				}
			}
			i++
		}
	}
	for i, c := range b {
		if c == ',' || c == '}' || c == ']' || c <= ' ' {
			return b[:i], b[i:]
		}
	}
	return b, nil
}

func space(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	return b
}

// stringEnd is the size of the string at the beginning of b.
func stringEnd(b []byte) int {
	for i := 1; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		i += n
		back := 0
		for b[i-1-back] == '\\' {
			back++
		}
		if back%2 == 0 {
			return i + 1
		}
	}
}

// members calls use for each member of an object with its key, as it is written
// within the quotes.
func members(obj []byte, use func(key, val []byte)) {
	b := space(obj[1:])
	for b[0] == '"' {
		n := stringEnd(b)
		key := b[1 : n-1]
		b = space(b[n:])
		var val []byte
		val, b = value(b[1:])
		use(key, val)
		if b = space(b); b[0] == ',' {
			b = space(b[1:])
		}
	}
}

// elements calls use for each element of an array.
func elements(list []byte, use func(val []byte)) {
	b := space(list[1:])
	for b[0] != ']' {
		var val []byte
		val, b = value(b)
		use(val)
		if b = space(b); b[0] == ',' {
			b = space(b[1:])
		}
	}
}

// appendText appends the text of a scalar; nothing for null.
func appendText(dst, val []byte) []byte {
	switch val[0] {
	case 'n':
		return dst
	case '"':
		inner := val[1 : len(val)-1]
		if bytes.IndexByte(inner, '\\') < 0 {
			return append(dst, inner...)
		}
		var s string
		if json.Unmarshal(val, &s) != nil {
			return append(dst, inner...) // it was found valid before
		}
		return append(dst, s...)
	}
	return append(dst, val...)
}
