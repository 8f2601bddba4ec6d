package cli

import (
	"github.com/spf13/cobra"

	"reportsync/internal/export"
)

func newVersionsCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "versions [ADDR]...",
		Short: "List known versions with their files",
		Example: `  reportsync versions
  reportsync versions 'planfix_report.weekly["Sales"]'
  reportsync versions -json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withInstances(cmd.Context(), v, args, func(l *look, list []*export.Known) error {
				return l.view.Versions(list, l.root())
			})
		},
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}
