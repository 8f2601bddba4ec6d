package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError is an error in the flags of a command, in the words of its user.
func flagError(cmd *cobra.Command, err error) error {
	hint := "See '" + cmd.CommandPath() + " -help'."
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := e.GetSpecifiedName()
		if short := e.GetSpecifiedShortnames(); short != "" {
			name = short
		}
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if s := nearest(name, names); s != "" {
			hint = "Did you mean -" + s + "? " + hint
		}
		return usage(hint, "%s: unknown flag: -%s", cmd.CommandPath(), name)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usage(hint, "%s: -%s needs a value: write -%[2]s=VALUE", cmd.CommandPath(), e.GetSpecifiedName())
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usage(hint, "%s: -%s: %s", cmd.CommandPath(), e.GetFlag().Name, badValue(e))
	}
	return usage(hint, "%s: %s", cmd.CommandPath(), err)
}

// badValue says what is wrong with the value of a flag.
func badValue(e *pflag.InvalidValueError) string {
	switch e.GetFlag().Value.Type() {
	case "bool":
		return fmt.Sprintf("%q is neither true nor false", e.GetValue())
	case "int":
		return fmt.Sprintf("%q is not a whole number", e.GetValue())
	case "float64":
		return fmt.Sprintf("%q is not a number", e.GetValue())
	}
	return e.Unwrap().Error()
}

// needValues refuses flags that were given an empty value, as an unset variable of
// a shell leaves it: they would silently count as not given. Flags that are empty
// unless given are the ones for which that makes a difference.
func needValues(f *pflag.FlagSet) error {
	var err error
	f.Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && f.Value.String() == "" {
			err = usage("Give it a value, or leave it out.", "-%s is empty", f.Name)
		}
	})
	return err
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("See '"+cmd.CommandPath()+" -help'.", "%s takes no arguments, but %q was given", cmd.CommandPath(), args[0])
}

// exactly refuses any other number of arguments.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return usage("See '"+cmd.CommandPath()+" -help'.", "%s takes %d arguments (%s), but %d were given", cmd.CommandPath(), n, cmd.Use, len(args))
	}
}

// atLeastOne refuses to be called without arguments.
func atLeastOne(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return usage("See '"+cmd.CommandPath()+" -help'.", "%s needs an address", cmd.CommandPath())
}

// oneArg refuses more than one argument.
func oneArg(cmd *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return usage("See '"+cmd.CommandPath()+" -help'.", "%s takes one argument at most, but %d were given", cmd.CommandPath(), len(args))
}

// unknownCommand refuses a first argument that is no command, with suggestions.
func unknownCommand(parent *cobra.Command) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := "Run '" + parent.CommandPath() + " -help' for the list of commands."
		var names []string
		for _, c := range parent.Commands() {
			names = append(names, c.Name())
		}
		if n := nearest(args[0], names); n != "" {
			hint = "Did you mean " + n + "?"
		}
		return usage(hint, "there is no command %q", args[0])
	}
}

// newHelpCmd replaces the command that cobra makes, which answers a topic that does
// not exist as if it were help that was asked for.
func newHelpCmd(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root)(root, args)
			}
			return cmd.Help()
		},
	}
}

// completionUsage makes a shell that is not known wrong usage.
func completionUsage(c *cobra.Command) {
	c.Args = unknownCommand(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	for _, shell := range c.Commands() {
		shell.Args = noArgs
	}
}

// nearest returns the name that is a prefix of word, has it as a prefix, or is a
// few edits away; empty if none is.
func nearest(word string, names []string) string {
	slices.Sort(names)
	best, bestCost := "", 3
	for _, n := range names {
		if c := edits(word, n); c < bestCost {
			best, bestCost = n, c
		}
	}
	if best != "" {
		return best
	}
	for _, n := range names {
		if len(word) > 2 && (strings.HasPrefix(n, word) || strings.HasPrefix(word, n)) {
			return n
		}
	}
	return ""
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
