package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// activeLines is how many instances have a line of their own at a time.
const activeLines = 6

// progressTerminal shows progress on a terminal: what is done becomes a permanent
// line, what runs is redrawn below. Everything is written by the tick, so that a
// run of thousands of steps costs ten writes a second and no more.
type progressTerminal struct {
	p       *Progress
	pending strings.Builder // permanent lines, finished text
}

func newProgressTerminal(p *Progress) *progressTerminal {
	p.view.mu.Lock()
	defer p.view.mu.Unlock()
	p.view.live = &screen{}
	return &progressTerminal{p: p}
}

func (s *progressTerminal) line(text string) {
	s.pending.WriteString(s.p.view.finish(text + "\n"))
}

func (s *progressTerminal) every() time.Duration { return frameEvery }

func (s *progressTerminal) refreshing(*task) {}

func (s *progressTerminal) refreshed(t *task, err error) {
	if err != nil {
		s.line(t.name + ": " + paint(red, "could not be read") + ": " + s.p.view.text(err.Error()))
	}
}

func (s *progressTerminal) started(*task)     {}
func (s *progressTerminal) stepStarted(*task) {}
func (s *progressTerminal) waiting(*task)     {}

func (s *progressTerminal) stepDone(t *task, r *plan.StepResult) { s.line(s.p.doneLine(t, r)) }

func (s *progressTerminal) finished(t *task, r *plan.Result) {
	for _, l := range s.p.finishedLines(t, r) {
		s.line(l)
	}
}

func (s *progressTerminal) note(addr export.Address, text string) { s.line(s.p.noteLine(addr, text)) }

func (s *progressTerminal) tick(now time.Time) {
	v := s.p.view
	width := v.width()
	lines := s.frame(width, now)
	for i := range lines {
		lines[i] = v.finish(lines[i])
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writeLocked(v.streams.Out, v.live.redraw(s.pending.String(), lines, width))
	s.pending.Reset()
}

func (s *progressTerminal) close() {
	v := s.p.view
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writeLocked(v.streams.Out, v.live.redraw(s.pending.String(), nil, v.width())+v.live.restore())
	s.pending.Reset()
	v.live = nil
}

// frame makes the redrawn lines. None is longer than the terminal is wide, and
// there is always a column left, because some terminals wrap at the last one.
func (s *progressTerminal) frame(width int, now time.Time) []string {
	var running, waiting []*task
	for _, t := range s.p.order {
		switch {
		case t.reason != "" && (t.until.IsZero() || t.until.Sub(now) >= time.Second || !t.refresh):
			waiting = append(waiting, t)
		case !t.refresh && t.doing != "":
			running = append(running, t)
		}
	}
	all := slices.Concat(running, waiting)
	var lines []string
	add := func(line string) {
		lines = append(lines, short(line, width-1)+plain)
	}
	for _, t := range all[:min(len(all), activeLines)] {
		name := shortEnd(t.name, max(width/2, 16))
		if t.reason != "" {
			add("  " + name + "  " + paint(yellow, s.p.waits(t, now)))
			continue
		}
		add("  " + name + "  " + paint(cyan, list(t.doing, t.state(), t.rate(now))))
	}
	if more := len(all) - activeLines; more > 0 {
		add(fmt.Sprintf("  and %s more", Count(int64(more))))
	}
	if line := s.overall(); line != "" {
		add(paint(bold, line))
	}
	return lines
}

// overall is the last line: how far the whole run is.
func (s *progressTerminal) overall() string {
	p := s.p
	switch {
	case p.refreshing > p.answered:
		return fmt.Sprintf("Asking the services: %s of %s answered", Count(int64(p.answered)), Count(int64(p.refreshing)))
	case p.expected > 0:
		return list(fmt.Sprintf("%s of %s done", Count(int64(p.finished)), Count(int64(p.expected))), nonzero(p.bytes))
	case p.finished > 0 || len(p.order) > 0:
		return list(Count(int64(p.finished))+" done", nonzero(p.bytes))
	default:
		return ""
	}
}

func nonzero(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return Bytes(bytes) + " read"
}

// rate is the mean of the step so far, once there is something to measure.
func (t *task) rate(now time.Time) string {
	took := now.Sub(t.stepStarted)
	if t.bytes == 0 || took < time.Second {
		return ""
	}
	return Bytes(int64(float64(t.bytes)/took.Seconds())) + "/s"
}
