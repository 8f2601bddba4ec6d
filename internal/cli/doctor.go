package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"reportsync/internal/engine"
	"reportsync/internal/providers"
	"reportsync/internal/view"
)

func newDoctorCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Try each provider with one cheap call, and look at the state",
		Long: `doctor makes one cheap call to each provider of the configuration, which shows
whether the service can be reached and the credentials do, and looks at the state:
whether it is whole, and who holds its lock. It changes nothing.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDoctor(cmd.Context(), v) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func (a *app) runDoctor(ctx context.Context, v vars) (err error) {
	s, err := a.reading(ctx, v, "doctor")
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	rows := []view.DoctorRow{stateHealth(ctx, s.run)}
	code := exitOK
	if !rows[0].OK {
		code = exitError
	}
	for _, e := range s.run.Examine(ctx) {
		row := view.DoctorRow{Name: "provider " + e.Provider, OK: e.Err == nil, Facts: e.Facts, Took: e.Took}
		if e.Err != nil {
			row.Problem, row.Hint = e.Err.Error(), providers.HintOf(e.Err)
			if c := codeOf(e.Err); code == exitOK {
				code = c
			} else if c != code {
				code = exitError
			}
		}
		rows = append(rows, row)
	}
	if err := s.view.Doctor(rows); err != nil {
		return err
	}
	return status(code)
}

// stateHealth looks at the state.
func stateHealth(ctx context.Context, run *engine.Run) view.DoctorRow {
	row := view.DoctorRow{Name: "state", OK: true}
	st := run.State()
	if st == nil {
		row.Facts = []string{"there is none yet; apply makes it"}
		return row
	}
	meta, errMeta := st.Meta(ctx)
	holder, errHolder := st.Holder(ctx)
	if err := errors.Join(st.IntegrityCheck(ctx), errMeta, errHolder); err != nil {
		row.OK, row.Problem, row.Hint = false, err.Error(), "Put a backup of the file in its place; files on disk are adopted by the next apply all the same."
		return row
	}
	row.Facts = []string{fmt.Sprintf("it is whole: serial %d, instances: %d", meta.Serial, len(run.Snapshot().Instances))}
	if holder != nil {
		row.Facts = append(row.Facts, fmt.Sprintf("it is locked by %s@%s (pid %d, %s), lock id %s", holder.User, holder.Host, holder.PID, holder.Command, holder.ID))
	}
	return row
}
