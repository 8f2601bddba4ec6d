package planfix

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// reports answers /report/list.
func (s *Service) reports(in *request) (reply, error) {
	offset, err := in.number("offset", 0, 0, int(^uint(0)>>1))
	if err != nil {
		return reply{}, err
	}
	size, err := in.number("pageSize", 100, 1, 100)
	if err != nil {
		return reply{}, err
	}
	names, err := in.fields()
	if err != nil {
		return reply{}, err
	}
	all := s.world.reports
	list := []object{}
	for _, r := range all[min(offset, len(all)):min(min(offset, len(all))+size, len(all))] {
		list = append(list, definition(r).pick(names))
	}
	return succeed(http.StatusOK, field{"reports", list}), nil
}

// report answers /report/{id}.
func (s *Service) report(in *request) (reply, error) {
	r, err := s.find(in)
	if err != nil {
		return reply{}, err
	}
	names, err := in.fields()
	if err != nil {
		return reply{}, err
	}
	key := "report"
	if r.repost {
		key = "repost"
	}
	return succeed(http.StatusOK, field{key, definition(r).pick(names)}), nil
}

// find is the report that a request is about.
func (s *Service) find(in *request) (*report, error) {
	n, err := strconv.ParseInt(in.report, 10, 64)
	if r, ok := s.world.byID[n]; ok && err == nil {
		return r, nil
	}
	return nil, errReport(in.report)
}

// definition is all that the service says about a report.
func definition(r *report) object {
	fields := make([]object, len(r.columns))
	for i, c := range r.columns {
		// The position is not unique: hidden columns share their neighbour's.
		fields[i] = object{{"id", c.id(i)}, {"num", c.num(i)}, {"name", c.title}, {"formula", c.formula}, {"hidden", c.hidden}}
	}
	return object{{"id", r.id}, {"name", r.name}, {"fields", fields}, {"link", r.key("report", int(r.id))}}
}

// saves answers /report/{id}/save/list.
func (s *Service) saves(in *request) (reply, error) {
	r, err := s.find(in)
	if err != nil {
		return reply{}, err
	}
	names, err := in.fields()
	if err != nil {
		return reply{}, err
	}
	saves, err := s.existing(in, r)
	if err != nil {
		return reply{}, err
	}
	list := []object{}
	for _, sv := range shuffle(saves) {
		list = append(list, describe(r, sv).pick(names))
	}
	return succeed(http.StatusOK, field{"saves", list}), nil
}

// existing are the saves of a report that exist now, after what a fault does to
// them.
func (s *Service) existing(in *request, r *report) (saves []save, err error) {
	now := s.env.Clock.Now()
	if in.call.Fault == faultNewSave {
		err := s.memory.Update(func(m *memory) error {
			at := now
			taken := func(e extra) bool { return e.Save == s.world.saveID(at, s.world.extraSlot()) }
			for slices.ContainsFunc(m.Extra, taken) {
				at = at.Add(time.Minute)
			}
			m.Extra = append(m.Extra, extra{Save: s.world.saveID(at, s.world.extraSlot()), Report: r.id, At: now})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	err = s.memory.View(func(m *memory) { saves = s.world.saves(r, m, now) })
	return saves, err
}

// shuffle returns the saves in no useful order, as the service documents none: the
// newest is neither first nor last where there are more than two.
func shuffle(saves []save) []save {
	out := make([]save, 0, len(saves))
	for i := range saves {
		if i%2 == 1 {
			out = append(out, saves[i])
		}
	}
	for i := range saves {
		if i%2 == 0 {
			out = append(out, saves[i])
		}
	}
	if n := len(out); n > 2 && (out[0].id == saves[n-1].id || out[n-1].id == saves[n-1].id) {
		out[n-1], out[1] = out[1], out[n-1]
	}
	return out
}

// describe is all that the service says about a save.
func describe(r *report, sv save) object {
	o := object{{"id", sv.id}, {"reportId", r.id}, {"dateTime", r.timePoint(sv.at)}, {"name", sv.name}}
	n := r.chunks(sv.id)
	style := r.counts
	if style == countMixed {
		style = []countStyle{countOnly, countBoth, countOld}[sv.id/saveStep%3]
	}
	if style == countBoth || style == countOld {
		o = append(o, field{"chunks", n - 1})
	}
	if style == countBoth || style == countOnly {
		o = append(o, field{"chunksCount", n})
	}
	return o
}

// timePoint is a time as the service writes it for a report.
func (d *dialect) timePoint(at time.Time) any {
	at = at.UTC()
	datetime := at.Format("2006-01-02T15:04Z")
	if d.stringDate {
		return datetime
	}
	p := object{{"date", at.Format("02-01-2006")}, {"time", at.Format("15:04")}, {"datetime", datetime}}
	if d.utcSeconds {
		p = append(p, field{"dateTimeUtcSeconds", at.Format("2006-01-02T15:04:05-0700")})
	}
	return p
}
