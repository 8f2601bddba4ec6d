package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/config"
)

// nodeList writes nodes one per line: name <- what it depends on.
func nodeList(nodes []config.Node) string {
	name := func(n config.Node) string {
		if n.Kind == config.ProviderNode {
			return "provider." + n.Provider
		}
		return n.Address.String()
	}
	var b strings.Builder
	for _, n := range nodes {
		b.WriteString(name(n))
		for i, d := range n.DependsOn {
			b.WriteString([]string{" <- ", ", "}[min(i, 1)] + name(nodes[d]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestNodes(t *testing.T) {
	t.Parallel()
	c := must(t, `
-- a.hcl --
export "shop_report" "last" {
  report_id = shop_report.first["x"].latest.id
}
export "shop_report" "second" {
  provider   = shop.eu
  report_id  = "2"
  depends_on = [data.shop_reports.all, bank_list.l]
}
export "shop_report" "first" {
  for_each  = local.through
  report_id = each.value
}
-- b.hcl --
locals {
  through = local.all
  all     = { for i in data.shop_reports.all.ids : i => i }
  unused  = shop_report.second.id
}
data "shop_reports" "all" {}
provider "shop" {
  alias   = "eu"
  account = bank_list.l.id
}
export "bank_list" "l" {}
export "shop_ticket" "alone" {}
output "o" { value = shop_report.last }
`)
	want := `provider.shop
data.shop_reports.all <- provider.shop
shop_report.first <- provider.shop, data.shop_reports.all
shop_report.last <- provider.shop, shop_report.first
provider.bank
bank_list.l <- provider.bank
provider.shop.eu <- bank_list.l
shop_report.second <- data.shop_reports.all, bank_list.l, provider.shop.eu
shop_ticket.alone <- provider.shop
`
	if diff := cmp.Diff(want, nodeList(c.Nodes())); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	for i, n := range c.Nodes() {
		for _, d := range n.DependsOn {
			if d >= i {
				t.Errorf("node %d depends on the later node %d", i, d)
			}
		}
		if n.Provider == "" || n.Range.Filename == "" {
			t.Errorf("node %d is incomplete: %+v", i, n)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	const body = "export \"shop_report\" \"a\" { report_id = \"1\" }\n"
	tests := map[string]struct {
		files, path              string
		root, stem, state, root2 string
	}{
		"folder":         {"-- a.hcl --\n" + body, "", "", "", ".reportsync/state.db", "exports"},
		"other folder":   {"-- sub/a.hcl --\n" + body, "sub", "sub", "", "sub/.reportsync/state.db", "sub/exports"},
		"file":           {"-- sub/quick.hcl --\n" + body + "-- sub/broken.hcl --\n{", "sub/quick.hcl", "sub", "quick", "sub/.reportsync/quick.db", "sub/exports"},
		"JSON file":      {"-- q.hcl.json --\n{}", "q.hcl.json", "", "q", ".reportsync/q.db", "exports"},
		"configured":     {"-- a.hcl --\nlocals { d = \"x\" }\nreportsync {\n state = \"${local.d}/s.db\"\n export_root = \"../out\"\n}\n", "", "", "", "x/s.db", "../out"},
		"editor's files": {"-- a.hcl --\n" + body + "-- .b.hcl --\n{\n-- #c.hcl --\n{\n-- d.hcl~ --\n{\n", "", "", "", ".reportsync/state.db", "exports"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c := must(t, tt.files, func(o *config.Options) { o.Dir, o.Path = dir, tt.path })
			got := []string{c.Root, c.Stem, c.StatePath, c.ExportRoot}
			want := []string{filepath.Join(dir, tt.root), tt.stem, filepath.Join(dir, tt.state), filepath.Join(dir, tt.root2)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("root, stem, state, export root (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAbsolutePlaces(t *testing.T) {
	t.Parallel()
	abs := filepath.ToSlash(t.TempDir())
	c := must(t, fmt.Sprintf("reportsync {\n  state = %q\n  export_root = %q\n}\n", abs+"/s.db", abs+"/out"))
	if c.StatePath != filepath.Join(abs, "s.db") || c.ExportRoot != filepath.Join(abs, "out") {
		t.Errorf("state %s, export root %s", c.StatePath, c.ExportRoot)
	}
}

func TestNothingToLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, diags := config.Load(config.Options{Dir: dir})
	want := "No configuration files; There is no *.hcl or *.hcl.json file in " + dir + ". \"reportsync init\" writes one to start from; -config=PATH names another file or folder.\n"
	if diff := cmp.Diff(want, show(diags)); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	_, diags = config.Load(config.Options{Dir: dir, Path: "no.hcl"})
	if diff := cmp.Diff("Configuration not found; read no.hcl: no such file or directory. -config=PATH names a file or a folder that exists.\n", show(diags)); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

func TestRequiredVersion(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		version string
		ok      bool
	}{
		"fits":      {"1.4.2", true},
		"too old":   {"1.1.9", false},
		"too new":   {"2.0.0", false},
		"not given": {"", true},
		"dev build": {"dev", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := source{files: `reportsync { required_version = "~> 1.2" }`, opt: config.Options{Version: tt.version}}.load(t)
			if diags.HasErrors() == tt.ok {
				t.Errorf("diagnostics: %s", show(diags))
			}
		})
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"main.hcl", "main.hcl.json"} {
		_, diags := source{files: "-- " + name + " --\n\n" + strings.Repeat("[", 100_000)}.load(t)
		if got := show(diags); got != name+":2: Nested too deeply; Brackets are nested more than 1000 deep here.\n" {
			t.Errorf("diagnostics: %s", got)
		}
	}
}
