package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"reportsync/internal/export"
)

// bytes copies a part as it comes.
func (s *stream) bytes(ctx context.Context, body io.Reader) error {
	k := s.sink
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if len(k.buf) == cap(k.buf) {
			k.buf = slices.Grow(k.buf, k.buffers.small)
		}
		n, err := body.Read(k.buf[len(k.buf):min(cap(k.buf), k.limit)])
		k.buf = k.buf[:len(k.buf)+n]
		if len(k.buf) >= k.limit {
			if err := k.flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read body: %w", err)
		}
	}
}

// decoded copies a part as it comes, and decodes it all the same: only its decoder
// can tell whether it is whole.
func (s *stream) decoded(ctx context.Context, body io.Reader, decode func(io.Reader) export.Rows) error {
	s.rows = 0
	t := &tee{ctx: ctx, body: body, sink: s.sink}
	rows := decode(t)
	for {
		_, err := rows.Next()
		if t.err != nil {
			return t.err
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read row %d: %w", s.rows+1, err)
		}
		s.rows++
	}
	s.cols = rows.Columns()
	return s.bytes(ctx, body) // what the decoder did not need
}

// tee lets a decoder read a body while the sink takes a copy.
type tee struct {
	ctx  context.Context //nolint:containedctx // a reader has no other way to learn of it
	body io.Reader
	sink *sink
	err  error // of the sink or the context: not the body's fault
}

// Read implements [io.Reader].
func (t *tee) Read(p []byte) (int, error) {
	if t.err == nil && t.ctx.Err() != nil {
		t.err = context.Cause(t.ctx)
	}
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.body.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		take := min(len(rest), t.sink.limit-len(t.sink.buf))
		t.sink.buf = append(t.sink.buf, rest[:take]...)
		rest = rest[take:]
		if len(t.sink.buf) < t.sink.limit {
			continue
		}
		if t.err = t.sink.flush(); t.err != nil {
			return 0, t.err
		}
	}
	return n, err
}
