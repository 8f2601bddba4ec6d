package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"reportsync/internal/state"
)

func newStatePullCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "pull",
		Short: "Print the state as a JSON document",
		Long: `pull prints everything that plans are made from, as one JSON document that
'state push' takes. History and sensitive outputs are not in it.`,
		Example: `  reportsync state pull > state.json`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runStatePull(cmd.Context(), v) },
	}
	v.flags(cmd.Flags())
	return cmd
}

func (a *app) runStatePull(ctx context.Context, v vars) (err error) {
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	if l.st == nil {
		return noState(l.opt.StatePath)
	}
	d, err := l.st.Document(ctx)
	if err != nil {
		return err
	}
	return l.view.Document(d)
}

func newStatePushCmd(a *app) *cobra.Command {
	o := &editOptions{anew: true}
	var force bool
	cmd := &cobra.Command{
		Use:   "push FILE",
		Short: "Put a JSON document in the place of the state",
		Long: `push replaces everything that plans are made from by what 'state pull' has printed. A
document of another state, or one that is older than the state, is refused unless
-force is given. Files are not touched. The file name "-" is the standard input.`,
		Example: `  reportsync state push state.json`,
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runStatePush(cmd.Context(), o, args[0], force) },
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "also take a document that is older, or of another state")
	return cmd
}

func (a *app) runStatePush(ctx context.Context, o *editOptions, name string, force bool) (err error) {
	text, err := a.readInput(name)
	if err != nil {
		return err
	}
	d, err := state.DecodeDocument(text)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	s, err := a.writing(ctx, o, "state push")
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	if snap := s.run.Snapshot(); snap.Serial > 0 && !force { // nothing was ever put into one of serial 0
		const hint = "Pass -force to replace it all the same. 'reportsync state pull' saves what is there."
		switch {
		case snap.Lineage != d.Lineage:
			return &exitStatus{code: exitError, err: fmt.Errorf("%s is of another state (lineage %s, here it is %s)", name, d.Lineage, snap.Lineage), hint: hint}
		case snap.Serial > d.Serial:
			return &exitStatus{code: exitError, err: fmt.Errorf("%s is older than the state (serial %d, here it is %d)", name, d.Serial, snap.Serial), hint: hint}
		}
	}
	if err := s.run.Restore(ctx, d); err != nil {
		return err
	}
	s.view.Say("The state holds what is in %s now. Instances: %d.", name, len(d.Instances))
	return nil
}

// maxDocument bounds what is read as a state.
const maxDocument = 1 << 30

// readInput reads a file, or the standard input for -.
func (a *app) readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(a.env.Stdin, maxDocument))
	}
	text, err := os.ReadFile(a.abs(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("Give a file that 'reportsync state pull' has printed.", "there is no file %s", name)
	}
	return text, err
}

func noState(path string) error {
	return &exitStatus{code: exitError, err: fmt.Errorf("there is no state at %s", path), hint: "Run 'reportsync apply' first."}
}
