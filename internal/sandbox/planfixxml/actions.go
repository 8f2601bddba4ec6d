package planfixxml

import (
	"slices"
	"time"
)

func (s *Service) actions(in *request, now time.Time) ([]row, *refusal) {
	given := 0
	for _, path := range []string{"task/id", "task/general", "contact/general"} {
		if in.text(path) != "" {
			given++
		}
	}
	switch given {
	case 0:
		return nil, missing("task")
	case 1:
	default:
		return nil, refuse("0019", "Параметры противоречат друг другу")
	}
	return s.said(in, now, func(c *comment) bool {
		t := s.world.about(c)
		return in.text("task/id") == itoa(t.id()) || in.text("task/general") == itoa(t.general())
	}), nil
}

func (s *Service) actionsByPeriod(in *request, now time.Time) ([]row, *refusal) {
	var ends [2]time.Time
	for i, name := range []string{"fromDate", "toDate"} {
		at, err := time.ParseInLocation("02-01-2006 15:04", in.text(name), zone)
		if err != nil {
			at, err = time.ParseInLocation("02-01-2006", in.text(name), zone)
		}
		if err != nil {
			return nil, badValue(name)
		}
		ends[i] = at
	}
	return s.said(in, now, func(c *comment) bool {
		at := c.at.Truncate(time.Minute)
		return !at.Before(ends[0]) && !at.After(ends[1])
	}), nil
}

func (s *Service) actionsWithAnalytics(in *request, now time.Time) ([]row, *refusal) {
	if analyticsOf(in.text("analitic/id")) == nil {
		return nil, errAnalitic
	}
	return s.said(in, now, func(c *comment) bool { return c.n%3 == 0 }), nil
}

// about is the task that a comment belongs to.
func (w *world) about(c *comment) *task { return &task{n: c.n % max(w.count, 1)} }

func (s *Service) said(in *request, now time.Time, keep func(*comment) bool) []row {
	all := s.world.comments(now)
	if in.text("sort") != "asc" {
		slices.Reverse(all)
	}
	var out []row
	for i := range all {
		c := &all[i]
		if !keep(c) {
			continue
		}
		out = append(out, func(b *builder) {
			t, p := s.world.about(c), &people[c.n%len(people)]
			b.number("id", c.id())
			b.text("description", "Готово {event21} <br/> № "+itoa(c.n))
			b.text("type", c.kind)
			b.flag("isNotRead", false)
			b.text("dateTime", local(c.at))
			b.flag("fromEmail", c.n%4 == 0)
			b.in("task", func() { b.number("id", t.id()); b.text("title", "Задача "+itoa(t.n)) })
			b.in("project", func() { b.number("id", projects[0].id); b.text("title", projects[0].name) })
			b.ref("owner", p.id, p.name())
			b.text("analitics", "")
			b.text("notifiedList", "")
		})
	}
	return out
}
