package state

import (
	"context"

	"reportsync/internal/export"
)

// SetLimit sets the clock of a limit.
func (l *Lease) SetLimit(ctx context.Context, key export.LimitKey, limit export.Limit) error {
	return l.write(ctx, "record limit", func(tx *transaction) error { return tx.setLimit(key, limit) })
}

func (tx *transaction) setLimit(key export.LimitKey, limit export.Limit) error {
	return tx.exec(`INSERT INTO limits (account, name, last_start, not_before) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET last_start = excluded.last_start, not_before = excluded.not_before`,
		key.Account, key.Name, stamp(limit.LastStart), stamp(limit.NotBefore))
}

func (v *view) limits() (map[export.LimitKey]export.Limit, error) {
	limits := map[export.LimitKey]export.Limit{}
	err := v.each(`SELECT account, name, last_start, not_before FROM limits`, nil, func(r row) error {
		limits[export.LimitKey{Account: r.text(0), Name: r.text(1)}] = export.Limit{LastStart: r.moment(2), NotBefore: r.moment(3)}
		return nil
	})
	return limits, err
}

// AddQuota counts n more calls against an account's quota of a day. The day is
// text, in the time zone that the service counts in.
func (l *Lease) AddQuota(ctx context.Context, account, day string, n int) error {
	return l.write(ctx, "count quota", func(tx *transaction) error {
		return tx.exec(`INSERT INTO quotas (account, day, used) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET used = used + excluded.used`, account, day, n)
	})
}

// Quota returns how many calls were counted.
func (s *State) Quota(ctx context.Context, account, day string) (int, error) {
	var used int
	err := s.readers.view(ctx, func(v *view) error {
		r, err := v.first(`SELECT used FROM quotas WHERE account = ? AND day = ?`, account, day)
		if r != nil {
			used = int(r.number(0))
		}
		return err
	})
	return used, fail("read quota", s.path, err)
}
