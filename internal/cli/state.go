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

func newStateCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Look at the state, and edit it",
		Long: `The subcommands of state show what the state knows, rename instances in it, and
take them out of it. None of them fetches or deletes anything.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.Args = unknownCommand(cmd)
	cmd.AddCommand(newStateListCmd(a), newStateShowCmd(a), newStateMvCmd(a), newStateRmCmd(a),
		newStatePullCmd(a), newStatePushCmd(a))
	return cmd
}

func newStateListCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "list [ADDR]...",
		Short: "List the instances in the state",
		Example: `  reportsync state list
  reportsync state list planfix_report.weekly`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withInstances(cmd.Context(), v, args, func(l *look, list []*export.Known) error {
				addrs := make([]export.Address, len(list))
				for i, k := range list {
					addrs[i] = k.Address
				}
				return l.view.AddressList(addrs)
			})
		},
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func newStateShowCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:     "show ADDR",
		Short:   "Show what the state knows of an instance",
		Example: `  reportsync state show 'planfix_report.weekly["Sales"]'`,
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withInstances(cmd.Context(), v, args, func(l *look, list []*export.Known) error {
				if a.json {
					return l.view.Versions(list, l.root())
				}
				for i, k := range list {
					if i > 0 {
						l.view.Say("")
					}
					l.view.Instance(k, l.root())
				}
				return nil
			})
		},
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func newStateMvCmd(a *app) *cobra.Command {
	o := &editOptions{}
	cmd := &cobra.Command{
		Use:   "mv FROM TO",
		Short: "Give an instance, or all of a block, another address",
		Long: `mv does in the state what a moved block does for everybody who shares the
configuration. Files get their new names with the next apply; nothing is fetched
again.`,
		Example: `  reportsync state mv planfix_report.weekly planfix_report.sales
  reportsync state mv planfix_report.weekly 'planfix_report.all["weekly"]'`,
		Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			addrs, err := addresses("ADDR", args)
			if err != nil {
				return err
			}
			return a.edit(cmd.Context(), o, "state mv", func(v *view.View, run *engine.Run) error {
				done, err := run.Rename(cmd.Context(), addrs[0], addrs[1])
				if err != nil {
					return err
				}
				for _, one := range done {
					v.Say("%s is %s now.", one.From, one.To)
				}
				return nil
			})
		},
	}
	o.flags(cmd)
	return cmd
}

func newStateRmCmd(a *app) *cobra.Command {
	o := &editOptions{}
	cmd := &cobra.Command{
		Use:   "rm ADDR...",
		Short: "Take instances out of the state; files and objects on the service stay",
		Long: `rm makes the state forget instances. Local files stay, and so does what they are
on the service. What is still in the configuration is found again by its files and
manifests with the next apply.`,
		Example: `  reportsync state rm planfix_report.weekly`,
		Args:    atLeastOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			addrs, err := addresses("ADDR", args)
			if err != nil {
				return err
			}
			return a.edit(cmd.Context(), o, "state rm", func(v *view.View, run *engine.Run) error {
				done, err := run.Forget(cmd.Context(), addrs)
				if err != nil {
					return err
				}
				for _, addr := range done {
					v.Say("%s is forgotten.", addr)
				}
				return nil
			})
		},
	}
	o.flags(cmd)
	return cmd
}

// editOptions are the flags of commands that write to the state.
type editOptions struct {
	vars        vars
	lockTimeout string
	// anew lets the command make a state where there is none.
	anew bool
}

func (o *editOptions) flags(cmd *cobra.Command) {
	o.vars.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.lockTimeout, "lock-timeout", "0s", "how long to wait for a run that holds the state")
}

// edit runs f with the state's lock.
func (a *app) edit(ctx context.Context, o *editOptions, command string, f func(*view.View, *engine.Run) error) (err error) {
	s, err := a.writing(ctx, o, command)
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	return f(s.view, s.run)
}

func newForceUnlockCmd(a *app) *cobra.Command {
	var v vars
	var force bool
	cmd := &cobra.Command{
		Use:   "force-unlock ID",
		Short: "Take the lock from a run that holds the state",
		Long: `force-unlock ends the lock with the id that a refused command names. The lock of a
process that has died expires by itself within a minute, so this is hardly ever
needed. A run that is alive notices, and writes nothing more.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runForceUnlock(cmd.Context(), v, args[0], force)
		},
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&force, "force", false, "do not ask")
	return cmd
}

func (a *app) runForceUnlock(ctx context.Context, v vars, id string, force bool) (err error) {
	s, err := a.open(ctx, v, "force-unlock")
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	if !state.Exists(s.opt.StatePath) {
		return &exitStatus{code: exitError, err: fmt.Errorf("there is no state at %s, so nothing is locked", s.opt.StatePath)}
	}
	if !force {
		if !a.env.StdinTTY || a.env.set("CI") {
			return usage("Pass -force if no run of reportsync is at work there.", "force-unlock needs approval, but nobody can be asked here")
		}
		ok, err := s.confirm(ctx, "Is no run of reportsync at work on this state?")
		if err != nil {
			return err
		}
		if !ok {
			s.view.Say("Nothing was unlocked.")
			return status(exitError)
		}
	}
	st, err := state.Open(ctx, s.opt.StatePath, state.Options{Clock: s.opt.Clock, Version: Version})
	if err != nil {
		return err
	}
	if err := errors.Join(st.ForceUnlock(ctx, id), st.Close()); err != nil {
		return err
	}
	s.view.Say("The state is unlocked.")
	return nil
}
