package cli

import (
	"runtime"

	"github.com/spf13/cobra"
)

func newVersionCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.view.Document(map[string]any{
					"version": Version, "platform": runtime.GOOS + "_" + runtime.GOARCH, "go": runtime.Version(),
				})
			}
			a.view.Say("reportsync %s\non %s_%s", Version, runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}
