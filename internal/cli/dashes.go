package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// longFlags collects the long flags of a command and all below it.
func longFlags(root *cobra.Command) map[string]bool {
	names := map[string]bool{"help": true}
	add := func(f *pflag.Flag) { names[f.Name] = true }
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.PersistentFlags().VisitAll(add)
		c.Flags().VisitAll(add)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	return names
}

// dashes lets long flags be written with one dash, as Terraform's are. Anything
// longer than one letter behind a dash is taken for a long flag, so that a
// misspelt one is reported under its whole name.
func dashes(args []string, long map[string]bool) []string {
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = arg
		if arg == "--" {
			copy(out[i:], args[i:])
			break
		}
		word, ok := strings.CutPrefix(arg, "-")
		if !ok || word == "" || word[0] == '-' {
			continue
		}
		name, _, _ := strings.Cut(word, "=")
		if long[name] || len(name) > 1 && isWord(name) {
			out[i] = "-" + arg
		}
	}
	return out
}

func isWord(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '-' {
			return false
		}
	}
	return true
}
