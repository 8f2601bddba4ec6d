package view

import (
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/plan"
)

func TestTraversal(t *testing.T) {
	t.Parallel()
	got := traversal(hcl.Traversal{
		hcl.TraverseRoot{Name: "a"},
		hcl.TraverseAttr{Name: "b"},
		hcl.TraverseIndex{Key: cty.StringVal("k\x1b")},
		hcl.TraverseIndex{Key: cty.NumberIntVal(3)},
		hcl.TraverseIndex{Key: cty.StringVal("s").Mark("sensitive")},
		hcl.TraverseIndex{Key: cty.UnknownVal(cty.String)},
		hcl.TraverseSplat{},
	})
	if want := `a.b["k\u001b"][3][...][...][*]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStatement(t *testing.T) {
	t.Parallel()
	for want, val := range map[string]cty.Value{
		"has a sensitive value":           cty.NullVal(cty.String).Mark("sensitive"),
		"is known only after apply":       cty.DynamicVal,
		"is null":                         cty.NullVal(cty.DynamicPseudoType),
		"is true":                         cty.True,
		`is "a\nb"`:                       cty.StringVal("a\nb"),
		"is object with 1 attribute":      cty.ObjectVal(map[string]cty.Value{"a": cty.True}),
		"is empty map of string":          cty.MapValEmpty(cty.String),
		"is tuple with 2 elements":        cty.TupleVal([]cty.Value{cty.True, cty.Zero}),
		"is set of number with 1 element": cty.SetVal([]cty.Value{cty.Zero}),
	} {
		if got := statement(val); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestExcerptIsBounded(t *testing.T) {
	t.Parallel()
	src := "a = [\n1,\n2,\n3,\n4,\n5,\n6,\n7,\n8,\n9,\n10,\n11,\n12,\n13,\n14,\n15,\n]\n"
	files, at := parsed(t, src)
	v, _ := shape{}.view()
	whole := at(src[:len(src)-1])
	s := v.snippet(&hcl.Diagnostic{Subject: at("13"), Context: whole}, files)
	if s.line != 14 || s.code[s.start:s.end] != "13" {
		t.Errorf("the excerpt begins in line %d and marks %q", s.line, s.code[s.start:s.end])
	}
	s = v.snippet(&hcl.Diagnostic{Subject: whole}, files)
	if want := "a = [\n1,\n2,\n3,\n4,\n5,\n6,\n7,\n8,\n9,\n10,\n11,"; s.line != 1 || s.code != want || s.end != len(want) {
		t.Errorf("the excerpt is %d: %q", s.line, s.code)
	}
}

// A secret on the edge of the mark is not shown in two halves.
func TestMarkAcrossASecret(t *testing.T) {
	t.Parallel()
	files, at := parsed(t, `a = "hunter22"`+"\n")
	v, _ := shape{redact: []string{"hunter22"}}.view()
	s := v.snippet(&hcl.Diagnostic{Subject: at("hunt")}, files)
	if want := `a = "(sensitive)"`; s.code != want || s.start != s.end {
		t.Errorf("got %q, marked [%d, %d)", s.code, s.start, s.end)
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	w, e := &hcl.Diagnostic{Severity: hcl.DiagWarning}, &hcl.Diagnostic{Severity: hcl.DiagError}
	for want, ds := range map[string]hcl.Diagnostics{
		"2 warnings.": {w, w}, "1 error.": {e, nil}, "1 error, 1 warning.": {e, w},
	} {
		if got := tally(ds); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	v, _ := shape{}.view()
	for want, e := range map[string]plan.Estimate{
		"": {Duration: time.Hour},
		"This will make about 1 request and take about 1 s.":                                   {Requests: 1, Duration: 50 * time.Millisecond},
		"This will make about 9 requests and take about 40 s; generation possible from 17:32.": {Requests: 9, Duration: 40*time.Second + 400*time.Millisecond, NotBefore: noon.Add(152 * time.Minute)},
		"This will make about 1,200 requests and take about 2 h 1 min.":                        {Requests: 1200, Duration: 121*time.Minute + 20*time.Second, NotBefore: noon},
		"This will make about 2 requests; generation possible from tomorrow 01:00.":            {Requests: 2, NotBefore: noon.Add(10 * time.Hour)},
	} {
		if got := v.cost(&plan.Plan{Estimate: e}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestStepPhrases(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Changes: []plan.Change{{Actions: []plan.Action{plan.Create}, Steps: []plan.Step{{Action: plan.StepCreate}, {Action: plan.StepImport}}}}}
	if got, want := Totals(p), "Plan: 1 to create, 0 to update, 0 to forget. 1 to create on the service, 1 to import."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, a := range plan.StepActions {
		if verbs[a] == [2]string{} || stepStyles[a] == "" {
			t.Errorf("%s has no words or no style", a)
		}
	}
}
