package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// fake is a provider whose schema has one of everything.
var fake = schema.Provider{
	Name: "shop",
	Body: schema.Body{
		Attributes: []schema.Attribute{
			{Name: "base_url", Type: cty.String, Env: "SHOP_URL", Default: cty.StringVal("https://shop.example")},
			{Name: "token", Type: cty.String, Env: "SHOP_TOKEN", Sensitive: true},
			{Name: "login", Type: cty.String, Env: "SHOP_LOGIN"},
			{Name: "account", Type: cty.String, Env: "SHOP_ACCOUNT", Required: true},
			{Name: "timeout", Type: cty.String, Env: "SHOP_TIMEOUT", Duration: true, Default: cty.StringVal("30s")},
			{Name: "retries", Type: cty.Number, Env: "SHOP_RETRIES"},
			{Name: "plan", Type: cty.String, Enum: []string{"free", "paid"}},
		},
		ExactlyOne: [][]string{{"token", "login"}},
	},
	Exports: []schema.Export{
		{
			Type: "shop_report",
			Body: schema.Body{
				Attributes: []schema.Attribute{
					{Name: "report_id", Type: cty.String, Required: true, Identity: true},
					{Name: "mode", Type: cty.String, Enum: []string{"saved", "generate"}, Default: cty.StringVal("saved")},
					{Name: "params", Type: cty.DynamicPseudoType, Late: true, Identity: true},
					{Name: "fields", Type: cty.List(cty.String), Rendering: true},
					{Name: "limit", Type: cty.Number},
					{Name: "wait", Type: cty.String, Duration: true},
					{Name: "secret", Type: cty.String, Sensitive: true, Identity: true},
					{Name: "query", Type: cty.String},
					{Name: "filter", Type: cty.Map(cty.String)},
					{Name: "window", Type: cty.ObjectWithOptionalAttrs(map[string]cty.Type{"from": cty.String, "days": cty.Number}, []string{"days"})},
				},
				Blocks: []schema.Block{
					{Name: "sort", Repeated: true, Rendering: true, Body: schema.Body{Attributes: []schema.Attribute{
						{Name: "by", Type: cty.String, Required: true},
						{Name: "ascending", Type: cty.Bool, Default: cty.True},
					}}},
					{Name: "box", Body: schema.Body{
						Attributes: []schema.Attribute{{Name: "size", Type: cty.Number}},
						Blocks: []schema.Block{{Name: "label", Repeated: true, Body: schema.Body{Attributes: []schema.Attribute{
							{Name: "text", Type: cty.String},
						}}}},
					}},
				},
				AtMostOne: [][]string{{"query", "filter"}},
			},
			Formats: []string{"csv", "jsonl", "raw"},
			Result:  map[string]schema.Result{"report_id": {Type: cty.String}},
		},
		{
			Type: "shop_ticket",
			Body: schema.Body{Attributes: []schema.Attribute{
				{Name: "on_destroy", Type: cty.String, Enum: []string{"delete", "forget"}, Default: cty.StringVal("delete")},
			}},
			Formats: []string{"jsonl"},
		},
	},
	Data: []schema.Data{{
		Type:   "shop_reports",
		Body:   schema.Body{Attributes: []schema.Attribute{{Name: "name_regex", Type: cty.String}}},
		Result: map[string]schema.Result{"reports": {Type: cty.List(cty.DynamicPseudoType)}, "ids": {Type: cty.List(cty.String)}},
	}},
}

var other = schema.Provider{
	Name:    "bank",
	Exports: []schema.Export{{Type: "bank_list"}},
}

var testNow = time.Date(2025, 4, 24, 12, 30, 0, 0, time.UTC)

// source is a configuration in a temporary folder.
type source struct {
	// files is HCL for main.hcl, or a txtar archive.
	files string
	opt   config.Options
}

func (s source) load(t testing.TB) (*config.Config, hcl.Diagnostics) {
	t.Helper()
	o := s.opt
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	archive := txtar.Parse([]byte(s.files))
	if len(archive.Files) == 0 {
		archive.Files = []txtar.File{{Name: "main.hcl", Data: []byte(s.files)}}
	}
	for _, f := range archive.Files {
		name := filepath.Join(o.Dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if o.Schemas == nil {
		o.Schemas = []schema.Provider{fake, other}
	}
	if o.Now.IsZero() {
		o.Now = testNow
	}
	return config.Load(o)
}

// must loads a configuration that has no errors.
func must(t testing.TB, files string, change ...func(*config.Options)) *config.Config {
	t.Helper()
	s := source{files: files}
	for _, f := range change {
		f(&s.opt)
	}
	c, diags := s.load(t)
	noErrors(t, diags)
	return c
}

func noErrors(t testing.TB, diags hcl.Diagnostics) {
	t.Helper()
	if diags.HasErrors() {
		t.Fatalf("unexpected errors:\n%s", show(diags))
	}
}

// show writes diagnostics as tests compare them: file:line: summary; detail.
func show(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			b.WriteString("warning: ")
		}
		if d.Subject != nil {
			b.WriteString(d.Subject.Filename + ":" + itoa(d.Subject.Start.Line) + ": ")
		}
		b.WriteString(d.Summary + "; " + strings.ReplaceAll(d.Detail, "\n", " ") + "\n")
	}
	return b.String()
}

func itoa(n int) string { return cty.NumberIntVal(int64(n)).AsBigFloat().Text('f', 0) }

func address(t testing.TB, s string) export.Address {
	t.Helper()
	a, err := export.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// expand returns the instances of a block that has no errors.
func expand(t testing.TB, e *config.Eval, addr string) []*config.Instance {
	t.Helper()
	list, diags := e.Expand(address(t, addr))
	noErrors(t, diags)
	return list
}
