package cli

import (
	"context"

	"github.com/spf13/cobra"

	"reportsync/internal/state"
	"reportsync/internal/view"
)

func newHistoryCmd(a *app) *cobra.Command {
	var v vars
	var limit int
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List past runs: what they did, asked and waited for, and why they failed",
		Example: `  reportsync history
  reportsync history -limit=3 -json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runHistory(cmd.Context(), v, limit) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().IntVar(&limit, "limit", 20, "how many runs, from the newest")
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func (a *app) runHistory(ctx context.Context, v vars, limit int) (err error) {
	if limit < 1 {
		return usage("Use a number from 1.", "-limit: %d is out of range", limit)
	}
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	var runs []state.Run
	if l.st != nil {
		if runs, err = l.st.Runs(ctx, limit); err != nil {
			return err
		}
	}
	rows := make([]view.HistoryRow, len(runs))
	for i := range runs {
		rows[i] = historyRow(&runs[i])
	}
	return l.view.History(rows)
}

// historyRow turns a run as the state keeps it into one to show.
func historyRow(r *state.Run) view.HistoryRow {
	row := view.HistoryRow{
		ID: r.ID, Started: r.Started.UTC(), Command: r.Command, User: r.User, Host: r.Host,
		Outcome: r.Outcome, Summary: r.Summary, Requests: r.Requests, Bytes: r.Bytes, Items: []view.HistoryItem{},
	}
	if r.Ended.IsZero() {
		row.Outcome = "not ended" // it goes on, or was killed
	} else {
		ended := r.Ended.UTC()
		row.Ended = &ended
	}
	for _, it := range r.Items {
		row.Items = append(row.Items, view.HistoryItem{
			Address: it.Address.String(), Change: it.Change, Outcome: it.Result, Reason: it.Error, Steps: it.Steps,
			Requests: it.Requests, Bytes: it.Bytes, WaitedS: it.Waited.Seconds(), TookS: it.Took.Seconds(),
		})
	}
	return row
}
