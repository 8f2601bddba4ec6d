package view

import (
	"slices"
	"sync"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

const (
	// frameEvery bounds how often a terminal is redrawn.
	frameEvery = 100 * time.Millisecond
	// heartbeatEvery is how often a log hears of what still runs.
	heartbeatEvery = 10 * time.Second
	// longWait is from where on a wait is worth a line of its own.
	longWait = 2 * time.Second
	// movedWait is by how much the end of a wait must move to be told again.
	movedWait = time.Minute
)

// Progress shows a run while it happens: redrawn lines on a terminal, plain
// lines elsewhere, events with JSON. Its methods may be called from several
// goroutines at once; Close must be called, or the terminal stays without its
// cursor.
type Progress struct {
	view *View
	show shower
	stop chan struct{}
	done chan struct{}
	once sync.Once

	mu     sync.Mutex
	root   string
	tasks  map[export.Address]*task
	order  []*task // those of tasks, oldest first
	quotas map[quota]int

	expected, finished   int
	refreshing, answered int
	bytes                int64
}

// shower is one way of showing progress. It is called with the lock held.
type shower interface {
	every() time.Duration
	refreshing(t *task)
	refreshed(t *task, err error)
	started(t *task)
	stepStarted(t *task)
	waiting(t *task)
	stepDone(t *task, r *plan.StepResult)
	finished(t *task, r *plan.Result)
	note(addr export.Address, text string)
	tick(now time.Time)
	close()
}

type quota struct{ account, name string }

// task is an instance that is worked on.
type task struct {
	addr     export.Address
	name     string // clean
	provider string
	actions  []plan.Action
	refresh  bool
	started  time.Time

	step        plan.Step
	doing       string // clean; empty between steps
	stepStarted time.Time
	part, of    int
	rows, bytes int64

	reason string // why it waits; clean
	until  time.Time
}

// NewProgress starts to show a run.
func (v *View) NewProgress() *Progress {
	p := &Progress{
		view: v, tasks: map[export.Address]*task{}, quotas: map[quota]int{},
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	switch {
	case v.options.JSON:
		p.show = &progressJSON{p: p}
	case v.streams.OutTTY:
		p.show = newProgressTerminal(p)
	default:
		p.show = &progressLines{p}
	}
	go p.run()
	return p
}

// Expect tells how many changes the run has, and the folder of its files as the
// user knows it. Without it there is no overall count and paths are relative.
func (p *Progress) Expect(changes int, exportRoot string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected, p.root = changes, exportRoot
}

func (p *Progress) run() {
	defer close(p.done)
	t := time.NewTicker(p.show.every())
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-t.C:
			p.mu.Lock()
			p.show.tick(p.view.options.Now())
			p.mu.Unlock()
		}
	}
}

// Close ends the showing, and gives the terminal back. Further events are
// shown as lines.
func (p *Progress) Close() {
	p.once.Do(func() {
		close(p.stop)
		<-p.done
		p.mu.Lock()
		defer p.mu.Unlock()
		p.show.close()
		p.left()
		if !p.view.options.JSON {
			p.show = &progressLines{p}
		}
	})
}

// task returns the instance's task, which is begun if there is none.
func (p *Progress) task(addr export.Address) *task {
	t := p.tasks[addr]
	if t == nil {
		t = &task{addr: addr, name: short(p.view.text(addr.String()), longestName), started: p.view.options.Now()}
		p.tasks[addr] = t
		p.order = append(p.order, t)
	}
	return t
}

func (p *Progress) drop(t *task) {
	delete(p.tasks, t.addr)
	if i := slices.Index(p.order, t); i >= 0 {
		p.order = slices.Delete(p.order, i, i+1)
	}
}

// Refreshing tells that the service is asked about an instance.
func (p *Progress) Refreshing(addr export.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.task(addr)
	t.refresh = true
	p.refreshing++
	p.show.refreshing(t)
}

// Refreshed tells that the service has answered, or why not.
func (p *Progress) Refreshed(addr export.Address, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.task(addr)
	p.answered++
	p.show.refreshed(t, err)
	p.drop(t)
}

// Started tells that the work on a change begins.
func (p *Progress) Started(c *plan.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.task(c.Address)
	t.provider, t.actions = c.Provider, c.Actions
	p.show.started(t)
}

// StepStarted tells that a step begins.
func (p *Progress) StepStarted(addr export.Address, s plan.Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.task(addr)
	t.step, t.doing, t.stepStarted = s, p.view.doing(&s), p.view.options.Now()
	t.part, t.of, t.rows, t.bytes = 0, s.Version.Parts, 0, 0
	t.reason, t.until = "", time.Time{}
	p.show.stepStarted(t)
}

// Part tells that a part is whole. Parts are counted from 0; of is 0 when their
// number is not known.
func (p *Progress) Part(addr export.Address, index, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.moving(addr)
	t.part = max(t.part, index+1)
	if of > 0 {
		t.of = of
	}
}

// Bytes tells that more bytes were read.
func (p *Progress) Bytes(addr export.Address, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moving(addr).bytes += int64(n)
	p.bytes += int64(n)
}

// Rows tells how many rows there are so far.
func (p *Progress) Rows(addr export.Address, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moving(addr).rows = total
}

// moving returns a task that evidently does not wait any more.
func (p *Progress) moving(addr export.Address) *task {
	t := p.task(addr)
	t.reason, t.until = "", time.Time{}
	return t
}

// Waiting tells what an instance waits for, and until when if that is known.
func (p *Progress) Waiting(addr export.Address, reason string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.task(addr)
	reason = p.view.text(reason)
	news := reason != t.reason || until.Sub(t.until).Abs() >= movedWait
	t.reason, t.until = reason, until
	if news && reason != "" && (until.IsZero() || until.Sub(p.view.options.Now()) >= longWait) {
		p.show.waiting(t)
	}
}

// StepDone tells that a step is done and recorded.
func (p *Progress) StepDone(addr export.Address, r plan.StepResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.moving(addr)
	p.show.stepDone(t, &r)
	t.doing = ""
}

// Finished tells what became of a change.
func (p *Progress) Finished(r plan.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.task(r.Address)
	if t.actions == nil {
		t.actions = r.Actions
	}
	p.finished++
	p.show.finished(t, &r)
	p.drop(t)
}

// Remaining tells what is left of a quota.
func (p *Progress) Remaining(account, name string, left int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quotas[quota{account, name}] = left
}

// Note tells what is odd, but no error.
func (p *Progress) Note(addr export.Address, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show.note(addr, text)
}
