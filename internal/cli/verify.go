package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/state"
	"reportsync/internal/view"
)

func newVerifyCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "verify [ADDR]...",
		Short: "Hash local files against the state",
		Long: `verify reads every local file and compares its hash with the state. It names each
damaged or missing file and exits with 7 if there is one. What it found is noted in
the state, so that the next plan repairs it; if another run holds the lock, the note
is left out.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runVerify(cmd.Context(), v, args) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

// checkDoc is a verified file in JSON output.
type checkDoc struct {
	Address   string           `json:"address"`
	Version   string           `json:"version"`
	Path      string           `json:"path"`
	Condition export.Condition `json:"condition"`
	Error     string           `json:"error,omitempty"`
}

func (a *app) runVerify(ctx context.Context, v vars, args []string) (err error) {
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	list, err := l.instances(args)
	if err != nil {
		return err
	}
	chosen := map[export.Address]bool{}
	for _, k := range list {
		chosen[k.Address] = true
	}
	checked, err := engine.Verify(ctx, l.store, l.snap, func(addr export.Address) bool { return chosen[addr] })
	if err != nil {
		return err
	}
	bad, bytes := 0, int64(0)
	docs := make([]checkDoc, 0, len(checked))
	for i := range checked {
		c := &checked[i]
		d := checkDoc{Address: c.Address.String(), Version: c.VersionID, Path: c.Path, Condition: c.Condition}
		if c.Err != nil {
			d.Error, d.Condition = c.Err.Error(), export.Damaged
		}
		if d.Condition != export.Whole {
			bad++
			if !a.json {
				l.view.Say("%s  %s  %s version %s", d.Condition, c.Path, d.Address, c.VersionID)
			}
		}
		bytes += c.Size
		docs = append(docs, d)
	}
	if err := l.note(ctx, checked); err != nil {
		return err
	}
	switch {
	case a.json:
		err = l.view.Document(map[string]any{"format_version": "1.0", "files": docs, "damaged": bad})
	case bad > 0:
		l.view.Say("\n%d of %d files are damaged or missing. Run 'reportsync apply' to fetch them again.", bad, len(checked))
	case len(checked) == 0:
		l.view.Say("There are no local files to verify.")
	default:
		l.view.Say("All %d files (%s) are whole.", len(checked), view.Bytes(bytes))
	}
	if err == nil && bad > 0 {
		return status(exitCheck)
	}
	return err
}

// note records what was found, if anything is to be recorded and nobody else
// holds the lock.
func (l *look) note(ctx context.Context, checked []engine.Checked) (err error) {
	if !engine.Noteworthy(l.snap, checked) {
		return nil
	}
	st, err := state.Open(ctx, l.opt.StatePath, state.Options{Clock: l.opt.Clock, Version: Version})
	if err != nil {
		return fmt.Errorf("note what was found: %w", err)
	}
	defer closing(&err, st.Close)
	lease, err := st.Acquire(ctx, state.Holder{Host: l.env.Host, PID: l.env.PID, User: l.env.User, Command: "verify"}, 0)
	if _, locked := errors.AsType[*state.ErrLocked](err); locked {
		l.view.Warn("Another run holds the state's lock, so what was found is not noted there.")
		return nil
	}
	if err != nil {
		return err
	}
	defer closing(&err, lease.Release)
	return engine.MarkDamaged(ctx, lease, l.snap, checked)
}
