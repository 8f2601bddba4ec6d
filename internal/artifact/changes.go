package artifact

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"reportsync/internal/export"
)

// changeBuffer is how many bytes of changed rows are collected before they are written.
const changeBuffer = 64 << 10

// sheetChanges are the changes to one sheet of a base.
type sheetChanges struct {
	sheet string
	base  *export.Artifact // nil for a sheet that is new
	key   string           // the column that rows are matched by
	file  *Scratch         // the changed rows, nil as long as no part has come
	size  int64            // of file
	buf   []byte           // what is to be appended to it

	cols []export.Column // of the changed rows
	rows []changedRow    // in the order in which their keys first came
	at   map[string]int  // from a key to its place in rows

	// keys are those that still exist, nil as long as nobody has said.
	keys map[string]bool

	// fresh is what the last part has brought, which may have to be taken back.
	fresh     []freshRow
	freshKeys []string
	keysCame  bool
	freshCols []export.Column
}

// changedRow is where the newest row with a key is in the file.
type changedRow struct {
	at   int64
	used bool // it has replaced a row of the base
}

type freshRow struct {
	key string
	at  int64
}

// take takes the rows of a part and returns how many there were.
func (s *sheetChanges) take(ctx context.Context, p *export.Part) (int64, error) {
	s.keysCame = p.Kind == export.PartKeys
	rows := p.Rows(p.Body)
	place, names := -1, 0
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return s.taken(), context.Cause(ctx)
		}
		cells, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.taken(), fmt.Errorf("read row %d: %w", n+1, err)
		}
		if cols := rows.Columns(); len(cols) != names {
			names, place = len(cols), columnIndex(cols, s.key)
		}
		if place < 0 || place >= len(cells) || len(cells[place]) == 0 {
			return s.taken(), fmt.Errorf("row %d has no %q, by which rows are matched", n+1, s.key)
		}
		key := string(cells[place])
		if s.keysCame {
			s.freshKeys = append(s.freshKeys, key)
			continue
		}
		s.fresh = append(s.fresh, freshRow{key: key, at: s.size + int64(len(s.buf))})
		s.buf = binary.AppendUvarint(s.buf, uint64(len(cells)))
		s.buf = appendCells(s.buf, cells)
		if len(s.buf) >= changeBuffer {
			if err := s.flush(); err != nil {
				return s.taken(), err
			}
		}
	}
	if !s.keysCame {
		if err := s.learn(rows.Columns()); err != nil {
			return s.taken(), err
		}
	}
	return s.taken(), nil
}

func (s *sheetChanges) taken() int64 { return int64(len(s.fresh)) }

// learn takes over the columns of a part. Those that were there must not change.
func (s *sheetChanges) learn(cols []export.Column) error {
	s.freshCols = s.cols
	for i := range min(len(cols), len(s.cols)) {
		if cols[i].Name != s.cols[i].Name {
			return fmt.Errorf("column %d is %q after it was %q; the parts do not belong together", i+1, cols[i].Name, s.cols[i].Name)
		}
	}
	if len(cols) > len(s.cols) {
		s.freshCols = cols
	}
	return nil
}

func (s *sheetChanges) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	n, err := s.file.Write(s.buf)
	s.size += int64(n)
	s.buf = s.buf[:0]
	return onFile(err)
}

// settle makes the last part count.
func (s *sheetChanges) settle() {
	if s.keysCame && s.keys == nil {
		s.keys = map[string]bool{}
	}
	for _, k := range s.freshKeys {
		s.keys[k] = true
	}
	if s.at == nil {
		s.at = map[string]int{}
	}
	for _, f := range s.fresh {
		if i, again := s.at[f.key]; again {
			s.rows[i].at = f.at
			continue
		}
		s.at[f.key] = len(s.rows)
		s.rows = append(s.rows, changedRow{at: f.at})
	}
	if len(s.freshCols) > len(s.cols) {
		s.cols = s.freshCols
	}
	s.fresh, s.freshKeys, s.freshCols, s.keysCame = s.fresh[:0], s.freshKeys[:0], nil, false
}

// takeBack forgets the last part and returns how many rows that were. What is in the
// file of it is left there and not looked at.
func (s *sheetChanges) takeBack() int64 {
	n := s.taken()
	s.fresh, s.freshKeys, s.freshCols, s.keysCame = s.fresh[:0], s.freshKeys[:0], nil, false
	return n
}

// row reads back a changed row into cells, which it returns with buf, where they are.
func (s *sheetChanges) row(i int, cells [][]byte, buf []byte) ([][]byte, []byte, error) {
	r := recordReader{file: s.file, at: s.rows[i].at, buf: buf[:0]}
	n := int(r.number())
	ends := make([]int, 0, n)
	for range n {
		r.text(int(r.number()))
		ends = append(ends, len(r.buf))
	}
	if r.err != nil {
		return nil, r.buf, onFile(fmt.Errorf("read back a temporary file: %w", r.err))
	}
	cells = cells[:0]
	start := 0
	for _, end := range ends {
		cells, start = append(cells, r.buf[start:end:end]), end
	}
	return cells, r.buf, nil
}

// recordReader reads one record somewhere in a file.
type recordReader struct {
	file  *Scratch
	at    int64
	ahead []byte // read and not used yet
	page  [4 << 10]byte
	buf   []byte
	err   error
}

func (r *recordReader) fill() bool {
	n, err := r.file.ReadAt(r.page[:], r.at)
	r.at += int64(n)
	r.ahead = r.page[:n]
	if n == 0 && r.err == nil {
		r.err = err
	}
	return n > 0
}

// ReadByte implements [io.ByteReader].
func (r *recordReader) ReadByte() (byte, error) {
	if len(r.ahead) == 0 && !r.fill() {
		return 0, r.err
	}
	b := r.ahead[0]
	r.ahead = r.ahead[1:]
	return b, nil
}

func (r *recordReader) number() uint64 {
	if r.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(r)
	if r.err == nil {
		r.err = err
	}
	return n
}

// text appends the next n bytes to buf.
func (r *recordReader) text(n int) {
	for n > 0 && r.err == nil {
		if len(r.ahead) == 0 && !r.fill() {
			return
		}
		take := min(n, len(r.ahead))
		r.buf = append(r.buf, r.ahead[:take]...)
		r.ahead, n = r.ahead[take:], n-take
	}
}

// mergedRows are the rows of a base with its changes.
type mergedRows struct {
	changes *sheetChanges
	base    export.Rows
	cols    []export.Column
	key     int   // where the base has it
	place   []int // where the columns of changes go

	next  int // of the changes, once the base has ended
	ended bool
	row   [][]byte
	cells [][]byte
	buf   []byte
}

// begin matches columns by name.
func (r *mergedRows) begin() error {
	s := r.changes
	if err := s.flush(); err != nil {
		return err
	}
	r.cols = slices.Clone(r.base.Columns())
	for i := range s.cols {
		at := columnIndex(r.cols, s.cols[i].Name)
		if at < 0 {
			at = len(r.cols)
			r.cols = append(r.cols, s.cols[i])
		}
		r.place = append(r.place, at)
	}
	r.row = make([][]byte, len(r.cols))
	r.key = columnIndex(r.base.Columns(), s.key)
	if r.key < 0 && s.base != nil && s.base.Rows > 0 && s.file != nil {
		return fmt.Errorf("the earlier version in %s has no column %q, by which rows are matched", s.base.Path, s.key)
	}
	return nil
}

// Columns implements [export.Rows].
func (r *mergedRows) Columns() []export.Column { return r.cols }

// Next implements [export.Rows].
func (r *mergedRows) Next() ([][]byte, error) {
	s := r.changes
	for !r.ended {
		cells, err := r.base.Next()
		if errors.Is(err, io.EOF) {
			r.ended = true
			break
		}
		if err != nil {
			return nil, err
		}
		if s.file == nil {
			return cells, nil // there is nothing to apply
		}
		key := cells[r.key]
		i, changed := s.at[string(key)]
		switch {
		case !changed:
			if s.keys != nil && !s.keys[string(key)] {
				continue
			}
			return cells, nil
		case s.rows[i].used:
			continue // the base had the key twice
		}
		s.rows[i].used = true
		return r.changed(i)
	}
	for ; r.next < len(s.rows); r.next++ {
		if !s.rows[r.next].used {
			r.next++
			return r.changed(r.next - 1)
		}
	}
	return nil, io.EOF
}

// changed is a row of the changes in the order of all columns.
func (r *mergedRows) changed(i int) (row [][]byte, err error) {
	if r.cells, r.buf, err = r.changes.row(i, r.cells, r.buf); err != nil {
		return nil, err
	}
	clear(r.row)
	for j, cell := range r.cells {
		r.row[r.place[j]] = cell
	}
	return r.row, nil
}

func columnIndex(cols []export.Column, name string) int {
	return slices.IndexFunc(cols, func(c export.Column) bool { return c.Name == name })
}
