package tracker

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// test tells whether an issue meets a condition.
type test func(*issue) bool

// compiler makes tests of what was parsed, for one user at one moment.
type compiler struct {
	service  *Service
	world    *world
	snapshot *snapshot
	now      time.Time
	zone     *time.Location
	user     int
	// param is what a refusal names: query or filter.
	param string
}

func (c *compiler) refuse(at int, ruText, enText string) *refusal {
	if at > 0 {
		ruText, enText = "Ошибка в позиции "+itoa(at)+": "+ruText, "Error at position "+itoa(at)+": "+enText
	}
	return bad(c.param, ruText, enText)
}

// node makes the test of a part of a query.
func (c *compiler) node(n *node) (test, *refusal) {
	if n.clause != nil {
		return c.clause(n.clause)
	}
	var parts []test
	for i := range n.parts {
		t, ref := c.node(&n.parts[i])
		if ref != nil {
			return nil, ref
		}
		parts = append(parts, t)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	if n.any {
		return func(i *issue) bool { return slices.ContainsFunc(parts, func(t test) bool { return t(i) }) }, nil
	}
	return func(i *issue) bool { return !slices.ContainsFunc(parts, func(t test) bool { return !t(i) }) }, nil
}

// clause makes the test of a condition: one of the values that may be and none of
// those that may not.
func (c *compiler) clause(cl *clause) (test, *refusal) {
	var may, mayNot []test
	for i := range cl.operands {
		o := &cl.operands[i]
		t, ref := c.operand(cl, o)
		if ref != nil {
			return nil, ref
		}
		if o.not {
			mayNot = append(mayNot, t)
		} else {
			may = append(may, t)
		}
	}
	if len(may) == 1 && len(mayNot) == 0 {
		return may[0], nil
	}
	return func(i *issue) bool {
		meets := func(t test) bool { return t(i) }
		return (len(may) == 0 || slices.ContainsFunc(may, meets)) && !slices.ContainsFunc(mayNot, meets)
	}, nil
}

func (c *compiler) operand(cl *clause, o *operand) (test, *refusal) {
	if cl.saved {
		return c.savedFilter(o)
	}
	f := cl.field
	switch o.value.function {
	case "empty":
		return func(i *issue) bool { return c.world.empty(f, i) }, nil
	case "notempty":
		return func(i *issue) bool { return !c.world.empty(f, i) }, nil
	case "changed":
		return c.changed(f, o)
	}
	switch f.kind {
	case kindMoment, kindDay:
		return c.time(f, o)
	case kindNumber, kindSpan:
		return c.number(f, o)
	}
	if o.op != "" || o.to != nil || o.value.shifts != nil {
		return nil, c.refuse(o.value.at, "поле "+f.key+" нельзя сравнивать", "the field "+f.key+" cannot be compared")
	}
	switch f.kind {
	case kindUser:
		return c.person(f, o)
	case kindEntity:
		return c.entity(f, o)
	case kindIssue:
		return func(i *issue) bool {
			return slices.ContainsFunc(f.places(i), func(n int) bool { return c.snapshot.issues[n].key() == o.value.text })
		}, c.plain(o)
	case kindFlag:
		return func(i *issue) bool { return i.favorite == strings.EqualFold(o.value.text, "true") }, c.plain(o)
	case kindTexts:
		return func(i *issue) bool {
			return slices.ContainsFunc(f.texts(i), func(s string) bool { return strings.EqualFold(s, o.value.text) })
		}, c.plain(o)
	}
	return c.words(f, o), c.plain(o)
}

// plain refuses a function where a text is wanted.
func (c *compiler) plain(o *operand) *refusal {
	if o.value.function != "" {
		return c.refuse(o.value.at, "функция не подходит: "+o.value.function+"()", "the function does not fit: "+o.value.function+"()")
	}
	return nil
}

// words makes the test for a text: all words are in it, or it is the text.
func (c *compiler) words(f *field, o *operand) test {
	want := o.value.text
	if f.key == "key" {
		return func(i *issue) bool {
			return i.key() == want || slices.ContainsFunc(i.olds, func(a address) bool { return a.String() == want })
		}
	}
	if o.value.exact {
		return func(i *issue) bool { return f.text(c.world, i) == want }
	}
	parts := strings.Fields(strings.ToLower(want))
	return func(i *issue) bool {
		s := strings.ToLower(f.text(c.world, i))
		return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(s, p) })
	}
}

// entity makes the test for a value of a dictionary, which must exist.
func (c *compiler) entity(f *field, o *operand) (test, *refusal) {
	if o.value.function == "unresolved" && f.key == "resolution" {
		return func(i *issue) bool { return i.resolution == none }, nil
	}
	if ref := c.plain(o); ref != nil {
		return nil, ref
	}
	n := slices.IndexFunc(f.closed, func(e entity) bool { return e.names(o.value.text) })
	if n < 0 {
		return nil, c.unknown(f, o)
	}
	return func(i *issue) bool { return slices.Contains(f.places(i), n) }, nil
}

func (c *compiler) unknown(f *field, o *operand) *refusal {
	return c.refuse(o.value.at, "поле "+f.key+" не имеет значения "+o.value.text, "the field "+f.key+" has no value "+o.value.text)
}

// person makes the test for a user or a group of them.
func (c *compiler) person(f *field, o *operand) (test, *refusal) {
	var who []int
	for n := range users {
		switch o.value.function {
		case "me":
			if n == c.user {
				who = append(who, n)
			}
		case "group":
			if g := o.value.args["value"].value.text; g != "" && (strings.EqualFold(users[n].group.ru, g) || strings.EqualFold(users[n].group.en, g)) {
				who = append(who, n)
			}
		case "":
			if users[n].names(o.value.text) {
				who = append(who, n)
			}
		}
	}
	if who == nil {
		if o.value.function != "" && o.value.function != "group" {
			return nil, c.plain(o)
		}
		return nil, c.unknown(f, o)
	}
	return func(i *issue) bool {
		return slices.ContainsFunc(f.places(i), func(n int) bool { return slices.Contains(who, n) })
	}, nil
}

// number makes the test for a number, or for a span in minutes.
func (c *compiler) number(f *field, o *operand) (test, *refusal) {
	of := f.number
	if f.kind == kindSpan {
		of = func(i *issue) (float64, bool) { n := f.whole(i); return float64(n), n != 0 }
	}
	read := func(v *literal) (float64, *refusal) {
		n, err := strconv.ParseFloat(v.text, 64)
		if err != nil || v.function != "" || v.shifts != nil {
			return 0, c.refuse(v.at, "ожидается число: "+v.text, "a number is expected: "+v.text)
		}
		return n, nil
	}
	low, ref := read(&o.value)
	if ref != nil {
		return nil, ref
	}
	high := low
	if o.to != nil {
		if high, ref = read(o.to); ref != nil {
			return nil, ref
		}
	}
	return func(i *issue) bool {
		n, found := of(i)
		return found && within(o.op, n < low, n > high)
	}, nil
}

// within tells whether a value that is below, above, or neither, is what an
// operator wants.
func within(op string, below, above bool) bool {
	switch op {
	case ">":
		return above
	case "<":
		return below
	case ">=":
		return !below
	case "<=":
		return !above
	}
	return !below && !above
}

// empty reports whether a field of an issue is not set.
func (w *world) empty(f *field, i *issue) bool {
	switch f.kind {
	case kindText:
		return f.text(w, i) == ""
	case kindTexts:
		return len(f.texts(i)) == 0
	case kindNumber:
		_, found := f.number(i)
		return !found
	case kindMoment:
		return f.moment(i) == 0
	case kindDay, kindSpan:
		return f.whole(i) == 0
	case kindFlag:
		return !i.favorite
	}
	return len(f.places(i)) == 0
}
