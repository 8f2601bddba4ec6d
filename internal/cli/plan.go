package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reportsync/internal/engine"
	"reportsync/internal/plan"
)

// planOptions are the options that plan and apply share.
type planOptions struct {
	vars        vars
	destroy     bool
	refresh     bool
	refreshOnly bool
	target      []string
	exclude     []string
	replace     []string
	parallelism int
	lock        bool
	lockTimeout string
	detailed    bool
}

func (o *planOptions) flags(f *pflag.FlagSet) {
	o.vars.flags(f)
	f.BoolVar(&o.destroy, "destroy", false, "plan the end of everything in the state")
	f.BoolVar(&o.refresh, "refresh", true, "ask the services what exists; with -refresh=false the state is believed")
	f.BoolVar(&o.refreshOnly, "refresh-only", false, "only bring the state up to date with what exists: nothing is fetched, generated, created or deleted")
	f.StringArrayVar(&o.target, "target", nil, "only this instance, or all of a block, with what it refers to (repeatable)")
	f.StringArrayVar(&o.exclude, "exclude", nil, "everything but this (repeatable)")
	f.StringArrayVar(&o.replace, "replace", nil, "take this anew although nothing has changed (repeatable)")
	f.IntVar(&o.parallelism, "parallelism", 10, "how many instances are worked on at once")
	f.BoolVar(&o.lock, "lock", true, "take the state's lock; plan never needs it and apply always does, so false is for plan only")
	f.StringVar(&o.lockTimeout, "lock-timeout", "0s", "how long to wait for the lock")
	f.BoolVar(&o.detailed, "detailed-exitcode", false, "tell more by the exit status")
}

// chosen are the options of plan and apply in the engine's terms.
type chosen struct {
	engine.PlanOptions
	parallelism int
	lockTimeout time.Duration
}

// choose turns flags into the engine's terms. It needs nothing but the flags, so
// that wrong usage is told before anything is read.
func (o *planOptions) choose() (chosen, error) {
	c := chosen{PlanOptions: engine.PlanOptions{NoRefresh: !o.refresh, Destroy: o.destroy, RefreshOnly: o.refreshOnly}, parallelism: o.parallelism}
	switch {
	case o.refreshOnly && !o.refresh:
		return c, usage("Leave one of them out.", "-refresh-only and -refresh=false contradict each other")
	case o.refreshOnly && (o.destroy || len(o.replace) > 0):
		return c, usage("Leave one of them out.", "-refresh-only changes nothing, so -destroy and -replace cannot go with it")
	}
	var err error
	if c.Targets, err = addresses("-target", o.target); err != nil {
		return c, err
	}
	if c.Excludes, err = addresses("-exclude", o.exclude); err != nil {
		return c, err
	}
	if c.Replace, err = addresses("-replace", o.replace); err != nil {
		return c, err
	}
	if o.parallelism < 1 || o.parallelism > 1000 {
		return c, usage("Use a number from 1 to 1000; 10 is the default.", "-parallelism: %d is out of range", o.parallelism)
	}
	c.lockTimeout, err = duration("-lock-timeout", o.lockTimeout)
	return c, err
}

// apply sets the options of a run.
func (c *chosen) apply(opt *engine.Options) {
	opt.Parallelism, opt.LockTimeout = c.parallelism, c.lockTimeout
}

func newPlanCmd(a *app) *cobra.Command {
	o := &planOptions{}
	var out string
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what apply would do, and change nothing",
		Long: `plan compares the configuration with the state and with the services, and shows
what apply would do and what that would cost. It spends nothing but requests: it
never generates, creates or writes, except to the file given with -out.`,
		Example: `  reportsync plan
  reportsync plan -detailed-exitcode        # exit 2 when there is something to do
  reportsync plan -out=next.rsplan          # and later: reportsync apply next.rsplan`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.markdown && a.json {
				return usage("Choose one of them.", "-markdown and -json cannot go together")
			}
			return a.runPlan(cmd.Context(), o, out)
		},
	}
	o.flags(cmd.Flags())
	cmd.Flags().StringVar(&out, "out", "", "save the plan to this file")
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON lines")
	cmd.Flags().BoolVar(&a.markdown, "markdown", false, "print Markdown, for a comment on a pull request")
	return cmd
}

func (a *app) runPlan(ctx context.Context, o *planOptions, out string) (err error) {
	a.view.Version(Version)
	c, err := o.choose()
	if err != nil {
		return err
	}
	s, err := a.open(ctx, o.vars, "plan")
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	c.apply(&s.opt)
	run, err := engine.Read(ctx, s.opt)
	if err != nil {
		return err
	}
	defer closing(&err, run.Close)
	planned, diags := s.plan(ctx, run, c.PlanOptions)
	if diags.HasErrors() {
		return status(codeOfDiagnostics(diags))
	}
	if out != "" {
		if err := s.save(run, planned, out); err != nil {
			return err
		}
	}
	if o.detailed && !planned.Idle() {
		return status(exitChanges)
	}
	return nil
}

// save writes a plan file, whole or not at all.
func (s *session) save(run *engine.Run, planned *engine.Planned, out string) error {
	data, err := plan.Encode(run.File(planned))
	if err != nil {
		return err
	}
	if err := replaceFile(s.abs(out), data, 0o600); err != nil {
		return &exitStatus{code: exitError, err: err, hint: "The plan was not saved. Give -out a file in a folder that exists and that you may write to."}
	}
	s.view.Say("\nSaved the plan to %s. To carry out exactly these steps, run:\n  reportsync apply %s", out, out)
	return nil
}

// readPlan reads a saved plan.
func (a *app) readPlan(path string) (*plan.File, error) {
	data, err := os.ReadFile(a.abs(path))
	if err != nil {
		return nil, usage("Make a plan with 'reportsync plan -out=FILE' and give that file.", "read plan %s: %s", path, reason(err))
	}
	f, err := plan.Decode(data)
	if err != nil {
		return nil, &exitStatus{
			code: codeOf(err), err: fmt.Errorf("read plan %s: %w", path, err),
			hint: "Nothing was done. Make a plan anew with 'reportsync plan -out=FILE'.",
		}
	}
	return f, nil
}

// duration parses a duration flag.
func duration(flag, s string) (time.Duration, error) {
	d, err := parseDuration(s)
	if err != nil {
		return 0, usage("", "%s: %s", flag, err)
	}
	return d, nil
}
