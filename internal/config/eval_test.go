package config_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config"
	"reportsync/internal/export"
)

// object makes a cty object of strings.
func object(kv ...string) cty.Value {
	m := map[string]cty.Value{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = cty.StringVal(kv[i+1])
	}
	return cty.ObjectVal(m)
}

func outputs(t testing.TB, e *config.Eval) map[string]cty.Value {
	t.Helper()
	list, diags := e.Outputs()
	noErrors(t, diags)
	m := map[string]cty.Value{}
	for _, o := range list {
		m[o.Name] = o.Value
	}
	return m
}

func TestResultsBecomeKnown(t *testing.T) {
	t.Parallel()
	c := must(t, `
data "shop_reports" "all" { name_regex = "^W" }
locals { keys = toset(data.shop_reports.all.ids) }
export "shop_report" "many" {
  for_each  = local.keys
  report_id = each.key
}
export "shop_report" "sum" {
  report_id = join(",", [for k, e in shop_report.many : "${k}:${e.latest.id}"])
  every     = shop_report.many["a"].latest.every
  path      = "${shop_report.many["a"].latest.id}/x"
  query     = "known"
}
output "many" { value = { for k, e in shop_report.many : k => e.latest.id } }
output "keys" { value = local.keys }
`)
	e := c.NewEval()
	data := address(t, "data.shop_reports.all")

	if _, diags := e.Expand(address(t, "shop_report.many")); !strings.Contains(show(diags), "known only after apply") {
		t.Fatalf("for_each over data that was not read: %s", show(diags))
	}
	found, diags := e.Data(data)
	noErrors(t, diags)
	if len(found) != 1 || found[0].Args.String("name_regex") != "^W" || found[0].Provider != "shop" || len(found[0].Unknown) != 0 {
		t.Fatalf("data instances: %+v", found)
	}
	e.SetData(data, cty.ObjectVal(map[string]cty.Value{"ids": cty.ListVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")})}))
	many := expand(t, e, "shop_report.many")
	if len(many) != 2 || many[0].Address.String() != `shop_report.many["a"]` {
		t.Fatalf("instances: %v", many)
	}
	sum := expand(t, e, "shop_report.sum")[0]
	if diff := cmp.Diff([]string{"report_id", "every", "path"}, sum.Unknown); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
	if sum.Identity != "" || sum.Rendering == "" || sum.Args.String("query") != "known" {
		t.Errorf("identity %q, rendering %q", sum.Identity, sum.Rendering)
	}
	if _, diags := sum.Path.Eval(export.Version{ID: "1"}); !strings.Contains(show(diags), "not known yet") {
		t.Errorf("path that is not known: %s", show(diags))
	}
	if got := outputs(t, e)["many"]; !got.Type().IsObjectType() || got.IsWhollyKnown() {
		t.Errorf("output before exports are known: %#v; its keys should be known", got)
	}

	result := func(id string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal("x"), "latest": object("id", id, "every", "2d")})
	}
	e.SetExport(many[0].Address, result("1"))
	e.SetExport(many[1].Address, result("2"))
	sum = expand(t, e, "shop_report.sum")[0]
	if got := sum.Args.String("report_id"); got != "a:1,b:2" || len(sum.Unknown) != 0 || sum.Identity == "" {
		t.Errorf("report_id %q, unknown %v", got, sum.Unknown)
	}
	if p, diags := sum.Path.Eval(export.Version{ID: "1"}); p != "1/x" || diags.HasErrors() {
		t.Errorf("path %q, %s", p, show(diags))
	}
	if got := jsonOf(outputs(t, e)["many"]); got != `{"a":"1","b":"2"}` {
		t.Errorf("output %s", got)
	}

	// A new result replaces what was worked out from the old one, through local
	// values and for_each.
	e.SetExport(many[0].Address, result("3"))
	if got := expand(t, e, "shop_report.sum")[0].Args.String("report_id"); got != "a:3,b:2" {
		t.Errorf("report_id %q after a new result", got)
	}
	e.SetData(data, cty.ObjectVal(map[string]cty.Value{"ids": cty.ListVal([]cty.Value{cty.StringVal("a")})}))
	if got := expand(t, e, "shop_report.sum")[0].Args.String("report_id"); got != "a:3" {
		t.Errorf("report_id %q after fewer instances", got)
	}
	if got := jsonOf(outputs(t, e)["keys"]); got != `["a"]` {
		t.Errorf("local value %s after new data", got)
	}
	if got := outputs(t, c.NewEval())["keys"]; got.IsKnown() {
		t.Errorf("a new evaluation knows %#v", got)
	}
}

func TestDataForEach(t *testing.T) {
	t.Parallel()
	c := must(t, `
data "shop_reports" "by" {
  for_each   = { w = "^W", m = shop_ticket.t.id }
  name_regex = each.value
  depends_on = [shop_ticket.t]
}
export "shop_ticket" "t" {}
output "w" { value = data.shop_reports.by["w"].ids }
output "all" { value = [for k, d in data.shop_reports.by : k] }
`)
	e := c.NewEval()
	found, diags := e.Data(address(t, "data.shop_reports.by"))
	noErrors(t, diags)
	if len(found) != 2 || found[0].Address.Key != "m" || found[0].Args.Has("name_regex") || len(found[0].Unknown) != 1 || found[1].Args.String("name_regex") != "^W" {
		t.Fatalf("instances: %+v", found)
	}
	if diff := cmp.Diff([]export.Address{address(t, "shop_ticket.t")}, found[0].DependsOn); diff != "" {
		t.Errorf("depends on (-want +got):\n%s", diff)
	}
	e.SetData(found[1].Address, cty.ObjectVal(map[string]cty.Value{"ids": cty.ListVal([]cty.Value{cty.StringVal("1")})}))
	got := outputs(t, e)
	if jsonOf(got["w"]) != `["1"]` || jsonOf(got["all"]) != `["m","w"]` {
		t.Errorf("outputs: %#v", got)
	}
}

func TestNoSuchBlock(t *testing.T) {
	t.Parallel()
	e := must(t, `export "shop_ticket" "t" {}`).NewEval()
	if _, diags := e.Expand(address(t, "shop_ticket.x")); !strings.Contains(show(diags), "There is no block shop_ticket.x") {
		t.Errorf("expand: %s", show(diags))
	}
	if _, diags := e.Data(address(t, "shop_ticket.t")); !strings.Contains(show(diags), "There is no block") {
		t.Errorf("data: %s", show(diags))
	}
	if _, diags := e.Provider("shop.eu", nil); !strings.Contains(show(diags), "There is no provider shop.eu") {
		t.Errorf("provider: %s", show(diags))
	}
}

func TestProvider(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block string
		env   []string
		over  map[string]string
		want  map[string]string // as JSON; absent arguments are null
		err   string
	}{
		"block": {
			block: "account = \"a\"\ntoken = \"t\"\ntimeout = \"1m\"\nretries = 3",
			want:  map[string]string{"account": `"a"`, "token": `"t"`, "timeout": `"1m"`, "retries": "3", "base_url": `"https://shop.example"`},
		},
		"environment": {
			env:  []string{"SHOP_ACCOUNT=a", "SHOP_TOKEN=t", "SHOP_RETRIES=4", "SHOP_URL=http://127.0.0.1"},
			want: map[string]string{"account": `"a"`, "token": `"t"`, "retries": "4", "base_url": `"http://127.0.0.1"`, "timeout": `"30s"`},
		},
		"block wins": {
			block: "account = \"b\"\nlogin = \"l\"", env: []string{"SHOP_ACCOUNT=a", "SHOP_LOGIN=x"},
			want: map[string]string{"account": `"b"`, "login": `"l"`, "base_url": `"https://shop.example"`, "timeout": `"30s"`},
		},
		"null asks the environment": {
			block: "account = null\nlogin = \"l\"", env: []string{"SHOP_ACCOUNT=a"},
			want: map[string]string{"account": `"a"`, "login": `"l"`, "base_url": `"https://shop.example"`, "timeout": `"30s"`},
		},
		"empty variable counts as not set": {
			block: "login = \"l\"", env: []string{"SHOP_ACCOUNT="},
			err: "main.hcl:2: Missing required argument; The argument \"account\" is required. Write it in the provider block, or set SHOP_ACCOUNT in the environment.\n",
		},
		"the environment adds no second of a group": {
			block: "account = \"a\"\nlogin = \"l\"", env: []string{"SHOP_TOKEN=t"},
			want: map[string]string{"account": `"a"`, "login": `"l"`, "base_url": `"https://shop.example"`, "timeout": `"30s"`},
		},
		"two of a group from the environment": {
			block: "account = \"a\"", env: []string{"SHOP_TOKEN=t", "SHOP_LOGIN=l"},
			err: "main.hcl:2: Conflicting arguments; Exactly one of \"token\" and \"login\" must be set; \"token\" and \"login\" are.\n",
		},
		"none of a group": {
			block: "account = \"a\"",
			err:   "main.hcl:2: Missing argument; Exactly one of \"token\" and \"login\" must be set; none is. The environment can set it too: SHOP_TOKEN or SHOP_LOGIN.\n",
		},
		"wrong type in the environment": {
			block: "account = \"a\"\nlogin = \"l\"", env: []string{"SHOP_RETRIES=many"},
			err: "main.hcl:2: Incorrect type of argument; The argument \"retries\" (from the environment variable SHOP_RETRIES) is not right: a number is required.\n",
		},
		"not a duration in the environment": {
			block: "account = \"a\"\nlogin = \"l\"", env: []string{"SHOP_TIMEOUT=soon"},
			err: "main.hcl:2: Invalid duration; The argument \"timeout\" (from the environment variable SHOP_TIMEOUT): \"soon\" is not a duration; write for example \"24h\", \"7d\", \"2w\" or \"10m30s\".\n",
		},
		"put in place from outside": {
			block: "login = file(\"no such file\")\nbase_url = \"https://real\"", over: map[string]string{"token": "sim", "base_url": "http://127.0.0.1:1", "account": "sim"},
			want: map[string]string{"account": `"sim"`, "token": `"sim"`, "base_url": `"http://127.0.0.1:1"`, "timeout": `"30s"`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := must(t, "\nprovider \"shop\" {\n"+tt.block+"\n}\nexport \"shop_ticket\" \"t\" {}\n", func(o *config.Options) { o.Environ = tt.env })
			got, diags := c.NewEval().Provider("shop", tt.over)
			if diff := cmp.Diff(tt.err, show(diags)); diff != "" {
				t.Fatalf("diagnostics (-want +got):\n%s", diff)
			}
			if tt.err != "" {
				return
			}
			set := map[string]string{}
			for name, v := range got {
				if got.Has(name) {
					set[name] = jsonOf(v)
				}
			}
			if diff := cmp.Diff(tt.want, set); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if tt.want["token"] == `"t"` && !cmp.Equal(c.Sensitive(), []string{"t"}) {
				t.Errorf("sensitive texts: %q", c.Sensitive())
			}
		})
	}
}

func TestProviderWithoutBlock(t *testing.T) {
	t.Parallel()
	c := must(t, "\n\nexport \"shop_ticket\" \"t\" {}\n", func(o *config.Options) { o.Environ = []string{"SHOP_TOKEN=t"} })
	_, diags := c.NewEval().Provider("shop", nil)
	want := "main.hcl:3: Missing required argument; The argument \"account\" is required. Write it in the provider block, or set SHOP_ACCOUNT in the environment.\n"
	if diff := cmp.Diff(want, show(diags)); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	noErrors(t, c.Validate()) // the environment of a run may have it
}

func TestProviderNotKnownInTime(t *testing.T) {
	t.Parallel()
	c := must(t, `
provider "shop" {
  account = bank_list.l.id
  login   = "l"
}
export "bank_list" "l" {}
export "shop_ticket" "t" {}
`)
	e := c.NewEval()
	_, diags := e.Provider("shop", nil)
	want := "main.hcl:3: Provider is not known in time; The argument \"account\" depends on results that are known only after apply, but the provider is needed before.\n"
	if diff := cmp.Diff(want, show(diags)); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	e.SetExport(address(t, "bank_list.l"), object("id", "acme"))
	args, diags := e.Provider("shop", nil)
	noErrors(t, diags)
	if args.String("account") != "acme" {
		t.Errorf("account is %q", args.String("account"))
	}
	noErrors(t, c.Validate())
}

func TestConditions(t *testing.T) {
	t.Parallel()
	c := must(t, `
variable "hush" {
  sensitive = true
  default   = "s3cret"
}
data "shop_reports" "all" {}
export "shop_report" "a" {
  for_each  = { k = 5 }
  report_id = each.key
  lifecycle {
    precondition {
      condition     = length(data.shop_reports.all.ids) > each.value
      error_message = "Only ${length(data.shop_reports.all.ids)} reports for ${each.key}."
    }
    postcondition {
      condition     = self.rows > each.value
      error_message = "Rows: ${self.rows}."
    }
    postcondition {
      condition     = self.rows > 5 && var.hush != "s3cret"
      error_message = "It was ${var.hush}."
    }
    postcondition {
      condition     = self.nothing
      error_message = "x"
    }
  }
}
`)
	e := c.NewEval()
	in := expand(t, e, "shop_report.a")[0]
	if len(in.Preconditions) != 1 || len(in.Postconditions) != 3 {
		t.Fatalf("%d preconditions, %d postconditions", len(in.Preconditions), len(in.Postconditions))
	}
	pre := in.Preconditions[0]
	if pre.Range.Start.Line != 11 {
		t.Errorf("precondition at %s", pre.Range)
	}
	if ok, _, diags := pre.Check(cty.NilVal); !ok || len(diags) > 0 {
		t.Errorf("a condition that is not known yet: %v, %s", ok, show(diags))
	}
	e.SetData(address(t, "data.shop_reports.all"), cty.ObjectVal(map[string]cty.Value{"ids": cty.ListVal([]cty.Value{cty.StringVal("1")})}))
	if ok, message, diags := pre.Check(cty.NilVal); ok || message != "Only 1 reports for k." || len(diags) > 0 {
		t.Errorf("with results handed in later: %v, %q, %s", ok, message, show(diags))
	}
	self := func(rows int64) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"rows": cty.NumberIntVal(rows)})
	}
	post := in.Postconditions
	if ok, message, _ := post[0].Check(self(3)); ok || message != "Rows: 3." {
		t.Errorf("%v, %q", ok, message)
	}
	if ok, message, _ := post[0].Check(self(6)); !ok || message != "" {
		t.Errorf("%v, %q", ok, message)
	}
	if ok, message, _ := post[1].Check(self(6)); ok || strings.Contains(message, "s3cret") || !strings.Contains(message, "not shown") {
		t.Errorf("%v, %q", ok, message)
	}
	if ok, _, diags := post[2].Check(self(1)); !ok || !strings.Contains(show(diags), "Unsupported attribute") {
		t.Errorf("a condition with a mistake: %v, %s", ok, show(diags))
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	c := must(t, `
output "b" {
  value       = sensitive("hidden")
  sensitive   = true
  description = "what it is"
}
output "a" { value = nonsensitive(sensitive([1])) }
`)
	list, diags := c.NewEval().Outputs()
	noErrors(t, diags)
	if len(list) != 2 || list[0].Name != "b" || list[0].Description != "what it is" || !list[0].Sensitive || list[0].Value.IsMarked() || list[0].Range.Start.Line != 2 ||
		list[1].Sensitive || jsonOf(list[1].Value) != "[1]" {
		t.Errorf("outputs: %+v", list)
	}
	if !c.HasOutputs() || must(t, `locals {}`).HasOutputs() {
		t.Error("HasOutputs is wrong")
	}
}

func TestExpression(t *testing.T) {
	t.Parallel()
	e := must(t, `
variable "v" {
  sensitive = true
  default   = "s3cret"
}
locals { n = 2 }
export "shop_ticket" "t" {}
`).NewEval()
	e.SetExport(address(t, "shop_ticket.t"), object("id", "x"))
	tests := map[string]struct {
		want      string
		sensitive bool
		err       string
	}{
		`"${shop_ticket.t.id}${local.n + 1}"`: {want: `"x3"`},
		`upper(var.v)`:                        {want: `"S3CRET"`, sensitive: true},
		`local.m`:                             {err: "There is no local value \"m\""},
		`1 +`:                                 {err: "Missing expression"},
		`each.key`:                            {err: "\"each\" can be used only in blocks"},
		`parseint(var.v, 10)`:                 {err: "(sensitive)"},
		strings.Repeat("(", 5000):             {err: "Nested too deeply"},
	}
	for text, tt := range tests {
		v, sensitive, diags := e.Expression(text)
		if got := show(diags); tt.err != "" {
			if !strings.Contains(got, tt.err) || strings.Contains(got, "s3cret") {
				t.Errorf("%.20s: %s", text, got)
			}
			continue
		}
		noErrors(t, diags)
		if jsonOf(v) != tt.want || sensitive != tt.sensitive {
			t.Errorf("%s = %s, sensitive %v", text, jsonOf(v), sensitive)
		}
	}
}

// Everything may be asked from several goroutines.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := must(t, `
data "shop_reports" "all" {}
locals { ids = data.shop_reports.all.ids }
export "shop_report" "a" {
  for_each  = toset(["x", "y"])
  report_id = "${each.key}${length(local.ids)}"
  secret    = sensitive("hush ${each.key}")
  params    = { p = period.start }
  path      = "${each.key}/${version.id}"
  lifecycle {
    precondition {
      condition     = length(local.ids) >= 0
      error_message = "x"
    }
  }
}
output "o" { value = shop_report.a["x"].id }
`)
	e := c.NewEval()
	e.SetData(address(t, "data.shop_reports.all"), cty.ObjectVal(map[string]cty.Value{"ids": cty.ListValEmpty(cty.String)}))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				for _, in := range expand(t, e, "shop_report.a") {
					v := export.Version{ID: fmt.Sprint(i)}
					if p, diags := in.Path.Eval(v); diags.HasErrors() || p != in.Address.Key+"/"+v.ID {
						t.Errorf("path %q, %s", p, show(diags))
					}
					if _, diags := in.ArgsFor(v); diags.HasErrors() {
						t.Error(show(diags))
					}
					if ok, _, diags := in.Preconditions[0].Check(cty.NilVal); !ok || diags.HasErrors() {
						t.Error(show(diags))
					}
					e.SetExport(in.Address, object("id", "1"))
				}
				if _, diags := e.Outputs(); diags.HasErrors() {
					t.Error(show(diags))
				}
				_ = c.Sensitive()
			}
		})
	}
	wg.Wait()
}
