package transport

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"reportsync/internal/providers"
)

// tellFrom is the wait from which the trace hears of it.
const tellFrom = time.Second

// retry is the state of one call's repetitions.
type retry struct {
	c    *Client
	call *Call
	made int // repetitions so far
}

// again waits for the next attempt. It reports false if there is none, because
// the call must not be repeated or has been often enough, or because the service
// asks for a longer wait than is sensible within a call.
func (r *retry) again(ctx context.Context, v *Verdict, retryAfter time.Duration) (bool, error) {
	limit := r.c.opt.MaxRetries
	if v.Max > 0 {
		limit = min(limit, v.Max)
	}
	if !r.call.Repeatable || !v.Retry || r.made >= limit || retryAfter > r.c.opt.MaxRetryAfter {
		return false, nil
	}
	wait := r.backoff()
	switch {
	case retryAfter > 0:
		wait = retryAfter
	case len(v.Waits) > 0:
		wait = v.Waits[min(r.made, len(v.Waits)-1)]
	}
	r.made++
	now := r.c.opt.Clock.Now()
	if wait > tellFrom {
		tell(ctx, fmt.Sprintf("%s: %s; trying again", r.call.Op, reason(v.Err)), now.Add(wait))
	}
	r.c.opt.Log.Debug("repeating call", "op", r.call.Op, "attempt", r.made+1, "wait", wait, "reason", v.Err.Error())
	return true, r.c.opt.Clock.Sleep(ctx, wait)
}

// backoff doubles, and takes a random place in its upper half so that callers
// that failed together do not come back together.
func (r *retry) backoff() time.Duration {
	d := r.c.opt.MaxBackoff
	if r.made < 16 {
		d = min(d, r.c.opt.FirstBackoff<<r.made)
	}
	return d/2 + time.Duration(r.c.opt.Jitter()*float64(d/2))
}

func reason(e *providers.Error) string {
	switch {
	case e.Message != "":
		return e.Message
	case e.Status != 0:
		return fmt.Sprintf("HTTP %d", e.Status)
	}
	return string(e.Kind)
}

// RetryAfter reads the header Retry-After: seconds, or a moment, which is taken
// relative to the answer's own Date where it has one. It returns 0 without one.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if s, err := strconv.ParseInt(text, 10, 64); err == nil {
		if s < 0 {
			return 0
		}
		return time.Duration(min(s, int64(1000*time.Hour/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0)
}
