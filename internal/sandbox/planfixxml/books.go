package planfixxml

import (
	"slices"
	"strings"
	"time"
)

// analytics are a kind of data that people attach to comments.
type analytics struct {
	id    int
	name  string
	count int // rows at the start
	daily int // rows that come each day
}

var allAnalytics = []analytics{{263, "Time spent", 250, 6}, {264, "Расходы", 100, 0}}

// The fields of all analytics.
const (
	fieldKind   = 741
	fieldDate   = 743
	fieldPerson = 745
	fieldAmount = 747
)

var fields = []struct {
	id         int
	name, kind string
}{{fieldKind, "Kind of work", "HANDBOOK"}, {fieldDate, "Date", "DATE"}, {fieldPerson, "Who", "USER"}, {fieldAmount, "Amount", "NUMBER"}}

func analyticsOf(id string) *analytics {
	for i := range allAnalytics {
		if itoa(allAnalytics[i].id) == id {
			return &allAnalytics[i]
		}
	}
	return nil
}

// entry is a row of analytics.
type entry struct {
	key  int
	date time.Time
	n    int
}

func (w *world) entries(a *analytics, now time.Time) []entry {
	count := a.count
	if !w.still {
		count += a.daily * int(max(now.Sub(w.born), 0)/(24*time.Hour))
	}
	out := make([]entry, count)
	for n := range out {
		date := w.born.AddDate(0, 0, -60+n*60/max(a.count, 1))
		if n >= a.count {
			date = w.born.AddDate(0, 0, (n-a.count)/max(a.daily, 1))
		}
		out[n] = entry{611_000 + a.id*1000 + n, date, n}
	}
	return out
}

func (w *world) writeEntry(b *builder, e entry, outside bool) {
	d := newDice(w.seed, forAnalytics, e.n)
	b.number("key", e.key)
	if outside {
		b.in("task", func() { b.number("id", (&task{n: e.n % max(w.count, 1)}).id()) })
		b.in("action", func() { b.number("id", (&comment{n: e.n}).id()) })
	}
	work, who := pick(d, leaves()), &people[e.n%len(people)]
	b.data(fieldKind, "Kind of work", work.name, itoa(work.key))
	b.data(fieldDate, "Date", localDate(e.date), "")
	b.data(fieldPerson, "Who", who.name(), itoa(who.id))
	b.data(fieldAmount, "Amount", itoa(15+d.N(400)), "")
}

func (b *builder) data(id int, name, value, valueID string) {
	b.in("itemData", func() {
		b.number("id", id)
		b.text("name", name)
		b.text("value", value)
		b.text("valueId", valueID)
	})
}

func (s *Service) analyticsList(*request, time.Time) ([]row, *refusal) {
	var out []row
	for _, a := range allAnalytics {
		out = append(out, func(b *builder) {
			b.number("id", a.id)
			b.text("name", a.name)
			b.in("group", func() { b.number("id", 1) })
		})
	}
	return out, nil
}

func (s *Service) analyticsGroups(*request, time.Time) ([]row, *refusal) {
	return named([]thing{{1, "Общие"}}, "name"), nil
}

func (s *Service) analyticsFields(in *request, _ time.Time) ([]row, *refusal) {
	if analyticsOf(in.text("analitic/id")) == nil {
		return nil, errAnalitic
	}
	var out []row
	for i, f := range fields {
		out = append(out, func(b *builder) {
			b.number("id", f.id)
			b.number("num", i)
			b.text("name", f.name)
			b.text("type", f.kind)
			if f.kind == "HANDBOOK" {
				b.in("handbook", func() { b.number("id", 131) })
			}
		})
	}
	return out, nil
}

func aroundOptions(b *builder, in *request, list func()) {
	a := analyticsOf(in.text("analitic/id"))
	b.in("analitic", func() {
		b.number("id", a.id)
		b.text("name", a.name)
		b.in("group", func() { b.number("id", 1) })
		list()
	})
}

// analyticsByKey gives rows by their keys. Keys that do not exist are no error.
func (s *Service) analyticsByKey(in *request, now time.Time) ([]row, *refusal) {
	var out []row
	for _, k := range in.all("analiticKeys", "key") {
		for i := range allAnalytics {
			for _, e := range s.world.entries(&allAnalytics[i], now) {
				if itoa(e.key) == strings.TrimSpace(k.Text) {
					out = append(out, func(b *builder) { s.world.writeEntry(b, e, false) })
				}
			}
		}
	}
	return out, nil
}

func (s *Service) analyticsByCondition(in *request, now time.Time) ([]row, *refusal) {
	a := analyticsOf(in.text("analitic/id"))
	if a == nil {
		return nil, errAnalitic
	}
	all := s.world.entries(a, now)
	for _, f := range in.all("filters", "filter") {
		keep, ref := condition(f)
		if ref != nil {
			return nil, ref
		}
		all = slices.DeleteFunc(all, func(e entry) bool { return !keep(e) })
	}
	var out []row
	for _, e := range all {
		out = append(out, func(b *builder) { s.world.writeEntry(b, e, true) })
	}
	return out, nil
}

// condition is a filter by the date field or by the person.
func condition(f *element) (func(entry) bool, *refusal) {
	switch f.text("field") {
	case itoa(fieldDate):
		var ends [2]time.Time
		for i, name := range []string{"fromDate", "toDate"} {
			at, err := time.ParseInLocation("02-01-2006", f.text(name), zone)
			if err != nil {
				return nil, badValue(name)
			}
			ends[i] = at
		}
		return func(e entry) bool {
			day, _ := time.ParseInLocation("02-01-2006", localDate(e.date), zone) // just written
			return !day.Before(ends[0]) && !day.After(ends[1])
		}, nil
	case itoa(fieldPerson):
		return func(e entry) bool { return itoa(people[e.n%len(people)].id) == f.text("userid") }, nil
	}
	return nil, badValue("field")
}

// record is an entry of a handbook.
type record struct {
	key, parent int
	group       bool
	name        string
}

// books are the handbooks by id: 131 has three levels, 132 many records on one.
func books(id string) []record {
	switch id {
	case "131":
		return []record{
			{601, 0, true, "Разработка"},
			{602, 0, true, "Продажи"},
			{603, 0, false, "Прочее"},
			{611, 601, true, "Сервер"},
			{612, 601, false, "Дизайн"},
			{621, 602, false, "Звонки"},
			{622, 602, false, "Встречи & обеды"},
			{631, 611, false, "Go"},
			{632, 611, false, "SQL"},
		}
	case "132":
		var out []record
		for i := range 230 {
			out = append(out, record{700 + i, 0, false, "Город " + itoa(i)})
		}
		return out
	}
	return nil
}

// leaves are the kinds of work.
func leaves() []record {
	return slices.DeleteFunc(books("131"), func(r record) bool { return r.group })
}

func (s *Service) handbooks(*request, time.Time) ([]row, *refusal) {
	return named([]thing{{131, "Виды работ"}, {132, "Города"}}, "name"), nil
}

func (s *Service) handbookGroups(*request, time.Time) ([]row, *refusal) {
	return named([]thing{{1, "Справочники"}}, "name"), nil
}

func (s *Service) handbookStructure(in *request, _ time.Time) ([]row, *refusal) {
	if books(in.text("handbook/id")) == nil {
		return nil, errHandbook
	}
	return named([]thing{{1, "Название"}}, "name"), nil
}

func aroundStructure(b *builder, in *request, list func()) {
	b.in("handbook", func() { b.text("id", in.text("handbook/id")); list() })
}

// handbookRecords gives one level: the top, or what is below a record.
func (s *Service) handbookRecords(in *request, _ time.Time) ([]row, *refusal) {
	all := books(in.text("handbook/id"))
	if all == nil {
		return nil, errHandbook
	}
	parent := in.text("parentKey")
	if parent == "" {
		parent = "0"
	}
	var out []row
	for _, r := range all {
		if itoa(r.parent) != parent {
			continue
		}
		out = append(out, func(b *builder) {
			b.number("parentKey", r.parent)
			b.flag("isGroup", r.group)
			b.number("key", r.key)
			b.flag("archived", false)
			if r.group {
				b.text("name", r.name)
				b.text("customData", "")
				return
			}
			b.in("customData", func() { b.custom(1, "Название", r.name, r.name) })
		})
	}
	return out, nil
}

func (s *Service) analyticsHandbook(in *request, _ time.Time) ([]row, *refusal) {
	all := books(in.text("handbook/id"))
	if all == nil {
		return nil, errHandbook
	}
	var out []row
	for _, r := range all {
		out = append(out, func(b *builder) {
			b.number("key", r.key)
			b.WriteString(`<value value="`)
			_ = escape(b, r.name)
			b.WriteString(`" name="Название" isDisplayed="1"/>`)
		})
	}
	return out, nil
}
