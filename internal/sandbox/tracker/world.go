package tracker

import (
	"slices"
	"sync"
	"time"
)

const (
	// step is the time in which one thing happens in the organisation.
	step = 4 * time.Minute
	// lag is how late a change may come into the index: what the searches show has
	// been changed up to so long ago.
	lag = 5 * time.Minute
	// past is how old the oldest issue is.
	past = 400 * 24 * time.Hour
	// manyIssues is how many may have a history from before the start.
	manyIssues = 20_000
	// keepSnapshots is how many states of the organisation are at hand.
	keepSnapshots = 8
)

// world is the organisation's issues. They are a function of the seed, the moment
// of birth and the time.
type world struct {
	seed  uint64
	born  time.Time
	still bool
	count int // of issues at the start

	mu        sync.Mutex
	base      *snapshot   // the start; nil until it is asked for
	snapshots []*snapshot // the last used comes last
}

// snapshot is the organisation after a number of events.
type snapshot struct {
	events int
	issues []*issue // in order of creation, those that were deleted too
	next   []int    // the number of the next issue, by queue
}

func newWorld(seed uint64, born time.Time, o settings) *world {
	return &world{seed: seed, born: born, still: o.Still, count: o.Issues}
}

// start makes the issues that there are at the start.
func (w *world) start() *snapshot {
	s := &snapshot{issues: make([]*issue, w.count), next: make([]int, len(queues))}
	for i := range s.next {
		s.next[i] = 1
	}
	birth := w.born.UnixMilli()
	each := past.Milliseconds() / int64(w.count+1)
	for n := range w.count {
		d := newDice(w.seed, forBase, n)
		created := birth - past.Milliseconds() + int64(n)*each + d.span(each)
		i := newIssue(n, s.take(share(d)), d, created)
		for range d.N(5) {
			if left := birth - 60_000 - i.updated; left > 1 {
				i = i.touch(d, i.updated+1+d.span(left))
			}
		}
		if w.count > manyIssues {
			i.before = nil
		}
		s.issues[n] = i
	}
	return s
}

// share is the queue of an issue.
func share(d dice) int {
	at := d.N(100)
	for q := range queues {
		if at -= queues[q].share; at < 0 {
			return q
		}
	}
	return 0
}

// take is the next free address of a queue.
func (s *snapshot) take(q int) address {
	a := address{q, s.next[q]}
	s.next[q]++
	return a
}

// moment is when an event happens.
func (w *world) moment(event int) time.Time {
	return w.born.Add(time.Duration(event)*step + time.Duration(newDice(w.seed, forMoment, event).span(int64(step))))
}

// events is how many have happened until now.
func (w *world) events(now time.Time) int {
	if w.still || now.Before(w.born) {
		return 0
	}
	n := int(now.Sub(w.born) / step)
	if !now.Before(w.moment(n)) {
		n++
	}
	return n
}

// at is the organisation after so many events.
func (w *world) at(events int) *snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.base == nil {
		w.base = w.start()
	}
	start := w.base
	for i, s := range w.snapshots {
		if s.events == events {
			w.snapshots = append(slices.Delete(w.snapshots, i, i+1), s)
			return s
		}
		if s.events < events && s.events > start.events {
			start = s
		}
	}
	if events == 0 {
		return w.base
	}
	s := &snapshot{events: events, issues: slices.Clone(start.issues), next: slices.Clone(start.next)}
	for n := start.events; n < events; n++ {
		w.happen(s, n)
	}
	if len(w.snapshots) == keepSnapshots {
		w.snapshots = w.snapshots[1:]
	}
	w.snapshots = append(w.snapshots, s)
	return s
}

// happen plays an event: something is changed, created, moved or deleted.
func (w *world) happen(s *snapshot, event int) {
	d := newDice(w.seed, forEvent, event)
	at := w.moment(event).UnixMilli()
	what := d.N(100)
	if what < 25 || len(s.issues) == 0 {
		s.issues = append(s.issues, newIssue(len(s.issues), s.take(share(d)), d, at))
		return
	}
	n := d.N(len(s.issues))
	i := s.issues[n]
	if i.deleted {
		return
	}
	switch {
	case what < 88:
		if d.chance(20) {
			at -= d.span(lag.Milliseconds())
		}
		s.issues[n] = i.touch(d, at)
	case what < 96:
		s.issues[n] = i.move(s.take((i.queue+1+d.N(len(queues)-2))%(len(queues)-1)), d, at)
	default:
		gone := *i
		gone.deleted = true
		s.issues[n] = &gone
	}
}

// find is the issue of that key, id or earlier key, or nil.
func (w *world) find(s *snapshot, name string) *issue {
	var moved *issue
	for _, i := range s.issues {
		if i.deleted {
			continue
		}
		if i.key() == name || w.id(i) == name {
			return i
		}
		for _, old := range i.olds {
			if old.String() == name {
				moved = i
			}
		}
	}
	return moved
}
