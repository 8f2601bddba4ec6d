package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func newVersionsCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "versions [ADDR]...",
		Short: "List known versions with their files",
		Example: `  reportsync versions
  reportsync versions 'planfix_report.weekly["Sales"]'
  reportsync versions -json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runVersions(cmd.Context(), v, args) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func (a *app) runVersions(ctx context.Context, v vars, args []string) (err error) {
	addrs, err := addresses("ADDR", args)
	if err != nil {
		return err
	}
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	list, err := l.instances(addrs)
	if err != nil {
		return err
	}
	return l.view.Versions(list, l.root())
}
