package tracker

import (
	"net/url"
	"slices"
)

const (
	// window is how many rows of a result pages can reach; the totals that are told
	// end there, too.
	window  = 10_000
	maxPage = 1000
)

// teller returns what writes issues for a request.
func (s *Service) teller(in *request, snap *snapshot) *teller {
	return &teller{world: s.world, snapshot: snap, lang: in.lang, version: in.version, names: in.names("fields"), expand: in.names("expand")}
}

// link is an address for the Link header. It has no scheme.
func link(path string, in *request, query ...string) string {
	v := url.Values{}
	for i := 0; i < len(query); i += 2 {
		v.Set(query[i], query[i+1])
	}
	return "<api.tracker.yandex.net/v" + itoa(in.version) + "/" + path + "?" + v.Encode() + `>; rel="next"`
}

// count answers /issues/_count: a bare number.
func (s *Service) count(in *request) (reply, error) {
	sel, ref := in.selection()
	if ref != nil {
		return reply{}, ref
	}
	if sel.Kind != byFilter && sel.Kind != byQuery || len(sel.Order) > 0 {
		return reply{}, bad(sel.Kind, "Считать можно по filter или query", "Only filter and query can be counted")
	}
	list, ref := s.matching(sel, s.world.at(s.world.events(in.now)), in.now, in.token.user)
	if ref != nil {
		return reply{}, ref
	}
	return ok(len(list)), nil
}

// search answers /issues/_search in pages. They are made anew with every request.
func (s *Service) search(in *request) (reply, error) {
	sel, ref := in.selection()
	if ref != nil {
		return reply{}, ref
	}
	for _, name := range []string{"perScroll", "scrollTTLMillis", "scrollToken"} {
		if in.query.Has(name) {
			return reply{}, bad(name, "Параметр относится к прокрутке", "The parameter belongs to scrolling")
		}
	}
	size, ref := in.number("perPage", 50, 1, maxPage)
	if ref != nil {
		return reply{}, ref
	}
	snap := s.world.at(s.world.events(in.now))
	list, ref := s.matching(sel, snap, in.now, in.token.user)
	if ref != nil {
		return reply{}, ref
	}
	if sel.Kind == byQueue {
		return s.relative(in, sel.Queue, snap, list, size)
	}
	if in.query.Has("id") {
		return reply{}, bad("id", "Параметр допустим только вместе с queue", "The parameter goes with queue only")
	}
	page, ref := in.number("page", 1, 1, 1<<31-1)
	if ref != nil {
		return reply{}, ref
	}
	if page > window/size {
		return reply{}, bad("page", "Нельзя получить больше "+itoa(window)+" результатов, используйте прокрутку", "No more than "+itoa(window)+" results can be had, use scrolling")
	}
	first := (page - 1) * size
	switch {
	case page > 1 && in.call.Fault == faultShift:
		first--
	case page > 1 && in.call.Fault == faultSkip:
		first++
	}
	total := min(len(list), window)
	pages := (total + size - 1) / size
	a := ok(s.rows(in, snap, list[min(first, len(list)):min(first+size, len(list))]))
	a.set("X-Total-Count", itoa(total))
	a.set("X-Total-Pages", itoa(pages))
	if page < pages && page < window/size {
		a.set("Link", link("issues/_search", in, "perPage", itoa(size), "page", itoa(page+1)))
	}
	return a, nil
}

func (s *Service) rows(in *request, snap *snapshot, list []*issue) []object {
	t := s.teller(in, snap)
	rows := make([]object, len(list))
	for n, i := range list {
		rows[n] = t.issue(i)
	}
	return rows
}

// relative answers the search in a queue: what comes after an issue.
func (s *Service) relative(in *request, queue string, snap *snapshot, list []*issue, size int) (reply, error) {
	if in.query.Has("page") {
		return reply{}, bad("page", "Параметр недопустим вместе с queue", "The parameter does not go with queue")
	}
	first := 0
	if in.query.Has("id") {
		// The issue may have been moved or deleted since; its place is known.
		i := slices.IndexFunc(snap.issues, func(i *issue) bool { return s.world.id(i) == in.query.Get("id") })
		num := 0
		if i >= 0 {
			num = snap.issues[i].numberIn(queue)
		}
		if num == 0 {
			return reply{}, bad("id", "Задачи нет в очереди", "There is no such issue in the queue")
		}
		for first < len(list) && list[first].num <= num {
			first++
		}
	}
	last := min(first+size, len(list))
	a := ok(s.rows(in, snap, list[first:last]))
	a.set("X-Total-Count", itoa(len(list)))
	if last < len(list) {
		a.set("Link", link("issues/_search", in, "id", s.world.id(list[last-1]), "perPage", itoa(size)))
	}
	return a, nil
}

// numberIn is the number that the issue has, or had, in a queue; 0 for none.
func (i *issue) numberIn(key string) int {
	for _, a := range append([]address{i.address()}, i.olds...) {
		if queues[a.queue].key == key {
			return a.num
		}
	}
	return 0
}
