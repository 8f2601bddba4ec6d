package tracker

import (
	"bytes"
	"net/http"
	"slices"
)

// history are the states of an issue that are remembered, in order.
func (i *issue) history() []*issue {
	var list []*issue
	for s := i; s != nil; s = s.before {
		list = append(list, s)
	}
	slices.Reverse(list)
	return list
}

// same reports whether a field has the same value in two states.
func (t *teller) same(f *field, a, b *issue) bool {
	return bytes.Equal(appendJSON(nil, t.value(f, a)), appendJSON(nil, t.value(f, b)))
}

// changed makes the test for a change of a field: to and from what, by whom, when.
func (c *compiler) changed(f *field, o *operand) (test, *refusal) {
	tests := map[string]test{}
	for name, arg := range o.value.args {
		var t test
		var ref *refusal
		switch name {
		case "to", "from":
			t, ref = c.operand(&clause{field: f}, &arg)
		case "by":
			t, ref = c.operand(&clause{field: column("modifier")}, &arg)
		case "date":
			t, ref = c.operand(&clause{field: column("updated")}, &arg)
		default:
			ref = c.refuse(o.value.at, "функция changed() не имеет параметра "+name, "the function changed() has no parameter "+name)
		}
		if ref != nil {
			return nil, ref
		}
		tests[name] = t
	}
	tell := &teller{world: c.world, snapshot: c.snapshot, version: 3}
	meets := func(name string, i *issue) bool { return tests[name] == nil || tests[name](i) }
	return func(i *issue) bool {
		states := i.history()
		for n := 1; n < len(states); n++ {
			a, b := states[n-1], states[n]
			if !tell.same(f, a, b) && meets("from", a) && meets("to", b) && meets("by", b) && meets("date", b) {
				return true
			}
		}
		return false
	}, nil
}

// issue answers /issues/{id}. One that was moved has another address now.
func (s *Service) issue(in *request) (reply, error) {
	snap := s.world.at(s.world.events(in.now))
	i := s.world.find(snap, in.id)
	switch {
	case i == nil:
		return reply{}, errIssue
	case i.key() != in.id && s.world.id(i) != in.id:
		a := reply{status: http.StatusMovedPermanently}
		a.set("Location", "/"+Provider+"/v"+itoa(in.version)+"/issues/"+i.key())
		return a, nil
	}
	return ok(s.teller(in, snap).issue(i)), nil
}

// changelog answers /issues/{id}/changelog.
func (s *Service) changelog(in *request) (reply, error) {
	snap := s.world.at(s.world.events(in.now))
	i := s.world.find(snap, in.id)
	if i == nil {
		return reply{}, errIssue
	}
	size, ref := in.number("perPage", 50, 1, 1000)
	if ref != nil {
		return reply{}, ref
	}
	t := s.teller(in, snap)
	t.names = nil
	list, ids := []object{}, []string{}
	var before *issue
	for _, state := range i.history() {
		kind, changes := t.changes(before, state, in.query.Get("field"))
		if (in.query.Get("field") == "" || len(changes) > 0) && (in.query.Get("type") == "" || in.query.Get("type") == kind) {
			id := hexID(state.updated/1000, s.world.seed, forID, -1-i.n*100-state.version)
			ids = append(ids, id)
			list = append(list, object{
				{"id", id},
				{"self", self("issues/" + i.key() + "/changelog/" + id)},
				{"issue", object{{"self", self("issues/" + i.key())}, {"id", s.world.id(i)}, {"key", i.key()}, {"display", s.world.summary(i)}}},
				{"updatedAt", stamp(state.updated)},
				{"updatedBy", users[state.updater].ref(in.lang)},
				{"type", kind},
				{"transport", "front"},
				{"fields", changes},
			})
		}
		before = state
	}
	first := 0
	if in.query.Has("id") {
		if first = slices.Index(ids, in.query.Get("id")) + 1; first == 0 {
			return reply{}, bad("id", "Запись не существует", "There is no such entry")
		}
	}
	last := min(first+size, len(list))
	a := ok(list[first:last])
	if last < len(list) {
		a.set("Link", link("issues/"+i.key()+"/changelog", in, "id", ids[last-1], "perPage", itoa(size)))
	}
	return a, nil
}

// changes are the kind of a change and what it changed.
func (t *teller) changes(a, b *issue, only string) (kind string, list []object) {
	list = []object{}
	if a == nil {
		return "IssueCreated", list
	}
	kind = "IssueUpdated"
	switch {
	case a.status != b.status:
		kind = "IssueWorkflow"
	case a.key() != b.key():
		kind = "IssueMoved"
	}
	for n := range fields {
		f := &fields[n]
		if f.kind == kindFlag || f.key == "updated" || f.key == "modifier" || only != "" && f.key != only || t.same(f, a, b) {
			continue
		}
		list = append(list, object{
			{"field", object{{"self", self("fields/" + f.key)}, {"id", f.key}, {"display", f.name.in(t.lang)}}},
			{"from", t.value(f, a)},
			{"to", t.value(f, b)},
		})
	}
	return kind, list
}
