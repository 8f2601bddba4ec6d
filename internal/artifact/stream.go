package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"reportsync/internal/export"
)

// checkEvery is the number of rows after which a stream looks whether it is to stop.
const checkEvery = 1024

// stream is one file in the making: the rows of one sheet, or the bytes of one part.
type stream struct {
	sink  *sink
	temp  string
	sheet string
	ext   string // of a part that is kept as it came; empty for rows
	part  int    // the first part in it

	// Of these, csv or jsonl is set for rows and none for bytes.
	csv   *csvEncoder
	jsonl *jsonlEncoder
	cols  []export.Column
	rows  int64  // -1 for bytes that are not decoded
	steps []step // empty until there is a row

	saved saved
}

// saved is the stream before the part that is being read.
type saved struct {
	cols  []export.Column
	rows  int64
	steps []step
}

// encoder is what both encoders do between rows.
type encoder interface {
	grow(cols []export.Column)
	head(dst []byte, cols []export.Column) []byte
}

func (s *stream) encoder() encoder {
	if s.csv != nil {
		return s.csv
	}
	return s.jsonl
}

// mark remembers the present state for reset.
func (s *stream) mark() {
	if s.sink.base == 0 && len(s.steps) > 1 {
		s.widenBuffer() // what is before a mark cannot be widened in the buffer any more
	}
	s.saved = saved{cols: s.cols, rows: s.rows, steps: slices.Clone(s.steps)}
	s.sink.mark()
}

func (s *stream) reset() error {
	if err := s.sink.reset(); err != nil {
		return err
	}
	s.cols, s.rows, s.steps = s.saved.cols, s.saved.rows, slices.Clone(s.saved.steps)
	s.encoder().grow(s.cols)
	return nil
}

// table encodes all rows of a part.
func (s *stream) table(ctx context.Context, rows export.Rows) error {
	k := s.sink
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cells, err := rows.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return fmt.Errorf("read row %d: %w", n+1, err)
		}
		if n == 0 || len(cells) > len(s.cols) {
			if err := s.row(rows, len(cells)); err != nil {
				return fmt.Errorf("read row %d: %w", n+1, err)
			}
		}
		if s.csv != nil {
			k.buf = s.csv.row(k.buf, cells)
		} else {
			k.buf = s.jsonl.row(k.buf, cells)
		}
		s.rows++
		if len(k.buf) >= k.limit {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return s.learn(rows.Columns())
}

// row prepares for a row that may have more columns than the one before it.
func (s *stream) row(rows export.Rows, cells int) error {
	if err := s.learn(rows.Columns()); err != nil {
		return err
	}
	if cells > len(s.cols) {
		return fmt.Errorf("it has %d cells, but there are only %d columns", cells, len(s.cols))
	}
	switch n := len(s.steps); {
	case n == 0:
		s.sink.buf = s.encoder().head(s.sink.buf, s.cols)
	case s.steps[n-1].cols == len(s.cols):
		return nil
	}
	s.steps = append(s.steps, step{row: s.rows, cols: len(s.cols)})
	return nil
}

// learn takes over columns that are new. Those that were there must not change.
func (s *stream) learn(cols []export.Column) error {
	for i := range min(len(cols), len(s.cols)) {
		if cols[i].Name != s.cols[i].Name {
			return fmt.Errorf("column %d is %q after it was %q; the parts do not belong together", i+1, cols[i].Name, s.cols[i].Name)
		}
	}
	if len(cols) > len(s.cols) {
		s.cols = cols
		s.encoder().grow(cols)
	}
	return nil
}

// flush makes room in the buffer.
func (s *stream) flush() error {
	if s.sink.limit == s.sink.buffers.big && s.sink.base == 0 && s.sink.cut <= 0 && len(s.steps) > 1 {
		// Columns mostly appear early: as long as all rows are in the buffer, they
		// can be widened there, and the file need not be written twice.
		if s.widenBuffer(); len(s.sink.buf) < s.sink.limit {
			return nil
		}
	}
	return s.sink.flush()
}

// wide reports whether all rows have all columns.
func (s *stream) wide() bool {
	return len(s.steps) == 0 || (len(s.steps) == 1 && s.steps[0].cols == len(s.cols))
}

// park writes out what there is, and holds nothing but the open file.
func (s *stream) park() error {
	if s.sink.base == 0 && !s.wide() {
		s.widenBuffer()
	}
	return s.sink.park()
}
