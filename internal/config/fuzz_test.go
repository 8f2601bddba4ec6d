package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

var fuzzSchema = schema.Provider{
	Name: "shop",
	Body: schema.Body{
		Attributes: []schema.Attribute{{Name: "token", Type: cty.String, Env: "SHOP_TOKEN", Sensitive: true}, {Name: "login", Type: cty.String}},
		ExactlyOne: [][]string{{"token", "login"}},
	},
	Exports: []schema.Export{{
		Type: "shop_report",
		Body: schema.Body{
			Attributes: []schema.Attribute{
				{Name: "report_id", Type: cty.String, Required: true, Identity: true},
				{Name: "params", Type: cty.DynamicPseudoType, Late: true},
				{Name: "filter", Type: cty.Map(cty.String), Rendering: true},
			},
			Blocks: []schema.Block{{Name: "sort", Repeated: true, Body: schema.Body{Attributes: []schema.Attribute{{Name: "by", Type: cty.DynamicPseudoType}}}}},
		},
		Formats: []string{"csv", "jsonl"},
		Result:  map[string]schema.Result{"report_id": {Type: cty.String}},
	}},
	Data: []schema.Data{{Type: "shop_reports", Body: schema.Body{Attributes: []schema.Attribute{{Name: "name_regex", Type: cty.String}}}}},
}

// FuzzLoad feeds any text as a configuration file, and evaluates all of it when
// it loads. Nothing may panic, and no path may leave the export root.
func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("testdata", "diags", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(text).Files {
			if file.Name != "want" {
				f.Add(file.Data, strings.HasSuffix(file.Name, ".json"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, json bool) {
		if len(text) > 1<<14 {
			return // the parser takes quadratic time for some mistakes
		}
		name := "main.hcl"
		if json {
			name += ".json"
		}
		o := &Options{Dir: "/nowhere", Schemas: []schema.Provider{fuzzSchema}, Now: time.Unix(0, 0), Version: "1.0.0", AllowUnset: true}
		c, diags := load(o, location{root: "/nowhere", sources: []source{{name, text}}}, nil)
		for _, d := range diags {
			if d.Summary == "" || d.Detail == "" {
				t.Errorf("a diagnostic says nothing: %+v", d)
			}
		}
		if diags.HasErrors() {
			return
		}
		c.Validate()
		evaluate(t, c)
	})
}

func evaluate(t *testing.T, c *Config) {
	e := c.NewEval()
	for _, n := range c.Nodes() {
		switch n.Kind {
		case ProviderNode:
			_, _ = e.Provider(n.Provider, nil)
		case DataNode:
			list, _ := e.Data(n.Address)
			for _, d := range list {
				e.SetData(d.Address, cty.ObjectVal(map[string]cty.Value{"ids": cty.ListVal([]cty.Value{cty.StringVal("../x")})}))
			}
		case ExportNode:
			list, _ := e.Expand(n.Address)
			for _, in := range list {
				v := export.Version{ID: "../../5"}
				p, diags := in.Path.Eval(v)
				if !diags.HasErrors() && !filepath.IsLocal(p) {
					t.Errorf("%s: the path %q leaves the export root", in.Address, p)
				}
				_, _ = in.ArgsFor(v)
				for _, cond := range in.Preconditions {
					_, _, _ = cond.Check(cty.NilVal)
				}
				for _, cond := range in.Postconditions {
					_, _, _ = cond.Check(cty.DynamicVal)
				}
				e.SetExport(in.Address, cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal("1")}))
			}
		}
	}
	_, _ = e.Outputs()
}
