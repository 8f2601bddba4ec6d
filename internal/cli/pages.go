package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/schema"
)

// CommandPages returns the reference page of each command by its path below the
// repository's root.
func CommandPages() map[string][]byte {
	root := newRootCmd(&app{})
	pages := map[string][]byte{}
	var index strings.Builder
	index.WriteString("# Commands\n\nFlags can be written with one dash or two. Flags of every command:\n\n")
	index.WriteString(flagTable(root.PersistentFlags()))
	index.WriteString("\n| command | what it does |\n|---|---|\n")
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.Hidden || sub.Name() == "help" {
				continue
			}
			name := strings.ReplaceAll(strings.TrimPrefix(sub.CommandPath(), "reportsync "), " ", "-")
			pages[filepath.Join("docs", "commands", name+".md")] = []byte(commandPage(sub))
			fmt.Fprintf(&index, "| [%s](%s.md) | %s |\n", strings.TrimPrefix(sub.CommandPath(), "reportsync "), name, sub.Short)
			walk(sub)
		}
	}
	root.InitDefaultCompletionCmd()
	walk(root)
	index.WriteString("\n## Exit status\n\n```\n" + strings.TrimPrefix(exitHelp, "Exit status:\n") + "```\n")
	pages[filepath.Join("docs", "commands", "README.md")] = []byte(index.String())
	return pages
}

func commandPage(c *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s.\n", c.CommandPath(), strings.TrimSuffix(c.Short, "."))
	if c.Long != "" && c.Long != c.Short {
		fmt.Fprintf(&b, "\n%s\n", code(c.Long))
	}
	fmt.Fprintf(&b, "\n```\n%s\n```\n", c.UseLine())
	if c.Example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```\n%s\n```\n", unindent(c.Example))
	}
	if t := flagTable(c.LocalNonPersistentFlags()); t != "" {
		fmt.Fprintf(&b, "\n## Flags\n\n%s", t)
	}
	b.WriteString("\nFlags of every command and the table of exit statuses are on the [overview](README.md).\n")
	return b.String()
}

// code fences the indented parts of a help text, which are commands to copy.
func code(s string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(s + "\n") {
		indented := strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t")
		if indented != fenced && strings.TrimSpace(line) != "" {
			b.WriteString("```\n")
			fenced = indented
		}
		b.WriteString(line)
	}
	if fenced {
		b.WriteString("```\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func unindent(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

func flagTable(f *pflag.FlagSet) string {
	var b strings.Builder
	f.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if b.Len() == 0 {
			b.WriteString("| flag | default | meaning |\n|---|---|---|\n")
		}
		def := f.DefValue
		if def == "[]" {
			def = ""
		}
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `-%s` | %s | %s |\n", f.Name, def, cell(f.Usage))
	})
	return b.String()
}

// ProviderTable is the generated part of a provider's page.
type ProviderTable struct{ Provider, Text string }

// ProviderTables returns the tables of arguments of each provider.
func ProviderTables() []ProviderTable {
	var out []ProviderTable
	for _, p := range schemas() {
		var b strings.Builder
		fmt.Fprintf(&b, "\n## Provider `%s`\n\n%s\n", p.Name, bodyTable(&p.Body))
		for i := range p.Exports {
			e := &p.Exports[i]
			fmt.Fprintf(&b, "## Export `%s`\n\n%s\n\nFormats: `%s`.\n\n%s\n%s\n", e.Type, e.Description,
				strings.Join(e.Formats, "`, `"), bodyTable(&e.Body), resultTable(e.Result))
			if e.Reference != "" {
				b.WriteString(strings.TrimRight(e.Reference, "\n") + "\n\n")
			}
		}
		for i := range p.Data {
			d := &p.Data[i]
			fmt.Fprintf(&b, "## Data source `%s`\n\n%s\n\n%s\n%s\n", d.Type, d.Description, bodyTable(&d.Body), resultTable(d.Result))
		}
		out = append(out, ProviderTable{p.Name, strings.TrimRight(b.String(), "\n") + "\n\n"})
	}
	return out
}

func bodyTable(b *schema.Body) string {
	if len(b.Attributes)+len(b.Blocks) == 0 {
		return "It has no arguments.\n"
	}
	var t strings.Builder
	t.WriteString("| argument | type | default | meaning |\n|---|---|---|---|\n")
	for i := range b.Attributes {
		a := &b.Attributes[i]
		fmt.Fprintf(&t, "| `%s` | %s | %s | %s |\n", a.Name, typeName(a), defaultOf(a), meaning(a))
	}
	for i := range b.Blocks {
		fmt.Fprintf(&t, "| `%s {}` | block | | %s |\n", b.Blocks[i].Name, cell(b.Blocks[i].Description))
	}
	for _, group := range b.ExactlyOne {
		fmt.Fprintf(&t, "\nExactly one of `%s` must be set.\n", strings.Join(group, "`, `"))
	}
	for _, group := range b.AtMostOne {
		fmt.Fprintf(&t, "\nOf `%s` no two can be set.\n", strings.Join(group, "`, `"))
	}
	return t.String()
}

func typeName(a *schema.Attribute) string {
	if a.Duration {
		return "duration"
	}
	return a.Type.FriendlyName()
}

func defaultOf(a *schema.Attribute) string {
	switch {
	case a.Required && a.Env != "":
		return "required, or `" + a.Env + "`"
	case a.Required:
		return "required"
	case a.Env != "" && a.Default == cty.NilVal:
		return "`" + a.Env + "`"
	case a.Default == cty.NilVal || a.Default.IsNull():
		return ""
	case a.Default.Type() == cty.String:
		return "`\"" + a.Default.AsString() + "\"`"
	case a.Default.Type() == cty.Bool:
		return fmt.Sprintf("`%t`", a.Default.True())
	case a.Default.Type() == cty.Number:
		return "`" + a.Default.AsBigFloat().Text('g', -1) + "`"
	}
	return ""
}

func meaning(a *schema.Attribute) string {
	s := cell(a.Description)
	if len(a.Enum) > 0 {
		s += " One of `" + strings.Join(a.Enum, "`, `") + "`."
	}
	if a.Identity {
		s += " A change makes it another export."
	}
	if a.Sensitive {
		s += " Sensitive."
	}
	return s
}

func resultTable(r map[string]schema.Result) string {
	if len(r) == 0 {
		return ""
	}
	var t strings.Builder
	t.WriteString("| attribute | type | meaning |\n|---|---|---|\n")
	for _, name := range sortedKeys(r) {
		fmt.Fprintf(&t, "| `%s` | %s | %s |\n", name, r[name].Type.FriendlyName(), cell(r[name].Description))
	}
	return t.String()
}

// cell makes text fit a Markdown table.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", "\\|")
}
