package state

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"reportsync/internal/export"
)

// layout has a fixed width, so that stored moments sort as text.
const layout = "2006-01-02T15:04:05.000000000Z"

// lastMoment is the latest one that the layout can hold.
var lastMoment = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)

// stamp is a moment as it is stored.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	switch {
	case t.After(lastMoment):
		t = lastMoment
	case t.Year() < 1:
		return nil
	}
	return t.Format(layout)
}

// moment reads a stored moment back.
func moment(s sql.NullString) (time.Time, error) {
	if !s.Valid {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s.String)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the moment %q: %w", s.String, err)
	}
	return t, nil
}

// second is a moment as messages show it.
func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

// document is JSON text as it is stored: NULL for none.
func document(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

// encoded is a value as stored JSON, NULL for nil.
func encoded[T any](v *T) (any, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return string(b), nil
}

// decoder reads stored JSON. The same periods and columns come again and again:
// each is decoded once.
type decoder struct {
	periods map[string]export.Period
	sets    map[int64][]export.Column
}

func (d *decoder) period(s sql.NullString) (*export.Period, error) {
	if !s.Valid {
		return nil, nil
	}
	p, ok := d.periods[s.String]
	if !ok {
		if err := json.Unmarshal([]byte(s.String), &p); err != nil {
			return nil, fmt.Errorf("read the period %q: %w", s.String, err)
		}
		d.periods[s.String] = p
	}
	return &p, nil
}
