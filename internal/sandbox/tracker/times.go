package tracker

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// span is what a time in a query stands for: a moment, or a day, a week and so on,
// up to but not including its end.
type span struct{ from, to time.Time }

// layouts are the notations of dates, with how long what they name is. A moment is
// as long as its last digit says only where it is compared for equality.
var layouts = []struct {
	layout string
	days   int
	long   time.Duration
}{
	{"2006-01-02", 1, 0},
	{"02-01-2006", 1, 0},
	{"02.01.2006", 1, 0},
	{"2006-01-02 15:04:05", 0, time.Second},
	{"2006-01-02 15:04", 0, time.Minute},
}

// time makes the test for a moment or a day.
func (c *compiler) time(f *field, o *operand) (test, *refusal) {
	s, ref := c.span(&o.value)
	if ref != nil {
		return nil, ref
	}
	op := o.op
	if o.to != nil {
		end, ref := c.span(o.to)
		if ref != nil {
			return nil, ref
		}
		s.to = end.to
	}
	if op != "" && o.value.instant() {
		s.to = s.from.Add(time.Millisecond) // what is compared is the moment itself
	}
	from, to := s.from.UnixMilli(), s.to.UnixMilli()
	of := f.moment
	if f.kind == kindDay {
		of = func(i *issue) int64 {
			n := f.whole(i)
			if n == 0 {
				return 0
			}
			y, m, d := time.Unix(int64(n)*86400, 0).UTC().Date()
			return time.Date(y, m, d, 0, 0, 0, 0, c.zone).UnixMilli()
		}
	}
	return func(i *issue) bool {
		ms := of(i)
		return ms != 0 && within(op, ms < from, ms >= to)
	}, nil
}

// instant reports whether a literal is a moment, not a day or longer.
func (v *literal) instant() bool {
	return v.function == "now" || v.function == "" && strings.Contains(v.text, ":")
}

// span reads a time: a date in the user's time zone, or a function.
func (c *compiler) span(v *literal) (span, *refusal) {
	s, ref := c.named(v)
	if ref != nil {
		return s, ref
	}
	for _, sh := range v.shifts {
		months, days, by, ok := spanOf(sh.by)
		if !ok {
			return s, c.refuse(v.at, "промежуток времени не разбирается: "+sh.by, "this is no span of time: "+sh.by)
		}
		if sh.back {
			months, days, by = -months, -days, -by
		}
		s.from, s.to = s.from.AddDate(0, months, days).Add(by), s.to.AddDate(0, months, days).Add(by)
	}
	return s, nil
}

func (c *compiler) named(v *literal) (span, *refusal) {
	now := c.now.In(c.zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.zone)
	switch v.function {
	case "now":
		minute := now.Truncate(time.Minute)
		return span{minute, minute.Add(time.Minute)}, nil
	case "today":
		return span{today, today.AddDate(0, 0, 1)}, nil
	case "week":
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
		return span{monday, monday.AddDate(0, 0, 7)}, nil
	case "month":
		first := today.AddDate(0, 0, 1-today.Day())
		return span{first, first.AddDate(0, 1, 0)}, nil
	case "quarter":
		first := time.Date(now.Year(), (now.Month()-1)/3*3+1, 1, 0, 0, 0, 0, c.zone)
		return span{first, first.AddDate(0, 3, 0)}, nil
	case "year":
		first := time.Date(now.Year(), 1, 1, 0, 0, 0, 0, c.zone)
		return span{first, first.AddDate(1, 0, 0)}, nil
	case "":
		for _, l := range layouts {
			if t, err := time.ParseInLocation(l.layout, v.text, c.zone); err == nil {
				return span{t, t.AddDate(0, 0, l.days).Add(l.long)}, nil
			}
		}
	}
	if v.function != "" {
		return span{}, c.plain(&operand{value: *v})
	}
	return span{}, c.refuse(v.at, "дата не разбирается: "+v.text, "this is no date: "+v.text)
}

// spanOf reads a span of time such as 12h or "1w 1d".
func spanOf(s string) (months, days int, by time.Duration, ok bool) {
	for _, part := range strings.Fields(s) {
		digits := strings.TrimRightFunc(part, func(r rune) bool { return !unicode.IsDigit(r) })
		n, err := strconv.ParseUint(digits, 10, 20)
		if err != nil {
			return 0, 0, 0, false
		}
		switch part[len(digits):] {
		case "M":
			months += int(n)
		case "w":
			days += 7 * int(n)
		case "d":
			days += int(n)
		case "h":
			by += time.Duration(n) * time.Hour
		case "m":
			by += time.Duration(n) * time.Minute
		case "s":
			by += time.Duration(n) * time.Second
		default:
			return 0, 0, 0, false
		}
		ok = true
	}
	return months, days, by, ok
}
