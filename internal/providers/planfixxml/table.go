package planfixxml

import (
	"slices"
	"strings"
	"time"

	"reportsync/internal/export"
)

// between joins the values of an element that an item has several times.
const between = "; "

// table gives items their cells. Columns become known with the items, unless fields
// are given.
type table struct {
	columns export.ColumnSet
	root    *slot
	fixed   bool // only the columns that were asked for
	text    bool
	zone    *time.Location

	cells [][]byte
	set   []bool
	seen  []bool // by column: some item had it
}

// slot is a place in items: an element, or a custom field.
type slot struct {
	path     string
	id       string // of a custom field
	col      int    // -1 for none
	children map[string]*slot
}

func newTable(fields []string, text bool, zone *time.Location) *table {
	t := &table{root: &slot{col: -1}, fixed: len(fields) > 0, text: text, zone: zone}
	for _, f := range fields {
		s := t.root
		for _, name := range steps(f) {
			s = s.grow(name)
		}
		s.col = t.columns.Add(f)
	}
	return t
}

// grow returns the place with the name below s.
func (s *slot) grow(name string) *slot {
	if c := s.children[name]; c != nil {
		return c
	}
	if s.children == nil {
		s.children = map[string]*slot{}
	}
	c := &slot{path: name, col: -1}
	if s.path != "" {
		c.path = s.path + "." + name
	}
	s.children[name] = c
	return c
}

// steps cuts a path. The name of a custom field may have dots in it.
func steps(path string) []string {
	var out []string
	for rest := path; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, ".")
		out = append(out, name)
		if name != "customData" && name != "itemData" || rest == "" {
			continue
		}
		for _, part := range []string{"text", "value", "valueId", "id"} {
			if field, ok := strings.CutSuffix(rest, "."+part); ok {
				return append(out, field, part)
			}
		}
		return append(out, rest)
	}
	return out
}

// row returns the cells of an item, valid until the next call.
func (t *table) row(item *node) [][]byte {
	for i := range t.cells {
		t.cells[i], t.set[i] = t.cells[i][:0], false
	}
	t.attributes(t.root, item)
	for c := item.first; c != nil; c = c.next {
		t.visit(t.root, c)
	}
	for len(t.cells) < t.columns.Len() {
		t.cells, t.set, t.seen = append(t.cells, nil), append(t.set, false), append(t.seen, false)
	}
	return t.cells
}

// down returns the place below s, nil if nobody wants it.
func (t *table) down(s *slot, name string) *slot {
	if t.fixed {
		return s.children[name]
	}
	return s.grow(name)
}

func (t *table) visit(parent *slot, n *node) {
	switch {
	case n.name == "customValue":
		t.custom(parent, n)
		return
	case n.name == "itemData" && n.child("name") != nil:
		if s := t.down(parent, n.name); s != nil {
			t.custom(s, n)
		}
		return
	}
	s := t.down(parent, n.name)
	if s == nil {
		return
	}
	if name, value, ok := pair(n); ok {
		if s = t.down(s, name); s != nil {
			t.put(s, value)
		}
		return
	}
	t.attributes(s, n)
	if n.first == nil {
		if n.text != "" || !slices.Contains(containers, n.name) {
			t.put(s, t.moment(n))
		}
		return
	}
	if t.fixed && s.col >= 0 {
		t.put(s, n.value())
	}
	for c := n.first; c != nil; c = c.next {
		t.visit(s, c)
	}
}

// containers are elements that are empty when there is nothing in the list, and no
// values.
var containers = []string{
	"analitics", "auditors", "contractors", "customData", "fields", "files", "groups", "members", "notifiedList", "phones", "secondaryEmails",
	"userGroups", "users", "workers",
}

// pair is an element that is a named value: <value name="Name" value="Paris"/>.
func pair(n *node) (name, value string, ok bool) {
	for _, a := range n.attrs {
		switch a.Name.Local {
		case "name":
			name = a.Value
		case "value":
			value, ok = a.Value, true
		}
	}
	return name, value, ok && name != "" && n.first == nil
}

func (t *table) attributes(s *slot, n *node) {
	for _, a := range n.attrs {
		if c := t.down(s, "@"+a.Name.Local); c != nil {
			t.put(c, a.Value)
		}
	}
}

// custom is a custom field: it has a name, an id, a value, and what people see of it.
func (t *table) custom(parent *slot, n *node) {
	field := n.child("field")
	if field == nil {
		field = n // of analytics
	}
	id := field.child("id").value()
	s := t.field(parent, field.child("name").value(), id)
	if s == nil {
		return
	}
	shown := n.child("value")
	if t.text && n.child("text") != nil {
		shown = n.child("text")
	}
	if !t.fixed || s.col >= 0 {
		t.put(s, shown.value())
	}
	for _, part := range []string{"value", "text", "valueId"} {
		c := n.child(part)
		if c == nil || !t.fixed && (part != "valueId" || c.value() == "") {
			continue // the value is there already, and the text only on request
		}
		if below := t.down(s, part); below != nil {
			t.put(below, c.value())
		}
	}
	if below := s.children["id"]; below != nil && t.fixed {
		t.put(below, id)
	}
}

// field returns the place of a custom field, by its name or its id. Of two with one
// name, the second one has its id behind it.
func (t *table) field(parent *slot, name, id string) *slot {
	if t.fixed {
		if s := parent.children[name]; s != nil {
			return s
		}
		return parent.children[id]
	}
	if name == "" {
		name = id
	}
	s := parent.grow(name)
	if s.id == "" {
		s.id = id
	}
	if s.id != id {
		s = parent.grow(name + " [" + id + "]")
		s.id = id
	}
	return s
}

// put puts a value into a cell, behind what is there.
func (t *table) put(s *slot, value string) {
	if s.col < 0 {
		if t.fixed {
			return
		}
		s.col = t.columns.Add(s.path)
	}
	for len(t.cells) <= s.col {
		t.cells, t.set, t.seen = append(t.cells, nil), append(t.set, false), append(t.seen, false)
	}
	if t.set[s.col] {
		t.cells[s.col] = append(t.cells[s.col], between...)
	}
	t.cells[s.col] = append(t.cells[s.col], value...)
	t.set[s.col], t.seen[s.col] = true, true
}

// missing are the fields that no item had.
func (t *table) missing() []string {
	if !t.fixed {
		return nil
	}
	var out []string
	for i, c := range t.columns.Columns() {
		if i >= len(t.seen) || !t.seen[i] {
			out = append(out, c.Title)
		}
	}
	return out
}

// moments are the service's own elements that hold a date or a moment.
var moments = []string{
	"beginDate", "beginDateTime", "birthdate", "dateTime", "endDate", "endTime", "lastCommentDate", "lastUpdateDate", "startTime",
}

// The forms of moments, in the time zone of the user.
const (
	dateForm   = "02-01-2006"
	momentForm = "02-01-2006 15:04"
)

// moment is an element's text, with a moment in the common form if the time zone is
// known.
func (t *table) moment(n *node) string {
	if t.zone == nil || n.text == "" || !slices.Contains(moments, n.name) {
		return n.text
	}
	if at, err := time.ParseInLocation(momentForm, n.text, t.zone); err == nil {
		return at.Format(time.RFC3339)
	}
	if at, err := time.ParseInLocation(dateForm, n.text, t.zone); err == nil {
		return at.Format(time.DateOnly)
	}
	return n.text
}
