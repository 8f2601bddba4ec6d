package planfixxml

import (
	"fmt"
	"strconv"
)

// pageSize is how many items a page has; the service gives no more.
const pageSize = 100

// maxAgain is how often an answer that cannot be right is asked for again.
const maxAgain = 3

// walk goes through a list. What it asks for depends on the answers alone.
type walk interface {
	// next returns what to ask for now, besides the method's own parameters; false
	// at the end.
	next() (ask, bool)
	// take learns from the answer and returns the items that are new. Again means
	// that the answer cannot be right, and that the same is to be asked once more.
	take(p *page) (items []*node, again bool, err error)
}

// ask is one request of a walk.
type ask struct {
	what   string // for messages: page 3
	params []element
}

// newWalk returns the walk through a method's list.
func newWalk(m *Method) walk {
	switch m.Style {
	case Once:
		return &onceWalk{}
	case Tree:
		return &treeWalk{method: m, places: []place{{page: 1}}, known: keys{}}
	}
	return &pageWalk{method: m, page: 1, known: keys{}, first: map[string]int{}}
}

// keys are those of the items that were taken. Most are numbers.
type keys map[string]struct{}

// add reports whether the item is a new one. Items without a key always are.
func (k keys) add(key string) bool {
	if key == "" {
		return true
	}
	if _, ok := k[key]; ok {
		return false
	}
	k[key] = struct{}{}
	return true
}

// fresh returns the items that were not there before.
func (k keys) fresh(items []*node, key string) []*node {
	out := items[:0:0]
	for _, n := range items {
		if k.add(n.child(key).value()) {
			out = append(out, n)
		}
	}
	return out
}

// again counts answers that cannot be right.
type again struct{ n int }

func (a *again) once(what string, have, total int) (bool, error) {
	if a.n++; a.n > maxAgain {
		return false, fmt.Errorf("%s has %d items and the list should have %d, also after asking %d times; nothing was kept. Try again later", what, have, total, a.n)
	}
	return true, nil
}

// onceWalk is a single answer.
type onceWalk struct {
	done  bool
	again again
}

func (w *onceWalk) next() (ask, bool) { return ask{what: "the list"}, !w.done }

func (w *onceWalk) take(p *page) ([]*node, bool, error) {
	if len(p.items) < p.total {
		more, err := w.again.once("the answer", len(p.items), p.total)
		return nil, more, err
	}
	w.done = true
	return p.items, false, nil
}

// pageWalk goes from page to page. A list that changes meanwhile shifts: items that
// are deleted pull later ones onto pages that were read already, and new ones come at
// the end.
type pageWalk struct {
	method *Method
	page   int // asked for now
	last   int // the last page asked for in order
	total  int
	taken  int // items
	known  keys
	first  map[string]int // of each page's first item, the page
	back   []int          // pages to be read again
	missed int            // how often the end came with items missing
	again  again
	done   bool
}

func (w *pageWalk) next() (ask, bool) {
	if w.done {
		return ask{}, false
	}
	return pageAsk(w.page), true
}

func pageAsk(n int, more ...element) ask {
	return ask{what: "page " + strconv.Itoa(n), params: append(more, number("pageCurrent", n), number("pageSize", pageSize))}
}

func (w *pageWalk) take(p *page) ([]*node, bool, error) {
	if p.total < 0 {
		return w.uncounted(p)
	}
	before := (w.page - 1) * pageSize
	if len(p.items) == 0 && before < p.total {
		more, err := w.again.once("page "+strconv.Itoa(w.page), 0, p.total)
		return nil, more, err
	}
	w.again = again{}
	fresh := w.known.fresh(p.items, w.method.Key)
	w.taken += len(fresh)
	if gone := w.total - p.total; gone > 0 && w.last > 0 {
		for n := max(1, w.page-(gone+pageSize-1)/pageSize); n < w.page; n++ {
			w.back = append(w.back, n)
		}
	}
	w.total, w.last = p.total, max(w.last, w.page)
	return fresh, false, w.advance()
}

// advance finds the next page of a list that says how many items there are.
func (w *pageWalk) advance() error {
	switch {
	case len(w.back) > 0:
		w.page, w.back = w.back[0], w.back[1:]
	case w.last*pageSize < w.total:
		w.page = w.last + 1
	case w.taken >= w.total:
		w.done = true
	case w.missed == 0: // what is new came to the end
		w.missed++
		w.page = w.last
	case w.missed == 1: // something was pushed from a page not read yet to one that was
		w.missed++
		for n := range w.last {
			w.back = append(w.back, n+1)
		}
		return w.advance()
	default:
		return fmt.Errorf("%d items arrived and the list has %d, also after reading it twice; nothing was kept. Try again when the list changes less", w.taken, w.total)
	}
	return nil
}

// uncounted takes a page of a list that does not say how many items there are: it
// ends with a page that is not full.
func (w *pageWalk) uncounted(p *page) ([]*node, bool, error) {
	if len(p.items) > 0 {
		key := p.items[0].child(w.method.Key).value()
		if n, again := w.first[key]; again && key != "" {
			return nil, false, fmt.Errorf("page %d begins with the same item as page %d (%s %s): the service does not turn pages; nothing was kept", w.page, n, w.method.Key, key)
		}
		w.first[key] = w.page
	}
	w.done = len(p.items) < pageSize
	w.page++
	return w.known.fresh(p.items, w.method.Key), false, nil
}

// treeWalk goes through a tree level by level. Records that are groups have others
// below them.
type treeWalk struct {
	method *Method
	places []place // still to be asked for
	known  keys
}

// place is a page of the records below one of them, "" for the top.
type place struct {
	parent string
	page   int
	first  string // of the page before
}

func (w *treeWalk) next() (ask, bool) {
	if len(w.places) == 0 {
		return ask{}, false
	}
	at := w.places[0]
	if at.parent == "" {
		return pageAsk(at.page), true
	}
	a := pageAsk(at.page, leaf("parentKey", at.parent))
	a.what += " of the records below " + at.parent
	return a, true
}

func (w *treeWalk) take(p *page) ([]*node, bool, error) {
	at := w.places[0]
	w.places = w.places[1:]
	if len(p.items) > 0 {
		first := p.items[0].child(w.method.Key).value()
		if first == at.first && first != "" {
			return nil, false, fmt.Errorf("page %d of the records below %q begins with the same record as the one before (%s): the service does not turn pages; nothing was kept", at.page, at.parent, first)
		}
		if len(p.items) >= pageSize {
			w.places = append([]place{{parent: at.parent, page: at.page + 1, first: first}}, w.places...)
		}
	}
	fresh := w.known.fresh(p.items, w.method.Key)
	for _, n := range fresh {
		if yes(n.child("isGroup").value()) {
			w.places = append(w.places, place{parent: n.child(w.method.Key).value(), page: 1})
		}
	}
	return fresh, false, nil
}

// yes reads a boolean, which has two spellings.
func yes(text string) bool { return text == "1" || text == "true" }
