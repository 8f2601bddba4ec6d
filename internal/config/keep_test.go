package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"reportsync/internal/config"
	"reportsync/internal/export"
)

// ignoring is an export of the fake type that ignores changes.
func ignoring(what string, args ...string) string {
	return "export \"shop_report\" \"a\" {\n" + strings.Join(args, "\n") + "\nlifecycle {\nignore_changes = " + what + "\n}\n}\n"
}

func TestKeep(t *testing.T) {
	t.Parallel()
	const id = `report_id = "2"`
	tests := map[string]struct{ now, old, want string }{
		"listed argument keeps its value": {ignoring("[report_id]", id, "limit = 5"), `{"report_id":"1","limit":3}`, `{"report_id":"1","mode":"saved","limit":5}`},
		"others change":                   {ignoring("[mode]", id), `{"report_id":"1","mode":"generate"}`, `{"report_id":"2","mode":"generate"}`},
		"all":                             {ignoring("all", id, "limit = 5"), `{"report_id":"1","mode":"generate"}`, `{"report_id":"1","mode":"generate"}`},
		"nothing was set":                 {ignoring("[limit, fields]", id, "limit = 5", `fields = ["x"]`), `{"report_id":"1"}`, `{"report_id":"2","mode":"saved"}`},
		"the default was not yet known":   {ignoring("[mode]", id, `mode = "generate"`), `{"report_id":"1"}`, `{"report_id":"2","mode":"saved"}`},
		"required and not in the state":   {ignoring("all", id), `{}`, `{"report_id":"2","mode":"saved"}`},
		"an empty state":                  {ignoring("all", id), ``, `{"report_id":"2","mode":"saved"}`},
		"another type":                    {ignoring("[limit, report_id]", id), `{"report_id":7,"limit":"12"}`, `{"report_id":"7","mode":"saved","limit":12}`},
		"collections":                     {ignoring("[fields, filter, window]", id), `{"fields":["b","a"],"filter":{"y":"1","x":"2"},"window":{"from":"f","days":null}}`, `{"report_id":"2","mode":"saved","fields":["b","a"],"filter":{"x":"2","y":"1"},"window":{"days":null,"from":"f"}}`},
		"any type":                        {ignoring("[params]", id, "params = {}"), `{"params":{"n":1.50,"l":[1,"a",null,true],"o":{"k":"v"}}}`, `{"report_id":"2","mode":"saved","params":{"l":[1,"a",null,true],"n":1.5,"o":{"k":"v"}}}`},
		"blocks": {
			ignoring("[sort, box]", id, "sort { by = \"x\" }"),
			`{"sort":[{"ascending":false,"by":"a"},{"by":"b"}],"box":{"size":1,"label":[{"text":"t"}]}}`,
			`{"report_id":"2","mode":"saved","sort":[{"ascending":false,"by":"a"},{"ascending":true,"by":"b"}],"box":{"label":[{"text":"t"}],"size":1}}`,
		},
		"no blocks":                  {ignoring("[sort, box]", id, "sort {\nby = \"x\"\n}", "box {\nsize = 1\n}"), `{"sort":[]}`, `{"report_id":"2","mode":"saved"}`},
		"a value that is secret now": {ignoring("[query]", id, `query = sensitive("new")`), `{"query":"plain"}`, `{"report_id":"2","mode":"saved","query":"plain"}`},
		"not written any more":       {ignoring("[limit]", id), `{"limit":3}`, `{"report_id":"2","mode":"saved","limit":3}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := one(t, tt.now, "shop_report.a")
			noErrors(t, in.Keep([]byte(tt.old)))
			if diff := cmp.Diff(tt.want, string(in.Attributes)); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if len(in.Unknown)+len(in.Sensitive) != 0 {
				t.Errorf("unknown %q, sensitive %q", in.Unknown, in.Sensitive)
			}
			for name, v := range in.Args {
				if want := fake.Exports[0].Body.Attribute(name); want != nil && want.Type != cty.DynamicPseudoType &&
					!v.Type().Equals(want.Type.WithoutOptionalAttributesDeep()) {
					t.Errorf("%s is a %s", name, v.Type().FriendlyName())
				}
			}
			before := *in
			noErrors(t, in.Keep(in.Attributes))
			if in.Identity != before.Identity || in.Rendering != before.Rendering || string(in.Attributes) != string(before.Attributes) {
				t.Error("keeping what is there already changes it")
			}
		})
	}
}

func TestKeepMakesTheInstanceWhatItWas(t *testing.T) {
	t.Parallel()
	const was = `
  report_id = "1"
  mode      = "generate"
  params    = { a = [1, "x"], b = null }
  fields    = ["f"]
  sort {
    by = "f"
  }
`
	old := one(t, "export \"shop_report\" \"a\" {"+was+"}", "shop_report.a")
	now := one(t, ignoring("all", `report_id = "2"`, `params = [2]`, `fields = ["g"]`, "sort {\nby = \"g\"\nascending = false\n}"), "shop_report.a")
	if now.Identity == old.Identity || now.Rendering == old.Rendering {
		t.Fatal("the two do not differ to begin with")
	}
	noErrors(t, now.Keep(old.Attributes))
	if now.Identity != old.Identity || now.Rendering != old.Rendering {
		t.Error("identity or rendering is not what it was")
	}
	if got := now.Args.String("mode"); got != "generate" {
		t.Errorf("mode is %q", got)
	}
	ticket := one(t, "export \"shop_ticket\" \"a\" {\n  on_destroy = \"delete\"\n  lifecycle { ignore_changes = [on_destroy] }\n}", "shop_ticket.a")
	noErrors(t, ticket.Keep([]byte(`{"on_destroy":"forget"}`)))
	if ticket.OnDestroy != "forget" {
		t.Errorf("on_destroy is %q", ticket.OnDestroy)
	}
}

func TestKeepInsteadOfWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	c := must(t, "data \"shop_reports\" \"all\" {}\n"+ignoring("[report_id, limit]",
		"report_id = data.shop_reports.all.ids[0]", "limit = length(data.shop_reports.all.ids)", "query = data.shop_reports.all.ids[1]"))
	in := expand(t, c.NewEval(), "shop_report.a")[0]
	if in.Identity != "" {
		t.Fatal("the identity is known although report_id is not")
	}
	noErrors(t, in.Keep([]byte(`{"report_id":"1"}`)))
	if diff := cmp.Diff([]string{"query"}, in.Unknown); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
	if in.Identity == "" || in.Args.String("report_id") != "1" || !in.Args["limit"].IsNull() {
		t.Errorf("identity %q, arguments %v", in.Identity, in.Args)
	}
}

func TestKeepAndLateParts(t *testing.T) {
	t.Parallel()
	const id = `report_id = "1"`
	version := export.Version{ID: "5"}
	param := func(in *config.Instance) string {
		args, diags := in.ArgsFor(version)
		noErrors(t, diags)
		text, err := json.Marshal(args["params"].AsValueMap()["v"].AsString())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	late := ignoring("[params]", id, `params = { v = "x-${version.id}" }`)
	same := one(t, late, "shop_report.a")
	noErrors(t, same.Keep(same.Attributes))
	if got := param(same); got != `"x-5"` {
		t.Errorf("an argument that did not change gives %s", got)
	}
	plain := one(t, late, "shop_report.a")
	noErrors(t, plain.Keep([]byte(`{"params":{"v":"plain"}}`)))
	if got := param(plain); got != `"plain"` {
		t.Errorf("a kept argument gives %s for a version", got)
	}
	changed := one(t, ignoring("[params]", id, `params = { v = "y-${version.id}" }`), "shop_report.a")
	refused(t, changed.Keep(same.Attributes), "filled in for each version")
}

func refused(t *testing.T, diags hcl.Diagnostics, want string) {
	t.Helper()
	if !diags.HasErrors() || !strings.Contains(show(diags), want) {
		t.Errorf("diagnostics %q, want an error with %q", show(diags), want)
	}
}

func TestKeepObjects(t *testing.T) {
	t.Parallel()
	const id = `report_id = "2"`
	tests := map[string]struct{ now, old, want string }{
		"not JSON":           {ignoring("all", id), `{"report_id"`, "cannot be read from the state"},
		"not an object":      {ignoring("all", id), `["x"]`, "not a JSON object"},
		"wrong type":         {ignoring("[limit]", id), `{"limit":"many"}`, `"limit" (from the state) is not right`},
		"value not allowed":  {ignoring("[mode]", id), `{"mode":"gone"}`, `must be "saved" or "generate"`},
		"not a duration":     {ignoring("[wait]", id), `{"wait":"soon"}`, "is not a duration"},
		"block is no object": {ignoring("[box]", id), `{"box":[1]}`, "no box block"},
		"blocks are no list": {ignoring("[sort]", id), `{"sort":{"by":"x"}}`, "no list of sort blocks"},
		"inside a block":     {ignoring("[sort]", id), `{"sort":[{"by":"x","ascending":"perhaps"}]}`, `"ascending" (from the state)`},
		"conflict":           {ignoring("[query]", id, `filter = { a = "1" }`), `{"query":"q"}`, "ignore_changes keeps"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := one(t, tt.now, "shop_report.a")
			diags := in.Keep([]byte(tt.old))
			refused(t, diags, tt.want)
			for _, d := range diags {
				if d.Subject == nil || !strings.Contains(d.Detail, "ignore_changes") {
					t.Errorf("%s: %s: it is not said where, or how to go on", d.Summary, d.Detail)
				}
			}
			off := one(t, strings.Replace(tt.now, id, id+"\nenabled = false", 1), "shop_report.a")
			if diags := off.Keep([]byte(tt.old)); len(diags) > 0 {
				t.Errorf("a disabled export reports %s", show(diags))
			}
		})
	}
}

func TestKeepAndSecrets(t *testing.T) {
	t.Parallel()
	in := one(t, ignoring("[query]", `report_id = "1"`, `query = sensitive("s3cret-query")`), "shop_report.a")
	diags := in.Keep([]byte(`{"report_id":"1"}`))
	noErrors(t, diags)
	if got := show(diags); !strings.Contains(got, "Change is not ignored") || strings.Contains(got, "s3cret") {
		t.Errorf("diagnostics %q", got)
	}
	if in.Args.String("query") != "s3cret-query" || len(in.Sensitive) != 1 {
		t.Errorf("arguments %v, sensitive %q", in.Args, in.Sensitive)
	}
	_, diags = source{files: ignoring("[secret]", `report_id = "1"`)}.load(t)
	refused(t, diags, "does not hold its value")
	all := one(t, ignoring("all", `report_id = "1"`), "shop_report.a")
	if strings.Contains(strings.Join(all.IgnoreChanges, " "), "secret") {
		t.Errorf("all stands for %q", all.IgnoreChanges)
	}
}

// TestKeepLosesNothing puts values of all shapes back from what the state holds.
func TestKeepLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text, err := json.Marshal(jsonValue(3).Draw(rt, "params"))
		if err != nil {
			rt.Fatal(err)
		}
		params := "params = jsondecode(" + quote(escaped(text)) + ")"
		old := one(t, "export \"shop_report\" \"a\" {\nreport_id = \"1\"\n"+params+"\n}", "shop_report.a")
		now := one(t, ignoring("[params]", `report_id = "1"`, `params = "other"`), "shop_report.a")
		noErrors(t, now.Keep(old.Attributes))
		if now.Identity != old.Identity || string(now.Attributes) != string(old.Attributes) {
			rt.Errorf("%s became %s", old.Attributes, now.Attributes)
		}
	})
}

func jsonValue(depth int) *rapid.Generator[any] {
	leaf := []*rapid.Generator[any]{
		rapid.String().AsAny(), rapid.Float64Range(-1e18, 1e18).AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
	}
	if depth == 0 {
		return rapid.OneOf(leaf...)
	}
	inner := jsonValue(depth - 1)
	names := rapid.Map(rapid.String(), norm.NFC.String) // go-cty decodes no others
	return rapid.OneOf(append(leaf, rapid.SliceOfN(inner, 0, 3).AsAny(), rapid.MapOfN(names, inner, 0, 3).AsAny())...)
}

// escaped is JSON in ASCII alone. HCL normalises text, so that a combining mark after
// the last digit of an escape would become one character with it.
func escaped(text []byte) string {
	var b strings.Builder
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, "\\u%04x\\u%04x", hi, lo)
		default:
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

// quote writes text as an HCL string.
func quote(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(string(q))
}
