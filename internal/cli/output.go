package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"reportsync/internal/config"
	"reportsync/internal/engine"
	"reportsync/internal/state"
	"reportsync/internal/view"
)

func newOutputCmd(a *app) *cobra.Command {
	var v vars
	var raw bool
	cmd := &cobra.Command{
		Use:   "output [NAME]",
		Short: "Print the outputs of the last apply",
		Long: `output prints the outputs as the last apply left them. Sensitive outputs are not
kept in the state, so their values cannot be printed.`,
		Example: `  reportsync output
  reportsync output -raw newest
  reportsync output -json`,
		Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runOutput(cmd.Context(), v, args, raw) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&raw, "raw", false, "print the value of one output without quotes, for scripts")
	return cmd
}

func (a *app) runOutput(ctx context.Context, v vars, args []string, raw bool) (err error) {
	if raw && (len(args) != 1 || a.json) {
		return usage("Write 'reportsync output -raw NAME'.", "-raw needs the name of one output, and no -json")
	}
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	all, err := l.outputs(ctx)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return l.view.OutputList(all)
	}
	i := slices.IndexFunc(all, func(o view.OutputValue) bool { return o.Name == args[0] })
	if i < 0 {
		var names []string
		for _, o := range all {
			names = append(names, o.Name)
		}
		hint := "Outputs are recorded by 'reportsync apply'."
		if n := nearest(args[0], names); n != "" {
			hint = "Did you mean " + n + "?"
		}
		return &exitStatus{code: exitError, err: errors.New("there is no output " + args[0]), hint: hint}
	}
	if raw {
		return l.view.OutputRaw(all[i])
	}
	return l.view.Output(all[i])
}

// outputs are the outputs that the state has, by name.
func (l *look) outputs(ctx context.Context) ([]view.OutputValue, error) {
	if l.st == nil {
		return nil, nil
	}
	stored, err := l.st.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	var all []view.OutputValue
	for _, name := range sortedKeys(stored) {
		o, err := outputValue(name, stored[name])
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// outputValue turns an output as the state keeps it into one to show.
func outputValue(name string, o state.OutputValue) (view.OutputValue, error) {
	v, err := engine.StoredOutput(o)
	return view.OutputValue{Name: name, Sensitive: o.Sensitive, Value: v}, err
}

// outputs are a run's outputs to show.
func outputs(list []config.Output) []view.OutputValue {
	out := make([]view.OutputValue, 0, len(list))
	for _, o := range list {
		out = append(out, view.OutputValue{Name: o.Name, Value: o.Value, Sensitive: o.Sensitive})
	}
	return out
}

// changedOutputs are the outputs that a plan changes, to show.
func changedOutputs(p *engine.Planned) []view.OutputChange {
	out := make([]view.OutputChange, 0, len(p.Outputs))
	for _, o := range p.Outputs {
		out = append(out, view.OutputChange{Name: o.Name, Before: o.Before, After: o.After, Sensitive: o.Sensitive})
	}
	return out
}
