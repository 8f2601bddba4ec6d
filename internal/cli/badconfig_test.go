package cli_test

import (
	"strings"
	"testing"
)

// What is wrong with a configuration is told with file, line and the way out, once,
// and nothing is made.
func TestBadConfigurations(t *testing.T) {
	t.Parallel()
	one := func(args ...string) string {
		return "export \"planfix_report\" \"a\" {\n  " + strings.Join(args, "\n  ") + "\n}\n"
	}
	id := `report_id = "26000"`
	for name, tt := range map[string]struct {
		config string
		words  []string
		not    string
	}{
		"no expression":       {one(`report_id = = "1"`), []string{"line 2", "Invalid expression"}, ""},
		"an open string":      {one(`report_id = "1`), []string{"line 2", "may not be split over multiple lines"}, ""},
		"an open block":       {"export \"planfix_report\" \"a\" {\n", []string{"line 1", "block"}, ""},
		"no UTF-8":            {one("report_id = \"\xff\""), []string{"line 2", "must be UTF-8"}, ""},
		"no text at all":      {"\x00\x01\x02\x7f", []string{"line 1", "not used within the language"}, ""},
		"nested without end":  {"locals {\n  x = " + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + "\n}\n", []string{"line 2", "more than 1000 deep"}, ""},
		"a wrong type":        {one(`report_id = ["1"]`), []string{"line 2", `"report_id" is not right`, "string required"}, ""},
		"no number":           {one(id, `min_rows = "x"`), []string{"line 3", "min_rows", "a number is required"}, ""},
		"no bool":             {one(id, `include_links = "perhaps"`), []string{"line 3", "include_links", "a bool is required"}, ""},
		"no duration":         {one(id, `every = "1y"`), []string{"line 3", "every", "not a duration", `"24h"`}, "longer than nothing"},
		"a time of nothing":   {one(id, `every = "0s"`), []string{"line 3", "longer than nothing"}, ""},
		"out of range":        {one(id, `max_shrink = 3`), []string{"line 3", "between 0 and 1"}, ""},
		"an unknown format":   {one(id, `format = "xlsx"`), []string{"line 3", `"csv", "jsonl" or "raw"`}, ""},
		"an unknown mode":     {one(id, `mode = "save"`), []string{"line 3", `"saved"`}, ""},
		"an odd id":           {one(`report_id = "1/../2"`), []string{"line 2", "positive whole number", "report_name"}, ""},
		"too much":            {one(id, `report_name = "x"`), []string{"line 3", "Exactly one of"}, ""},
		"too little":          {one(`mode = "saved"`), []string{"line 1", "none is"}, ""},
		"a misspelt name":     {one(id, `formt = "csv"`), []string{"line 3", `Did you mean "format"?`}, ""},
		"a misspelt type":     {strings.Replace(one(id), "report", "reprot", 1), []string{"line 1", "Did you mean"}, ""},
		"count":               {one(id, `count = 2`), []string{"line 3", "for_each", "enabled"}, ""},
		"a list for for_each": {one(id, `for_each = ["a"]`), []string{"line 3", "toset"}, ""},
		"null for for_each":   {one(id, `for_each = null`), []string{"line 3", "{}"}, ""},
		"no such variable":    {one(`report_id = var.nme`) + "variable \"name\" {}\n", []string{"line 2", `Did you mean "name"?`}, ""},
		"no such local":       {"output \"o\" {\n  value = local.y\n}\n", []string{"line 2", `local value "y"`}, ""},
		"no such export":      {one(`report_id = planfix_report.b.latest.id`), []string{"line 2", "planfix_report.b"}, ""},
		"no such data":        {"output \"o\" {\n  value = data.planfix_reports.x.reports\n}\n", []string{"line 2", "data.planfix_reports.x"}, ""},
		"no such provider":    {one(id, `provider = planfix.other`), []string{"line 3", `alias = "other"`}, ""},
		"no such attribute":   {one(id, `path = "${version.idd}.csv"`), []string{"line 3", `Did you mean "id"?`}, ""},
		"each without":        {one(id, `path = "${each.key}.csv"`), []string{"line 3", "for_each"}, ""},
		"a circle":            {"locals {\n  a = local.b\n  b = local.a\n}\n", []string{"line 2", "local.a"}, ""},
		"an export twice":     {one(id) + one(id), []string{"line 4", "second time", "main.hcl:1"}, ""},
		"a provider twice":    {strings.Repeat("provider \"planfix\" {\n}\n", 2), []string{"line 3", "second time", "alias"}, ""},
		"a newer reportsync":  {"reportsync {\n  required_version = \">= 99\"\n}\n", []string{"line 2", "Install a version that fits"}, ""},
		"a path that climbs":  {one(id, `path = "a/../../x.csv"`), []string{"line 3", `".."`, "outside the export root"}, ""},
		"an absolute path":    {one(id, `path = "/etc/x.csv"`), []string{"line 3", "absolute", "relative to the export root"}, ""},
		"a drive":             {one(id, `path = "C:/x.csv"`), []string{"line 3", "drive"}, ""},
		"a backslash":         {one(id, `path = "a\\b.csv"`), []string{"line 3", "backslash", "separated by /"}, ""},
		"an empty path":       {one(id, `path = ""`), []string{"line 3", "empty"}, ""},
		"a folder as a path":  {one(id, `path = "x/"`), []string{"line 3", "empty segment"}, ""},
		"an invisible path":   {one(id, `path = "x\u202e.csv"`), []string{"line 3", "U+202E"}, ""},
		"NUL in a path":       {one(id, `path = "x\u0000.csv"`), []string{"line 3", "U+0000"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "main.hcl", tt.config)
			before := tree(t, dir)
			for _, args := range [][]string{{"validate"}, {"plan", "-sandbox"}, {"apply", "-sandbox", "-auto-approve"}} {
				code, out, errs := call(t, dir, args...)
				if code != 1 || tt.not != "" && strings.Contains(errs, tt.not) {
					t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
				}
				mentions(t, errs, append(tt.words, "main.hcl")...)
			}
			for path := range tree(t, dir) {
				if _, ok := before[path]; !ok && !strings.Contains(path, "/sandbox/") {
					t.Errorf("%s was made", path)
				}
			}
		})
	}
}

// Paths can be compared when it is known what there is: exports, instances and
// versions that share one are named, each pair once.
func TestSharedPaths(t *testing.T) {
	t.Parallel()
	provider := "provider \"planfix\" {\n  base_url = \"https://example.planfix.com/rest\"\n}\n"
	for name, tt := range map[string]struct {
		config string
		words  []string
		times  int
	}{
		"instances": {
			"export \"planfix_report\" \"a\" {\n  for_each  = toset([\"x\", \"y\"])\n  report_id = \"26000\"\n  path      = \"same/${version.id}.csv\"\n}\n",
			[]string{`planfix_report.a["x"]`, `planfix_report.a["y"]`, "line 7", "${each.key}"},
			1,
		},
		"exports": {
			"export \"planfix_report\" \"a\" {\n  report_id = \"26000\"\n  path      = \"same.csv\"\n}\nexport \"planfix_report\" \"b\" {\n  report_id = \"26014\"\n  path      = \"Same.csv\"\n}\n",
			[]string{"planfix_report.a", "planfix_report.b", "line 10", "same.csv", "Same.csv"},
			1,
		},
		"versions": {
			"export \"planfix_report\" \"a\" {\n  report_id = \"26000\"\n  path      = \"${version.year}.csv\"\n}\n",
			[]string{"planfix_report.a", "line 6", "${version.id}"},
			1,
		},
		"broken for a version": {
			"export \"planfix_report\" \"a\" {\n  report_id = \"26000\"\n  path      = \"${split(\"-\", version.name)[5]}.csv\"\n}\n",
			[]string{"line 6", "Invalid index", "Version 5301"},
			1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "main.hcl", provider+tt.config)
			for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
				code, out, errs := call(t, dir, append(args, "-sandbox")...)
				if code != 1 || strings.Count(errs, "Error: ") != tt.times {
					t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
				}
				mentions(t, errs, tt.words...)
			}
			for path := range tree(t, dir) {
				if strings.Contains(path, "/exports/") {
					t.Errorf("%s was made", path)
				}
			}
		})
	}
}
