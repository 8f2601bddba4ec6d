package tracker

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// savedFilter is a filter that somebody has saved.
type savedFilter struct {
	id      int
	name    text
	note    string
	owner   int
	private bool
	query   string
	later   string // the query on every other day; "" if it stays
	filter  string // a JSON object, in place of a query
}

var savedFilters = []savedFilter{
	{id: 101, name: text{"Открытые обращения", "Open requests"}, note: "a query", query: `Queue: SUPPORT Resolution: empty() "Sort By": Updated DESC`},
	{id: 102, name: text{"Критичные ошибки", "Critical bugs"}, note: "a filter object", owner: 1, filter: `{"queue":["DEV","TREK"],"type":"bug","priority":["critical","blocker"]}`},
	{id: 103, name: text{"Для совещания", "For the meeting"}, note: "its owner changes it every day", owner: 1, query: `Queue: DEV Status: Open`, later: `Queue: DEV Status: Open, "In progress"`},
	{id: 104, name: text{"Личный", "Private"}, note: "belongs to somebody else: 403", owner: 1, private: true, query: `Assignee: me()`},
}

// content is the filter's query at a time.
func (f *savedFilter) content(born, now time.Time) string {
	if f.later != "" && now.Sub(born)/(24*time.Hour)%2 == 1 {
		return f.later
	}
	return f.query
}

// saved finds a filter that a user may see.
func (s *Service) saved(name string, user int) (*savedFilter, *refusal) {
	i := slices.IndexFunc(savedFilters, func(f savedFilter) bool {
		return itoa(f.id) == name || f.name.ru == name || f.name.en == name
	})
	switch {
	case i < 0:
		return nil, notFound("Фильтр не существует.", "The filter does not exist.")
	case savedFilters[i].private && savedFilters[i].owner != user:
		return nil, errRights
	}
	return &savedFilters[i], nil
}

// filter answers /filters/{id}. What is created as text comes back as objects.
func (s *Service) filter(in *request) (reply, error) {
	if _, err := strconv.Atoi(in.id); err != nil {
		return reply{}, bad("filterId", "Ожидается число", "A number is expected")
	}
	f, ref := s.saved(in.id, in.token.user)
	if ref != nil {
		return reply{}, ref
	}
	o := object{{"self", self("filters/" + in.id)}, {"id", f.id}, {"name", f.name.in(in.lang)}, {"owner", users[f.owner].ref(in.lang)}}
	if f.filter != "" {
		o = append(o, member{"filter", json.RawMessage(f.filter)})
	} else {
		o = append(o, member{"query", f.content(s.world.born, in.now)})
	}
	named := func(key string) object {
		return object{{"self", self("fields/" + key)}, {"id", key}, {"display", column(key).name.in(in.lang)}}
	}
	return ok(append(o,
		member{"fields", []object{named("key"), named("summary"), named("status")}},
		member{"sorts", []object{{{"field", named("created")}, {"isAscending", false}}}},
		member{"groupBy", named("status")},
	)), nil
}

// savedFilter makes the test of a query's condition on a saved filter.
func (c *compiler) savedFilter(o *operand) (test, *refusal) {
	f, ref := c.service.saved(o.value.text, c.user)
	if ref != nil || o.value.function != "" || o.op != "" || o.to != nil {
		return nil, c.refuse(o.value.at, "фильтр не существует: "+o.value.text, "there is no filter "+o.value.text)
	}
	t, _, ref := c.saved(f)
	return t, ref
}

// saved makes the test and the order of a saved filter.
func (c *compiler) saved(f *savedFilter) (test, []sort, *refusal) {
	if f.filter != "" {
		t, ref := c.object(json.RawMessage(f.filter))
		return t, nil, ref
	}
	return c.query(f.content(c.world.born, c.now))
}
