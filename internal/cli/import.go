package cli

import (
	"context"

	"github.com/spf13/cobra"

	"reportsync/internal/engine"
)

func newImportCmd(a *app) *cobra.Command {
	o := &editOptions{anew: true}
	cmd := &cobra.Command{
		Use:   "import ADDR ID",
		Short: "Take an object that exists on the service under the care of an export",
		Long: `import makes an export look after an object that it did not create. The object is
never deleted. An import block does the same with the next apply, and can be
reviewed; what a service merely lists needs no import, apply fetches it.`,
		Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runImport(cmd.Context(), o, args) },
	}
	o.flags(cmd)
	return cmd
}

func (a *app) runImport(ctx context.Context, o *editOptions, args []string) (err error) {
	addrs, err := addresses("ADDR", args[:1])
	if err != nil {
		return err
	}
	s, err := a.writing(ctx, o, "import")
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	planned, diags := s.run.Import(ctx, addrs[0], args[1])
	s.diagnostics(diags)
	if planned == nil {
		return status(codeOfDiagnostics(diags))
	}
	return s.carryOut(ctx, s.run, planned, engine.ApplyOptions{}, &applyOptions{})
}
