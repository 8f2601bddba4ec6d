package tracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	scrollSize    = 100
	maxScrollSize = 1000
	scrollTTL     = 60_000
	maxScrollTTL  = 3_600_000
)

// results are the rows of open scrolls that this process has found already.
type results struct {
	mu   sync.Mutex
	rows map[int][]*issue
}

// scroll answers /issues/_search page by page. The place is kept here and moves
// with every request, whether its answer arrives or not.
func (s *Service) scroll(in *request) (reply, error) {
	sel, ref := in.selection()
	if ref != nil {
		return reply{}, ref
	}
	if sel.Kind == byQueue || sel.Kind == byKeys || sel.Kind == bySaved && s.opt.is(swScrollID, off) {
		return reply{}, bad(sel.Kind, "Прокрутка недопустима вместе с "+sel.Kind, "Scrolling does not go with "+sel.Kind)
	}
	for _, name := range []string{"page", "perPage", "id"} {
		if in.query.Has(name) {
			return reply{}, bad(name, "Параметр недопустим при прокрутке", "The parameter does not go with scrolling")
		}
	}
	ttl, ref := in.number("scrollTTLMillis", scrollTTL, 1, maxScrollTTL)
	if ref != nil {
		return reply{}, ref
	}
	var p page
	err := s.memory.Update(func(m *memory) error {
		m.Scrolls = slices.DeleteFunc(m.Scrolls, func(sc scroll) bool { return !in.now.Before(sc.Expires) })
		var i int
		if i, ref = s.position(in, m, sel, ttl); ref != nil {
			return nil // a refusal is no reason to forget what was changed
		}
		sc := &m.Scrolls[i]
		if in.query.Has("scrollTTLMillis") {
			sc.TTL = ttl
		}
		var rows []*issue
		if rows, ref = s.found.of(s, sc); ref == nil {
			p = sc.turn(in.now, rows)
		}
		if p.last || ref != nil {
			s.found.forget(sc.N)
			m.Scrolls = slices.Delete(m.Scrolls, i, i+1)
		}
		return nil
	})
	switch {
	case err != nil:
		return reply{}, err
	case ref != nil:
		return reply{}, ref
	}
	a := ok(s.rows(in, s.world.at(p.events), p.rows))
	a.set("X-Total-Count", itoa(p.total))
	if !p.last {
		a.set("X-Scroll-Id", p.id)
		a.set("X-Scroll-Token", p.token)
		a.set("Link", link("issues/_search", in, "scrollId", p.id, "scrollToken", p.token))
	}
	return a, nil
}

// position finds the scroll that a request goes on with, or opens one.
func (s *Service) position(in *request, m *memory, sel *selection, ttl int) (int, *refusal) {
	if in.query.Has("scrollId") {
		for _, name := range []string{"scrollType", "perScroll"} {
			if in.query.Has(name) {
				return 0, bad(name, "Параметр допустим только в первом запросе", "The parameter goes with the first request only")
			}
		}
		base, _, _ := strings.Cut(in.query.Get("scrollId"), "/")
		i := slices.IndexFunc(m.Scrolls, func(sc scroll) bool { return sc.ID == base })
		switch {
		case i < 0 || in.call.Fault == faultExpired || m.Scrolls[i].User != in.token.user:
			return 0, errScroll
		case !same(m.Scrolls[i].Selection, sel):
			return 0, bad("scrollId", "Тело запроса отличается от первого", "The body differs from that of the first request")
		}
		return i, nil
	}
	kind := in.query.Get("scrollType")
	if kind != "sorted" && kind != "unsorted" {
		return 0, bad("scrollType", "Допустимы sorted и unsorted", "sorted and unsorted are allowed")
	}
	size, ref := in.number("perScroll", scrollSize, 1, maxScrollSize)
	if ref != nil {
		return 0, ref
	}
	m.Opened++
	m.Scrolls = append(m.Scrolls, scroll{
		N: m.Opened, ID: fmt.Sprintf("cXVlcnlUaGVu+%016x", newDice(s.world.seed, forID, -m.Opened).Next()), Selection: sel, Sorted: kind == "sorted",
		Events: s.world.events(in.now), At: in.now, User: in.token.user, Size: size, TTL: ttl,
	})
	return len(m.Scrolls) - 1, nil
}

// same reports whether two selections are the same.
func same(a, b *selection) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// page is one page of a scroll.
type page struct {
	rows      []*issue
	events    int
	total     int
	id, token string // to go on with
	last      bool
}

// turn moves the place by a page and returns what it passed. Some pages have a row
// less than was asked for, with more to come. The last page of every other scroll
// is an empty one, of the others the one with the last row.
func (sc *scroll) turn(now time.Time, rows []*issue) page {
	length := sc.Size
	if sc.Pages%3 == 1 && length > 1 {
		length--
	}
	end := min(sc.Position+length, len(rows))
	p := page{rows: rows[sc.Position:end], events: sc.Events, total: len(rows), token: fmt.Sprintf("%016x", sc.N)}
	if sc.N%2 == 1 {
		p.last = end == len(rows)
	} else {
		p.last = len(p.rows) == 0
	}
	sc.Pages++
	sc.Position = end
	sc.Expires = now.Add(time.Duration(sc.TTL) * time.Millisecond)
	p.id = sc.ID + "/=="
	if sc.N%4 > 1 { // of some scrolls the id is another one each time
		p.id = sc.ID + "/" + itoa(sc.Pages) + "=="
	}
	return p
}

// of are all rows of a scroll.
func (r *results) of(s *Service, sc *scroll) ([]*issue, *refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rows, found := r.rows[sc.N]; found {
		return rows, nil
	}
	rows, ref := s.matching(sc.Selection, s.world.at(sc.Events), sc.At, sc.User)
	if ref != nil {
		return nil, ref
	}
	if !sc.Sorted {
		rows = shuffle(rows)
	}
	if r.rows == nil || len(r.rows) > 20 { // those that expired are not missed
		r.rows = map[int][]*issue{}
	}
	r.rows[sc.N] = rows
	return rows, nil
}

func (r *results) forget(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.rows, n)
}

// shuffle returns the issues in no useful order.
func shuffle(list []*issue) []*issue {
	out := make([]*issue, 0, len(list))
	for _, odd := range []int{1, 0} {
		for n := odd; n < len(list); n += 2 {
			out = append(out, list[n])
		}
	}
	return out
}

// clear answers /system/search/scroll/_clear: ids of scrolls with their tokens.
func (s *Service) clear(in *request) (reply, error) {
	for id := range in.body {
		var token string
		if _, ref := decode(in.body, id, &token); ref != nil {
			return reply{}, ref
		}
	}
	err := s.memory.Update(func(m *memory) error {
		m.Scrolls = slices.DeleteFunc(m.Scrolls, func(sc scroll) bool {
			for id := range in.body {
				if base, _, _ := strings.Cut(id, "/"); base == sc.ID {
					s.found.forget(sc.N)
					return true
				}
			}
			return false
		})
		return nil
	})
	return ok(object{}), err
}
