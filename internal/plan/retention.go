package plan

import (
	"fmt"
	"time"

	"reportsync/internal/export"
)

// aged is a version with the moment that retention counts by.
type aged struct {
	id string
	at time.Time // zero when nothing tells it
}

// keepIDs returns the ids that the retention keeps. versions are in order from
// old to new. The rules are restic's: each looks from the newest to the oldest
// and keeps the newest version of each of the last N days, weeks, months or
// years that have one; keep_within counts back from the newest version.
func keepIDs(r export.Retention, versions []aged) map[string]bool {
	keep := make(map[string]bool, len(versions))
	if len(versions) == 0 {
		return keep
	}
	if r.KeepsAll() {
		for _, v := range versions {
			keep[v.id] = true
		}
		return keep
	}
	newest := versions[len(versions)-1]
	keep[newest.id] = true
	buckets := []struct {
		left int
		name func(time.Time) string
		last string
	}{
		{r.KeepDaily, func(t time.Time) string { return t.Format("2006-01-02") }, ""},
		{r.KeepWeekly, isoWeek, ""},
		{r.KeepMonthly, func(t time.Time) string { return t.Format("2006-01") }, ""},
		{r.KeepYearly, func(t time.Time) string { return t.Format("2006") }, ""},
	}
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		if len(versions)-i <= r.KeepLast {
			keep[v.id] = true
		}
		if v.at.IsZero() {
			// Without a moment no rule of time can reject it.
			if r.KeepWithin > 0 {
				keep[v.id] = true
			}
			continue
		}
		if r.KeepWithin > 0 && newest.at.Sub(v.at) <= r.KeepWithin {
			keep[v.id] = true
		}
		for b := range buckets {
			if buckets[b].left <= 0 {
				continue
			}
			if name := buckets[b].name(v.at.UTC()); name != buckets[b].last {
				buckets[b].left--
				buckets[b].last = name
				keep[v.id] = true
			}
		}
	}
	return keep
}

func isoWeek(t time.Time) string {
	y, w := t.ISOWeek()
	return fmt.Sprintf("%d-W%02d", y, w)
}

// moment is when a version counts as made.
func moment(v export.Version, fetched time.Time) time.Time {
	switch {
	case v.Period != nil:
		return v.Period.Start
	case !v.CreatedAt.IsZero():
		return v.CreatedAt
	default:
		return fetched
	}
}
