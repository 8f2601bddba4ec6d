package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bytes is a size as people read it: 88 KiB. A negative size is unknown, and
// shown as nothing.
func Bytes(n int64) string {
	switch {
	case n < 0:
		return ""
	case n < 1024:
		return strconv.FormatInt(n, 10) + " B"
	}
	units := [...]string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	f, u := float64(n)/1024, 0
	for f >= 1023.5 && u < len(units)-1 {
		f /= 1024
		u++
	}
	if f < 9.95 {
		return fmt.Sprintf("%.1f %s", f, units[u])
	}
	return fmt.Sprintf("%.0f %s", f, units[u])
}

// Count is a number with its thousands apart: 1,204.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Duration is a span of time in its two largest units: 40 s, 4 min 10 s, 2 h.
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < time.Second:
		return strconv.FormatInt(max(d.Milliseconds(), 1), 10) + " ms"
	}
	s := int64(d.Round(time.Second) / time.Second)
	parts := [...]struct {
		n    int64
		unit string
	}{{s / 86400, "d"}, {s / 3600 % 24, "h"}, {s / 60 % 60, "min"}, {s % 60, "s"}}
	for i, p := range parts {
		if p.n == 0 {
			continue
		}
		out := fmt.Sprintf("%d %s", p.n, p.unit)
		if i+1 < len(parts) && parts[i+1].n > 0 {
			out += fmt.Sprintf(" %d %s", parts[i+1].n, parts[i+1].unit)
		}
		return out
	}
	return "0 s"
}

// When is a moment seen from now, in now's zone: 14:32 today, tomorrow 14:32,
// 2026-11-27 14:32 on other days. The zero moment is shown as nothing.
func When(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(now.Location())
	const day = "2006-01-02"
	switch t.Format(day) {
	case now.Format(day):
		return t.Format("15:04")
	case now.AddDate(0, 0, 1).Format(day):
		return "tomorrow " + t.Format("15:04")
	default:
		return t.Format("2006-01-02 15:04")
	}
}

// plural is a number with its noun: 1 part, 2 parts.
func plural[N ~int | ~int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return Count(int64(n)) + " " + stem + "ies"
	}
	return Count(int64(n)) + " " + noun + "s"
}

// list joins what is not empty: a, b.
func list(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}
