package artifact

import (
	"context"
	"errors"
	"fmt"

	"reportsync/internal/export"
)

// Writer takes the parts of a version, one after the other. It must be ended by
// [Writer.Finish] or [Writer.Discard]. It is not safe for concurrent use.
type Writer struct {
	store   *Store
	disk    disk
	spec    Spec
	streams []*stream
	active  *stream // the one that may hold buffers

	parts   int   // begun so far
	created bool  // the last part has made its stream
	broken  error // why the last part did not go through
	ended   bool
}

// Mark is a position between two parts.
type Mark struct{ parts int }

// Create begins a version.
func (s *Store) Create(spec Spec) (*Writer, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	d, err := s.writing()
	if err != nil {
		return nil, err
	}
	return &Writer{store: s, disk: d, spec: spec}, nil
}

// Part takes one part: its rows in the wanted format, or its bytes if it is a
// document or the format is raw. After an error, [Writer.Reset] can take back what
// was taken of the part; without that the version cannot be finished.
//
// Errors of the part's body and of its decoder can be found in the returned error.
func (w *Writer) Part(ctx context.Context, p *export.Part) error {
	switch {
	case w.ended:
		return errors.New("the version is finished already")
	case w.broken != nil:
		return fmt.Errorf("the part before it is not whole: %w", w.broken)
	}
	w.parts++
	w.created = false
	w.broken = w.part(ctx, p)
	return w.broken
}

func (w *Writer) part(ctx context.Context, p *export.Part) error {
	s, err := w.stream(p)
	if err != nil {
		return err
	}
	s.mark()
	switch {
	case p.Rows == nil:
		err = s.bytes(ctx, p.Body)
	case s.csv == nil && s.jsonl == nil:
		err = s.decoded(ctx, p.Body, p.Rows)
	default:
		err = s.table(ctx, p.Rows(p.Body))
	}
	if err == nil && s.ext != "" {
		err = s.sink.finish() // nothing will be added to it
	}
	return w.explain(s, err)
}

// explain names the file when writing it was the trouble. Errors of the body stay
// as they are: they are about the service.
func (w *Writer) explain(s *stream, err error) error {
	if err == nil || !isFileError(err) {
		return err
	}
	return onFile(failed(w.disk, "write", w.planned(s), err))
}

// planned names a stream for people.
func (w *Writer) planned(s *stream) string {
	if s.sheet != "" {
		return w.spec.stem() + "/" + segment(s.sheet)
	}
	return w.spec.Path
}

// stream returns the stream that a part belongs to.
func (w *Writer) stream(p *export.Part) (*stream, error) {
	raw := p.Rows == nil || w.spec.Format == export.FormatRaw
	if !raw {
		for _, s := range w.streams {
			if s.ext == "" && s.sheet == p.Sheet {
				return s, w.activate(s)
			}
		}
	}
	return w.begin(p, raw)
}

// begin makes a stream, for rows or for the bytes of a part.
func (w *Writer) begin(p *export.Part, raw bool) (*stream, error) {
	if err := w.activate(nil); err != nil {
		return nil, err
	}
	f, name, err := w.store.temp(w.disk, w.spec.Path)
	if err != nil {
		return nil, err
	}
	s := &stream{sink: newSink(f, w.store.buffers), temp: name, sheet: p.Sheet, part: p.Index}
	switch {
	case raw:
		s.ext, s.rows = extension(p.Ext), -1
	case w.spec.Format == export.FormatCSV:
		s.csv = newCSV(w.spec.CSV)
	default:
		s.jsonl = &jsonlEncoder{}
	}
	w.streams = append(w.streams, s)
	w.active, w.created = s, true
	return s, nil
}

// activate makes the other stream give its buffers back.
func (w *Writer) activate(s *stream) error {
	if w.active != nil && w.active != s && !w.active.sink.closed {
		if err := w.active.park(); err != nil {
			return w.explain(w.active, err)
		}
	}
	w.active = s
	return nil
}

// Mark returns the position before the next part.
func (w *Writer) Mark() Mark { return Mark{w.parts} }

// Reset goes back to a mark that was set before the last part, as if that part
// had never come.
func (w *Writer) Reset(m Mark) error {
	switch {
	case m.parts == w.parts:
		return nil
	case m.parts != w.parts-1 || w.ended:
		return errors.New("only the last part can be taken back")
	case w.broken != nil && isFileError(w.broken):
		return w.broken // reading it again would not help
	}
	var err error
	if w.created {
		last := len(w.streams) - 1
		err = w.remove(w.streams[last])
		w.streams, w.active = w.streams[:last], nil
	} else if w.active != nil {
		err = w.explain(w.active, w.active.reset())
	}
	if w.broken = err; err != nil {
		return err
	}
	w.parts, w.created = m.parts, false
	return nil
}

// Rows returns the number of rows decoded so far.
func (w *Writer) Rows() int64 {
	var n int64
	for _, s := range w.streams {
		n += max(s.rows, 0)
	}
	return n
}

// Discard throws everything away. It does nothing after Finish has returned a
// staged version.
func (w *Writer) Discard() error {
	if w.ended {
		return nil
	}
	w.ended = true
	var errs []error
	for _, s := range w.streams {
		errs = append(errs, w.remove(s))
	}
	return errors.Join(errs...)
}

func (w *Writer) remove(s *stream) error {
	err := errors.Join(s.sink.close(), w.disk.Remove(s.temp))
	return failed(w.disk, "remove the temporary file of", w.planned(s), err)
}
