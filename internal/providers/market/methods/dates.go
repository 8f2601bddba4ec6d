package methods

import (
	"time"

	"github.com/zclconf/go-cty/cty"
)

// span checks the order and the length of a range.
func (c *compiler) span() {
	from, last, ok := c.dates()
	switch {
	case !ok:
	case last.Before(from):
		c.Add("params", "Dates in the wrong order", "params.date_to = %s comes before params.date_from = %s.", last.Format(time.DateOnly), from.Format(time.DateOnly))
	case c.m.MaxMonths > 0 && last.AddDate(0, 0, 1).After(from.AddDate(0, c.m.MaxMonths, 0)):
		c.Add("params", "Period is too long", "%s covers at most %d months at once, and %s to %s is longer. A period block cuts it into pieces.",
			c.m.Name, c.m.MaxMonths, from.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	var n [4]int64
	for i, name := range []string{"year_from", "month_from", "year_to", "month_to"} {
		v, set := c.values[name]
		if !set {
			return
		}
		if n[i], ok = whole(v); !ok {
			return
		}
	}
	if n[2]*12+n[3] < n[0]*12+n[1] {
		c.Add("params", "Months in the wrong order", "year_to and month_to come before year_from and month_from.")
	}
}

// agree refuses a month that was written down where a period block asks for others.
func (c *compiler) agree() {
	if c.in.Period == nil || c.m.filled(c.in) != nil {
		return
	}
	for i := range c.m.Periods {
		w := &c.m.Periods[i]
		for name, want := range w.window(c.in.Period) {
			have, ok := c.values[name]
			if !ok || !have.IsWhollyKnown() || !want.IsWhollyKnown() || same(have, want) {
				continue
			}
			c.Add("params", "Period does not agree", "params.%s is not of the period %s. Write it with period.year and period.month.", name, c.in.Period.Name)
			return
		}
	}
}

// same compares numbers, dates and months.
func same(a, b cty.Value) bool {
	if a.Type().IsObjectType() && b.Type().IsObjectType() {
		for name, v := range b.AsValueMap() {
			if !a.Type().HasAttribute(name) || !same(a.GetAttr(name), v) {
				return false
			}
		}
		return true
	}
	if n, ok := whole(a); ok {
		m, _ := whole(b)
		return n == m
	}
	return a.RawEquals(b)
}

// dates returns first and last day, if both are given and known.
func (c *compiler) dates() (from, last time.Time, ok bool) {
	from, ok = c.date("date_from")
	if !ok {
		return from, last, false
	}
	last, ok = c.date("date_to")
	return from, last, ok
}

func (c *compiler) date(name string) (time.Time, bool) {
	v, ok := c.values[name]
	if !ok || !v.IsKnown() || v.IsNull() || v.Type() != cty.String || !c.m.has(name) {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(time.DateOnly, v.AsString(), Zone())
	return t, err == nil
}

// history checks how far back is asked for.
func (c *compiler) history() {
	if c.in.Now.IsZero() || c.in.Subscription == "" {
		return
	}
	earliest := c.m.Earliest(c.in.Subscription, c.in.Now)
	for _, name := range []string{"date_from", "date"} {
		if t, ok := c.date(name); ok && t.Before(earliest) {
			hint := "A MEDIUM subscription reaches further back."
			if c.in.Subscription == Medium {
				hint = "No subscription reaches further back."
			}
			c.Add("params", "Too long ago", "params.%s = %s: with the subscription %s, %s can be asked for the last %d days, that is from %s on. %s",
				name, t.Format(time.DateOnly), c.in.Subscription, c.m.Name, c.m.HistoryDays(c.in.Subscription), earliest.Format(time.DateOnly), hint)
		}
	}
}
