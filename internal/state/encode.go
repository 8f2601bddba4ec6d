package state

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"reportsync/internal/export"
)

// What can be stored of time: nanoseconds since 1970 in 64 bits.
var (
	firstMoment = time.Unix(0, math.MinInt64)
	lastMoment  = time.Unix(0, math.MaxInt64)
)

// stamp is a moment as it is stored. Moments out of range become the nearest one
// within.
func stamp(t time.Time) any {
	switch {
	case t.IsZero():
		return nil
	case t.Before(firstMoment):
		t = firstMoment
	case t.After(lastMoment):
		t = lastMoment
	}
	return t.UnixNano()
}

// moment reads a stored moment back.
func (r row) moment(i int) time.Time {
	if r.null(i) {
		return time.Time{}
	}
	return time.Unix(0, r.number(i)).UTC()
}

// second is a moment as messages show it.
func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

// optional is a text as it is stored where it is mostly empty: NULL costs a reader
// the least.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

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

func (d *decoder) period(r row, i int) (*export.Period, error) {
	if r.null(i) {
		return nil, nil
	}
	text := r.text(i)
	p, ok := d.periods[text]
	if !ok {
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return nil, fmt.Errorf("read the period %q: %w", text, err)
		}
		d.periods[text] = p
	}
	return &p, nil
}

// more is what few versions have; it is stored as one JSON text.
type more struct {
	Pieces      []export.Piece    `json:"pieces,omitempty"`
	Empty       bool              `json:"empty,omitempty"`
	Provisional bool              `json:"provisional,omitempty"`
	Meta        map[string]string `json:"meta,omitempty"`
	Pending     []export.Piece    `json:"pending,omitempty"`
	CheckedAt   time.Time         `json:"checked_at,omitzero"`
	Object      bool              `json:"object,omitempty"`
	Adopted     bool              `json:"adopted,omitempty"`
}

// encodeMore returns NULL for a version that has nothing of it.
func encodeMore(k *export.KnownVersion) (any, error) {
	if len(k.Pieces)+len(k.Meta)+len(k.Pending) == 0 && !k.Empty && !k.Provisional && !k.Adopted && !k.Object && k.CheckedAt.IsZero() {
		return nil, nil
	}
	return encoded(&more{k.Pieces, k.Empty, k.Provisional, k.Meta, k.Pending, k.CheckedAt, k.Object, k.Adopted})
}

func decodeMore(r row, i int, k *export.KnownVersion) error {
	if r.null(i) {
		return nil
	}
	var m more
	if err := json.Unmarshal(r.document(i), &m); err != nil {
		return fmt.Errorf("read version %s: %w", k.ID, err)
	}
	k.Pieces, k.Empty, k.Provisional, k.Meta = m.Pieces, m.Empty, m.Provisional, m.Meta
	k.Pending, k.CheckedAt, k.Object, k.Adopted = m.Pending, m.CheckedAt, m.Object, m.Adopted
	return nil
}
