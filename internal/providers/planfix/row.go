package planfix

import (
	"bytes"
	"unicode/utf8"

	"reportsync/internal/providers/jsonscan"
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

// parse reads the row at i. On ErrShort the row must be parsed again from the
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
	r.typ, r.depth = typ.Of(b), depth.Of(b)
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
		r.cells[c] = jsonscan.Unescape(r.cells[c])
	}
	for _, c := range r.escapedLinks {
		r.links[c] = jsonscan.Unescape(r.links[c])
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

func (r *row) addCell(b []byte, t jsonscan.Text) {
	if t.Escaped {
		r.escaped = append(r.escaped, len(r.cells))
	}
	r.cells = append(r.cells, b[t.Start:t.End:t.End])
}

func (r *row) addLink(b []byte, t jsonscan.Text) {
	if !r.wantLinks {
		return
	}
	if t.Escaped {
		r.escapedLinks = append(r.escapedLinks, len(r.links))
	}
	r.links = append(r.links, b[t.Start:t.End:t.End])
}

// parseAny reads a row however it is written.
func (r *row) parseAny(b []byte, i int) (next int, typ, depth jsonscan.Text, err error) {
	r.clear()
	r.seen = skeleton{start: i}
	if i >= len(b) {
		return i, typ, depth, jsonscan.ErrShort
	}
	if b[i] != '{' {
		return i, typ, depth, jsonscan.ErrSyntax
	}
	items := false
	next, err = members(b, i, func(name string, i int) (int, error) {
		var err error
		switch {
		case name == "type":
			typ, i, err = jsonscan.Value(b, i)
		case name == "depth":
			depth, i, err = jsonscan.Value(b, i)
		case name == "items" && b[i] == '[':
			if items {
				return i, jsonscan.ErrSyntax
			}
			items = true
			i, err = r.parseItems(b, i)
		default:
			i, err = jsonscan.SkipValue(b, i, 0)
		}
		return i, err
	})
	r.seen.end = next
	return next, typ, depth, err
}

// members calls f for each member of the object at i with the key's meaning and
// where the value begins; f returns where it ends.
func members(b []byte, i int, f func(name string, i int) (int, error)) (int, error) {
	return jsonscan.Members(b, i, func(key []byte, escaped bool, i int) (int, error) { return f(keyName(key, escaped), i) })
}

// parseItems reads the array of cells at i.
func (r *row) parseItems(b []byte, i int) (int, error) {
	return jsonscan.Elements(b, i, func(i int) (int, error) {
		it, next, err := parseItem(b, i)
		if err != nil {
			return next, err
		}
		r.add(b, &it)
		r.seen.add(&it)
		return next, nil
	})
}

func (r *row) add(b []byte, it *item) {
	r.addCell(b, it.text)
	r.addLink(b, it.link)
	r.hidden = append(r.hidden, it.hidden)
}

// item is one cell as written.
type item struct {
	start, end int
	text, link jsonscan.Text
	hidden     bool
}

// parseItem reads the cell at i: an object with text, link and hidden; anything
// else counts as the text itself.
func parseItem(b []byte, i int) (it item, next int, err error) {
	it.start = i
	if b[i] != '{' {
		it.text, next, err = jsonscan.Value(b, i)
		it.end = next
		return it, next, err
	}
	next, err = members(b, i, func(name string, i int) (int, error) {
		var err error
		switch name {
		case "text":
			it.text, i, err = jsonscan.Value(b, i)
		case "link":
			it.link, i, err = jsonscan.Value(b, i)
		case "hidden":
			var t jsonscan.Text
			if t, i, err = jsonscan.Value(b, i); err == nil {
				it.hidden = bytes.Equal(b[t.Start:t.End], []byte("true"))
			}
		default:
			i, err = jsonscan.SkipValue(b, i, 0)
		}
		return i, err
	})
	it.end = next
	return it, next, err
}
