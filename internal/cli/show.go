package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"reportsync/internal/export"
	"reportsync/internal/view"
)

func newShowCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "show [PLANFILE]",
		Short: "Show the state, or a saved plan",
		Long: `show prints what the state knows of each instance. With a plan file it prints the
plan; that needs neither state nor network nor configuration.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.runShowPlan(args[0])
			}
			return a.runShowState(cmd.Context(), v)
		},
	}
	v.flags(cmd.Flags())
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
	a.view.Plan(p, view.PlanOptions{Destroy: f.Destroy, Refreshed: true})
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
	if len(list) == 0 {
		l.view.Say("The state is empty. Run 'reportsync apply'.")
		return nil
	}
	for i, k := range list {
		if i > 0 {
			l.view.Say("")
		}
		if err := l.showInstance(k); err != nil {
			return err
		}
	}
	return nil
}

// showInstance prints what the state knows of one instance.
func (l *look) showInstance(k *export.Known) error {
	l.view.Say("# %s", k.Address)
	l.view.Say("provider  %s", k.Provider)
	if k.Account != "" {
		l.view.Say("account   %s", k.Account)
	}
	if k.PreventDestroy {
		l.view.Say("protected by prevent_destroy")
	}
	var attrs map[string]json.RawMessage
	if err := json.Unmarshal(k.Attributes, &attrs); err == nil {
		for _, name := range sortedKeys(attrs) {
			if string(attrs[name]) != "null" {
				l.view.Say("%-9s %s", name, string(attrs[name]))
			}
		}
	}
	for i := range k.Requests {
		l.view.Say("generation %s in progress since %s", k.Requests[i].ID, stamp(k.Requests[i].StartedAt))
	}
	for i := range k.Intents {
		l.view.Say("a generation was asked for at %s; its answer was lost", stamp(k.Intents[i].StartedAt))
	}
	if len(k.Versions) == 0 {
		l.view.Say("no versions yet")
		return nil
	}
	var rows [][]string
	for i := range k.Versions {
		kv := &k.Versions[i]
		rows = append(rows, []string{kv.ID, kv.Name, stamp(kv.CreatedAt), string(kv.Status), count(kv.Rows), size(kv.Artifacts), place(kv)})
	}
	l.view.Table([]string{"version", "name", "made", "status", "rows", "size", "file"}, rows, view.Right(4, 5))
	return nil
}
