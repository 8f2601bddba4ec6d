package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config"
	"reportsync/internal/schema"
)

func thousandBlocks() string {
	var b strings.Builder
	b.WriteString("variable \"who\" { default = \"me\" }\nlocals { root = \"out/${var.who}\" }\n")
	for i := range 1000 {
		fmt.Fprintf(&b, `
export "shop_report" "r%d" {
  report_id = "%d"
  mode      = "saved"
  limit     = %d
  path      = "${local.root}/r%d/${version.id}.csv"
  retention {
    keep_last = 30
  }
}
`, i, i, i, i)
	}
	return b.String()
}

const thousandInstances = `
data "shop_reports" "all" {}
export "shop_report" "weekly" {
  for_each  = { for r in data.shop_reports.all.reports : r.name => r.id }
  report_id = each.value
  mode      = "saved"
  format    = "csv"
  path      = "weekly/${each.key}/${version.id}.csv"
  retention {
    keep_last = 30
  }
}
`

func benchOptions(b *testing.B, text string) config.Options {
	b.Helper()
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return config.Options{Dir: dir, Schemas: []schema.Provider{fake, other}, Now: testNow}
}

func BenchmarkLoad1000Blocks(b *testing.B) {
	o := benchOptions(b, thousandBlocks())
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := config.Load(o); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}

// BenchmarkParse1000Blocks is the part of loading that is the parser's.
func BenchmarkParse1000Blocks(b *testing.B) {
	text := []byte(thousandBlocks())
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := hclsyntax.ParseConfig(text, "main.hcl", hcl.InitialPos); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}

func BenchmarkExpand1000Blocks(b *testing.B) {
	c, diags := config.Load(benchOptions(b, thousandBlocks()))
	noErrors(b, diags)
	b.ReportAllocs()
	for b.Loop() {
		e := c.NewEval()
		for _, n := range c.Nodes() {
			if n.Kind != config.ExportNode {
				continue
			}
			list, diags := e.Expand(n.Address)
			if diags.HasErrors() || len(list) != 1 {
				b.Fatal(diags)
			}
		}
	}
}

func BenchmarkExpand1000Instances(b *testing.B) {
	c, diags := config.Load(benchOptions(b, thousandInstances))
	noErrors(b, diags)
	reports := make([]cty.Value, 1000)
	for i := range reports {
		reports[i] = cty.ObjectVal(map[string]cty.Value{
			"name": cty.StringVal(fmt.Sprintf("Report %d", i)), "id": cty.StringVal(fmt.Sprint(i)),
		})
	}
	read := cty.ObjectVal(map[string]cty.Value{"reports": cty.ListVal(reports)})
	addr := address(b, "shop_report.weekly")
	b.ReportAllocs()
	for b.Loop() {
		e := c.NewEval()
		e.SetData(address(b, "data.shop_reports.all"), read)
		list, diags := e.Expand(addr)
		if diags.HasErrors() || len(list) != 1000 {
			b.Fatal(diags)
		}
	}
}
