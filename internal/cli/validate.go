package cli

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"reportsync/internal/engine"
)

func newValidateCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration, without network or state",
		Long: `validate checks the configuration: syntax, blocks, arguments, references, types
and values, as far as they are known without asking a service. It needs neither
network nor credentials nor state.`,
		Example: `  reportsync validate
  reportsync validate -json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.runValidate(v) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

func (a *app) runValidate(v vars) error {
	cfg, diags := a.parse(v, true)
	var files map[string]*hcl.File
	if cfg != nil {
		files = cfg.Files
		if !diags.HasErrors() {
			diags = append(diags, engine.Validate(cfg, types())...)
		}
	}
	if err := a.view.Validation(diags, files); err != nil {
		return err
	}
	if diags.HasErrors() {
		return status(exitError)
	}
	return nil
}
