package view

import (
	"encoding/json"
	"strconv"
	"time"
)

// HistoryRow is a past run.
type HistoryRow struct {
	ID      int64     `json:"id"`
	Started time.Time `json:"started_at"`
	// Ended is nil for a run that goes on or was killed.
	Ended   *time.Time `json:"ended_at"`
	Command string     `json:"command"`
	User    string     `json:"user,omitempty"`
	Host    string     `json:"host,omitempty"`
	Outcome string     `json:"outcome"`
	// Summary is a sentence about how the run ended.
	Summary  string        `json:"summary"`
	Requests int           `json:"requests"`
	Bytes    int64         `json:"bytes"`
	Items    []HistoryItem `json:"items"`
}

// HistoryItem is what a run did for one instance.
type HistoryItem struct {
	Address string `json:"address"`
	Change  string `json:"change"`
	Outcome string `json:"outcome"`
	// Reason is why it failed, or what is waited for.
	Reason   string          `json:"reason,omitempty"`
	Steps    json.RawMessage `json:"steps"`
	Requests int             `json:"requests"`
	Bytes    int64           `json:"bytes"`
	WaitedS  float64         `json:"waited_seconds"`
	TookS    float64         `json:"elapsed_seconds"`
}

// History shows past runs, and below each what did not go well.
func (v *View) History(runs []HistoryRow) error {
	if v.options.JSON {
		return v.Document(HistoryDoc{formatVersion, append([]HistoryRow{}, runs...)})
	}
	if len(runs) == 0 {
		v.Say("No runs are recorded yet.")
		return nil
	}
	var rows [][]string
	for _, r := range runs {
		took := ""
		if r.Ended != nil {
			took = Duration(r.Ended.Sub(r.Started))
		}
		who := r.User
		if r.Host != "" {
			who += "@" + r.Host
		}
		rows = append(rows, []string{
			strconv.FormatInt(r.ID, 10), v.stamp(r.Started), r.Command, who, r.Outcome, Count(int64(r.Requests)), Bytes(r.Bytes), took, r.Summary,
		})
		for _, item := range r.Items {
			if item.Reason != "" {
				rows = append(rows, []string{"", "", "", "", item.Outcome, "", "", "", item.Address + ": " + item.Reason})
			}
		}
	}
	v.Table([]string{"run", "started", "command", "who", "result", "requests", "read", "took", "what"}, rows, Right(5, 6, 7))
	return nil
}
