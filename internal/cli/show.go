package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"reportsync/internal/view"
)

func newShowCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "show [PLANFILE]",
		Short: "Show the state, or a saved plan",
		Long: `show prints what the state knows of each instance. With a plan file it prints the
plan; that needs neither state nor network nor configuration. With -json it prints
one document, in the shape of Terraform's state or plan.`,
		Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.runShowPlan(args[0])
			}
			return a.runShowState(cmd.Context(), v)
		},
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print one JSON document, shaped like Terraform's")
	cmd.Flags().BoolVar(&a.markdown, "markdown", false, "print a plan as Markdown")
	return cmd
}

func (a *app) runShowPlan(path string) error {
	f, err := a.readPlan(path)
	if err != nil {
		return err
	}
	p, err := f.Plan()
	if err != nil {
		return fmt.Errorf("read plan %s: %w", path, err)
	}
	if a.json {
		return a.view.PlanFile(f, p)
	}
	a.showPlan(p, view.PlanOptions{Destroy: f.Destroy, Refreshed: true})
	return nil
}

func (a *app) runShowState(ctx context.Context, v vars) (err error) {
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	list, err := l.instances(nil)
	if err != nil {
		return err
	}
	if a.json {
		outputs, err := l.outputs(ctx)
		if err != nil {
			return err
		}
		return l.view.State(Version, list, outputs)
	}
	if len(list) == 0 {
		l.view.Say("The state is empty. Run 'reportsync apply'.")
		return nil
	}
	for i, k := range list {
		if i > 0 {
			l.view.Say("")
		}
		l.view.Instance(k, l.root())
	}
	return nil
}
