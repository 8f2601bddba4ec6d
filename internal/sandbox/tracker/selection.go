package tracker

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// selection is what issues are asked for.
type selection struct {
	Queue  string          `json:"queue,omitempty"`
	Keys   []string        `json:"keys,omitempty"`
	Filter json.RawMessage `json:"filter,omitempty"`
	Query  string          `json:"query,omitempty"`
	Saved  int             `json:"saved,omitempty"`
	Order  []string        `json:"order,omitempty"`
	Kind   string          `json:"kind"`
}

// The ways to ask.
const (
	byQueue  = "queue"
	byKeys   = "keys"
	byFilter = "filter"
	byQuery  = "query"
	bySaved  = "filterId"
)

// selection reads a body. Of two inputs the first in the order of these lines is
// taken without a word; what becomes of more, or of a saved filter beside another
// input, is a refusal.
func (r *request) selection() (*selection, *refusal) {
	sel := &selection{}
	var given []string
	for _, read := range []func() (string, bool, *refusal){
		func() (string, bool, *refusal) {
			found, ref := decode(r.body, byQueue, &sel.Queue)
			return byQueue, found, ref
		},
		func() (string, bool, *refusal) {
			var single string
			if found, ref := decode(r.body, byKeys, &single); found && ref == nil {
				sel.Keys = []string{single}
				return byKeys, true, nil
			}
			found, ref := decode(r.body, byKeys, &sel.Keys)
			return byKeys, found, ref
		},
		func() (string, bool, *refusal) {
			found, ref := decode(r.body, byFilter, &sel.Filter)
			return byFilter, found, ref
		},
		func() (string, bool, *refusal) {
			found, ref := decode(r.body, byQuery, &sel.Query)
			return byQuery, found, ref
		},
		func() (string, bool, *refusal) {
			found, ref := decode(r.body, bySaved, &sel.Saved)
			return bySaved, found, ref
		},
	} {
		name, found, ref := read()
		if ref != nil {
			return nil, ref
		}
		if found {
			given = append(given, name)
		}
	}
	switch {
	case len(given) == 0:
		return nil, bad("filter", "Не задано ни одно из условий: queue, keys, filter, filterId, query", "None of queue, keys, filter, filterId and query is given")
	case len(given) > 2, len(given) == 2 && given[1] == bySaved:
		return nil, bad(given[len(given)-1], "Условия нельзя задать вместе: "+strings.Join(given, ", "), "These cannot be given together: "+strings.Join(given, ", "))
	}
	sel.Kind = given[0]
	var single string
	if found, ref := decode(r.body, "order", &single); found && ref == nil {
		sel.Order = []string{single}
	} else if _, ref := decode(r.body, "order", &sel.Order); ref != nil {
		return nil, ref
	}
	if len(sel.Order) > 0 && sel.Kind != byFilter {
		return nil, bad("order", "Сортировка задаётся только вместе с filter", "An order goes with a filter only")
	}
	return sel, nil
}

// matching are the issues that a selection names, in its order.
func (s *Service) matching(sel *selection, snap *snapshot, now time.Time, user int) ([]*issue, *refusal) {
	c := &compiler{service: s, world: s.world, snapshot: snap, now: now, zone: s.opt.zone, user: user, param: sel.Kind}
	var t test
	var order []sort
	var ref *refusal
	switch sel.Kind {
	case byQueue:
		return s.inQueue(sel.Queue, snap)
	case byKeys:
		return s.named(sel.Keys, snap), nil
	case byFilter:
		if t, ref = c.object(sel.Filter); ref == nil {
			order, ref = c.orders(sel.Order)
		}
	case byQuery:
		t, order, ref = c.query(sel.Query)
	default:
		f, missing := s.saved(itoa(sel.Saved), user)
		if missing != nil {
			return nil, missing
		}
		t, order, ref = c.saved(f)
	}
	if ref != nil {
		return nil, ref
	}
	list := []*issue{}
	for _, i := range slices.Backward(snap.issues) { // the newest first, if nothing else is wanted
		if !i.deleted && t(i) {
			list = append(list, i)
		}
	}
	if len(order) > 0 {
		slices.SortStableFunc(list, func(a, b *issue) int { return s.world.order(order, a, b) })
	}
	return list, nil
}

// inQueue are the issues of a queue, sorted by key.
func (s *Service) inQueue(key string, snap *snapshot) ([]*issue, *refusal) {
	q := slices.IndexFunc(queues, func(q queue) bool { return q.key == key })
	if q < 0 {
		return nil, bad("queue", "Очередь не существует: "+key, "There is no queue "+key)
	}
	list := []*issue{}
	for _, i := range snap.issues {
		if !i.deleted && i.queue == q {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b *issue) int { return cmp.Compare(a.num, b.num) })
	return list, nil
}

// named are the issues of those keys, sorted by name. Keys that do not exist are
// passed over.
func (s *Service) named(keys []string, snap *snapshot) []*issue {
	wanted := map[string]bool{}
	for _, k := range keys {
		wanted[k] = true
	}
	list := []*issue{}
	for _, i := range snap.issues {
		if !i.deleted && (wanted[i.key()] || slices.ContainsFunc(i.olds, func(a address) bool { return wanted[a.String()] })) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b *issue) int { return cmp.Compare(s.world.summary(a), s.world.summary(b)) })
	return list
}

// query makes the test and the order of a query.
func (c *compiler) query(q string) (test, []sort, *refusal) {
	n, order, ref := parse(q)
	if ref != nil {
		return nil, nil, ref
	}
	t, ref := c.node(&n)
	return t, order, ref
}

// object makes the test of a filter object: field and value.
func (c *compiler) object(raw json.RawMessage) (test, *refusal) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil, malformed(byFilter)
	}
	var parts []node
	for _, name := range slices.Sorted(maps.Keys(members)) {
		f := column(name)
		if f == nil {
			return nil, bad(byFilter, "Поле не существует: "+name, "There is no field "+name)
		}
		operands, ref := c.values(members[name], true)
		if ref != nil {
			return nil, ref
		}
		for _, list := range operands {
			parts = append(parts, node{clause: &clause{field: f, operands: list}})
		}
	}
	return c.node(&node{parts: parts})
}

// values reads the value of a field in a filter object. Each list of the result is
// a condition.
func (c *compiler) values(raw json.RawMessage, outer bool) ([][]operand, *refusal) {
	var value any
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if dec.Decode(&value) != nil {
		return nil, malformed(byFilter)
	}
	switch v := value.(type) {
	case string:
		return [][]operand{{written(v)}}, nil
	case json.Number:
		return [][]operand{{{value: literal{text: v.String()}}}}, nil
	case bool:
		return [][]operand{{{value: literal{text: string(raw)}}}}, nil
	case []any:
		var all []json.RawMessage
		if !outer || json.Unmarshal(raw, &all) != nil || len(all) == 0 {
			return nil, malformed(byFilter)
		}
		var list []operand
		for _, one := range all {
			o, ref := c.values(one, false)
			if ref != nil {
				return nil, ref
			}
			list = append(list, o[0]...)
		}
		return [][]operand{list}, nil
	case map[string]any:
		var bounds map[string]string
		if !outer || json.Unmarshal(raw, &bounds) != nil || len(bounds) == 0 {
			return nil, malformed(byFilter)
		}
		var lists [][]operand
		for _, name := range slices.Sorted(maps.Keys(bounds)) {
			op, known := map[string]string{"from": ">=", "to": "<="}[name]
			if !known {
				return nil, malformed(byFilter)
			}
			o := written(bounds[name])
			o.op = op
			lists = append(lists, []operand{o})
		}
		return lists, nil
	}
	return nil, malformed(byFilter)
}

// written is a text of a filter object: a function, a range, or a value.
func written(s string) operand {
	if name, call := strings.CutSuffix(s, "()"); call && name != "" {
		return operand{value: literal{text: name, function: strings.ToLower(name)}}
	}
	if from, to, ranged := strings.Cut(s, ".."); ranged {
		return operand{value: literal{text: strings.TrimSpace(from)}, to: &literal{text: strings.TrimSpace(to)}}
	}
	return operand{value: literal{text: s}}
}

// orders reads an order such as -updated.
func (c *compiler) orders(list []string) ([]sort, *refusal) {
	var order []sort
	for _, s := range list {
		name := strings.TrimLeft(s, "+-")
		f := column(name)
		if f == nil || len(s) != len(name)+1 {
			return nil, bad("order", "Ожидается +поле или -поле: "+s, "+field or -field is expected: "+s)
		}
		order = append(order, sort{field: f, down: s[0] == '-'})
	}
	return order, nil
}
