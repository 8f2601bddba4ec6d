package cli

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/engine"
	"reportsync/internal/view"
)

func newDiscoverCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "discover PROVIDER",
		Short: "Write the blocks of everything that an account has",
		Long: `discover asks a provider what its account has, and prints an export block for each
that the state does not know yet, with an import block where one is needed. Put what
you want to keep into your configuration.`,
		Example: `  reportsync discover planfix > found.hcl
  reportsync discover planfix.eu`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runDiscover(cmd.Context(), v, args[0]) },
	}
	v.flags(cmd.Flags())
	return cmd
}

func (a *app) runDiscover(ctx context.Context, v vars, ref string) (err error) {
	name, _, _ := strings.Cut(ref, ".")
	if types()[name] == nil {
		hint := "Use one of " + strings.Join(sortedKeys(types()), ", ") + "."
		if n := nearest(name, sortedKeys(types())); n != "" {
			hint = "Did you mean " + n + "?"
		}
		return usage(hint, "there is no provider %q", ref)
	}
	s, err := a.reading(ctx, v, "discover")
	if err != nil {
		return err
	}
	defer closing(&err, s.close)
	found, err := s.run.Discover(ctx, ref)
	if err != nil {
		return err
	}
	known := 0
	file := hclwrite.NewEmptyFile()
	labels := map[string]bool{}
	for i := range found {
		if found[i].Declared {
			known++
			continue
		}
		writeBlocks(file.Body(), &found[i], ref, labels)
	}
	s.view.Text(string(file.Bytes()))
	if known > 0 {
		s.view.Warn("%d more are in the state already.", known)
	}
	return nil
}

// writeBlocks writes the export block of what was found, and its import block.
func writeBlocks(body *hclwrite.Body, d *engine.Discovered, ref string, labels map[string]bool) {
	if len(body.Blocks()) > 0 {
		body.AppendNewline()
	}
	label := blockName(d, labels)
	if comment := view.Clean(d.Name); comment != "" {
		body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + comment + "\n")}})
	}
	b := body.AppendNewBlock("export", []string{d.Type, label}).Body()
	if strings.Contains(ref, ".") {
		provider, alias, _ := strings.Cut(ref, ".")
		b.SetAttributeTraversal("provider", hcl.Traversal{hcl.TraverseRoot{Name: provider}, hcl.TraverseAttr{Name: alias}})
	}
	for _, arg := range d.Args {
		if !arg.Block {
			b.SetAttributeValue(arg.Name, arg.Value)
			continue
		}
		b.AppendNewline()
		inner := b.AppendNewBlock(arg.Name, nil).Body()
		for _, name := range sortedKeys(arg.Value.AsValueMap()) {
			inner.SetAttributeValue(name, arg.Value.GetAttr(name))
		}
	}
	if d.ImportID == "" {
		return
	}
	body.AppendNewline()
	i := body.AppendNewBlock("import", nil).Body()
	i.SetAttributeTraversal("to", hcl.Traversal{hcl.TraverseRoot{Name: d.Type}, hcl.TraverseAttr{Name: label}})
	i.SetAttributeValue("id", cty.StringVal(d.ImportID))
}

// blockName makes the name of a block from what people call the thing, and from its
// arguments where that is taken.
func blockName(d *engine.Discovered, taken map[string]bool) string {
	text := d.Name
	name := slug(text)
	if taken[name] {
		for _, a := range d.Args {
			if a.Value.Type() == cty.String {
				text += " " + a.Value.AsString()
			}
		}
		name = slug(text)
	}
	for n := 2; taken[name]; n++ {
		name = slug(text + " " + strconv.Itoa(n))
	}
	taken[name] = true
	return name
}

// slug is text as a name: letters and digits, in lower case, joined by underscores.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !(r >= '0' && r <= '9') })
	name := strings.Join(words, "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = strings.TrimSuffix("export_"+name, "_")
	}
	return name
}
