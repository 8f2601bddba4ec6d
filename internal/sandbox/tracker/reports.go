package tracker

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	// foreign is how many reports there are at the start; a new one is made by a
	// colleague every foreignEvery.
	foreign      = 60
	foreignEvery = 6 * time.Hour
)

// all are the reports that were ever made until now, with their numbers.
func (s *Service) all(m *memory, now time.Time) []report {
	list := slices.Clone(m.Reports)
	for n := range foreign {
		list = append(list, s.foreign(n, s.world.born.Add(time.Duration(n-foreign)*foreignEvery+17*time.Minute), n%3%2))
	}
	for n := range int(now.Sub(s.world.born) / foreignEvery) {
		list = append(list, s.foreign(foreign+n, s.world.born.Add(time.Duration(n+1)*foreignEvery), 1))
	}
	slices.SortStableFunc(list, func(a, b report) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	for i := range list {
		list[i].short = i + 1
	}
	return list
}

// foreign is a report that somebody has made with the pages for people.
func (s *Service) foreign(n int, at time.Time, author int) report {
	format := []string{"xlsx", "csv", "xml"}[n%3]
	return report{
		ID: hexID(at.Unix(), s.world.seed, forReport, -1-n), Author: author, At: at, Summary: fmt.Sprintf("Выгрузка %d, %s", n+1, queues[n%3].display.ru),
		Parameters: json.RawMessage(fmt.Sprintf(`{"type":"issueFilterExport","format":%q,"filter":{"query":"Queue: %s"},"fields":["key","summary","status"]}`, format, queues[n%3].key)),
	}
}

// existing are the reports that exist now.
func (s *Service) existing(now time.Time) (list []report, patches map[string]patch, err error) {
	err = s.memory.View(func(m *memory) {
		list = slices.DeleteFunc(s.all(m, now), func(r report) bool { return slices.Contains(m.Deleted, r.ID) })
		patches = make(map[string]patch, len(m.Patches))
		for id, p := range m.Patches {
			patches[id] = p
		}
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the reports: %w", err)
	}
	return list, patches, nil
}

// find is the report with an id, or a number.
func (s *Service) find(in *request) (*report, patch, error) {
	list, patches, err := s.existing(in.now)
	if err != nil {
		return nil, patch{}, err
	}
	for i := range list {
		if r := &list[i]; r.ID == in.id || itoa(r.short) == in.id {
			return r, patches[r.ID], nil
		}
	}
	return nil, patch{}, errReport
}

// built is when the report is ready, and by how much that raises its version.
func (s *Service) built(r *report) (at time.Time, bumps int) {
	return r.At.Add(s.opt.build + 332*time.Millisecond), 4 + r.short%23
}

// describe is what the service says about a report without being asked for fields.
func (s *Service) describe(r *report, p patch, in *request) object {
	version, updated := 1, r.At
	if at, bumps := s.built(r); !in.now.Before(at) {
		version, updated = version+bumps, at
	}
	if p.Times > 0 {
		version += 2 * p.Times
		if p.At.After(updated) {
			updated = p.At
		}
	}
	return object{
		{"self", self("entities/report/" + r.ID)},
		{"id", r.ID},
		{"version", version},
		{"shortId", r.short},
		{"entityType", "report"},
		{"createdBy", users[r.Author].ref(in.lang)},
		{"createdAt", stamp(r.At.UnixMilli())},
		{"updatedAt", stamp(updated.UnixMilli())},
	}
}

// contents are the fields of a report that were asked for; nil if none were.
func (s *Service) contents(r *report, p patch, in *request) object {
	names := in.names("fields")
	if names == nil {
		return nil
	}
	var summary, parameters any = cmp.Or(p.Summary, r.Summary), s.shape(r.Parameters, in.lang)
	hide := func(value *any, shown string) {
		if !s.opt.is(swBack, "all") && !s.opt.is(swBack, shown) {
			*value = nil
		}
	}
	hide(&summary, "summary")
	hide(&parameters, "parameters")
	return object{{"summary", summary}, {"parameters", parameters}}.pick(names)
}

// shape is how parameters are shown: as they were sent, or with objects where names
// of fields were and a number as text.
func (s *Service) shape(raw json.RawMessage, l lang) any {
	var p parameters
	if s.opt.is(swShape, "plain") || json.Unmarshal(raw, &p) != nil {
		return raw
	}
	named := func(key string) object {
		name := key
		if f := column(key); f != nil {
			name = f.name.in(l)
		}
		return object{{"self", self("fields/" + key)}, {"id", key}, {"display", name}}
	}
	filter := object{}
	switch {
	case p.Filter.Query != nil:
		filter = append(filter, member{"query", *p.Filter.Query})
	case p.Filter.Filter != nil:
		filter = append(filter, member{"filter", p.Filter.Filter})
	case p.Filter.ID != nil:
		filter = append(filter, member{"filterId", itoa(*p.Filter.ID)})
	}
	sorts := []object{}
	for _, o := range p.Filter.Sorts {
		sorts = append(sorts, object{{"orderBy", named(o.By)}, {"orderAsc", o.Up}})
	}
	filter = append(filter, member{"sorts", sorts})
	columns := []object{}
	for _, key := range p.Fields {
		columns = append(columns, named(key))
	}
	return object{{"type", p.Type}, {"format", p.Format}, {"filter", filter}, {"fields", columns}, {"exportAll", false}}
}
