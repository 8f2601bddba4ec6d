package view

import (
	"fmt"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// progressLines shows progress where nothing can be redrawn: a line when a step
// begins and ends, and a sign of life for what takes long.
type progressLines struct {
	p *Progress
}

// beats is how many instances give a sign of life at a time.
const beats = 6

func (s *progressLines) line(text string) { s.p.view.print(text + "\n") }

func (s *progressLines) every() time.Duration { return heartbeatEvery }

func (s *progressLines) refreshing(*task) {}

func (s *progressLines) refreshed(t *task, err error) {
	if err != nil {
		s.line(t.name + ": " + paint(red, "could not be read") + ": " + s.p.view.text(err.Error()))
	}
}

func (s *progressLines) started(*task) {}

func (s *progressLines) stepStarted(t *task) { s.line(t.name + ": " + t.doing) }

func (s *progressLines) waiting(t *task) {
	s.line(t.name + ": " + s.p.waits(t, s.p.view.options.Now()))
}

func (s *progressLines) stepDone(t *task, r *plan.StepResult) { s.line(s.p.doneLine(t, r)) }

func (s *progressLines) finished(t *task, r *plan.Result) {
	for _, l := range s.p.finishedLines(t, r) {
		s.line(l)
	}
}

func (s *progressLines) note(addr export.Address, text string) { s.line(s.p.noteLine(addr, text)) }

func (s *progressLines) tick(now time.Time) {
	if n := s.p.refreshing - s.p.answered; n > 0 {
		s.line(fmt.Sprintf("Still asking the services: %s of %s answered",
			Count(int64(s.p.answered)), Count(int64(s.p.refreshing))))
	}
	shown, more := 0, 0
	for _, t := range s.p.order {
		if t.doing == "" && t.reason == "" {
			continue
		}
		if shown == beats {
			more++
			continue
		}
		shown++
		if t.reason != "" {
			s.line(t.name + ": still " + s.p.waits(t, now))
			continue
		}
		s.line(t.name + ": still " + list(t.doing, t.state(), Duration(now.Sub(t.stepStarted))))
	}
	if more > 0 {
		s.line(fmt.Sprintf("... and %s", plural(more, "more export")))
	}
}

func (s *progressLines) close() {}
