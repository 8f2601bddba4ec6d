// Package clock hands time to the packages that need it. The wall clock is one
// implementation; the sandbox runs on a faster one; nothing else may ask the
// time package what time it is.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock tells the time and waits.
type Clock interface {
	Now() time.Time
	// Sleep waits for d of the clock's own time. It returns the context's cause
	// if that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

// Wall is the machine's clock.
type Wall struct{}

// Now implements [Clock].
func (Wall) Now() time.Time { return time.Now() }

// Sleep implements [Clock].
func (Wall) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Scaled is a clock that starts at a chosen moment and runs a number of times
// faster than the wall clock. It is safe for concurrent use.
type Scaled struct {
	mu     sync.Mutex
	base   time.Time // the clock's time at start
	start  time.Time // the wall's time at start
	factor float64
}

// NewScaled returns a clock that shows base now and runs factor times as fast
// as the wall clock. A factor below 1 counts as 1.
func NewScaled(base time.Time, factor float64) *Scaled {
	return &Scaled{base: base, start: time.Now(), factor: max(factor, 1)}
}

// Now implements [Clock].
func (c *Scaled) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Scaled) now() time.Time {
	return c.base.Add(time.Duration(float64(time.Since(c.start)) * c.factor))
}

// Advance moves the clock forward.
func (c *Scaled) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = c.base.Add(max(d, 0))
}

// Sleep implements [Clock].
func (c *Scaled) Sleep(ctx context.Context, d time.Duration) error {
	return Wall{}.Sleep(ctx, time.Duration(float64(d)/c.factor))
}

var (
	_ Clock = Wall{}
	_ Clock = (*Scaled)(nil)
)
