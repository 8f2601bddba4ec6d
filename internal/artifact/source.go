package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
)

// source is a file that is read from its beginning to its end. Reading and hashing
// is done ahead in a second goroutine when there is enough to do for two.
type source struct {
	f       file
	buffers *buffers
	hash    hash.Hash
	size    int64 // read so far
	ended   error

	ahead *ahead
}

// ahead reads before it is asked.
type ahead struct {
	pieces chan []byte // closed at the end
	free   chan []byte
	err    error // why there are no more pieces, once they are closed
}

func newSource(f file, b *buffers, expected int64) *source {
	s := &source{f: f, buffers: b, hash: sha256.New()}
	if expected > int64(b.big) {
		s.start()
	}
	return s
}

func (s *source) start() {
	a := &ahead{pieces: make(chan []byte, bigBufferCount), free: make(chan []byte, bigBufferCount)}
	for range bigBufferCount {
		a.free <- s.buffers.get()
	}
	s.ahead = a
	go func() {
		defer close(a.pieces)
		for b := range a.free {
			n, err := s.f.Read(b[:s.buffers.big])
			s.hash.Write(b[:n])
			a.pieces <- b[:n]
			if err != nil {
				a.err = err
				return
			}
		}
	}()
}

// read appends a piece of the file to dst. It returns io.EOF at the end.
func (s *source) read(dst []byte) ([]byte, error) {
	if s.ended != nil {
		return dst, s.ended
	}
	if s.ahead == nil {
		return s.direct(dst)
	}
	p, ok := <-s.ahead.pieces
	if !ok {
		s.ended = s.ahead.err
		return dst, s.ended
	}
	dst = append(dst, p...)
	s.size += int64(len(p))
	s.ahead.free <- p
	return dst, nil
}

func (s *source) direct(dst []byte) ([]byte, error) {
	b := s.buffers.get()
	defer func() { s.buffers.put(b) }()
	n, err := s.f.Read(b[:cap(b)])
	s.hash.Write(b[:n])
	s.size += int64(n)
	s.ended = err
	return append(dst, b[:n]...), err
}

// sum returns size and hash of what was read. It must not be called before the end.
func (s *source) sum() (int64, string) { return s.size, hex.EncodeToString(s.hash.Sum(nil)) }

// close ends everything.
func (s *source) close() error {
	if a := s.ahead; a != nil {
		close(a.free)
		for p := range a.pieces {
			s.buffers.put(p)
		}
		for p := range a.free {
			s.buffers.put(p)
		}
		s.ahead = nil
	}
	s.ended = errors.Join(s.ended, io.ErrClosedPipe)
	return s.f.Close()
}
