package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"reportsync/internal/export"
)

// Merge takes the parts of a reading that may be changes to an earlier version, the
// base, and writes the new version as a whole. Rows of the base keep their order and
// changed ones their place; new ones come after them. Changes are collected in a
// temporary file for each sheet; in memory are their keys.
//
// It must be ended by [Merge.Close]. It is not safe for concurrent use.
type Merge struct {
	store *Store
	base  []export.Artifact
	spec  Spec
	out   *Writer

	sheets []*sheetChanges // in the order of the base, new ones behind
	whole  map[string]bool // sheets that came as rows and need no base
	last   *sheetChanges   // of the last part, nil if that went straight through
	rows   int64
}

// NewMerge returns a merge into out. The base are the files of the version that
// changes apply to, written as spec says; without a base only rows are taken.
func NewMerge(store *Store, base []export.Artifact, spec Spec, out *Writer) *Merge {
	m := &Merge{store: store, base: base, spec: spec, out: out, whole: map[string]bool{}}
	for i := range base {
		m.sheets = append(m.sheets, &sheetChanges{sheet: base[i].Sheet, base: &base[i]})
	}
	return m
}

// Part takes one part. Rows that are not changes go into the new version as they are.
func (m *Merge) Part(ctx context.Context, p *export.Part) error {
	m.settle()
	if p.Kind == export.PartRows {
		m.whole[p.Sheet] = true
		return m.out.Part(ctx, p)
	}
	if m.base == nil {
		return fmt.Errorf("part %d is %s to a base, and there is none", p.Index, p.Kind)
	}
	s, err := m.sheet(p)
	if err != nil {
		return err
	}
	m.last = s
	n, err := s.take(ctx, p)
	m.rows += n
	return err
}

// settle makes the last part one that cannot be taken back any more.
func (m *Merge) settle() {
	if m.last != nil {
		m.last.settle()
		m.last = nil
	}
}

// sheet returns the changes that a part belongs to.
func (m *Merge) sheet(p *export.Part) (*sheetChanges, error) {
	i := slices.IndexFunc(m.sheets, func(s *sheetChanges) bool { return s.sheet == p.Sheet })
	if i < 0 {
		i = len(m.sheets)
		m.sheets = append(m.sheets, &sheetChanges{sheet: p.Sheet})
	}
	s := m.sheets[i]
	if s.key == "" {
		s.key = p.Key
	}
	if p.Key == "" || s.key != p.Key {
		return nil, fmt.Errorf("part %d is matched by the column %q after others were by %q", p.Index, p.Key, s.key)
	}
	if s.file == nil {
		f, err := m.store.Scratch()
		if err != nil {
			return nil, err
		}
		s.file = f
	}
	return s, nil
}

// Mark returns the position before the next part.
func (m *Merge) Mark() Mark { return m.out.Mark() }

// Reset goes back to a mark that was set before the last part.
func (m *Merge) Reset(mark Mark) error {
	if m.last != nil {
		m.rows -= m.last.takeBack()
		m.last = nil
		return nil
	}
	return m.out.Reset(mark)
}

// Rows returns the number of rows taken so far.
func (m *Merge) Rows() int64 { return m.rows + m.out.Rows() }

// Finish writes what the base and the changes make together. It must be called after
// the last part. A base that is not as recorded is a [*DamagedError].
func (m *Merge) Finish(ctx context.Context) error {
	m.settle()
	for i, s := range m.sheets {
		if m.whole[s.sheet] {
			if s.file != nil {
				return fmt.Errorf("sheet %q came both as rows and as changes", s.sheet)
			}
			continue
		}
		if err := m.write(ctx, i, s); err != nil {
			return err
		}
	}
	return nil
}

func (m *Merge) write(ctx context.Context, index int, s *sheetChanges) (err error) {
	rows := &mergedRows{changes: s, base: noRows{}}
	if s.base != nil {
		r, err := m.store.Read(*s.base, m.spec)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		rows.base = r
	}
	if err := rows.begin(); err != nil {
		return err
	}
	return m.out.Part(ctx, &export.Part{Index: index, Sheet: s.sheet, Rows: func(io.Reader) export.Rows { return rows }})
}

// Close removes the temporary files.
func (m *Merge) Close() error {
	var errs []error
	for _, s := range m.sheets {
		if s.file != nil {
			errs = append(errs, s.file.Close())
			s.file = nil
		}
	}
	return errors.Join(errs...)
}

// noRows is a table without anything.
type noRows struct{}

func (noRows) Next() ([][]byte, error)  { return nil, io.EOF }
func (noRows) Columns() []export.Column { return nil }
