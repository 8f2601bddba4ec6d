package export

import (
	"fmt"
	"time"
)

// Unit is the length of a period as the calendar has it.
type Unit string

// The units that periods come in.
const (
	Day     Unit = "day"
	Week    Unit = "week"
	Month   Unit = "month"
	Quarter Unit = "quarter"
	Year    Unit = "year"
)

// Units lists the units from short to long.
var Units = []Unit{Day, Week, Month, Quarter, Year}

// Cut is the period block of an export: how it is cut into closed periods.
type Cut struct {
	Every Unit
	// From is a moment in the first period, Until the first moment that periods no
	// longer begin at; zero when not set.
	From, Until time.Time
	// Lag is how long after its end a period is due. Settle is how long after its end
	// the service may still change what it says about a period.
	Lag, Settle time.Duration
	// Zone is where days begin; nil means UTC.
	Zone *time.Location
}

// Period returns the period that a moment lies in. Weeks begin on Monday.
func (c *Cut) Period(t time.Time) Period {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	y, m, d := t.Date()
	date := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone) }
	switch c.Every {
	case Week:
		monday := d - (int(t.Weekday())+6)%7
		year, week := t.ISOWeek()
		return Period{fmt.Sprintf("%04d-W%02d", year, week), date(y, m, monday), date(y, m, monday+7)}
	case Month:
		return Period{fmt.Sprintf("%04d-%02d", y, m), date(y, m, 1), date(y, m+1, 1)}
	case Quarter:
		first := m - (m-1)%3
		return Period{fmt.Sprintf("%04d-Q%d", y, (m-1)/3+1), date(y, first, 1), date(y, first+3, 1)}
	case Year:
		return Period{fmt.Sprintf("%04d", y), date(y, 1, 1), date(y+1, 1, 1)}
	default:
		return Period{fmt.Sprintf("%04d-%02d-%02d", y, m, d), date(y, m, d), date(y, m, d+1)}
	}
}

// maxPeriods bounds what a mistyped year can ask for.
const maxPeriods = 50_000

// Due returns the periods that are over and due at now, from old to new. They
// begin with the one that From lies in; without From with the one that since lies
// in; without both only the newest is due. It is an error if there are absurdly many.
func (c *Cut) Due(now, since time.Time) ([]Period, error) {
	first := c.From
	if first.IsZero() {
		first = since
	}
	due := func(p Period) bool {
		return !p.End.Add(c.Lag).After(now) && (c.Until.IsZero() || p.Start.Before(c.Until))
	}
	if first.IsZero() {
		p := c.Period(now.Add(-c.Lag))
		p = c.Period(p.Start.Add(-time.Hour))
		if !due(p) && !c.Until.IsZero() {
			p = c.Period(c.Until.Add(-time.Nanosecond))
		}
		if !due(p) {
			return nil, nil
		}
		return []Period{p}, nil
	}
	var out []Period
	for p := c.Period(first); due(p); p = c.Period(p.End) {
		if len(out) == maxPeriods {
			return nil, fmt.Errorf("from %s on there are more than %d periods", first.Format(time.DateOnly), maxPeriods)
		}
		out = append(out, p)
	}
	return out, nil
}

// Halves splits a window in two at the beginning of a day in its own time zone.
// It reports false for a window of a single day.
func (p Period) Halves() (first, second Period, ok bool) {
	days := p.Days()
	if days < 2 {
		return p, Period{}, false
	}
	y, m, d := p.Start.Date()
	middle := time.Date(y, m, d+(days+1)/2, 0, 0, 0, 0, p.Start.Location())
	return Window(p.Start, middle), Window(middle, p.End), true
}

// Days is the number of calendar days that the window touches.
func (p Period) Days() int {
	n := 0
	y, m, d := p.Start.Date()
	for t := p.Start; t.Before(p.End); t = time.Date(y, m, d+n, 0, 0, 0, 0, p.Start.Location()) {
		n++
	}
	return n
}

// Split cuts the window into about n windows of equal length, at least one and at
// most one a day.
func (p Period) Split(n int) []Period {
	days := p.Days()
	n = min(max(n, 1), max(days, 1))
	out := make([]Period, 0, n)
	y, m, d := p.Start.Date()
	start := p.Start
	for i := 1; i <= n; i++ {
		end := p.End
		if i < n {
			end = time.Date(y, m, d+days*i/n, 0, 0, 0, 0, p.Start.Location())
		}
		out = append(out, Window(start, end))
		start = end
	}
	if n == 1 {
		out[0].Name = p.Name
	}
	return out
}

// Window is a period without a name of its own: it is named by its first and last
// day.
func Window(start, end time.Time) Period {
	first, last := start.Format(time.DateOnly), end.Add(-time.Nanosecond).Format(time.DateOnly)
	name := first
	if last != first {
		name += ".." + last
	}
	return Period{Name: name, Start: start, End: end}
}

// Same reports whether two windows begin and end at the same moments.
func (p Period) Same(o Period) bool { return p.Start.Equal(o.Start) && p.End.Equal(o.End) }

// Holds reports whether o lies inside p.
func (p Period) Holds(o Period) bool { return !o.Start.Before(p.Start) && !o.End.After(p.End) }
