package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// one expands a block of a configuration that has one instance of it.
func one(t testing.TB, files, addr string) *config.Instance {
	t.Helper()
	list := expand(t, must(t, files).NewEval(), addr)
	if len(list) != 1 {
		t.Fatalf("%d instances, want 1", len(list))
	}
	return list[0]
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	in := one(t, `export "shop_report" "a" { report_id = 7 }`, "shop_report.a")
	if !in.Enabled || in.Format != export.FormatCSV || in.Every != 0 || in.Period != nil || in.MinRows != 0 || in.MaxShrink != 0 ||
		!in.Retention.KeepsAll() || in.CSV != (export.CSVOptions{}) || in.PreventDestroy || in.OnDestroy != "" ||
		in.Provider != "shop" || len(in.Unknown)+len(in.Sensitive)+len(in.DependsOn)+len(in.IgnoreChanges) != 0 {
		t.Errorf("instance: %+v", in)
	}
	if got := in.Args.String("report_id"); got != "7" {
		t.Errorf("report_id is %q, want the number as text", got)
	}
	if got := in.Args.String("mode"); got != "saved" {
		t.Errorf("mode is %q, want the default", got)
	}
	for _, name := range append(fake.Exports[0].Body.Names(), "mode") {
		if v, ok := in.Args[name]; !ok || v == cty.NilVal {
			t.Errorf("argument %s is absent", name)
		}
	}
	if len(in.Args) != len(fake.Exports[0].Body.Names()) {
		t.Errorf("%d arguments, want those of the type alone: %v", len(in.Args), in.Args)
	}
	if diff := cmp.Diff(`{"report_id":"7","mode":"saved"}`, string(in.Attributes)); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	other := one(t, `export "shop_ticket" "a" {}`, "shop_ticket.a")
	if other.Format != export.FormatJSONL || other.OnDestroy != "delete" {
		t.Errorf("format %s, on_destroy %q; want the type's defaults", other.Format, other.OnDestroy)
	}
}

func TestCommonArguments(t *testing.T) {
	t.Parallel()
	in := one(t, `
variable "protect" { default = true }
locals { days = 7 }
export "shop_report" "a" {
  report_id  = "1"
  enabled    = !var.protect
  format     = "jsonl"
  every      = "${local.days}d"
  min_rows   = 10
  max_shrink = 0.25
  retention {
    keep_last    = 1
    keep_daily   = 2
    keep_weekly  = 3
    keep_monthly = 4
    keep_yearly  = 5
    keep_within  = "2w"
  }
  period {
    every    = "month"
    from     = "2025-01"
    until    = "2025-06-15"
    lag      = "6h"
    settle   = "3d"
    timezone = "Europe/Moscow"
  }
  csv {
    delimiter       = "\t"
    bom             = true
    escape_formulas = true
  }
  lifecycle {
    prevent_destroy = var.protect && upper("x") == "X"
    ignore_changes  = [mode, "sort"]
  }
}
`, "shop_report.a")
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	want := &export.Cut{
		Every: "month", From: time.Date(2025, 1, 1, 0, 0, 0, 0, moscow), Until: time.Date(2025, 6, 15, 0, 0, 0, 0, moscow),
		Lag: 6 * time.Hour, Settle: 72 * time.Hour, Zone: moscow,
	}
	if diff := cmp.Diff(want, in.Period, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("period (-want +got):\n%s", diff)
	}
	retention := export.Retention{KeepLast: 1, KeepDaily: 2, KeepWeekly: 3, KeepMonthly: 4, KeepYearly: 5, KeepWithin: 14 * 24 * time.Hour}
	if in.Retention != retention {
		t.Errorf("retention: %+v", in.Retention)
	}
	if in.CSV != (export.CSVOptions{Delimiter: '\t', BOM: true, EscapeFormulas: true}) {
		t.Errorf("csv: %+v", in.CSV)
	}
	if in.Enabled || in.Format != export.FormatJSONL || in.Every != 7*24*time.Hour || in.MinRows != 10 || in.MaxShrink != 0.25 || !in.PreventDestroy {
		t.Errorf("instance: %+v", in)
	}
	if diff := cmp.Diff([]string{"mode", "sort"}, in.IgnoreChanges); diff != "" {
		t.Errorf("ignore_changes (-want +got):\n%s", diff)
	}
}

func TestPeriodBounds(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3*3600)
	for text, want := range map[string]time.Time{
		"2025":                      time.Date(2025, 1, 1, 0, 0, 0, 0, zone),
		"2025-04":                   time.Date(2025, 4, 1, 0, 0, 0, 0, zone),
		"2025-04-24":                time.Date(2025, 4, 24, 0, 0, 0, 0, zone),
		"2025-04-24T12:00:00Z":      time.Date(2025, 4, 24, 12, 0, 0, 0, time.UTC),
		"2025-04-24T12:00:00-05:00": time.Date(2025, 4, 24, 17, 0, 0, 0, time.UTC),
	} {
		in := one(t, "export \"shop_report\" \"a\" {\nreport_id = \"1\"\nperiod {\nevery = \"day\"\nfrom = \""+text+"\"\ntimezone = \"Europe/Moscow\"\n}\n}\n", "shop_report.a")
		if !in.Period.From.Equal(want) || !in.Period.Until.IsZero() {
			t.Errorf("%s: from %s until %s, want %s", text, in.Period.From, in.Period.Until, want)
		}
	}
}

func TestIgnoreAll(t *testing.T) {
	t.Parallel()
	in := one(t, "export \"shop_ticket\" \"a\" {\n  lifecycle { ignore_changes = all }\n}\n", "shop_ticket.a")
	if diff := cmp.Diff([]string{"on_destroy"}, in.IgnoreChanges); diff != "" {
		t.Errorf("ignore_changes (-want +got):\n%s", diff)
	}
}

func TestForEach(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ expr, want string }{
		"map":          {`tomap({ b = "1", a = "2" })`, "a=2 b=1 "},
		"object":       {`{ b = "1", a = 2 }`, "a=2 b=1 "},
		"set":          {`toset(["y", "x", "y"])`, "x=x y=y "},
		"for":          {`{ for s in ["p", "q"] : s => upper(s) }`, "p=P q=Q "},
		"empty":        {`{}`, ""},
		"empty set":    {`toset([])`, ""},
		"odd keys":     {`{ "a \"b\" $${c}" = "1", "" = "2" }`, "=2 a \"b\" ${c}=1 "},
		"secret value": {`{ a = sensitive("1") }`, "a=1 "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := must(t, "export \"shop_report\" \"a\" {\n  for_each = "+tt.expr+"\n  report_id = each.value\n}\n")
			got := ""
			for _, in := range expand(t, c.NewEval(), "shop_report.a") {
				if !in.Address.HasKey {
					t.Errorf("%s has no key", in.Address)
				}
				got += in.Address.Key + "=" + in.Args.String("report_id") + " "
			}
			if got != tt.want {
				t.Errorf("instances %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNestedAndDynamicBlocks(t *testing.T) {
	t.Parallel()
	list := expand(t, must(t, `
locals { order = ["x", "y"] }
export "shop_report" "a" {
  for_each  = { one = ["p"], none = [] }
  report_id = each.key
  sort {
    by = "first"
  }
  dynamic "sort" {
    for_each = local.order
    iterator = it
    content {
      by        = "${it.key}${it.value}${each.key}"
      ascending = false
    }
  }
  dynamic "box" {
    for_each = each.value
    content {
      size = length(each.key)
      dynamic "label" {
        for_each = ["l", "m"]
        content { text = "${box.value}${label.value}" }
      }
    }
  }
}
`).NewEval(), "shop_report.a")
	want := []string{
		`{"report_id":"none","mode":"saved","sort":[{"ascending":true,"by":"first"},{"ascending":false,"by":"0xnone"},{"ascending":false,"by":"1ynone"}]}`,
		`{"report_id":"one","mode":"saved","sort":[{"ascending":true,"by":"first"},{"ascending":false,"by":"0xone"},{"ascending":false,"by":"1yone"}],` +
			`"box":{"label":[{"text":"pl"},{"text":"pm"}],"size":3}}`,
	}
	for i, in := range list {
		if diff := cmp.Diff(want[i], string(in.Attributes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in.Address, diff)
		}
	}
	if box := list[1].Args.Object("box"); box == nil || box.Int("size") != 3 {
		t.Errorf("box: %v", box)
	}
	if list[0].Args.Has("box") {
		t.Error("a dynamic block over nothing makes a block")
	}
}

// Hashes change when, and only when, what they are over changes.
func TestIdentityAndRendering(t *testing.T) {
	t.Parallel()
	base := `report_id = "1"`
	tests := map[string]struct {
		body                string
		identity, rendering bool // stays
	}{
		"the same":                {base, true, true},
		"other layout":            {"report_id   =   \"${\"1\"}\"", true, true},
		"null is absent":          {base + "\nfields = null", true, true},
		"neither":                 {base + "\nlimit = 3\nmode = \"generate\"\nevery = \"1d\"", true, true},
		"default csv block":       {base + "\ncsv {\n delimiter = \",\"\n}", true, true},
		"identity argument":       {`report_id = "2"`, false, true},
		"params":                  {base + "\nparams = { a = 1 }", false, true},
		"rendering argument":      {base + "\nfields = [\"a\"]", true, false},
		"rendering block":         {base + "\nsort {\n by = \"a\"\n}", true, false},
		"format":                  {base + "\nformat = \"jsonl\"", true, false},
		"csv":                     {base + "\ncsv {\n bom = true\n}", true, false},
		"secret is only noticed":  {base + "\nsecret = \"x\"", false, true},
		"other provider, path":    {base + "\nprovider = shop.eu\npath = \"x/${version.id}\"", true, true},
		"csv of another format":   {base + "\nformat = \"csv\"", true, true},
		"csv options of no CSV":   {base + "\nformat = \"jsonl\"\ncsv {\n bom = true\n}", true, false},
		"late reference":          {base + "\nparams = { a = period.start }", false, true},
		"late in a function":      {base + "\nparams = { a = formatdate(\"YYYY\", period.start) }", false, true},
		"sensitive in a variable": {base + "\nlimit = sensitive(4)", true, true},
	}
	load := func(t *testing.T, body string) *config.Instance {
		return one(t, "provider \"shop\" { alias = \"eu\" }\nexport \"shop_report\" \"a\" {\n"+body+"\n}\n", "shop_report.a")
	}
	first := load(t, base)
	if len(first.Identity) != 64 || len(first.Rendering) != 64 || first.Identity == first.Rendering {
		t.Fatalf("identity %q, rendering %q", first.Identity, first.Rendering)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := load(t, tt.body)
			if (in.Identity == first.Identity) != tt.identity {
				t.Errorf("identity stays: %v, want %v", !tt.identity, tt.identity)
			}
			if (in.Rendering == first.Rendering) != tt.rendering {
				t.Errorf("rendering stays: %v, want %v", !tt.rendering, tt.rendering)
			}
		})
	}
	// A plain hash of a secret could be guessed: two secrets hash alike.
	if load(t, base+"\nsecret = \"x\"").Identity != load(t, base+"\nsecret = \"y\"").Identity {
		t.Error("the identity depends on a secret's text")
	}
	// Different late references are different.
	if load(t, base+"\nparams = period.start").Identity == load(t, base+"\nparams = period.end").Identity {
		t.Error("period.start and period.end give one identity")
	}
	if load(t, base+"\nparams = formatdate(\"YYYY\", period.start)").Identity == load(t, base+"\nparams = formatdate(\"MM\", period.start)").Identity {
		t.Error("different formats of period.start give one identity")
	}
}

func TestSensitiveArguments(t *testing.T) {
	t.Parallel()
	c := must(t, `
variable "hush" {
  sensitive = true
  default   = "s3cret-one"
}
export "shop_report" "a" {
  report_id = "1"
  query     = "a ${var.hush}"
  secret    = "s3cret-two"
  params    = { deep = [sensitive("s3cret-three")], open = "x" }
  box {
    label { text = var.hush }
  }
}
`)
	in := expand(t, c.NewEval(), "shop_report.a")[0]
	if diff := cmp.Diff([]string{"params", "secret", "query", "box"}, in.Sensitive); diff != "" {
		t.Errorf("sensitive (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(`{"report_id":"1","mode":"saved"}`, string(in.Attributes)); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if got := in.Args.String("query"); got != "a s3cret-one" {
		t.Errorf("query is %q", got)
	}
	for name, v := range in.Args {
		if v.ContainsMarked() {
			t.Errorf("argument %s has marks", name)
		}
	}
	if diff := cmp.Diff([]string{"a s3cret-one", "s3cret-three", "s3cret-one", "s3cret-two"}, c.Sensitive()); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}

func TestLateArguments(t *testing.T) {
	t.Parallel()
	in := one(t, `
export "shop_report" "a" {
  report_id = "1"
  params = {
    from  = period.start
    to    = period.last
    after = period.end
    month = formatdate("MM.YYYY", period.start)
    name  = "${period.name}/${version.id}/${version.name}/${version.created_at}"
    fixed = 1
  }
  period {
    every    = "month"
    timezone = "Europe/Moscow"
  }
}
`, "shop_report.a")
	if len(in.Unknown) != 0 {
		t.Errorf("unknown: %v; late references are not unknown", in.Unknown)
	}
	if got := in.Args["params"]; got.IsWhollyKnown() || !got.GetAttr("fixed").RawEquals(cty.NumberIntVal(1)) {
		t.Errorf("params before there is a version: %#v", got)
	}
	moscow := in.Period.Zone
	v := export.Version{
		ID: "a/b", Name: "n", CreatedAt: time.Date(2025, 5, 1, 2, 0, 0, 0, moscow),
		Period: &export.Period{Name: "2025-04", Start: time.Date(2025, 4, 1, 0, 0, 0, 0, moscow).UTC(), End: time.Date(2025, 5, 1, 0, 0, 0, 0, moscow).UTC()},
	}
	args, diags := in.ArgsFor(v)
	noErrors(t, diags)
	want := `{"after":"2025-05-01","fixed":1,"from":"2025-04-01","month":"04.2025","name":"2025-04/a/b/n/2025-04-30T23:00:00Z","to":"2025-04-30"}`
	if diff := cmp.Diff(want, jsonOf(args["params"])); diff != "" {
		t.Errorf("params (-want +got):\n%s", diff)
	}
	if args.String("report_id") != "1" || in.Args["params"].IsWhollyKnown() {
		t.Error("ArgsFor changed the instance, or lost an argument")
	}
	again := one(t, `export "shop_report" "a" { report_id = "1" }`, "shop_report.a")
	if got, diags := again.ArgsFor(v); diags.HasErrors() || len(got) != len(again.Args) {
		t.Errorf("without late references: %v %v", got, diags)
	}
}

func TestObjectArguments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{ from = "x" }`:                        `{"days":null,"from":"x"}`,
		`{ from = 1, days = "2", more = true }`: `{"days":2,"from":"1"}`,
		`{ days = 1, from = "x" }`:              `{"days":1,"from":"x"}`,
	} {
		in := one(t, "export \"shop_report\" \"a\" {\nreport_id = \"1\"\nwindow = "+text+"\n}\n", "shop_report.a")
		if got := jsonOf(in.Args["window"]); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

func TestProviderChoice(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ argument, want string }{
		"default":     {"", "shop"},
		"by name":     {"provider = shop", "shop"},
		"alias":       {"provider = shop.eu", "shop.eu"},
		"text":        {`provider = "shop.eu"`, "shop.eu"},
		"built text":  {`provider = "shop.${var.region}"`, "shop.us"},
		"conditional": {`provider = var.region == "us" ? shop.us : shop.eu`, "shop.us"},
		"through map": {`provider = local.by[var.region]`, "shop.eu"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := one(t, `
variable "region" { default = "us" }
locals { by = { us = "shop.eu" } }
provider "shop" { alias = "eu" }
provider "shop" { alias = "us" }
export "shop_report" "a" {
  report_id = "1"
  `+tt.argument+`
}
`, "shop_report.a")
			if in.Provider != tt.want {
				t.Errorf("provider %s, want %s", in.Provider, tt.want)
			}
		})
	}
}

func TestAttrRange(t *testing.T) {
	t.Parallel()
	in := one(t, `export "shop_report" "a" {
  report_id = "1"
  path      = "x/${version.id}"
  every     = "1d"
  sort {
    by = "x"
  }
  lifecycle {
    prevent_destroy = true
  }
}
`, "shop_report.a")
	for name, line := range map[string]int{"report_id": 2, "path": 3, "every": 4, "sort": 5, "sort.by": 6, "prevent_destroy": 9, "mode": 1, "nonsense": 1, "sort.no": 5} {
		if got := in.AttrRange(name); got.Start.Line != line || got.Filename != "main.hcl" {
			t.Errorf("%s is at %s, want line %d", name, got, line)
		}
	}
	if in.Range.Start.Line != 1 {
		t.Errorf("block at %s", in.Range)
	}
}

// A block that is switched off need not work.
func TestDisabledBlocks(t *testing.T) {
	t.Parallel()
	in := one(t, `
export "shop_report" "a" {
  enabled   = fileexists("no.txt")
  report_id = file("no.txt")
  path      = "../x"
}
`, "shop_report.a")
	if in.Enabled {
		t.Error("the instance is enabled")
	}
	if p, diags := in.Path.Eval(export.Version{ID: "1"}); diags.HasErrors() || p == "" {
		t.Errorf("path %q, %s", p, show(diags))
	}
}

func TestJSONSyntaxMeansTheSame(t *testing.T) {
	t.Parallel()
	native := one(t, `
variable "v" { default = "x" }
export "shop_report" "a" {
  for_each  = { k = 1 }
  report_id = "${var.v}-${each.key}"
  path      = "a/${each.key}/${version.id}.csv"
  params    = { from = period.start, list = [1, true, null] }
  sort { by = "p" }
  sort { by = "q" }
  retention { keep_last = 3 }
  depends_on = [shop_ticket.t]
  lifecycle { ignore_changes = [mode] }
}
export "shop_ticket" "t" {}
`, "shop_report.a")
	json := one(t, `-- main.hcl.json --
{"variable": {"v": {"default": "x"}},
 "export": {"shop_report": {"a": {
  "//": "a comment",
  "for_each": {"k": 1},
  "report_id": "${var.v}-${each.key}",
  "path": "a/${each.key}/${version.id}.csv",
  "params": {"from": "${period.start}", "list": [1, true, null]},
  "sort": [{"by": "p"}, {"by": "q"}],
  "retention": {"keep_last": 3},
  "depends_on": ["shop_ticket.t"],
  "lifecycle": {"ignore_changes": ["mode"]}}},
  "shop_ticket": {"t": {}}}}
`, "shop_report.a")
	type comparable struct {
		Address, Identity, Rendering, Attributes string
		Retention                                export.Retention
		DependsOn                                []export.Address
		Ignore                                   []string
		Path                                     string
	}
	pick := func(in *config.Instance) comparable {
		p, diags := in.Path.Eval(export.Version{ID: "9"})
		noErrors(t, diags)
		return comparable{in.Address.String(), in.Identity, in.Rendering, string(in.Attributes), in.Retention, in.DependsOn, in.IgnoreChanges, p}
	}
	if diff := cmp.Diff(pick(native), pick(json)); diff != "" {
		t.Errorf("native and JSON differ (-native +json):\n%s", diff)
	}
}

func TestCommonExportIsDocumented(t *testing.T) {
	t.Parallel()
	var walk func(b schema.Body)
	walk = func(b schema.Body) {
		for _, a := range b.Attributes {
			if a.Description == "" || a.Type == cty.NilType {
				t.Errorf("argument %s lacks a description or type", a.Name)
			}
		}
		for _, n := range b.Blocks {
			if n.Description == "" {
				t.Errorf("block %s lacks a description", n.Name)
			}
			walk(n.Body)
		}
	}
	walk(config.CommonExport)
	for _, a := range config.LateAttributes {
		if a.Description == "" {
			t.Errorf("%s.%s lacks a description", a.Object, a.Name)
		}
	}
}
