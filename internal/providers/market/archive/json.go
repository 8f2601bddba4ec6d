package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"reportsync/internal/export"
)

// JSON reads a sheet that is an object with an array rows, or such an array: an
// object for each row. Its keys are the columns, in the order in which they first
// come. Numbers stay as they are written, null is empty, objects and arrays stay
// JSON. Of a key that comes twice in a row, the last one counts, as with most readers.
func JSON(r io.Reader) export.Rows {
	g := &guard{r: r}
	return &jsonRows{dec: json.NewDecoder(g), guard: g, index: map[string]int{}}
}

// guard bounds what is read for one row.
type guard struct {
	r    io.Reader
	left int64
}

// Read implements [io.Reader].
func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, bad("a row has more than %d MiB, which no row of a report has", maxRecord>>20)
	}
	n, err := g.r.Read(p)
	g.left -= int64(n)
	return n, err
}

type jsonRows struct {
	dec   *json.Decoder
	guard *guard
	begun bool
	inner bool // the array is a member of an object
	n     int  // rows so far
	err   error

	cols  export.ColumnSet
	index map[string]int
	cells [][]byte
	text  [][]byte // a buffer for each cell
}

// Columns implements [export.Rows].
func (j *jsonRows) Columns() []export.Column { return j.cols.Columns() }

// Next implements [export.Rows].
func (j *jsonRows) Next() ([][]byte, error) {
	if j.err != nil {
		return nil, j.err
	}
	j.guard.left = maxRecord
	if j.err = j.next(); j.err != nil {
		return nil, j.err
	}
	return j.cells, nil
}

func (j *jsonRows) next() error {
	if !j.begun {
		j.begun = true
		if err := j.begin(); err != nil {
			return err
		}
	}
	if !j.dec.More() {
		return j.end()
	}
	var row json.RawMessage
	if err := j.dec.Decode(&row); err != nil {
		return j.wrong(err)
	}
	j.n++
	return j.row(row)
}

// begin finds the array of rows.
func (j *jsonRows) begin() error {
	t, err := j.dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF // an empty sheet
	case err != nil:
		return j.wrong(err)
	case t == json.Delim('['):
		return nil
	case t != json.Delim('{'):
		return bad("the sheet is no list of rows")
	}
	for j.dec.More() {
		key, err := j.dec.Token()
		if err != nil {
			return j.wrong(err)
		}
		if key == "rows" {
			j.inner = true
			if t, err = j.dec.Token(); err != nil {
				return j.wrong(err)
			}
			if t != json.Delim('[') {
				return bad("the sheet's rows are no list")
			}
			return nil
		}
		var skipped json.RawMessage
		if err := j.dec.Decode(&skipped); err != nil {
			return j.wrong(err)
		}
	}
	return bad("the sheet is an object without rows")
}

// end reads to the very end: what comes behind the rows must be whole as well.
func (j *jsonRows) end() error {
	if _, err := j.dec.Token(); err != nil { // the closing bracket
		return j.wrong(err)
	}
	for j.inner && j.dec.More() {
		var value json.RawMessage
		if _, err := j.dec.Token(); err != nil {
			return j.wrong(err)
		}
		if err := j.dec.Decode(&value); err != nil {
			return j.wrong(err)
		}
	}
	if j.inner {
		if _, err := j.dec.Token(); err != nil {
			return j.wrong(err)
		}
	}
	if _, err := j.dec.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			return bad("there is something behind the rows of the sheet")
		}
		return j.wrong(err)
	}
	return io.EOF
}

// row takes the members of one object.
func (j *jsonRows) row(raw json.RawMessage) error {
	for i := range j.cells {
		j.cells[i] = nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return bad("row %d of the sheet is no object", j.n)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return j.wrong(err)
		}
		name, ok := key.(string)
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil || !ok {
			return j.wrong(err)
		}
		i, known := j.index[name]
		if !known {
			i = j.cols.Add(name)
			j.index[name] = i
			j.cells, j.text = append(j.cells, nil), append(j.text, nil)
		}
		if j.text[i], err = cell(j.text[i][:0], value); err != nil {
			return j.wrong(err)
		}
		j.cells[i] = j.text[i]
	}
	return nil
}

// cell appends the text of a value.
func cell(dst []byte, value json.RawMessage) ([]byte, error) {
	switch value[0] {
	case '"':
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return dst, err
		}
		return append(dst, s...), nil
	case 'n':
		return dst, nil
	case '{', '[':
		b := bytes.NewBuffer(dst)
		err := json.Compact(b, value)
		return b.Bytes(), err
	}
	return append(dst, value...), nil
}

func (j *jsonRows) wrong(err error) error {
	if e, ok := errors.AsType[*BadError](err); ok {
		return e
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &BadError{Why: fmt.Sprintf("the sheet breaks off after row %d", j.n), Broken: true, Err: io.ErrUnexpectedEOF}
	}
	return &BadError{Why: fmt.Sprintf("the sheet is not JSON after row %d", j.n), Err: err}
}
