package planfix

import (
	"bytes"
	"fmt"
	"slices"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// options are the arguments that shape the files.
type options struct {
	all    bool // every row, with row_type and depth
	links  bool
	hidden bool // keep hidden columns
}

func optionsOf(args schema.Values) options {
	return options{
		all: args.String("rows") == rowsAll, links: args.Bool("include_links"),
		hidden: !args.Has("include_hidden") || args.Bool("include_hidden"),
	}
}

// table turns the rows of a version's chunks into records of one layout: the
// report's columns, then row_type and depth, then links. Columns that appear only
// in later rows come behind all of these.
//
// It lives as long as the version is read: the header of the first chunk holds for
// all of them.
type table struct {
	opt     options
	columns export.ColumnSet
	known   bool     // the layout is fixed
	header  [][]byte // nil if there is none
	// place is where a cell goes, -1 to leave it out; linkPlace the same for links.
	place, linkPlace []int
	// straight says that cells are in their places as they come.
	straight bool
	typeAt   int // row_type, followed by depth; -1 without
	out      [][]byte

	odd oddities
}

// oddities is what was odd about the rows so far.
type oddities struct {
	noHeader, otherHeader, grouped bool
	extra                          int
	leftOut                        int64
	leftOutType                    string
	mended                         int64
}

func newTable(o options) *table { return &table{opt: o, typeAt: -1} }

// clone returns a copy that goes its own way: what a chunk adds is forgotten when
// the chunk is read again.
func (t *table) clone() *table {
	c := *t
	c.columns = export.ColumnSet{}
	for _, col := range t.columns.Columns() {
		c.columns.Add(col.Title)
	}
	c.place, c.linkPlace = slices.Clone(t.place), slices.Clone(t.linkPlace)
	c.out = nil
	return &c
}

var (
	typeNormal = []byte("Normal")
	typeHeader = []byte("Header")
	depthZero  = []byte("0")
)

// record turns a row into a record; ok is false for rows that are none.
func (t *table) record(r *row) (cells [][]byte, ok bool) {
	if r.invalid {
		t.odd.mended += r.mend()
	}
	switch {
	case bytes.Equal(r.typ, typeNormal):
		if len(r.depth) > 0 && !bytes.Equal(r.depth, depthZero) {
			t.odd.grouped = true
		}
	case bytes.Equal(r.typ, typeHeader):
		if !t.known && bytes.Equal(r.depth, depthZero) {
			t.setHeader(r)
			return nil, false
		}
		if t.header != nil && slices.EqualFunc(t.header, r.cells, bytes.Equal) {
			return nil, false
		}
		t.odd.otherHeader = true
	case !t.opt.all:
		if t.odd.leftOut == 0 {
			t.odd.leftOutType = string(r.typ)
		}
		t.odd.leftOut++
		return nil, false
	}
	if !t.known {
		t.odd.noHeader = true
		t.layOut(make([]string, len(r.cells)), nil)
	}
	if len(r.cells) > len(t.place) {
		t.grow(len(r.cells))
	}
	if t.straight {
		return r.cells, true
	}
	return t.arrange(r), true
}

// setHeader takes the columns from the header.
func (t *table) setHeader(r *row) {
	titles := make([]string, len(r.cells))
	t.header = make([][]byte, len(r.cells))
	for i, c := range r.cells {
		titles[i], t.header[i] = string(c), bytes.Clone(c)
	}
	t.layOut(titles, r.hidden)
}

// layOut fixes the places of the columns.
func (t *table) layOut(titles []string, hidden []bool) {
	t.known = true
	t.straight = !t.opt.all && !t.opt.links
	for i, title := range titles {
		if !t.opt.hidden && i < len(hidden) && hidden[i] {
			t.place = append(t.place, -1)
			t.straight = false
			continue
		}
		t.place = append(t.place, t.columns.Add(title))
	}
	if t.opt.all {
		t.typeAt = t.columns.Add("row_type")
		t.columns.Add("depth")
	}
	if !t.opt.links {
		return
	}
	for i, p := range t.place {
		if p >= 0 {
			p = t.columns.Add(linkTitle(t.columns.Columns()[p].Name, titles[i]))
		}
		t.linkPlace = append(t.linkPlace, p)
	}
}

// linkTitle names the column of a column's links.
func linkTitle(name, title string) string {
	if title == "" {
		title = name
	}
	return title + " (link)"
}

// grow adds columns for cells that have no title.
func (t *table) grow(n int) {
	for len(t.place) < n {
		t.odd.extra++
		p := t.columns.Add("")
		t.place = append(t.place, p)
		if t.opt.links {
			t.linkPlace = append(t.linkPlace, t.columns.Add(linkTitle(t.columns.Columns()[p].Name, "")))
		}
	}
}

// arrange puts cells into their places.
func (t *table) arrange(r *row) [][]byte {
	n := t.columns.Len()
	t.out = slices.Grow(t.out[:0], n)[:n]
	clear(t.out)
	for i, c := range r.cells {
		if p := t.place[i]; p >= 0 {
			t.out[p] = c
		}
	}
	if t.typeAt >= 0 {
		t.out[t.typeAt], t.out[t.typeAt+1] = r.typ, r.depth
	}
	for i, l := range r.links {
		if p := t.linkPlace[i]; p >= 0 {
			t.out[p] = l
		}
	}
	return t.out
}

// warnings says what was odd.
func (t *table) warnings() []string {
	var out []string
	o := &t.odd
	if o.noHeader {
		out = append(out, "the first row is no header; the columns have generated names")
	}
	if o.otherHeader {
		out = append(out, "there is more than one header; the ones that differ from the first are kept as rows")
	}
	if o.extra > 0 {
		out = append(out, fmt.Sprintf("some rows have more cells than the header; %d columns with generated names were added", o.extra))
	}
	if o.mended > 0 {
		out = append(out, fmt.Sprintf("%d cells held bytes that are not UTF-8; each run of them became a replacement character (format = \"raw\" keeps them)", o.mended))
	}
	if o.leftOut > 0 {
		out = append(out, fmt.Sprintf("%d rows are not of the type Normal (the first is %.50q) and were left out; rows = \"all\" keeps them",
			o.leftOut, o.leftOutType))
	}
	if o.grouped && !t.opt.all {
		out = append(out, "the report is grouped: some rows have a depth; ungroup it, or use rows = \"all\" to get row_type and depth")
	}
	return out
}
