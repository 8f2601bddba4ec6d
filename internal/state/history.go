package state

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"reportsync/internal/export"
)

// Run is one past run.
type Run struct {
	ID      int64
	Command string
	User    string
	Host    string
	Version string
	Started time.Time
	// Ended is zero for a run that is going on or was killed.
	Ended time.Time
	// Outcome is the word for how the run ended, Summary a sentence.
	Outcome string
	Summary string
	// Requests, Bytes are the sums over the items.
	Requests int
	Bytes    int64
	Items    []RunItem
}

// RunItem is what a run did for one instance.
type RunItem struct {
	Address export.Address
	Change  string
	// Steps are the steps that were done, as JSON.
	Steps json.RawMessage
	// Result is done, failed, pending or skipped.
	Result   string
	Error    string
	Requests int
	Bytes    int64
	// Waited and Took are kept in whole milliseconds.
	Waited time.Duration
	Took   time.Duration
}

// BeginRun begins the record of a run.
func (l *Lease) BeginRun(ctx context.Context, r Run) (int64, error) {
	var id int64
	err := l.write(ctx, "record run", func(tx *transaction) (err error) {
		id, err = tx.id(`INSERT INTO runs (command, user, host, version, started_at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
			r.Command, r.User, r.Host, r.Version, stamp(r.Started))
		return err
	})
	return id, err
}

// AddRunItem adds what the run did for one instance.
func (l *Lease) AddRunItem(ctx context.Context, runID int64, item RunItem) error {
	return l.AddRunItems(ctx, runID, []RunItem{item})
}

// AddRunItems adds many items in one transaction.
func (l *Lease) AddRunItems(ctx context.Context, runID int64, items []RunItem) error {
	return l.write(ctx, "record run", func(tx *transaction) error {
		exists, err := tx.exists(`SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?)`, runID)
		if err != nil {
			return err
		}
		if !exists {
			return fmt.Errorf("run %d is %w", runID, ErrUnknown)
		}
		for i := range items {
			it := &items[i]
			if err := tx.exec(`INSERT INTO run_items (run, address, change, steps, result, error, requests, bytes, waited_ms, took_ms)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, runID, it.Address.String(), it.Change, document(it.Steps), it.Result, it.Error,
				it.Requests, it.Bytes, it.Waited.Milliseconds(), it.Took.Milliseconds()); err != nil {
				return err
			}
		}
		return nil
	})
}

// EndRun completes the record of a run.
func (l *Lease) EndRun(ctx context.Context, runID int64, outcome, summary string) error {
	return l.write(ctx, "record run", func(tx *transaction) error {
		n, err := tx.change(`UPDATE runs SET ended_at = ?, outcome = ?, summary = ? WHERE id = ?`,
			stamp(l.s.opt.Clock.Now()), outcome, summary, runID)
		if err == nil && n == 0 {
			err = fmt.Errorf("run %d is %w", runID, ErrUnknown)
		}
		return err
	})
}

// Runs returns the newest runs with their items, newest first; a limit of 0 or
// less means all.
func (s *State) Runs(ctx context.Context, limit int) ([]Run, error) {
	if limit <= 0 {
		limit = -1
	}
	var runs []Run
	err := s.readers.view(ctx, func(v *view) error {
		at := map[int64]int{}
		err := v.each(`SELECT id, command, user, host, version, started_at, ended_at, outcome, summary FROM runs ORDER BY id DESC LIMIT ?`,
			[]any{limit}, func(r row) error {
				at[r.number(0)] = len(runs)
				runs = append(runs, Run{
					ID: r.number(0), Command: r.text(1), User: r.text(2), Host: r.text(3), Version: r.text(4),
					Started: r.moment(5), Ended: r.moment(6), Outcome: r.text(7), Summary: r.text(8),
				})
				return nil
			})
		if err != nil || len(runs) == 0 {
			return err
		}
		return v.runItems(runs, at)
	})
	if err != nil {
		return nil, fail("read runs", s.path, err)
	}
	return runs, nil
}

func (v *view) runItems(runs []Run, at map[int64]int) error {
	oldest := runs[len(runs)-1].ID
	return v.each(`SELECT run, address, change, steps, result, error, requests, bytes, waited_ms, took_ms FROM run_items
		WHERE run >= ? ORDER BY id`, []any{oldest}, func(r row) error {
		i, ok := at[r.number(0)]
		if !ok {
			return errOrphan
		}
		addr, err := export.ParseAddress(r.text(1))
		if err != nil {
			return err
		}
		run := &runs[i]
		run.Items = append(run.Items, RunItem{
			Address: addr, Change: r.text(2), Steps: r.document(3), Result: r.text(4), Error: r.text(5),
			Requests: int(r.number(6)), Bytes: r.number(7),
			Waited: time.Duration(r.number(8)) * time.Millisecond, Took: time.Duration(r.number(9)) * time.Millisecond,
		})
		run.Requests += int(r.number(6))
		run.Bytes += r.number(7)
		return nil
	})
}
