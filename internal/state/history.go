package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	err := l.write(ctx, "record run", func(tx *transaction) error {
		return tx.row(`INSERT INTO runs (command, user, host, version, started_at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
			[]any{r.Command, r.User, r.Host, r.Version, stamp(r.Started)}, &id)
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
		var exists bool
		if err := tx.row(`SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?)`, []any{runID}, &exists); err != nil {
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
			[]any{limit}, func(scan func(...any) error) error {
				var r Run
				var started, ended sql.NullString
				if err := scan(&r.ID, &r.Command, &r.User, &r.Host, &r.Version, &started, &ended, &r.Outcome, &r.Summary); err != nil {
					return err
				}
				var errs [2]error
				r.Started, errs[0] = moment(started)
				r.Ended, errs[1] = moment(ended)
				at[r.ID] = len(runs)
				runs = append(runs, r)
				return errors.Join(errs[:]...)
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
		WHERE run >= ? ORDER BY id`, []any{oldest}, func(scan func(...any) error) error {
		var id, waited, took int64
		var address string
		var steps sql.RawBytes
		var it RunItem
		err := scan(&id, &address, &it.Change, &steps, &it.Result, &it.Error, &it.Requests, &it.Bytes, &waited, &took)
		if err != nil {
			return err
		}
		if it.Address, err = export.ParseAddress(address); err != nil {
			return err
		}
		it.Steps = slices.Clone(json.RawMessage(steps))
		it.Waited, it.Took = time.Duration(waited)*time.Millisecond, time.Duration(took)*time.Millisecond
		r := &runs[at[id]]
		r.Requests += it.Requests
		r.Bytes += it.Bytes
		r.Items = append(r.Items, it)
		return nil
	})
}
