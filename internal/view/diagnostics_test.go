package view

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const source = `provider "planfix" {
  token = "hunter22"
}

export "planfix_report" "weekly" {
	report_id = var.ids[each.key]
  format    = "cvs"
  body      = <<-EOT
    one
    two
  EOT
}
`

// parsed returns the source as files, and a finder of ranges in it.
func parsed(t *testing.T, src string) (map[string]*hcl.File, func(string) *hcl.Range) {
	t.Helper()
	p := hclparse.NewParser()
	if _, diags := p.ParseHCL([]byte(src), "main.hcl"); diags.HasErrors() {
		t.Fatal(diags)
	}
	return p.Files(), func(word string) *hcl.Range {
		i := strings.Index(src, word)
		if i < 0 {
			t.Fatalf("no %q in the source", word)
		}
		pos := func(n int) hcl.Pos {
			return hcl.Pos{Line: 1 + strings.Count(src[:n], "\n"), Column: n - strings.LastIndexByte(src[:n], '\n'), Byte: n}
		}
		return &hcl.Range{Filename: "main.hcl", Start: pos(i), End: pos(i + len(word))}
	}
}

func sampleDiagnostics(t *testing.T) (hcl.Diagnostics, map[string]*hcl.File) {
	t.Helper()
	files, at := parsed(t, source)
	expr, diags := hclsyntax.ParseExpression([]byte(`"${var.ids[each.key]}${var.token}${var.later}${var.nothing}${var.many}"`), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{
		"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal("Sa\x1bles")}),
		"var": cty.ObjectVal(map[string]cty.Value{
			"ids":     cty.MapVal(map[string]cty.Value{"Stock": cty.StringVal("7")}),
			"token":   cty.StringVal("swordfish").Mark("sensitive"),
			"later":   cty.UnknownVal(cty.String),
			"nothing": cty.NullVal(cty.String),
			"many":    cty.ListVal([]cty.Value{cty.True, cty.False}),
		}),
	}}
	context := at(`body      = <<-EOT
    one
    two
  EOT`)
	return hcl.Diagnostics{
		{
			Severity: hcl.DiagError, Summary: "Invalid index", Subject: at("[each.key]"), Expression: expr, EvalContext: ctx,
			Detail: "The given key does not identify an element in this collection value. The map has one element, and its key is another one.\n\n  Stock = 7\n\nAdd the key, or take it out of for_each.",
		},
		{Severity: hcl.DiagWarning, Summary: "Deprecated argument", Detail: "It does nothing any more.", Subject: at("format")},
		{Severity: hcl.DiagWarning, Summary: "Deprecated argument", Detail: "It does nothing any more.", Subject: at("body")},
		{Severity: hcl.DiagError, Summary: "Unsupported format", Detail: `There is no format "cvs". Did you mean "csv"?`, Subject: at(`"cvs"`)},
		{Severity: hcl.DiagError, Summary: "Unsupported format", Detail: `There is no format "cvs". Did you mean "csv"?`, Subject: at(`"cvs"`)},
		{Severity: hcl.DiagError, Summary: "Secret in the configuration", Subject: at(`"hunter22"`)},
		{Severity: hcl.DiagError, Summary: "Bad text", Subject: at("two"), Context: context},
		{Severity: hcl.DiagError, Summary: "No source", Subject: &hcl.Range{Filename: "gone.hcl", Start: hcl.Pos{Line: 3}}},
		{Severity: hcl.DiagError, Summary: "Cannot reach planfix: " + hostile[:60], Detail: "No subject.\r\nTwo lines."},
	}, files
}

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	for kind, s := range shapes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s.redact = []string{"hunter22"}
			v, k := s.view()
			v.Diagnostics(sampleDiagnostics(t))
			golden(t, "diagnostics_"+kind, k.all())
			harmless(t, k.all(), s.color)
			if strings.Contains(k.all(), "swordfish") {
				t.Error("the value of a sensitive variable is shown")
			}
		})
	}
}

func TestDiagnosticsNothing(t *testing.T) {
	t.Parallel()
	v, k := shape{}.view()
	v.Diagnostics(nil, nil)
	if got := k.all(); got != "--- stderr\n" {
		t.Errorf("got %q", got)
	}
}

// Ranges come from parsers of foreign bytes; nothing about them is sure.
func FuzzDiagnosticRanges(f *testing.F) {
	f.Add(source, 10, 20, 0, 30)
	f.Add("", 0, 0, 0, 0)
	f.Add("a\n", 5, 1, -3, 900)
	f.Add("\xff\x1b\r\n\t長い", 1, 3, 2, 2)
	f.Fuzz(func(t *testing.T, src string, from, to, first, last int) {
		d := &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "x",
			Subject: &hcl.Range{Filename: "f", Start: hcl.Pos{Line: 1, Byte: from}, End: hcl.Pos{Line: 1, Byte: to}},
			Context: &hcl.Range{Filename: "f", Start: hcl.Pos{Byte: first}, End: hcl.Pos{Byte: last}},
		}
		files := map[string]*hcl.File{"f": {Bytes: []byte(src)}}
		for _, s := range []shape{{}, {tty: true, width: 20}, {json: true}} {
			s.redact = []string{"planfix"}
			v, k := s.view()
			v.Diagnostics(hcl.Diagnostics{d}, files)
			harmless(t, k.all(), false)
			if strings.Contains(k.all(), "planfix") {
				t.Error("a secret is shown")
			}
		}
	})
}

func TestLongLinesAreCutAroundTheMark(t *testing.T) {
	t.Parallel()
	src := "a = [" + strings.Repeat("1, ", 500) + "oops, " + strings.Repeat("2, ", 500) + "]\n"
	files, at := parsed(t, src)
	v, k := shape{tty: true, width: 80}.view()
	v.Diagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "x", Subject: at("oops")}}, files)
	found := false
	for line := range strings.Lines(k.err.String()) {
		found = found || strings.Contains(line, "oops")
		if cells(line) > 80 {
			t.Errorf("line of %d cells: %s", cells(line), line)
		}
	}
	if !found {
		t.Errorf("the mark is not shown:\n%s", k.err.String())
	}
}
