package archive

import (
	"io"
	"io/fs"
	"sync"

	"reportsync/internal/crash"
)

const (
	// aheadSize and aheadCount bound what is unpacked before it is used.
	aheadSize  = 256 << 10
	aheadCount = 3
)

// ahead unpacks in another goroutine, so that unpacking and reading rows go on at the
// same time. It is for one reader, and must be closed.
type ahead struct {
	from io.ReadCloser
	full chan piece
	free chan []byte
	stop chan struct{}
	done chan struct{}
	once sync.Once

	now  piece
	rest []byte
}

// piece is some of the bytes, and how reading went on after them.
type piece struct {
	data []byte
	err  error
}

func readAhead(from io.ReadCloser) *ahead {
	a := &ahead{
		from: from, full: make(chan piece, aheadCount), free: make(chan []byte, aheadCount+1),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	for range aheadCount {
		a.free <- nil
	}
	go a.run()
	return a
}

func (a *ahead) run() {
	defer close(a.done)
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.stop:
			return
		}
		if buf == nil {
			buf = make([]byte, aheadSize)
		}
		n := 0
		err := crash.Catch(func() (err error) {
			n, err = io.ReadFull(a.from, buf[:aheadSize])
			if err == io.ErrUnexpectedEOF { // the end, in the middle of a piece
				err = io.EOF
			}
			return err
		})
		select {
		case a.full <- piece{buf[:n], err}:
		case <-a.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements [io.Reader].
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.free <- a.now.data[:aheadSize]
		}
		select {
		case a.now = <-a.full:
		case <-a.stop:
			return 0, fs.ErrClosed
		}
		a.rest = a.now.data
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Close ends the goroutine and closes what it reads.
func (a *ahead) Close() error {
	a.once.Do(func() { close(a.stop) })
	<-a.done
	return a.from.Close()
}
