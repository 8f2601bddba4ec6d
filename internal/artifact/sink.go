package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"sync/atomic"
)

// bigBufferCount lets encoding go on while one buffer is hashed and written.
const bigBufferCount = 3

// buffers keeps large buffers from one file to the next.
type buffers struct {
	small int // how much is collected before a large buffer is worth having
	big   int // how much is handed over at once
	pool  sync.Pool
}

// standardBuffers are those of all stores but the ones of tests.
var standardBuffers = &buffers{small: 16 << 10, big: 256 << 10}

func (p *buffers) get() []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, p.big)
}

// put takes a buffer back, unless it is a small one or was grown by a giant row.
func (p *buffers) put(b []byte) {
	if cap(b) >= p.big && cap(b) <= 4*p.big {
		b = b[:0]
		p.pool.Put(&b)
	}
}

// sink is a temporary file that is written through buffers. The first bytes are
// only collected; a second goroutine that hashes and writes is started when there
// is enough to do for two.
//
// Whoever encodes appends to buf and calls flush when it has reached limit.
type sink struct {
	f       file
	buffers *buffers
	buf     []byte
	limit   int
	base    int64 // bytes handed over before buf

	// cut is the marked position in buf, or -1 when there is none in it.
	cut    int
	marked *mark

	hash   hash.Cloner // of the bytes written; the goroutine's while that is busy
	back   *background
	sum    string // set by finish
	closed bool
}

// mark is a position to go back to.
type mark struct {
	at   int64
	hash hash.Cloner // of the bytes before it, once they were handed over
}

// background hashes and writes.
type background struct {
	jobs chan job
	free chan []byte
	idle chan error // an answer to each job without data
	done chan struct{}
	err  atomic.Pointer[error]
}

// job is a buffer to be hashed and written, with the mark at cut if that is not -1.
type job struct {
	data   []byte
	cut    int
	marked *mark
}

func newSink(f file, b *buffers) *sink {
	return &sink{f: f, buffers: b, limit: b.small, cut: -1, hash: newHash()}
}

func newHash() hash.Cloner {
	return sha256.New().(hash.Cloner) // all hashes of the standard library are
}

// size is the number of bytes taken so far.
func (s *sink) size() int64 { return s.base + int64(len(s.buf)) }

// flush makes room in buf: it takes a large buffer instead of the small one, and
// hands a full large one over.
func (s *sink) flush() error {
	if s.limit < s.buffers.big {
		s.limit = s.buffers.big
		if cap(s.buf) < s.limit {
			s.buf = append(s.buffers.get(), s.buf...)
		}
		if len(s.buf) < s.limit {
			return nil
		}
	}
	if s.back == nil {
		s.start()
	}
	if err := s.back.failure(); err != nil {
		return err
	}
	s.back.jobs <- job{s.buf, s.cut, s.marked}
	s.base += int64(len(s.buf))
	s.cut = -1
	s.buf = (<-s.back.free)[:0]
	return nil
}

func (s *sink) start() {
	b := &background{
		jobs: make(chan job, bigBufferCount), free: make(chan []byte, bigBufferCount+1),
		idle: make(chan error), done: make(chan struct{}),
	}
	for range bigBufferCount - 1 {
		b.free <- s.buffers.get()
	}
	s.back = b
	go func() {
		defer close(b.done)
		for j := range b.jobs {
			if j.data == nil {
				b.idle <- b.failure()
				continue
			}
			if b.failure() == nil {
				if err := s.write(j); err != nil {
					b.fail(err)
				}
			}
			b.free <- j.data
		}
	}()
}

func (b *background) fail(err error) { b.err.Store(&err) }

func (b *background) failure() error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

// write hashes and writes a buffer.
func (s *sink) write(j job) error {
	rest := j.data
	if j.cut >= 0 {
		s.hash.Write(rest[:j.cut])
		rest = rest[j.cut:]
		var err error
		if j.marked.hash, err = s.hash.Clone(); err != nil {
			return onFile(err)
		}
	}
	s.hash.Write(rest)
	_, err := s.f.Write(j.data)
	return onFile(err)
}

// settle waits until everything handed over is written.
func (s *sink) settle() error {
	if s.back == nil {
		return nil
	}
	s.back.jobs <- job{}
	return <-s.back.idle
}

// rest ends the goroutine and gives the large buffers back; it is started again
// when it is needed. What is in buf stays.
func (s *sink) rest() error {
	if s.back == nil {
		return nil
	}
	close(s.back.jobs)
	<-s.back.done
	err := s.back.failure()
	for range len(s.back.free) {
		s.buffers.put(<-s.back.free)
	}
	s.back = nil
	return err
}

// park writes out what is in buf and holds nothing but the open file.
func (s *sink) park() error {
	err := s.rest()
	if err == nil {
		err = s.write(job{s.buf, s.cut, s.marked})
	}
	s.base += int64(len(s.buf))
	s.drop()
	return err
}

// drop gives buf back.
func (s *sink) drop() {
	s.buffers.put(s.buf)
	s.buf, s.cut, s.limit = nil, -1, s.buffers.small
}

// mark remembers the present position for reset, instead of an earlier one.
func (s *sink) mark() { s.cut, s.marked = len(s.buf), &mark{at: s.size()} }

// reset goes back to the mark.
func (s *sink) reset() error {
	if s.cut >= 0 {
		s.buf = s.buf[:s.cut]
		return nil
	}
	if err := s.settle(); err != nil {
		return err
	}
	at := s.marked.at
	if err := s.f.Truncate(at); err != nil {
		return onFile(err)
	}
	if _, err := s.f.Seek(at, io.SeekStart); err != nil {
		return onFile(err)
	}
	s.hash, s.base, s.buf = s.marked.hash, at, s.buf[:0]
	s.mark()
	return nil
}

// finish writes everything, makes it durable and closes the file.
func (s *sink) finish() error {
	if err := s.park(); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return onFile(err)
	}
	info, err := s.f.Stat()
	if err == nil && info.Size() != s.base {
		err = fmt.Errorf("the file has %d bytes after %d were written", info.Size(), s.base)
	}
	s.sum = hex.EncodeToString(s.hash.Sum(nil))
	s.closed = true
	return onFile(errors.Join(err, s.f.Close()))
}

// close ends everything without caring for the bytes.
func (s *sink) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	_ = s.rest() // the file is thrown away
	s.drop()
	return onFile(s.f.Close())
}
