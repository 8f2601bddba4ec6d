package tracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"reportsync/internal/providers/jsonscan"
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
func parseTime[T string | []byte](s T) time.Time {
	if at, ok := usualTime(s); ok {
		return at
	}
	for _, l := range []string{layout, time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if at, err := time.Parse(l, string(s)); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// usualTime reads most of the times that are written in layout and UTC, which is how
// they come with every issue.
func usualTime[T string | []byte](s T) (_ time.Time, ok bool) {
	const form = "0000-00-00T00:00:00.000+"
	if len(s) != len(layout) || string(s[len(form):]) != "0000" {
		return time.Time{}, false
	}
	var n [7]int
	part := 0
	for i := range form {
		switch digit := s[i] - '0'; {
		case form[i] == '0' && digit <= 9:
			n[part] = 10*n[part] + int(digit)
		case form[i] != '0' && s[i] == form[i]:
			part++
		default:
			return time.Time{}, false
		}
	}
	if n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 28 || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false // wrong, or at the end of a month
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*int(time.Millisecond), time.UTC), true
}

// space is b without the white space that it begins with.
func space(b []byte) []byte { return b[jsonscan.SkipSpace(b, 0):] }

// members calls use for each member of an object with its key, as it is written
// within the quotes. What is walked over is known to be valid.
func members(obj []byte, use func(key, val []byte)) {
	_, _ = jsonscan.Members(obj, 0, func(key []byte, _ bool, i int) (int, error) {
		next, err := jsonscan.SkipValue(obj, i, 0)
		if err == nil {
			use(key, obj[i:next])
		}
		return next, err
	})
}

// elements calls use for each element of an array. What is walked over is known to
// be valid.
func elements(list []byte, use func(val []byte)) {
	_, _ = jsonscan.Elements(list, 0, func(i int) (int, error) {
		next, err := jsonscan.SkipValue(list, i, 0)
		if err == nil {
			use(list[i:next])
		}
		return next, err
	})
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
