package tracker

import (
	"strconv"
	"time"
)

// stamp is a time as the service writes it: UTC, no colon in the offset.
func stamp(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000-0700")
}

func date(n int) string { return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly) }

// duration is a number of minutes as the service writes it, with working days.
func duration(minutes int) string {
	if minutes < 60 {
		return "PT" + itoa(minutes) + "M"
	}
	s := "PT" + itoa(minutes/60) + "H"
	if minutes%60 > 0 {
		s += itoa(minutes%60) + "M"
	}
	return s
}

// teller writes issues for a client.
type teller struct {
	world    *world
	snapshot *snapshot
	lang     lang
	version  int
	names    map[string]bool // the members that are asked for; nil for all
	expand   map[string]bool
}

// issue is an issue as the client wants it. What is not set is left out, in some
// issues null.
func (t *teller) issue(i *issue) object {
	o := make(object, 0, len(fields)+6)
	add := func(name string, value any) {
		if value != nil && (t.names == nil || t.names[name]) {
			o = append(o, member{name, value})
		}
	}
	add("self", self("issues/"+i.key()))
	add("id", t.world.id(i))
	add("version", i.version)
	for n := range fields {
		f := &fields[n]
		if t.names != nil && !t.names[f.json] {
			continue
		}
		if v := t.value(f, i); v != nil || f.closed != nil && f.global() && i.n%11 == 0 {
			o = append(o, member{f.json, v})
		}
	}
	if len(i.olds) > 0 {
		var olds []string
		for _, a := range i.olds {
			olds = append(olds, a.String())
		}
		add("aliases", olds)
	}
	for _, name := range []string{"transitions", "attachments", "comments"} {
		if t.expand[name] {
			o = append(o, member{name, []object{}})
		}
	}
	return o
}

// value is the value of a field, or nil.
func (t *teller) value(f *field, i *issue) any {
	switch f.kind {
	case kindText:
		if s := f.text(t.world, i); s != "" {
			return s
		}
	case kindTexts:
		if list := f.texts(i); list != nil {
			return list
		}
	case kindNumber:
		if n, found := f.number(i); found {
			return n
		}
	case kindMoment:
		if ms := f.moment(i); ms != 0 {
			return stamp(ms)
		}
	case kindDay:
		if n := f.whole(i); n != 0 {
			return date(n)
		}
	case kindSpan:
		if n := f.whole(i); n != 0 {
			return duration(n)
		}
	case kindFlag:
		return i.favorite
	default:
		return t.references(f, i)
	}
	return nil
}

// references are the objects that a field names: one, a list, or nil.
func (t *teller) references(f *field, i *issue) any {
	var list []object
	for _, n := range f.places(i) {
		list = append(list, t.reference(f, i, n))
	}
	switch {
	case list == nil:
		return nil
	case f.key == "project" && t.version == 3:
		return object{{"primary", list[0]}, {"secondary", []object{}}}
	case f.many:
		return list
	}
	return list[0]
}

func (t *teller) reference(f *field, i *issue, n int) object {
	switch f.kind {
	case kindUser:
		return users[n].ref(t.lang)
	case kindIssue:
		other := t.snapshot.issues[n]
		return object{{"self", self("issues/" + other.key())}, {"id", t.world.id(other)}, {"key", other.key()}, {"display", t.world.summary(other)}}
	}
	return f.closed[n].ref(f.key, t.lang, i.n%3 == 0)
}

// ref is the entity as other objects name it. Its id is a number in some places.
func (e *entity) ref(of string, l lang, number bool) object {
	var id any = strconv.Itoa(e.id)
	if number {
		id = e.id
	}
	o := object{{"self", self(of + "/" + itoa(e.id))}, {"id", id}}
	if e.key != itoa(e.id) {
		o = append(o, member{"key", e.key})
	}
	return append(o, member{"display", e.display.in(l)})
}
