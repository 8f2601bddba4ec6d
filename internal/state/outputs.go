package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// OutputValue is the value of an output.
type OutputValue struct {
	// Value and Type are JSON. The value of a sensitive output is not stored: it is
	// nil when read back.
	Value json.RawMessage
	Type  json.RawMessage
	// Sensitive outputs are noticed to change by their Hash only.
	Sensitive bool
	// Hash is the keyed hash of the value; it is set by the state.
	Hash string
}

// PutOutputs records the outputs, in place of all that there were.
func (l *Lease) PutOutputs(ctx context.Context, outputs map[string]OutputValue) error {
	return l.write(ctx, "record outputs", func(tx *transaction) error {
		if err := tx.exec(`DELETE FROM outputs`); err != nil {
			return err
		}
		for name, o := range outputs {
			hash := l.s.Hash(o.Value)
			if o.Sensitive {
				o.Value = nil
			}
			if err := tx.exec(`INSERT INTO outputs (name, value, type, sensitive, hash) VALUES (?, ?, ?, ?, ?)`,
				name, document(o.Value), string(o.Type), o.Sensitive, hash); err != nil {
				return err
			}
		}
		return nil
	})
}

// Outputs returns the outputs as the last apply left them.
func (s *State) Outputs(ctx context.Context) (map[string]OutputValue, error) {
	outputs := map[string]OutputValue{}
	err := s.readers.view(ctx, func(v *view) error {
		return v.each(`SELECT name, value, type, sensitive, hash FROM outputs`, nil, func(scan func(...any) error) error {
			var name string
			var o OutputValue
			var value sql.NullString
			var typ string
			if err := scan(&name, &value, &typ, &o.Sensitive, &o.Hash); err != nil {
				return err
			}
			if value.Valid {
				o.Value = json.RawMessage(value.String)
			}
			if typ != "" {
				o.Type = json.RawMessage(typ)
			}
			outputs[name] = o
			return nil
		})
	})
	if err != nil {
		return nil, fail("read outputs", s.path, err)
	}
	return outputs, nil
}

// RecordAppliedPlan notes that a saved plan is being applied.
func (l *Lease) RecordAppliedPlan(ctx context.Context, planID string) error {
	return l.write(ctx, "record applied plan", func(tx *transaction) error {
		return tx.exec(`INSERT INTO applied_plans (plan, applied_at) VALUES (?, ?) ON CONFLICT DO NOTHING`,
			planID, stamp(l.s.opt.Clock.Now()))
	})
}

// PlanApplied tells whether and when a saved plan was applied first.
func (s *State) PlanApplied(ctx context.Context, planID string) (when time.Time, ok bool, err error) {
	var at sql.NullString
	err = s.readers.view(ctx, func(v *view) error {
		if err := v.row(`SELECT max(applied_at) FROM applied_plans WHERE plan = ?`, []any{planID}, &at); err != nil {
			return err
		}
		var err error
		when, err = moment(at)
		return err
	})
	return when, at.Valid && err == nil, fail("read applied plans", s.path, err)
}
