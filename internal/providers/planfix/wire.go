package planfix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// scalar is a JSON scalar as text: ids and counts come as numbers, and are
// accepted as strings. Objects and arrays are refused.
type scalar struct {
	text string
	set  bool // present, and not null
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *scalar) UnmarshalJSON(b []byte) error {
	*s = scalar{}
	switch {
	case bytes.Equal(b, []byte("null")):
		return nil
	case b[0] == '"':
		s.set = true
		return json.Unmarshal(b, &s.text)
	case b[0] == '{' || b[0] == '[':
		return fmt.Errorf("%.20s is not a plain value", b)
	}
	s.text, s.set = string(b), true
	return nil
}

// plainly says of JSON of another shape what it is, without this program's names.
func plainly(err error) error {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	want := "an object"
	if e.Type.Kind() == reflect.Slice {
		want = "a list"
	}
	what := "it"
	if e.Field != "" {
		what = strconv.Quote(e.Field)
	}
	return fmt.Errorf("%s must be %s, not a JSON %s", what, want, e.Value)
}

// count reads a number that counts something.
func (s scalar) count() (int, bool) {
	n, err := strconv.Atoi(s.text)
	return n, err == nil && n >= 0
}

// moment is a point in time: an object with up to four texts, or a text.
type moment struct{ utcSeconds, dateTime, date, clock string }

// UnmarshalJSON implements [json.Unmarshaler].
func (m *moment) UnmarshalJSON(b []byte) error {
	*m = moment{}
	if b[0] != '{' {
		var s scalar
		if err := s.UnmarshalJSON(b); err != nil {
			return err
		}
		m.dateTime = s.text
		return nil
	}
	var o struct {
		Date       scalar `json:"date"`
		Time       scalar `json:"time"`
		DateTime   scalar `json:"datetime"`
		UTCSeconds scalar `json:"dateTimeUtcSeconds"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	*m = moment{o.UTCSeconds.text, o.DateTime.text, o.Date.text, o.Time.text}
	return nil
}

// layouts are how moments are written. RFC 3339 wants seconds, which the service
// leaves out of most.
var layouts = []string{
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
	"02-01-2006 15:04:05", "02-01-2006 15:04", "02-01-2006", "2006-01-02",
}

// time returns the moment and the text that it was read from. Only
// dateTimeUtcSeconds is sure to be UTC. The others are the clock of the token's
// user, written as if it were UTC; they are taken as that, which is hours off at
// most: good enough to tell how old a save is, not to order saves by.
func (m moment) time() (at time.Time, raw string) {
	for _, text := range []string{m.utcSeconds, m.dateTime, strings.TrimSpace(m.date + " " + m.clock), m.date} {
		if text == "" {
			continue
		}
		if raw == "" {
			raw = text
		}
		bare, _, _ := strings.Cut(text, " (") // samples carry the pattern behind the value
		for _, layout := range layouts {
			if at, err := time.Parse(layout, bare); err == nil {
				return at.UTC(), text
			}
		}
	}
	return time.Time{}, raw
}
