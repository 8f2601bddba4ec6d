package tracker

import (
	"context"
	"encoding/hex"

	"reportsync/internal/crash"
)

// listing is a list that is read ahead.
type listing struct {
	sel   *selection
	count int // before reading, -1 if not known
	taken int // issues that came
	pager pager
	begun bool // a page was handed out: that there is nothing is told as well

	held   []byte       // the page that is used
	spare  chan []byte  // of pages that were used, for others
	ahead  chan fetched // nil while nothing is on its way
	cancel context.CancelFunc
	ended  bool
}

// pagesAhead are the page that is held ready and the one that is read.
const pagesAhead = 2

type fetched struct {
	body []byte
	err  error
}

// next returns the next page, nil after the last one; it is valid until the call after
// it. While it is used those after it are on their way, so that the service need not
// wait: one is held ready and another one is read.
func (l *listing) next(ctx context.Context) ([]byte, error) {
	if l.ended {
		return nil, nil
	}
	if l.ahead == nil {
		l.fetch(ctx)
	}
	if l.held != nil {
		select {
		case l.spare <- l.held:
		default:
		}
	}
	got := <-l.ahead
	l.held = got.body
	l.ended = got.err == nil && got.body == nil
	if got.err != nil || l.ended {
		l.halt()
	}
	return got.body, got.err
}

// fetch reads one page after the other, up to the end or an error.
func (l *listing) fetch(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	ahead := make(chan fetched, pagesAhead-1)
	l.ahead = ahead
	if l.spare == nil {
		l.spare = make(chan []byte, pagesAhead)
	}
	go func() {
		defer close(ahead)
		for more := true; more; {
			var buffer []byte
			select {
			case buffer = <-l.spare:
			default:
			}
			var body []byte
			err := crash.Catch(func() (err error) {
				body, err = l.pager.next(ctx, buffer)
				return err
			})
			more = err == nil && body != nil
			select {
			case ahead <- fetched{body, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
}

// halt gives up what is on its way, and waits until nothing is.
func (l *listing) halt() {
	if l.ahead == nil {
		return
	}
	l.cancel()
	for range l.ahead { // until it is closed
	}
	l.ahead = nil
}

// restart begins anew after a page that cannot be read. It reports false if that is no
// way out.
func (l *listing) restart() bool {
	l.halt()
	return l.pager.restart()
}

// close gives up what is on its way.
func (l *listing) close(ctx context.Context) {
	l.halt()
	l.ended = true
	l.pager.release(ctx)
}

// seen are the ids of issues that came.
type seen struct {
	ids    map[[12]byte]struct{}
	others map[string]struct{} // those that are not like the others
}

// newSeen makes room for n ids; fewer than 0 is not known.
func newSeen(n int) seen {
	return seen{ids: make(map[[12]byte]struct{}, min(max(n, 0), 1<<20)), others: map[string]struct{}{}}
}

// add reports whether the id is a new one.
func (s *seen) add(id []byte) bool {
	var key [12]byte
	if len(id) == 2*len(key) {
		if _, err := hex.Decode(key[:], id); err == nil {
			n := len(s.ids)
			s.ids[key] = struct{}{}
			return len(s.ids) > n
		}
	}
	n := len(s.others)
	s.others[string(id)] = struct{}{}
	return len(s.others) > n
}
