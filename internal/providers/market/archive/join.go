package archive

import (
	"io"

	"reportsync/internal/export"
)

// Joiner puts the rows of several files under the columns of one sheet: columns are
// matched by name, because nobody promises that they come in the same order each time.
type Joiner struct {
	cols  export.ColumnSet
	index map[string]int
}

// Join returns a decoder whose columns begin with those of the sheets before it.
func (j *Joiner) Join(decode func(io.Reader) export.Rows) func(io.Reader) export.Rows {
	return func(r io.Reader) export.Rows { return &joined{j: j, rows: decode(r)} }
}

type joined struct {
	j     *Joiner
	rows  export.Rows
	place []int // of the rows' own columns
	cells [][]byte
}

// Columns implements [export.Rows].
func (r *joined) Columns() []export.Column {
	r.learn()
	return r.j.cols.Columns()
}

func (r *joined) learn() {
	for _, c := range r.rows.Columns()[len(r.place):] {
		i, ok := r.j.index[c.Name]
		if !ok {
			if r.j.index == nil {
				r.j.index = map[string]int{}
			}
			i = r.j.cols.Add(c.Title)
			r.j.index[c.Name] = i
		}
		r.place = append(r.place, i)
	}
}

// Next implements [export.Rows].
func (r *joined) Next() ([][]byte, error) {
	cells, err := r.rows.Next()
	if err != nil {
		return nil, err
	}
	r.learn()
	if len(r.cells) < r.j.cols.Len() {
		r.cells = make([][]byte, r.j.cols.Len())
	}
	clear(r.cells)
	for i, c := range cells {
		r.cells[r.place[i]] = c
	}
	return r.cells, nil
}
