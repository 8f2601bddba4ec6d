package config_test

import (
	"path"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"reportsync/internal/config"
	"reportsync/internal/export"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	v := export.Version{
		ID: "5388", Name: "Weekly: a/b", CreatedAt: time.Date(2025, 4, 24, 23, 10, 0, 0, time.FixedZone("", 3*3600)),
		Period: &export.Period{Name: "2025-W17", Start: time.Date(2025, 4, 21, 0, 0, 0, 0, time.UTC), End: time.Date(2025, 4, 28, 0, 0, 0, 0, time.UTC)},
	}
	tests := map[string]struct {
		body       string
		perVersion bool
		want       string
	}{
		"default":              {``, true, "shop_report.a/5388.csv"},
		"default of a format":  {`format = "jsonl"`, true, "shop_report.a/5388.jsonl"},
		"null is the default":  {`path = null`, true, "shop_report.a/5388.csv"},
		"fixed":                {`path = "newest.csv"`, false, "newest.csv"},
		"version":              {`path = "x/${version.id}.csv"`, true, "x/5388.csv"},
		"name":                 {`path = "x/${version.name}.csv"`, true, "x/Weekly_ a_b.csv"},
		"dates":                {`path = "${version.year}/${version.month}/${version.day} ${version.date}"`, true, "2025/04/24 2025-04-24"},
		"moment":               {`path = "${version.created_at}.csv"`, true, "2025-04-24T20_10_00Z.csv"},
		"formatted moment":     {`path = "${formatdate("YYYY/MM", version.created_at)}/${version.id}"`, true, "2025/04/5388"},
		"period":               {`path = "${period.name} ${period.start} ${period.end} ${period.last} ${period.year}${period.month}${period.day}"`, true, "2025-W17 2025-04-21 2025-04-28 2025-04-27 20250421"},
		"function":             {`path = join("/", ["a", lower(version.name), "${version.id}.csv"])`, true, "a/weekly_ a_b/5388.csv"},
		"conditional":          {`path = version.name == "" ? "unnamed/${version.id}" : "named/${version.id}"`, true, "named/5388"},
		"own slashes":          {`path = replace(version.id, "3", "/")`, true, "5/88"},
		"dot segments":         {`path = "./x/./${version.id}"`, true, "x/5388"},
		"hidden folder":        {`path = ".x/${version.id}"`, true, ".x/5388"},
		"a number":             {`path = 5`, false, "5"},
		"device name, literal": {`path = "aux/${version.id}"`, true, "_aux/5388"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := one(t, "export \"shop_report\" \"a\" {\nreport_id = \"1\"\n"+tt.body+"\n}\n", "shop_report.a")
			if in.Path.PerVersion != tt.perVersion {
				t.Errorf("per version: %v", in.Path.PerVersion)
			}
			got, diags := in.Path.Eval(v)
			noErrors(t, diags)
			if got != tt.want {
				t.Errorf("path %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPathsOfInstances(t *testing.T) {
	t.Parallel()
	const body = `
export "shop_report" "a" {
  for_each  = { "a/b" = "../v", "a_b" = "w", "Case" = "", "case" = "", "" = "", "ok" = "ok" }
  report_id = "1"
  %s
}
`
	tests := map[string]struct {
		path string
		want []string // in the order of the keys
	}{
		"default": {"", []string{
			"shop_report.a._/9.csv", "shop_report.a.Case~15f86e24/9.csv", "shop_report.a.a_b~c14cddc0/9.csv",
			"shop_report.a.a_b/9.csv", "shop_report.a.case~bbfcd416/9.csv", "shop_report.a.ok/9.csv",
		}},
		"template": {`path = "${each.key}/x"`, []string{"_/x", "Case~15f86e24/x", "a_b~c14cddc0/x", "a_b/x", "case~bbfcd416/x", "ok/x"}},
		"value":    {`path = "v/${each.value}/${version.id}"`, []string{"v/_/9", "v/_/9", "v/_v/9", "v/w/9", "v/_/9", "v/ok/9"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := expand(t, must(t, strings.Replace(body, "%s", tt.path, 1)).NewEval(), "shop_report.a")
			for i, in := range list {
				got, diags := in.Path.Eval(export.Version{ID: "9"})
				noErrors(t, diags)
				if got != tt.want[i] {
					t.Errorf("%s: path %q, want %q", in.Address, got, tt.want[i])
				}
			}
		})
	}
}

// A key that looks like the segment made up for another key gets its own.
func TestKeysThatImitateSegments(t *testing.T) {
	t.Parallel()
	list := expand(t, must(t, `
export "shop_report" "a" {
  for_each  = toset(["a/b", "a_b", "a_b~c14cddc0", "A_B~C14CDDC0"])
  report_id = "1"
}
`).NewEval(), "shop_report.a")
	seen := map[string]bool{}
	for _, in := range list {
		p, diags := in.Path.Eval(export.Version{ID: "9"})
		noErrors(t, diags)
		if p = strings.ToLower(p); seen[p] {
			t.Errorf("%s shares the path %q", in.Address, p)
		}
		seen[p] = true
	}
}

// What a version leaves empty does not break the path.
func TestPathsOfNamelessVersions(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"${version.name}/${version.id}":                       "_/7",
		"x/${version.name}/y":                                 "x/_/y",
		"x/${version.name}":                                   "x/_",
		"${version.year}/${period.name}/${version.id}":        "_/_/7",
		"x/${coalesce(version.name, version.id)}.csv":         "x/7.csv",
		"x/${version.name == \"\" ? \"none\" : version.name}": "x/none",
	} {
		in := one(t, "export \"shop_report\" \"a\" {\nreport_id = \"1\"\npath = \""+template+"\"\n}\n", "shop_report.a")
		got, diags := in.Path.Eval(export.Version{ID: "7"})
		noErrors(t, diags)
		if got != want {
			t.Errorf("%s: path %q, want %q", template, got, want)
		}
	}
}

func TestPathErrorsOfAVersion(t *testing.T) {
	t.Parallel()
	in := one(t, `export "shop_report" "a" {
  report_id = "1"
  path      = version.name == "name" ? "ok" : "../${version.id}"
}`, "shop_report.a")
	_, diags := in.Path.Eval(export.Version{ID: "7", Name: "other"})
	want := "main.hcl:3: Invalid path; shop_report.a: the path contains \"..\"; nothing is written outside the export root; the path is \"../7\".\n"
	if got := show(diags); got != want {
		t.Errorf("diagnostics:\n%s", got)
	}
	in = one(t, `export "shop_report" "a" {
  report_id = "1"
  path      = "${parseint(version.id, 10)}.csv"
}`, "shop_report.a")
	if got, diags := in.Path.Eval(export.Version{ID: "7"}); got != "7.csv" || diags.HasErrors() {
		t.Errorf("path %q, %s", got, show(diags))
	}
	if _, diags := in.Path.Eval(export.Version{ID: "x"}); !diags.HasErrors() {
		t.Error("a function that fails gives a path")
	}
}

// hostile draws text that a service or a key could hold.
func hostile() *rapid.Generator[string] {
	nasty := rapid.SampledFrom([]string{
		"", ".", "..", "../..", "/", "/etc/passwd", `\`, `..\..\x`, "a/../../b", "C:", `C:\x`, "NUL", "com1.txt", "a\x00b", "\u202etxt.exe",
		"trailing. ", " . ", strings.Repeat("я", 300), "${version.id}", "a\nb", "~", "-rf", "\xff\xfe",
	})
	return rapid.OneOf(nasty, rapid.String(), rapid.Map(rapid.SliceOfN(rapid.OneOf(nasty, rapid.String()), 0, 4), func(p []string) string { return strings.Join(p, "/") }))
}

// Whatever id, name, period and key hold: the path is relative, clean, and has
// exactly the folders that the template writes.
func TestPathsStayInside(t *testing.T) {
	t.Parallel()
	load := func(template string) *config.Config {
		line := ""
		if template != "" {
			line = "path = \"" + template + "\""
		}
		return must(t, "data \"shop_reports\" \"all\" {}\nexport \"shop_report\" \"a\" {\nfor_each = { for r in data.shop_reports.all.reports : r.k => r }\nreport_id = \"1\"\n"+line+"\n}\n")
	}
	configs := map[string]struct {
		c        *config.Config
		segments int
	}{
		"default":   {load(""), 2},
		"key":       {load("w/${each.key}/${version.id}.csv"), 3},
		"bare":      {load("${each.key}/${version.name}/${version.id}"), 3},
		"value":     {load("${each.value.v}/${period.name}/x${version.name}y"), 3},
		"functions": {load(`${upper(each.key)}/${substr(version.id, 0, 3)}-`), 2},
	}
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfNDistinct(hostile(), 1, 4, func(s string) string { return cty.NormalizeString(s) }).Draw(rt, "keys")
		var reports []cty.Value
		for _, k := range keys {
			reports = append(reports, object("k", k, "v", hostile().Draw(rt, "value")))
		}
		v := export.Version{ID: hostile().Draw(rt, "id"), Name: hostile().Draw(rt, "name"), Period: &export.Period{Name: hostile().Draw(rt, "period")}}
		for name, tt := range configs {
			e := tt.c.NewEval()
			e.SetData(address(t, "data.shop_reports.all"), cty.ObjectVal(map[string]cty.Value{"reports": cty.ListVal(reports)}))
			list, diags := e.Expand(address(t, "shop_report.a"))
			if diags.HasErrors() {
				rt.Fatalf("%s: %s", name, show(diags))
			}
			seen := map[string]string{}
			for _, in := range list {
				p, diags := in.Path.Eval(v)
				checkPath(rt, name, p, diags, tt.segments)
				if name == "default" || name == "key" {
					folder := strings.ToLower(path.Dir(p))
					if other, taken := seen[folder]; taken {
						rt.Fatalf("%s: the keys %q and %q share the folder %q", name, other, in.Address.Key, folder)
					}
					seen[folder] = in.Address.Key
				}
			}
		}
	})
}

func checkPath(t *rapid.T, name, p string, diags hcl.Diagnostics, segments int) {
	if diags.HasErrors() {
		t.Fatalf("%s: %s", name, show(diags))
	}
	if p != path.Clean(p) || path.IsAbs(p) || !strings.HasPrefix(path.Join("/root", p), "/root/") {
		t.Fatalf("%s: the path %q leaves the root", name, p)
	}
	if got := strings.Count(p, "/") + 1; got != segments {
		t.Fatalf("%s: the path %q has %d segments, want %d", name, p, got, segments)
	}
	for seg := range strings.SplitSeq(p, "/") {
		if len(seg) > 240 {
			t.Fatalf("%s: the segment %q is too long", name, seg)
		}
	}
}

// TestPathPartsGiveWhatEvaluationGives compares templates with the same inside a
// condition, which is not taken apart.
func TestPathPartsGiveWhatEvaluationGives(t *testing.T) {
	t.Parallel()
	fragments := []string{
		"a", "/", "é", "e", "\u0301", " ", ".", "..", "C:", "$${", "${version.id}", "${version.name}", "${version.date}", "${version.created_at}",
		"${period.name}", "${period.last}", "${each.key}", "${each.value}", "${local.n}", "${1 + 1}", "${true}", "${upper(local.n)}",
		"${upper(version.name)}", "${version.id == local.n}", "${local.nothing}", "${local.many}", "${sensitive(local.n)}", "%{ if true }y%{ endif }",
	}
	rapid.Check(t, func(rt *rapid.T) {
		template := `"` + strings.Join(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 6).Draw(rt, "template"), "") + `"`
		v := export.Version{ID: rapid.SampledFrom([]string{"5", "a/b", ""}).Draw(rt, "id"), Name: rapid.SampledFrom([]string{"", "e", "x\\y", "..", "\u0301"}).Draw(rt, "name")}
		if rapid.Bool().Draw(rt, "dated") {
			v.CreatedAt = testNow
			v.Period = &export.Period{Name: "2025-04", Start: testNow, End: testNow.AddDate(0, 1, 0)}
		}
		try := func(path string) string {
			files := "locals {\n  n = \"N\"\n  nothing = null\n  many = [1]\n}\nexport \"shop_report\" \"a\" {\n  for_each = { \"k/1\" = \"v/1\" }\n  report_id = 1\n  path = " + path + "\n}\n"
			list, diags := must(t, files).NewEval().Expand(address(t, "shop_report.a"))
			if diags.HasErrors() {
				return "error"
			}
			p, diags := list[0].Path.Eval(v)
			if diags.HasErrors() {
				return "error"
			}
			return p
		}
		if apart, whole := try(template), try("(true ? "+template+" : local.n)"); apart != whole {
			rt.Errorf("%s gives %q, evaluated %q", template, apart, whole)
		}
	})
}
