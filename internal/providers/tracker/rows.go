package tracker

import (
	"io"
	"strconv"

	"reportsync/internal/export"
)

// between joins what stands in a list.
const between = "; "

// issueRows are issues as rows.
type issueRows struct {
	body    []byte
	finder  *finder // which has found them in the body
	items   []int   // their numbers
	first   int     // the place of the first column
	columns []column
	cells   [][]byte
	names   []export.Column
}

// Next implements [export.Rows].
func (r *issueRows) Next() ([][]byte, error) {
	if len(r.items) == 0 {
		return nil, io.EOF
	}
	item := r.finder.found(r.items[0])[r.first:]
	r.items = r.items[1:]
	if r.cells == nil {
		r.cells = make([][]byte, len(r.columns))
	}
	for i, at := range item {
		r.cells[i] = r.cells[i][:0]
		if at.end > 0 {
			r.cells[i] = flat(r.cells[i], at.of(r.body), r.columns[i].part)
		}
	}
	return r.cells, nil
}

// Columns implements [export.Rows].
func (r *issueRows) Columns() []export.Column {
	if r.names == nil {
		titles := make([]string, len(r.columns))
		for i, c := range r.columns {
			titles[i] = c.name
		}
		r.names = export.UniqueColumns(titles)
	}
	return r.names
}

// flat appends a value as one text: of an object the part that was asked for or what
// people see of it, of a list all that is in it.
func flat(dst, val []byte, part string) []byte {
	switch val[0] {
	case '{':
		return flatObject(dst, val, part)
	case '[':
		first := true
		elements(val, func(v []byte) {
			if !first {
				dst = append(dst, between...)
			}
			first = false
			dst = flat(dst, v, part)
		})
		return dst
	}
	return appendText(dst, val)
}

func flatObject(dst, val []byte, part string) []byte {
	var display, key, id, primary, secondary []byte
	members(val, func(name, v []byte) {
		switch string(name) {
		case "display":
			display = v
		case "key":
			key = v
		case "id":
			id = v
		case "primary":
			primary = v
		case "secondary":
			secondary = v
		}
	})
	switch part {
	case "id":
		display, key = nil, nil
	case "key":
		display, id = nil, nil
	}
	for _, v := range [][]byte{display, key, id} {
		if v != nil {
			return flat(dst, v, "")
		}
	}
	if primary == nil {
		if part == "" {
			return append(dst, val...) // nobody knows what to show of it
		}
		return dst
	}
	// The projects of an issue: one that is its own, and others.
	dst = flat(dst, primary, part)
	if secondary != nil && secondary[0] == '[' && !nothing(secondary) {
		dst = append(dst, between...)
		dst = flat(dst, secondary, part)
	}
	return dst
}

// historyPage is how many changes are asked for at once.
const historyPage = 50

// historyColumns are those of the changelog.
var historyColumns = export.UniqueColumns([]string{"id", "issue_id", "issue_key", "change_id", "updated", "author", "type", "field", "from", "to"})

// historyRows are the changes of an issue: a row for each field of each change.
type historyRows struct {
	of    issue
	items [][]byte
	ready [][][]byte
}

// Next implements [export.Rows].
func (r *historyRows) Next() ([][]byte, error) {
	for len(r.ready) == 0 {
		if len(r.items) == 0 {
			return nil, io.EOF
		}
		item := r.items[0]
		r.items = r.items[1:]
		if item[0] == '{' {
			r.ready = r.change(item)
		}
	}
	row := r.ready[0]
	r.ready = r.ready[1:]
	return row, nil
}

// change makes the rows of a change. One that names no field is a row as well.
func (r *historyRows) change(item []byte) [][][]byte {
	var id, at, by, kind, fields []byte
	members(item, func(name, v []byte) {
		switch string(name) {
		case "id":
			id = flat(nil, v, "")
		case "updatedAt":
			at = flat(nil, v, "")
		case "updatedBy":
			by = flat(nil, v, "")
		case "type":
			kind = flat(nil, v, "")
		case "fields":
			fields = v
		}
	})
	var out [][][]byte
	add := func(field, from, to []byte) {
		own := append(append(append([]byte{}, id...), '.'), strconv.Itoa(len(out)+1)...)
		out = append(out, [][]byte{own, []byte(r.of.id), []byte(r.of.key), id, at, by, kind, field, from, to})
	}
	if fields != nil && fields[0] == '[' {
		elements(fields, func(v []byte) {
			if v[0] != '{' {
				return
			}
			var field, from, to []byte
			members(v, func(name, val []byte) {
				switch string(name) {
				case "field":
					field = flat(nil, val, "id")
				case "from":
					from = flat(nil, val, "")
				case "to":
					to = flat(nil, val, "")
				}
			})
			add(field, from, to)
		})
	}
	if len(out) == 0 {
		add(nil, nil, nil)
	}
	return out
}

// Columns implements [export.Rows].
func (r *historyRows) Columns() []export.Column { return historyColumns }
