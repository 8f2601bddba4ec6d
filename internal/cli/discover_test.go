package cli

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"reportsync/internal/config"
	"reportsync/internal/engine"
	"reportsync/internal/providers"
)

// Whatever things are called, what is printed is a formatted configuration, each
// block has a name of its own, and nothing of a name becomes code.
func TestDiscoveredBlocks(t *testing.T) {
	t.Parallel()
	file := hclwrite.NewEmptyFile()
	labels := map[string]bool{}
	names := []string{"Weekly sales", "weekly SALES!", "2025 план", "", "a\nexport \"x\" \"y\" {}\x00\u202e", `${file("/etc/passwd")} %{ if true }`, "…"}
	for i, name := range names {
		d := &engine.Discovered{}
		d.Type, d.Name, d.ImportID = "planfix_report", name, name
		d.Args = []providers.Argument{providers.Text("report_id", name+string(rune('0'+i)))}
		writeBlocks(file.Body(), d, "planfix.eu", labels)
	}
	text := file.Bytes()
	parsed, diags := hclsyntax.ParseConfig(text, "found.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s\n%s", diags, text)
	}
	blocks := parsed.Body.(*hclsyntax.Body).Blocks
	seen := map[string]bool{}
	for _, b := range blocks {
		if b.Type != "export" {
			continue
		}
		if label := b.Labels[1]; seen[label] || !hclsyntax.ValidIdentifier(label) {
			t.Errorf("%q is no name, or is there twice", label)
		}
		seen[b.Labels[1]] = true
		v, diags := b.Body.Attributes["report_id"].Expr.Value(nil)
		if diags.HasErrors() || !strings.HasPrefix(v.AsString(), names[len(seen)-1]) {
			t.Errorf("report_id of %q is %#v, %v", b.Labels[1], v, diags)
		}
	}
	if len(seen) != len(names) || len(blocks) != 2*len(names)-1 { // nothing is imported by an empty id
		t.Errorf("%d exports and %d blocks:\n%s", len(seen), len(blocks), text)
	}
	if got := config.Format(text); string(got) != string(text) {
		t.Errorf("not formatted:\n%s", text)
	}
}
