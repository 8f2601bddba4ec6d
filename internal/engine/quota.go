package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"reportsync/internal/providers"
)

// allowance counts the requests of an account against its limit for a day.
type allowance struct {
	mu   sync.Mutex
	day  string
	used int
}

// admit counts a request, or refuses it when the day's allowance is used up. What
// only plans does not write down what it used.
func (r *Run) admit(a *account) func() error {
	if a.provider == nil || a.limits.DailyRequests <= 0 {
		return nil
	}
	zone := a.limits.QuotaZone
	if zone == nil {
		zone = time.UTC
	}
	key := a.provider.Account()
	return func() error {
		a.allowance.mu.Lock()
		defer a.allowance.mu.Unlock()
		now := r.opt.Clock.Now().In(zone)
		if day := now.Format(time.DateOnly); day != a.allowance.day {
			a.allowance.day, a.allowance.used = day, 0
			if r.st != nil {
				used, err := r.st.Quota(context.Background(), key, day)
				if err != nil {
					return fmt.Errorf("read the day's count of requests: %w", err)
				}
				a.allowance.used = used
			}
		}
		if a.allowance.used >= a.limits.DailyRequests {
			y, m, d := now.Date()
			return &providers.Error{
				Kind:       providers.Quota,
				Message:    fmt.Sprintf("the %d requests that daily_quota allows are used up for %s", a.limits.DailyRequests, a.allowance.day),
				Hint:       "The next run goes on from here after midnight. Raise daily_quota if the account has more.",
				RetryAfter: time.Date(y, m, d+1, 0, 0, 0, 0, zone).Sub(now),
			}
		}
		a.allowance.used++
		if r.lease == nil {
			return nil
		}
		if err := r.lease.AddQuota(context.Background(), key, a.allowance.day, 1); err != nil {
			return fmt.Errorf("count the request: %w", err)
		}
		return nil
	}
}
