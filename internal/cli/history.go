package cli

import (
	"context"
	"encoding/json"
	"time"

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
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runHistory(cmd.Context(), v, limit) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().IntVar(&limit, "limit", 20, "how many runs, from the newest")
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

// runDoc is a run in JSON output.
type runDoc struct {
	Command  string       `json:"command"`
	Started  time.Time    `json:"started"`
	Ended    *time.Time   `json:"ended"`
	User     string       `json:"user"`
	Host     string       `json:"host"`
	Result   string       `json:"result"`
	Summary  string       `json:"summary"`
	Requests int          `json:"requests"`
	Items    []runItemDoc `json:"items"`
}

type runItemDoc struct {
	Address  string          `json:"address"`
	Change   string          `json:"change"`
	Result   string          `json:"result"`
	Error    string          `json:"error,omitempty"`
	Steps    json.RawMessage `json:"steps"`
	Requests int             `json:"requests"`
	Bytes    int64           `json:"bytes"`
	WaitedS  float64         `json:"waited_s"`
	TookS    float64         `json:"took_s"`
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
	if a.json {
		docs := make([]runDoc, 0, len(runs))
		for i := range runs {
			docs = append(docs, newRunDoc(&runs[i]))
		}
		return l.view.Document(map[string]any{"format_version": "1.0", "runs": docs})
	}
	if len(runs) == 0 {
		l.view.Say("No runs yet.")
		return nil
	}
	var rows [][]string
	for i := range runs {
		r := &runs[i]
		rows = append(rows, []string{stamp(r.Started), r.Command, r.User + "@" + r.Host, runResult(r), runTook(r), r.Summary})
		for _, item := range r.Items {
			if item.Error != "" {
				rows = append(rows, []string{"", "", "", item.Result, "", item.Address.String() + ": " + item.Error})
			}
		}
	}
	l.view.Table([]string{"started", "command", "by", "result", "took", "what"}, rows, view.Right(4))
	return nil
}

// runResult is how a run ended; one without an end was killed or still runs.
func runResult(r *state.Run) string {
	if r.Ended.IsZero() {
		return "not ended"
	}
	return r.Outcome
}

func runTook(r *state.Run) string {
	if r.Ended.IsZero() {
		return ""
	}
	return view.Duration(r.Ended.Sub(r.Started))
}

func newRunDoc(r *state.Run) runDoc {
	d := runDoc{
		Command: r.Command, Started: r.Started.UTC(), Ended: moment(r.Ended), User: r.User, Host: r.Host,
		Result: runResult(r), Summary: r.Summary, Items: []runItemDoc{},
	}
	for _, it := range r.Items {
		d.Requests += it.Requests
		d.Items = append(d.Items, runItemDoc{
			Address: it.Address.String(), Change: it.Change, Result: it.Result, Error: it.Error, Steps: json.RawMessage(it.Steps),
			Requests: it.Requests, Bytes: it.Bytes, WaitedS: it.Waited.Seconds(), TookS: it.Took.Seconds(),
		})
	}
	return d
}
