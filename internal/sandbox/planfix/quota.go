package planfix

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"reportsync/internal/sandbox/sim"
)

// remaining is the number of requests that are left today, as the header tells it:
// counted now and then, not with every request.
type remaining struct {
	mu    sync.Mutex
	at    time.Time // when it was counted
	count int
}

// spend sets the header that tells how many requests are left, and reports whether
// the day's quota is used up. The request itself is counted already.
func (s *Service) spend(h http.Header, call *sim.Call) (over bool, err error) {
	now := s.env.Clock.Now()
	used, err := s.env.Meter.Today(now)
	if err != nil {
		return false, err
	}
	left := max(s.opt.DailyQuota-used, 0)
	shown := s.remain.show(now, left)
	switch {
	case call.Fault == faultQuota, used > s.opt.DailyQuota:
		shown, over = 0, true
	case call.Fault == faultMoment, call.Violation != "":
		shown = max(shown, 1)
	}
	h.Set("X-RateLimit-Remaining", strconv.Itoa(shown))
	return over, nil
}

// show returns the number of the last count, which it makes if it is due.
func (r *remaining) show(now time.Time, left int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due := now.Truncate(refresh); !r.at.Equal(due) {
		r.at, r.count = due, left
	}
	return r.count
}
