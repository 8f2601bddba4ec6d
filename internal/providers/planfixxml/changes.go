package planfixxml

import (
	"slices"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// What is found again of a version in later runs.
const (
	metaFull  = "full"      // when the whole list was last read
	metaZone  = "timezone"  // in which moments are written
	metaNewer = "watermark" // the newest moment in the data
)

// span is what an incremental reading asks for, on top of a base.
type span struct {
	base     *export.KnownVersion
	from, to time.Time
	newest   time.Time // in the base, where the method is asked by that
}

// overlaps are how far before the last reading an incremental one begins: the
// service tells days only for tasks, and analytics are entered late.
var overlaps = map[Changes]time.Duration{ByFilter: 24 * time.Hour, ByPeriod: time.Minute, ByDateField: 7 * 24 * time.Hour}

// slack is how far the day of a user in a time zone that is not known can be from
// that in UTC.
const slack = 24 * time.Hour

// since is what to ask for on top of a base, nil if the whole list has to be read.
func (p *provider) since(m *Method, t providers.Target, v export.Version) *span {
	base := t.Base
	if base == nil || t.Args.String("sync") != syncIncremental || base.Meta[metaZone] != p.zoneName() || !hasKey(base, m.Key) {
		return nil
	}
	if base.CreatedAt.After(p.clock.Now()) {
		return nil // the clock was ahead: nobody knows when that was
	}
	full, err := time.Parse(time.RFC3339, base.Meta[metaFull])
	if every := t.Args.Duration("full_every"); err != nil || every > 0 && v.CreatedAt.Sub(full) >= every {
		return nil
	}
	overlap := overlaps[m.Changes]
	if t.Args.Has("overlap") {
		overlap = t.Args.Duration("overlap")
	}
	s := &span{base: base, from: base.CreatedAt.In(p.where()).Add(-overlap), to: v.CreatedAt.In(p.where()).Add(24 * time.Hour)}
	if p.zone == nil {
		s.from, s.to = s.from.Add(-slack), s.to.Add(slack)
	}
	switch m.Changes {
	case ByPeriod:
		at, err := time.ParseInLocation(momentForm, base.Meta[metaNewer], p.where())
		if err != nil {
			return nil
		}
		s.newest, s.from = at, at.Add(-overlap) // by the clock that the data is written by
	case ByDateField:
		s.to = s.to.AddDate(1, 0, 0) // dates can be in the future
	}
	return s
}

// where is the time zone that dates are written in, as far as it is known.
func (p *provider) where() *time.Location {
	if p.zone == nil {
		return time.UTC
	}
	return p.zone
}

func (p *provider) zoneName() string {
	if p.zone == nil {
		return ""
	}
	return p.zone.String()
}

// hasKey reports whether rows of a version can be matched.
func hasKey(k *export.KnownVersion, key string) bool {
	for i := range k.Artifacts {
		if !slices.ContainsFunc(k.Artifacts[i].Columns, func(c export.Column) bool { return c.Name == key }) {
			return false
		}
	}
	return len(k.Artifacts) > 0
}

// asked returns the parameters of the method: those of the configuration, with an
// order that does not shift, and the span.
func asked(m *Method, t providers.Target, v export.Version, s *span) []element {
	out := elements(t.Args["params"])
	if m.Sort != "" && !slices.ContainsFunc(out, func(e element) bool { return e.name == m.Sort }) {
		out = append(out, leaf(m.Sort, m.SortBy))
	}
	switch m.Changes {
	case ByPeriod:
		from, to := "01-01-2000 00:00", v.CreatedAt.Add(2*slack).Format(momentForm)
		if s != nil {
			from = s.from.Format(momentForm)
			out = slices.DeleteFunc(out, func(e element) bool { return e.name == "fromDate" })
		}
		for _, e := range []element{leaf("fromDate", from), leaf("toDate", to)} {
			if !slices.ContainsFunc(out, func(o element) bool { return o.name == e.name }) {
				out = append(out, e)
			}
		}
	case ByFilter:
		if s != nil {
			out = filtered(out, branch("filter",
				leaf("type", t.Args.String("change_filter")), leaf("operator", "equal"),
				branch("value", leaf("datetype", "anotherperiod"), leaf("datefrom", s.from.Format(dateForm)), leaf("dateto", s.to.Format(dateForm)))))
		}
	case ByDateField:
		if s != nil {
			out = filtered(out, branch("filter",
				leaf("field", t.Args.String("date_field")), leaf("fromDate", s.from.Format(dateForm)), leaf("toDate", s.to.Format(dateForm))))
		}
	}
	return out
}

// filtered adds a filter to those that there are.
func filtered(params []element, filter element) []element {
	i := slices.IndexFunc(params, func(e element) bool { return e.name == "filters" })
	if i < 0 {
		return append(params, branch("filters", filter))
	}
	params[i].children = append(params[i].children, filter)
	return params
}
