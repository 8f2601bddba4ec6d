package cli

import (
	"bufio"
	"context"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"reportsync/internal/view"
)

func newConsoleCmd(a *app) *cobra.Command {
	var v vars
	var eval string
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Try expressions against the configuration and the state",
		Long: `console evaluates expressions, one a line, with the variables and functions of the
configuration, the data sources, and the exports as the last apply has left them. It
changes nothing and takes no lock. It ends with the input, or with exit.`,
		Example: `  reportsync console
  reportsync console -eval='planfix_report.weekly.latest.rows'
  echo 'var.region' | reportsync console`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runConsole(cmd.Context(), v, eval, cmd.Flags().Changed("eval"))
		},
	}
	v.flags(cmd.Flags())
	cmd.Flags().StringVar(&eval, "eval", "", "evaluate this expression and end")
	cmd.Flags().BoolVar(&a.json, "json", false, "print values as JSON")
	return cmd
}

func (a *app) runConsole(ctx context.Context, v vars, eval string, once bool) (err error) {
	if once && strings.TrimSpace(eval) == "" {
		return usage("Write an expression, such as -eval='var.region'.", "-eval is empty")
	}
	s, err := a.reading(ctx, v, "console")
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	if diags := s.run.Settle(ctx); len(diags) > 0 {
		s.diagnostics(diags) // what works can be tried all the same
	}
	if once {
		return s.evaluate(eval)
	}
	failed := false
	lines := bufio.NewScanner(s.env.Stdin)
	lines.Buffer(nil, 1<<20)
	for {
		if s.env.StdinTTY {
			s.view.Prompt("> ")
		}
		if !lines.Scan() || ctx.Err() != nil {
			break
		}
		switch text := strings.TrimSpace(lines.Text()); text {
		case "":
		case "exit", "quit":
			return nil
		default:
			failed = s.evaluate(text) != nil || failed
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if failed && !s.env.StdinTTY {
		return status(exitError)
	}
	return nil
}

// evaluate prints the value of an expression, or what is wrong with it.
func (s *running) evaluate(text string) error {
	value, sensitive, diags := s.run.Evaluate(text)
	if len(diags) > 0 {
		s.view.Diagnostics(diags, map[string]*hcl.File{"expression": {Bytes: []byte(text)}})
	}
	if diags.HasErrors() {
		return status(exitError)
	}
	return s.view.Output(view.OutputValue{Name: "expression", Value: value, Sensitive: sensitive})
}
