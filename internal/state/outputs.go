package state

import (
	"context"
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
				name, document(o.Value), document(o.Type), o.Sensitive, hash); err != nil {
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
		return v.each(`SELECT name, value, type, sensitive, hash FROM outputs`, nil, func(r row) error {
			outputs[r.text(0)] = OutputValue{Value: r.document(1), Type: r.document(2), Sensitive: r.truth(3), Hash: r.text(4)}
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
	err = s.readers.view(ctx, func(v *view) error {
		r, err := v.first(`SELECT applied_at FROM applied_plans WHERE plan = ?`, planID)
		if r != nil {
			when, ok = r.moment(0), true
		}
		return err
	})
	return when, ok, fail("read applied plans", s.path, err)
}
