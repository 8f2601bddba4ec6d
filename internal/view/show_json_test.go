package view_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/view"
)

// documents are printed by f and decoded into into.
func document(t *testing.T, into any, f func(*view.View) error) string {
	t.Helper()
	var out, stderr bytes.Buffer
	if err := f(view.New(view.Streams{Out: &out, Err: &stderr}, view.Options{JSON: true})); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%s: %s", err, out.String())
	}
	return out.String()
}

// Tools that read Terraform's plans read ours.
func TestPlanDocument(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Changes: []plan.Change{
		{
			Address: export.Address{Type: "planfix_report", Name: "weekly", Key: "Sales", HasKey: true}, Provider: "planfix",
			Actions: []plan.Action{plan.Create, plan.Delete}, Before: []byte(`{"report_id":"1"}`), After: []byte(`{"report_id":"2"}`), Deferred: []string{"query"},
			Steps: []plan.Step{{Action: plan.StepFetch, Version: export.Version{ID: "5388", CreatedAt: time.Unix(1e9, 0).UTC(), Parts: 2}, Path: "weekly/5388.csv"}},
		},
		{
			Address: export.Address{Type: "planfix_report", Name: "new"}, Provider: "planfix", Actions: []plan.Action{plan.Update},
			Steps: []plan.Step{{Action: plan.StepMove, From: "planfix_report.old"}},
		},
		{Address: export.Address{Type: "planfix_report", Name: "gone"}, Provider: "planfix", Actions: []plan.Action{plan.Forget}},
	}}
	f := &plan.File{
		Version: "0.1.0", CreatedAt: time.Unix(2e9, 0), Values: map[string]json.RawMessage{"days": []byte("7")},
		Outputs: []plan.FileOutput{{Name: "newest", After: []byte(`"a.csv"`)}, {Name: "secret", Sensitive: true, Before: []byte("null"), After: []byte("null")}},
	}
	var theirs tfjson.Plan
	text := document(t, &theirs, func(v *view.View) error { return v.PlanFile(f, p) })
	if err := theirs.Validate(); err != nil {
		t.Fatal(err)
	}
	first := theirs.ResourceChanges[0]
	if !first.Change.Actions.CreateBeforeDestroy() || first.Index != "Sales" || first.Address != `planfix_report.weekly["Sales"]` {
		t.Errorf("first change %+v", first)
	}
	if before := first.Change.Before.(map[string]any); before["report_id"] != "1" {
		t.Errorf("before %v", before)
	}
	if second := theirs.ResourceChanges[1]; second.PreviousAddress != "planfix_report.old" || !second.Change.Actions.Update() {
		t.Errorf("second change %+v", second)
	}
	if !slices.Equal(theirs.ResourceChanges[2].Change.Actions, tfjson.Actions{"forget"}) || theirs.Variables["days"].Value != 7.0 {
		t.Errorf("third change %+v, variables %v", theirs.ResourceChanges[2].Change, theirs.Variables)
	}
	if o := theirs.OutputChanges["newest"]; !o.Actions.Create() || o.After != "a.csv" {
		t.Errorf("output %+v", o)
	}
	var ours struct {
		Applyable  bool
		Reportsync struct {
			Steps   []map[string]any
			Summary map[string]int
		}
	}
	if err := json.Unmarshal([]byte(text), &ours); err != nil {
		t.Fatal(err)
	}
	if s := ours.Reportsync; !ours.Applyable || len(s.Steps) != 2 || s.Steps[0]["version"] != "5388" || s.Steps[0]["period"] != nil || s.Summary["fetch"] != 1 || s.Summary["prune"] != 0 {
		t.Errorf("ours: %+v", ours)
	}
}

func TestStateDocument(t *testing.T) {
	t.Parallel()
	known := []*export.Known{{
		Address: export.Address{Type: "planfix_report", Name: "weekly"}, Provider: "planfix", Attributes: []byte(`{"report_id":"1"}`),
		Versions: []export.KnownVersion{{
			Version: export.Version{ID: "5388"}, Status: export.Kept, Rows: 3,
			Artifacts: []export.Artifact{{Path: "weekly/5388.csv", SHA256: "aa", Size: 7, Rows: 3}},
		}},
	}}
	var theirs tfjson.State
	document(t, &theirs, func(v *view.View) error {
		return v.State("0.1.0", known, []view.OutputValue{{Name: "n", Value: cty.StringVal("x")}})
	})
	if err := theirs.Validate(); err != nil {
		t.Fatal(err)
	}
	r := theirs.Values.RootModule.Resources[0]
	version := r.AttributeValues["versions"].([]any)[0].(map[string]any)
	file := version["files"].([]any)[0].(map[string]any)
	if r.Address != "planfix_report.weekly" || r.AttributeValues["report_id"] != "1" || file["path"] != "weekly/5388.csv" || file["sha256"] != "aa" || file["rows"] == nil {
		t.Errorf("%+v", r)
	}
	if theirs.Values.Outputs["n"].Value != "x" {
		t.Errorf("outputs %+v", theirs.Values.Outputs["n"])
	}
	document(t, &theirs, func(v *view.View) error { return v.State("0.1.0", nil, nil) })
}
