package planfix

import (
	"bytes"
	"unicode/utf8"
)

// row is one row of a chunk, in the scanner's buffer.
type row struct {
	typ, depth []byte
	cells      [][]byte
	hidden     []bool   // parallel to cells for a row that was parsed in full, else empty
	links      [][]byte // parallel to cells, if wanted
	wantLinks  bool

	escaped, escapedLinks []int // cells and links whose escapes are not undone yet
	invalid               bool  // there are bytes that are not UTF-8
	seen                  skeleton
}

// parse reads the row at i. On errShort the row must be parsed again from the
// same bytes; they are changed by success only.
func (r *row) parse(b []byte, i int, tpl *template) (int, error) {
	if next, ok := r.parseLike(b, i, tpl); ok {
		r.invalid = !utf8.Valid(b[i:next])
		r.settle()
		r.typ, r.depth = tpl.typ, tpl.depth
		return next, nil
	}
	next, typ, depth, err := r.parseAny(b, i)
	if err != nil {
		return next, err
	}
	learnt := tpl.learn(b, &r.seen)
	r.invalid = !utf8.Valid(b[i:next])
	r.settle()
	r.typ, r.depth = typ.of(b), depth.of(b)
	if learnt {
		tpl.typ, tpl.depth = append(tpl.typ[:0], r.typ...), append(tpl.depth[:0], r.depth...)
	}
	return next, nil
}

func (r *row) clear() {
	r.cells, r.links, r.hidden = r.cells[:0], r.links[:0], r.hidden[:0]
	r.escaped, r.escapedLinks = r.escaped[:0], r.escapedLinks[:0]
}

// settle undoes the escapes, now that the row is whole.
func (r *row) settle() {
	for _, c := range r.escaped {
		r.cells[c] = unescape(r.cells[c])
	}
	for _, c := range r.escapedLinks {
		r.links[c] = unescape(r.links[c])
	}
}

var replacement = []byte("\ufffd")

// mend puts a replacement character where bytes are not UTF-8, and returns in how
// many cells and links there were such. Files of rows are UTF-8 whatever comes;
// raw ones keep every byte.
func (r *row) mend() (n int64) {
	r.typ = bytes.ToValidUTF8(r.typ, replacement)
	for _, list := range [][][]byte{r.cells, r.links} {
		for i, c := range list {
			if !utf8.Valid(c) {
				list[i] = bytes.ToValidUTF8(c, replacement)
				n++
			}
		}
	}
	return n
}

func (r *row) addCell(b []byte, t text) {
	if t.escaped {
		r.escaped = append(r.escaped, len(r.cells))
	}
	r.cells = append(r.cells, b[t.start:t.end:t.end])
}

func (r *row) addLink(b []byte, t text) {
	if !r.wantLinks {
		return
	}
	if t.escaped {
		r.escapedLinks = append(r.escapedLinks, len(r.links))
	}
	r.links = append(r.links, b[t.start:t.end:t.end])
}

// parseAny reads a row however it is written.
func (r *row) parseAny(b []byte, i int) (next int, typ, depth text, err error) {
	r.clear()
	r.seen = skeleton{start: i}
	if i >= len(b) {
		return i, typ, depth, errShort
	}
	if b[i] != '{' {
		return i, typ, depth, errSyntax
	}
	items := false
	next, err = members(b, i, func(name string, i int) (int, error) {
		var err error
		switch {
		case name == "type":
			typ, i, err = value(b, i)
		case name == "depth":
			depth, i, err = value(b, i)
		case name == "items" && b[i] == '[':
			if items {
				return i, errSyntax
			}
			items = true
			i, err = r.parseItems(b, i)
		default:
			i, err = skipValue(b, i, 0)
		}
		return i, err
	})
	r.seen.end = next
	return next, typ, depth, err
}

// members calls f for each member of the object at i with the key's meaning and
// where the value begins; f returns where it ends.
func members(b []byte, i int, f func(name string, i int) (int, error)) (int, error) {
	for first := true; ; first = false {
		i = skipSpace(b, i+1)
		if i >= len(b) {
			return i, errShort
		}
		if first && b[i] == '}' {
			return i + 1, nil
		}
		start, end, escaped, at, err := key(b, i)
		if err != nil {
			return at, err
		}
		if i, err = f(keyName(b[start:end], escaped), at); err != nil {
			return i, err
		}
		i = skipSpace(b, i)
		switch {
		case i >= len(b):
			return i, errShort
		case b[i] == '}':
			return i + 1, nil
		case b[i] != ',':
			return i, errSyntax
		}
	}
}

// parseItems reads the array of cells at i.
func (r *row) parseItems(b []byte, i int) (int, error) {
	for first := true; ; first = false {
		i = skipSpace(b, i+1)
		if i >= len(b) {
			return i, errShort
		}
		if first && b[i] == ']' {
			return i + 1, nil
		}
		it, next, err := parseItem(b, i)
		if err != nil {
			return next, err
		}
		r.add(b, &it)
		r.seen.add(&it)
		i = skipSpace(b, next)
		switch {
		case i >= len(b):
			return i, errShort
		case b[i] == ']':
			return i + 1, nil
		case b[i] != ',':
			return i, errSyntax
		}
	}
}

func (r *row) add(b []byte, it *item) {
	r.addCell(b, it.text)
	r.addLink(b, it.link)
	r.hidden = append(r.hidden, it.hidden)
}

// item is one cell as written.
type item struct {
	start, end int
	text, link text
	hidden     bool
}

// parseItem reads the cell at i: an object with text, link and hidden; anything
// else counts as the text itself.
func parseItem(b []byte, i int) (it item, next int, err error) {
	it.start = i
	if b[i] != '{' {
		it.text, next, err = value(b, i)
		it.end = next
		return it, next, err
	}
	next, err = members(b, i, func(name string, i int) (int, error) {
		var err error
		switch name {
		case "text":
			it.text, i, err = value(b, i)
		case "link":
			it.link, i, err = value(b, i)
		case "hidden":
			var t text
			if t, i, err = value(b, i); err == nil {
				it.hidden = bytes.Equal(b[t.start:t.end], []byte("true"))
			}
		default:
			i, err = skipValue(b, i, 0)
		}
		return i, err
	})
	it.end = next
	return it, next, err
}
