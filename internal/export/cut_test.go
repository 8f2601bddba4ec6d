package export_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/export"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func names(list []export.Period) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Name)
	}
	return out
}

func TestPeriodsAreNamedAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	moscow := time.FixedZone("MSK", 3*3600)
	for _, tc := range []struct {
		every            export.Unit
		at               string
		name, start, end string
	}{
		{export.Day, "2025-04-24T21:30:00Z", "2025-04-25", "2025-04-25T00:00:00+03:00", "2025-04-26T00:00:00+03:00"},
		{export.Week, "2025-04-27T12:00:00Z", "2025-W17", "2025-04-21T00:00:00+03:00", "2025-04-28T00:00:00+03:00"},
		{export.Week, "2024-12-30T12:00:00Z", "2025-W01", "2024-12-30T00:00:00+03:00", "2025-01-06T00:00:00+03:00"},
		{export.Month, "2024-02-29T12:00:00Z", "2024-02", "2024-02-01T00:00:00+03:00", "2024-03-01T00:00:00+03:00"},
		{export.Quarter, "2025-06-30T12:00:00Z", "2025-Q2", "2025-04-01T00:00:00+03:00", "2025-07-01T00:00:00+03:00"},
		{export.Year, "2025-12-31T20:59:59Z", "2025", "2025-01-01T00:00:00+03:00", "2026-01-01T00:00:00+03:00"},
	} {
		cut := export.Cut{Every: tc.every, Zone: moscow}
		got := cut.Period(at(t, tc.at))
		if got.Name != tc.name || !got.Start.Equal(at(t, tc.start)) || !got.End.Equal(at(t, tc.end)) {
			t.Errorf("%s of %s: %+v", tc.every, tc.at, got)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	now := at(t, "2025-04-24T12:00:00Z")
	for _, tc := range []struct {
		name  string
		cut   export.Cut
		since string
		want  []string
	}{
		{"from on, closed ones only", export.Cut{Every: export.Day, From: at(t, "2025-04-22T00:00:00Z")}, "", []string{"2025-04-22", "2025-04-23"}},
		{"from inside a period takes all of it", export.Cut{Every: export.Month, From: at(t, "2025-02-10T00:00:00Z")}, "", []string{"2025-02", "2025-03"}},
		{"until", export.Cut{Every: export.Day, From: at(t, "2025-04-20T00:00:00Z"), Until: at(t, "2025-04-22T00:00:00Z")}, "", []string{"2025-04-20", "2025-04-21"}},
		{"lag", export.Cut{Every: export.Day, From: at(t, "2025-04-22T00:00:00Z"), Lag: 13 * time.Hour}, "", []string{"2025-04-22"}},
		{"without from only the newest", export.Cut{Every: export.Day}, "", []string{"2025-04-23"}},
		{"without from the newest that is due", export.Cut{Every: export.Day, Lag: 30 * time.Hour}, "", []string{"2025-04-22"}},
		{"without from, over", export.Cut{Every: export.Month, Until: at(t, "2025-02-01T00:00:00Z")}, "", []string{"2025-01"}},
		{"going on", export.Cut{Every: export.Day}, "2025-04-21T05:00:00Z", []string{"2025-04-21", "2025-04-22", "2025-04-23"}},
		{"in the future", export.Cut{Every: export.Day, From: at(t, "2026-01-01T00:00:00Z")}, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var since time.Time
			if tc.since != "" {
				since = at(t, tc.since)
			}
			got, err := tc.cut.Due(now, since)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, names(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	cut := export.Cut{Every: export.Day, From: at(t, "0002-01-01T00:00:00Z")}
	if _, err := cut.Due(now, time.Time{}); err == nil {
		t.Error("two thousand years of days are due")
	}
}

// Windows that a period is split into cover it, without gap or overlap, also where
// clocks are moved.
func TestSplitsCoverThePeriod(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	rapid.Check(t, func(t *rapid.T) {
		cut := export.Cut{Every: rapid.SampledFrom(export.Units).Draw(t, "unit"), Zone: berlin}
		p := cut.Period(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0))
		windows := p.Split(rapid.IntRange(0, 40).Draw(t, "n"))
		if a, b, ok := p.Halves(); ok {
			check(t, p, []export.Period{a, b})
		} else if cut.Every != export.Day {
			t.Fatalf("%s cannot be halved", p.Name)
		}
		check(t, p, windows)
	})
}

func check(t *rapid.T, p export.Period, windows []export.Period) {
	start := p.Start
	for _, w := range windows {
		if !w.Start.Equal(start) || !w.Start.Before(w.End) || !p.Holds(w) {
			t.Fatalf("%s is split into %v", p.Name, windows)
		}
		if h, m, s := w.Start.Clock(); h+m+s != 0 {
			t.Fatalf("%v does not begin with a day", w)
		}
		start = w.End
	}
	if !start.Equal(p.End) {
		t.Fatalf("%v do not cover %s", windows, p.Name)
	}
}
