package cli

import (
	"context"
	"errors"

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
the state, so that the next plan repairs it; if another run holds the lock, or the
state cannot be written to, the note is left out.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withInstances(cmd.Context(), v, args, func(l *look, list []*export.Known) error { return l.verify(cmd.Context(), list) })
		},
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func (l *look) verify(ctx context.Context, list []*export.Known) error {
	chosen := map[export.Address]bool{}
	for _, k := range list {
		chosen[k.Address] = true
	}
	checked, err := engine.Verify(ctx, l.store, l.snap, func(addr export.Address) bool { return chosen[addr] })
	if err != nil {
		return err
	}
	rows := make([]view.VerifyRow, len(checked))
	bad := false
	for i := range checked {
		c := &checked[i]
		rows[i] = view.VerifyRow{Address: c.Address.String(), Version: c.VersionID, Path: c.Path, Condition: c.Condition}
		if c.Err != nil {
			rows[i].Condition, rows[i].Detail = export.Damaged, c.Err.Error()
		}
		bad = bad || rows[i].Condition != export.Whole
	}
	if err := l.note(ctx, checked); err != nil {
		// What was found is worth more than the note: a backup can be read-only.
		l.view.Warn("What was found is not noted in the state: %s.", err)
	}
	if err := l.view.Verify(rows); err != nil {
		return err
	}
	if bad {
		return status(exitCheck)
	}
	return nil
}

// note records what was found, if anything is to be recorded and nobody else
// holds the lock.
func (l *look) note(ctx context.Context, checked []engine.Checked) (err error) {
	if !engine.Noteworthy(l.snap, checked) {
		return nil
	}
	st, err := state.Open(ctx, l.opt.StatePath, state.Options{Clock: l.opt.Clock, Version: Version})
	if err != nil {
		return err
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
