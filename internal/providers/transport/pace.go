package transport

import (
	"context"
	"time"

	"reportsync/internal/clock"
	"reportsync/internal/providers"
)

// quietSpacing is the wait below which spacing requests is not worth telling.
const quietSpacing = 2 * time.Second

// pacer lets requests of an account start one interval apart, and a number of
// them be in flight.
type pacer struct {
	clock    clock.Clock
	interval time.Duration
	slots    chan struct{}
	// turn holds the start of the last request; who holds it decides when the
	// next one starts. Waiting for it is waiting in line.
	turn chan time.Time
}

func newPacer(c clock.Clock, interval time.Duration, inFlight int) *pacer {
	p := &pacer{clock: c, interval: interval, slots: make(chan struct{}, inFlight), turn: make(chan time.Time, 1)}
	p.turn <- time.Time{}
	return p
}

// enter waits until a request may start. The caller gives the slot back with leave.
func (p *pacer) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := p.wait(ctx); err != nil {
		p.leave()
		return err
	}
	return nil
}

func (p *pacer) leave() { <-p.slots }

func (p *pacer) wait(ctx context.Context) error {
	var last time.Time
	select {
	case last = <-p.turn:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { p.turn <- last }()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	now := p.clock.Now()
	if next := last.Add(p.interval); !last.IsZero() && next.After(now) {
		d := min(next.Sub(now), p.interval) // whatever happened to the clock
		if d > quietSpacing {
			tell(ctx, "requests to the service are spaced", now.Add(d))
		}
		if err := p.clock.Sleep(ctx, d); err != nil {
			return err
		}
		now = p.clock.Now()
	}
	last = now
	return nil
}

func tell(ctx context.Context, reason string, until time.Time) {
	if hook := providers.TraceOf(ctx).Waiting; hook != nil {
		hook(reason, until)
	}
}
