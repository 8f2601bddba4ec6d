package tracker

import (
	"context"
	"encoding/hex"
)

// listing is a list that is read a page ahead.
type listing struct {
	p     *provider
	sel   *selection
	count int // before reading, -1 if not known
	taken int // issues that came
	pager pager
	begun bool // a page was handed out: that there is nothing is told as well

	ahead  chan fetched
	cancel context.CancelFunc
	ended  bool
}

type fetched struct {
	body []byte
	err  error
}

// next returns the next page, nil after the last one. While the page is used the one
// after it is on its way.
func (l *listing) next(ctx context.Context) ([]byte, error) {
	if l.ended {
		return nil, nil
	}
	if l.ahead == nil {
		l.fetch(ctx)
	}
	got := <-l.ahead
	l.ahead = nil
	l.cancel()
	if got.err != nil || got.body == nil {
		l.ended = got.err == nil
		return nil, got.err
	}
	l.fetch(ctx)
	return got.body, nil
}

func (l *listing) fetch(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	ch := make(chan fetched, 1)
	l.ahead = ch
	go func() {
		body, err := l.pager.next(ctx)
		ch <- fetched{body, err}
	}()
}

// close gives up what is on its way.
func (l *listing) close(ctx context.Context) {
	if l.ahead != nil {
		l.cancel()
		<-l.ahead
		l.ahead = nil
	}
	l.ended = true
	l.pager.release(ctx)
}

// seen are the ids of issues that came.
type seen struct {
	ids    map[[12]byte]struct{}
	others map[string]struct{}
}

// add reports whether the id is a new one.
func (s *seen) add(id string) bool {
	var key [12]byte
	if n, err := hex.Decode(key[:], []byte(id)[:min(len(id), 24)]); err != nil || n != 12 || len(id) != 24 {
		if _, ok := s.others[id]; ok {
			return false
		}
		if s.others == nil {
			s.others = map[string]struct{}{}
		}
		s.others[id] = struct{}{}
		return true
	}
	if _, ok := s.ids[key]; ok {
		return false
	}
	if s.ids == nil {
		s.ids = map[[12]byte]struct{}{}
	}
	s.ids[key] = struct{}{}
	return true
}
