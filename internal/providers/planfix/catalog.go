package planfix

import (
	"context"
	"errors"
	"sync"
)

// catalog is the list of reports, read at most once and by one caller while
// others wait. A failure is shared with those who waited for it, and forgotten.
type catalog struct {
	fetch func(context.Context) ([]report, error)

	mu  sync.Mutex
	now *reading
}

// reading is one attempt to read the list.
type reading struct {
	done chan struct{}
	list []report
	err  error
}

func (c *catalog) get(ctx context.Context) ([]report, error) {
	for {
		c.mu.Lock()
		r := c.now
		if r == nil {
			r = &reading{done: make(chan struct{})}
			c.now = r
			c.mu.Unlock()
			return c.read(ctx, r)
		}
		c.mu.Unlock()
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if r.err == nil || !r.cancelled() {
			return r.list, r.err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		// Only the caller that read was told to stop; this one reads itself.
	}
}

func (r *reading) cancelled() bool {
	return errors.Is(r.err, errStopped)
}

// errStopped marks a reading whose caller ended it.
var errStopped = errors.New("the caller stopped")

func (c *catalog) read(ctx context.Context, r *reading) ([]report, error) {
	r.list, r.err = c.fetch(ctx)
	err := r.err
	if err != nil {
		if ctx.Err() != nil {
			r.err = errors.Join(errStopped, err)
		}
		c.mu.Lock()
		c.now = nil
		c.mu.Unlock()
	}
	close(r.done)
	return r.list, err
}
