package tracker

import (
	"cmp"
	"strings"
)

// order compares two issues by the keys of an order. What is empty comes last.
func (w *world) order(keys []sort, a, b *issue) int {
	for _, k := range keys {
		ea, eb := w.empty(k.field, a), w.empty(k.field, b)
		switch {
		case ea && eb:
			continue
		case ea:
			return 1
		case eb:
			return -1
		}
		if n := w.compare(k.field, a, b); n != 0 {
			if k.down {
				return -n
			}
			return n
		}
	}
	return 0
}

// compare compares the values of a field that both have.
func (w *world) compare(f *field, a, b *issue) int {
	switch {
	case f.key == "key":
		return cmp.Or(cmp.Compare(queues[a.queue].key, queues[b.queue].key), cmp.Compare(a.num, b.num))
	case f.kind == kindText:
		return cmp.Compare(strings.ToLower(f.text(w, a)), strings.ToLower(f.text(w, b)))
	case f.kind == kindTexts:
		return cmp.Compare(f.texts(a)[0], f.texts(b)[0])
	case f.kind == kindNumber:
		x, _ := f.number(a)
		y, _ := f.number(b)
		return cmp.Compare(x, y)
	case f.kind == kindMoment:
		return cmp.Compare(f.moment(a), f.moment(b))
	case f.kind == kindDay || f.kind == kindSpan:
		return cmp.Compare(f.whole(a), f.whole(b))
	case f.kind == kindFlag:
		return 0
	}
	return cmp.Compare(f.places(a)[0], f.places(b)[0])
}
