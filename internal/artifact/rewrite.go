package artifact

import (
	"context"
	"errors"
	"io"
)

// finish gives all rows all columns, and makes the file durable.
func (s *stream) finish(ctx context.Context, another func() (file, string, error)) (stale string, err error) {
	if s.csv != nil || s.jsonl != nil {
		if len(s.steps) == 0 {
			s.sink.buf = s.encoder().head(s.sink.buf, s.cols)
		}
		if s.sink.base == 0 && !s.wide() {
			s.widenBuffer()
		}
		if !s.wide() {
			if stale, err = s.rewrite(ctx, another); err != nil {
				return stale, err
			}
		}
	}
	if s.sink.closed {
		return stale, nil
	}
	return stale, s.sink.finish()
}

// rewrite widens a file that was too long for the buffer into another one, and
// returns the name of the narrow one.
func (s *stream) rewrite(ctx context.Context, another func() (file, string, error)) (stale string, err error) {
	old := s.sink
	if err := old.park(); err != nil {
		return "", err
	}
	if _, err := old.f.Seek(0, io.SeekStart); err != nil {
		return "", onFile(err)
	}
	f, name, err := another()
	if err != nil {
		return "", err
	}
	stale, s.temp, s.sink = s.temp, name, newSink(f, old.buffers)
	defer func() { err = errors.Join(err, old.close()) }()
	w := s.widener()
	piece := make([]byte, old.buffers.small)
	for {
		if ctx.Err() != nil {
			return stale, context.Cause(ctx)
		}
		n, err := old.f.Read(piece)
		s.sink.buf = w.feed(s.sink.buf, piece[:n])
		if len(s.sink.buf) >= s.sink.limit {
			if err := s.sink.flush(); err != nil {
				return stale, err
			}
		}
		if errors.Is(err, io.EOF) {
			s.steps = []step{{0, len(s.cols)}}
			return stale, nil
		}
		if err != nil {
			return stale, onFile(err)
		}
	}
}

func (s *stream) widener() *widener {
	return &widener{csv: s.csv, jsonl: s.jsonl, cols: s.cols, steps: s.steps}
}

// widenBuffer widens rows that are all in the buffer still. A mark between them is given
// up: it would be elsewhere now, and a part that has gone through is not taken back after
// that.
func (s *stream) widenBuffer() {
	if s.sink.cut > 0 {
		s.sink.cut = -1
	}
	old := s.sink.buf
	s.sink.buf = s.widener().feed(make([]byte, 0, max(cap(old), len(old)+len(old)/2)), old)
	s.sink.buffers.put(old)
	s.steps = []step{{0, len(s.cols)}}
}
