package planfix

import (
	"bytes"

	"reportsync/internal/providers/jsonscan"
)

// template is how the rows of a chunk are written between their values. A service
// writes all rows alike; where the bytes between two texts are those that were
// there before, they mean what they meant before, and the next text begins right
// behind them. Whatever is written differently is parsed in full, so the template
// decides about speed only.
type template struct {
	ready      bool
	typ, depth []byte // what head and tail say
	head       []byte // from a row's start to its first item
	open       []byte // from an item's start to its text
	toLink     []byte // from a text's end to its link; empty if items have none
	fromLink   []byte // from the link's end to the item's end
	rest       []byte // from a text's end to the item's end, the link being empty
	gap        []byte // from an item's end to the next item
	tail       []byte // from the last item's end to the row's end

	between, last []byte // rest + gap + open, rest + tail
	lessons       int
}

// maxLessons bounds how often a template is made: rows that all differ would cost
// more than they save.
const maxLessons = 64

// skeleton is where the parts of a row are that was parsed in full.
type skeleton struct {
	start, end int
	items      int
	from       int // the first item's start
	gapStart   int
	gapEnd     int
	itemsEnd   int
	sample     item // one whose text is a string
	sampled    bool
}

func (k *skeleton) add(it *item) {
	switch k.items {
	case 0:
		k.from, k.gapStart = it.start, it.end
	case 1:
		k.gapEnd = it.start
	}
	k.items++
	k.itemsEnd = it.end
	// A link before the text would be taken for a part of what is always the same.
	if !k.sampled && it.text.Quoted && it.text.Start > it.start && (it.link.End == 0 || it.link.Quoted && it.link.Start > it.text.End) {
		k.sample, k.sampled = *it, true
	}
}

// learn makes a template of a row, if the row is of use for that. Else the
// template stays what it was: its bytes mean what they meant.
func (t *template) learn(b []byte, k *skeleton) bool {
	if !k.sampled || t.lessons >= maxLessons {
		return false
	}
	t.lessons++
	it := &k.sample
	t.head = append(t.head[:0], b[k.start:k.from]...)
	t.open = append(t.open[:0], b[it.start:it.text.Start]...)
	t.toLink, t.fromLink = t.toLink[:0], t.fromLink[:0]
	if it.link.Quoted {
		t.toLink = append(t.toLink, b[it.text.End:it.link.Start]...)
		t.fromLink = append(t.fromLink, b[it.link.End:it.end]...)
		t.rest = concat(t.rest[:0], t.toLink, t.fromLink)
	} else {
		t.rest = append(t.rest[:0], b[it.text.End:it.end]...)
	}
	t.gap = append(t.gap[:0], ',')
	if k.items > 1 {
		t.gap = append(t.gap[:0], b[k.gapStart:k.gapEnd]...)
	}
	t.tail = append(t.tail[:0], b[k.itemsEnd:k.end]...)
	t.between = concat(t.between[:0], t.rest, t.gap, t.open)
	t.last = concat(t.last[:0], t.rest, t.tail)
	t.ready = true
	return true
}

func concat(dst []byte, parts ...[]byte) []byte {
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

// parseLike reads a row that is written like the one before. It reports false if
// it is not, or if the bytes end inside it.
func (r *row) parseLike(b []byte, i int, t *template) (next int, ok bool) {
	if !t.ready || !bytes.HasPrefix(b[i:], t.head) {
		return i, false
	}
	r.clear()
	at := i + len(t.head) // an item's start
	for {
		if bytes.HasPrefix(b[at:], t.open) {
			next, state := r.itemsLike(b, at+len(t.open), t)
			switch state {
			case likeRow:
				return next, true
			case likeNothing:
				return i, false
			case likeItem:
				at = next
			case likeStart:
				at = next - len(t.open)
				if at, ok = r.itemAny(b, at); !ok {
					return i, false
				}
			}
		} else if at, ok = r.itemAny(b, at); !ok {
			return i, false
		}
		// Behind an item: the next one, or the end of the row.
		switch {
		case bytes.HasPrefix(b[at:], t.gap):
			at += len(t.gap)
		case bytes.HasPrefix(b[at:], t.tail):
			return at + len(t.tail), true
		default:
			return i, false
		}
	}
}

// itemAny reads an item that is written in some other way.
func (r *row) itemAny(b []byte, at int) (next int, ok bool) {
	if at >= len(b) {
		return at, false
	}
	it, next, err := parseItem(b, at)
	if err != nil {
		return at, false
	}
	r.addCell(b, it.text)
	r.addLink(b, it.link)
	return next, true
}

// likeness is how far items are written like the template.
type likeness uint8

const (
	likeNothing likeness = iota // broken off or broken
	likeStart                   // the item whose text begins at next is not
	likeItem                    // up to the end of an item at next
	likeRow                     // up to the end of the row at next
)

// itemsLike reads items from the text at i on, as long as they are alike.
func (r *row) itemsLike(b []byte, at int, t *template) (next int, _ likeness) {
	cells := r.cells
	defer func() { r.cells = cells }()
	for {
		end, escaped, err := jsonscan.StringEnd(b, at)
		if err != nil {
			return at, likeNothing
		}
		if escaped {
			r.escaped = append(r.escaped, len(cells))
		}
		cells = append(cells, b[at:end:end])
		rest := b[end:]
		switch {
		case bytes.HasPrefix(rest, t.between):
			r.addLink(b, jsonscan.Text{})
			at = end + len(t.between)
			continue
		case bytes.HasPrefix(rest, t.last):
			r.addLink(b, jsonscan.Text{})
			return end + len(t.last), likeRow
		case bytes.HasPrefix(rest, t.rest):
			r.addLink(b, jsonscan.Text{})
			return end + len(t.rest), likeItem
		case len(t.toLink) > 0 && bytes.HasPrefix(rest, t.toLink):
			link := jsonscan.Text{Start: end + len(t.toLink)}
			if link.End, link.Escaped, err = jsonscan.StringEnd(b, link.Start); err != nil {
				return at, likeNothing
			}
			if bytes.HasPrefix(b[link.End:], t.fromLink) {
				r.addLink(b, link)
				return link.End + len(t.fromLink), likeItem
			}
		}
		cells = cells[:len(cells)-1]
		if escaped {
			r.escaped = r.escaped[:len(r.escaped)-1]
		}
		return at, likeStart
	}
}
