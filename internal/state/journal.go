package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"reportsync/internal/export"
)

// LimitClock is the clock of a limit together with its name.
type LimitClock struct {
	Key   export.LimitKey
	Limit export.Limit
}

// BeginIntent writes down that a call which must not be made twice is about to be
// made. It must have returned before the call is.
func (l *Lease) BeginIntent(ctx context.Context, addr export.Address, account string, in export.Intent) (int64, error) {
	var id int64
	err := l.write(ctx, "journal intent", func(tx *transaction) (err error) {
		id, err = tx.beginIntent(addr, account, in)
		return err
	})
	return id, err
}

func (tx *transaction) beginIntent(addr export.Address, account string, in export.Intent) (int64, error) {
	instance, err := tx.instance(addr)
	if err != nil {
		return 0, err
	}
	period, err := encoded(in.Period)
	if err != nil {
		return 0, err
	}
	tx.changed = true
	return tx.id(`INSERT INTO intents (instance, account, kind, started_at, period, fingerprint, after)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		instance, account, string(in.Kind), stamp(in.StartedAt), period, in.Fingerprint, in.After)
}

// CloseIntent records what became of the call. Closing a closed intent changes
// nothing.
func (l *Lease) CloseIntent(ctx context.Context, id int64, outcome string) error {
	return l.write(ctx, "close intent", func(tx *transaction) error { return tx.closeIntent(l, id, outcome) })
}

func (tx *transaction) closeIntent(l *Lease, id int64, outcome string) error {
	n, err := tx.change(`UPDATE intents SET closed_at = ?, outcome = ? WHERE id = ? AND closed_at IS NULL`,
		stamp(l.s.opt.Clock.Now()), outcome, id)
	if err != nil {
		return err
	}
	if n == 0 {
		exists, err := tx.exists(`SELECT EXISTS (SELECT 1 FROM intents WHERE id = ?)`, id)
		if err == nil && !exists {
			err = fmt.Errorf("intent %d is %w", id, ErrUnknown)
		}
		return err
	}
	tx.changed = true
	return nil
}

// OpenRequest records a generation that the service has started, closes the intent
// of the call (0: there was none) and moves the clocks of limits, in one
// transaction.
func (l *Lease) OpenRequest(ctx context.Context, addr export.Address, account string, intentID int64, r export.Request, clocks ...LimitClock) error {
	return l.write(ctx, "journal request", func(tx *transaction) error {
		if err := tx.openRequest(addr, account, r); err != nil {
			return err
		}
		if intentID != 0 {
			if err := tx.closeIntent(l, intentID, "request "+r.ID); err != nil {
				return err
			}
		}
		for _, c := range clocks {
			if err := tx.setLimit(c.Key, c.Limit); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *transaction) openRequest(addr export.Address, account string, r export.Request) error {
	instance, err := tx.instance(addr)
	if err != nil {
		return err
	}
	period, errPeriod := encoded(r.Period)
	version, errVersion := encoded(r.Version)
	if err := errors.Join(errPeriod, errVersion); err != nil {
		return err
	}
	tx.changed = true
	return tx.exec(`INSERT INTO requests (instance, request, account, started_at, period, fingerprint, version)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (instance, request) DO UPDATE SET account = excluded.account, started_at = excluded.started_at,
			period = excluded.period, fingerprint = excluded.fingerprint, version = excluded.version, closed_at = NULL, outcome = ''`,
		instance, r.ID, account, stamp(r.StartedAt), period, r.Fingerprint, version)
}

// CloseRequest records how a generation ended, together with the version that it
// made and others that change with it, in one transaction. Closing a closed request
// only records the versions.
func (l *Lease) CloseRequest(ctx context.Context, addr export.Address, requestID, outcome string, versions ...export.KnownVersion) error {
	return l.write(ctx, "close request", func(tx *transaction) error {
		instance, err := tx.instance(addr)
		if err != nil {
			return err
		}
		var made any
		if len(versions) > 0 {
			if made, err = encoded(&versions[0].Version); err != nil {
				return err
			}
			if err := tx.putVersions(addr, versions); err != nil {
				return err
			}
		}
		n, err := tx.change(`UPDATE requests SET closed_at = coalesce(closed_at, ?), outcome = iif(closed_at IS NULL, ?, outcome),
			version = coalesce(?, version) WHERE instance = ? AND request = ?`, stamp(l.s.opt.Clock.Now()), outcome, made, instance, requestID)
		if err == nil && n == 0 {
			err = fmt.Errorf("request %s of %s is %w", requestID, addr, ErrUnknown)
		}
		tx.changed = true
		return err
	})
}

func (v *view) requests(known map[int64]*export.Known, sc scope) error {
	return v.each(`SELECT instance, request, started_at, period, fingerprint, version FROM requests
		WHERE closed_at IS NULL AND `+sc.owned+` ORDER BY started_at, id`, sc.args, func(r row) error {
		k, ok := known[r.number(0)]
		if !ok {
			return errOrphan
		}
		req := export.Request{ID: r.text(1), StartedAt: r.moment(2), Fingerprint: r.text(4)}
		var errPeriod, errVersion error
		req.Period, errPeriod = v.period(r, 3)
		if !r.null(5) {
			req.Version = &export.Version{}
			errVersion = json.Unmarshal(r.document(5), req.Version)
		}
		k.Requests = append(k.Requests, req)
		return errors.Join(errPeriod, errVersion)
	})
}

func (v *view) intents(known map[int64]*export.Known, sc scope) error {
	return v.each(`SELECT instance, id, kind, started_at, period, fingerprint, after FROM intents
		WHERE closed_at IS NULL AND `+sc.owned+` ORDER BY id`, sc.args, func(r row) error {
		k, ok := known[r.number(0)]
		if !ok {
			return errOrphan
		}
		period, err := v.period(r, 4)
		k.Intents = append(k.Intents, export.Intent{
			ID: r.number(1), Kind: export.IntentKind(r.text(2)), StartedAt: r.moment(3), Period: period, Fingerprint: r.text(5), After: r.text(6),
		})
		return err
	})
}
