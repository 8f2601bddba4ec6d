package cli

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"reportsync/internal/crash"
	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/view"
)

// applyOptions are the options of apply.
type applyOptions struct {
	planOptions
	autoApprove bool
	input       bool
	wait        bool
	waitTimeout string
}

func newApplyCmd(a *app) *cobra.Command {
	o := &applyOptions{}
	cmd := &cobra.Command{
		Use:   "apply [PLANFILE]",
		Short: "Fetch what is missing and generate what is due",
		Long: `apply makes a plan, asks for approval and carries it out: it fetches what is
missing, generates what is due, repairs what is damaged and prunes what retention
does not keep. With a plan file it carries out exactly the steps in it.

An export that fails does not hold up the others. It can be interrupted and run
again at any time; the next run goes on from there.`,
		Example: `  reportsync apply
  reportsync apply -auto-approve                      # from cron
  reportsync apply -wait=false -detailed-exitcode     # start generations, exit 8 if some are pending
  reportsync apply next.rsplan`,
		Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runApply(cmd.Context(), o, args) },
	}
	o.register(a, cmd)
	return cmd
}

func (o *applyOptions) register(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	o.flags(f)
	f.BoolVar(&o.autoApprove, "auto-approve", false, "do not ask for approval")
	f.BoolVar(&o.input, "input", true, "ask for approval if stdin is a terminal")
	f.BoolVar(&o.wait, "wait", true, "wait for generations; with -wait=false they are only started")
	f.BoolVar(&a.json, "json", false, "print JSON lines")
	f.StringVar(&o.waitTimeout, "wait-timeout", "0s", "end all waiting after this long (0s: no limit)")
}

func newDestroyCmd(a *app) *cobra.Command {
	o := &applyOptions{}
	cmd := &cobra.Command{
		Use:   "destroy",
		Short: "End everything in the state; local files stay",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.destroy = true
			return a.runApply(cmd.Context(), o, nil)
		},
	}
	o.register(a, cmd)
	return cmd
}

func (a *app) runApply(ctx context.Context, o *applyOptions, args []string) (err error) {
	a.view.Version(Version)
	c, err := o.choose()
	if err != nil {
		return err
	}
	var file *plan.File
	if len(args) == 1 {
		if file, err = a.readPlan(args[0]); err != nil {
			return err
		}
	}
	ao := engine.ApplyOptions{NoWait: !o.wait}
	if ao.WaitTimeout, err = duration("-wait-timeout", o.waitTimeout); err != nil {
		return err
	}
	if !o.lock {
		return usage("Use -lock-timeout to wait for a run that holds the lock.", "-lock=false: two runs at once would pay for the same reports twice")
	}
	if file == nil && !o.autoApprove && !a.canAsk(o) {
		return usage("Pass -auto-approve, or a plan file made with 'reportsync plan -out=FILE'.",
			"apply needs approval, but nobody can be asked here (stdin is not a terminal, CI is set, or -input=false)")
	}
	command := "apply"
	if o.destroy {
		command = "destroy"
	}
	s, err := a.open(ctx, o.vars, command)
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	c.apply(&s.opt)
	run, err := engine.Write(ctx, s.opt)
	if err != nil {
		return err
	}
	defer closing(&err, run.Close)
	if file != nil {
		return s.applyFile(ctx, run, file, ao, o)
	}
	return s.applyFresh(ctx, run, c.PlanOptions, ao, o)
}

// canAsk reports whether somebody is there to answer.
func (a *app) canAsk(o *applyOptions) bool {
	return o.input && a.env.StdinTTY && !a.env.set("CI")
}

func (s *session) applyFresh(ctx context.Context, run *engine.Run, po engine.PlanOptions, ao engine.ApplyOptions, o *applyOptions) error {
	planned, diags := s.plan(ctx, run, po)
	if planned == nil {
		return status(codeOfDiagnostics(diags))
	}
	if len(planned.Changes) == 0 && diags.HasErrors() {
		return status(codeOfDiagnostics(diags))
	}
	if !planned.Idle() && !o.autoApprove {
		ok, err := s.confirm(ctx, "Do you want to perform these actions?")
		if err != nil {
			return err
		}
		if !ok {
			s.view.Say("Apply cancelled; nothing was changed.")
			return status(exitError)
		}
	}
	return s.carryOut(ctx, run, planned, ao, o)
}

// confirm asks, and stops asking when it is interrupted.
func (s *session) confirm(ctx context.Context, question string) (bool, error) {
	type answer struct {
		ok  bool
		err error
	}
	got := make(chan answer, 1)
	go func() { // reading a terminal cannot be cut short; the process ends soon
		ok, err := s.view.Confirm(s.env.Stdin, question)
		got <- answer{ok, err}
	}()
	select {
	case a := <-got:
		return a.ok, a.err
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// plan makes a plan and prints it, with what stands in its way.
func (s *session) plan(ctx context.Context, run *engine.Run, po engine.PlanOptions) (*engine.Planned, hcl.Diagnostics) {
	progress := s.view.NewProgress()
	defer progress.Close() // also after a panic: it has the terminal
	run.Listen(progress)
	planned, diags := run.Plan(ctx, po)
	progress.Close()
	left := planned != nil && (planned.Incomplete || len(planned.Failed) > 0)
	if planned != nil && !(left && planned.Idle()) {
		s.showPlan(planned.Plan, view.PlanOptions{Destroy: planned.Destroy, Refreshed: planned.Refreshed, Outputs: changedOutputs(planned)})
	}
	if left {
		s.view.Warn("The plan leaves out what could not be evaluated or read; it stays as it is.")
	}
	s.diagnostics(diags)
	return planned, diags
}

// showPlan prints a plan in the form that was asked for.
func (a *app) showPlan(p *plan.Plan, o view.PlanOptions) {
	if a.markdown {
		a.view.Markdown(p, o)
		return
	}
	a.view.Plan(p, o)
}

func (s *session) applyFile(ctx context.Context, run *engine.Run, file *plan.File, ao engine.ApplyOptions, o *applyOptions) error {
	planned, diags, err := run.Load(ctx, file)
	if err == nil && !diags.HasErrors() {
		err = run.Spend(ctx, file)
	}
	s.diagnostics(diags)
	switch {
	case err != nil:
		return err
	case diags.HasErrors():
		return status(codeOfDiagnostics(diags))
	}
	return s.carryOut(ctx, run, planned, ao, o)
}

// carryOut applies a plan and prints how it ended.
func (s *session) carryOut(ctx context.Context, run *engine.Run, planned *engine.Planned, ao engine.ApplyOptions, o *applyOptions) error {
	progress := s.view.NewProgress()
	defer progress.Close() // also after a panic: it has the terminal
	progress.Expect(planned.Busy(), s.root())
	run.Listen(progress)
	applied, diags := run.Apply(ctx, hardOf(ctx), planned, ao)
	progress.Close()
	if applied != nil && len(applied.Results) > 0 {
		s.view.Results(applied.Results, applied.Took, view.ResultOptions{
			ExportRoot: s.root(), Destroy: planned.Destroy, Interrupted: applied.Interrupted, Hint: hint,
		})
	}
	s.diagnostics(diags)
	if applied == nil {
		return status(codeOfDiagnostics(diags))
	}
	for i := range applied.Results {
		if p, ok := errors.AsType[*crash.Panic](applied.Results[i].Err); ok {
			return p
		}
	}
	if applied.Interrupted {
		return status(exitInterrupted)
	}
	if len(applied.Outputs) > 0 {
		s.view.Outputs(outputs(applied.Outputs))
	}
	if code := codeOfResults(applied.Results, o.detailed); code != exitOK {
		return status(code)
	}
	if diags.HasErrors() {
		return status(codeOfDiagnostics(diags))
	}
	if planned.Incomplete {
		return status(exitPartial)
	}
	return nil
}

// parseDuration reads a duration as the configuration language does.
func parseDuration(s string) (time.Duration, error) { return export.ParseDuration(s) }
