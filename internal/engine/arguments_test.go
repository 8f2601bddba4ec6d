package engine_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
)

func TestIgnoredChangesAreNotMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1)
	w.apply()
	w.empty()
	other := `export "fake_report" "weekly" {
  report_id = "27000"
  mode      = "generate"
  LIFECYCLE
}
`
	with := func(lifecycle string) string { return strings.Replace(other, "LIFECYCLE", lifecycle, 1) }
	w.hcl = with("")
	if planned, _ := w.plan(engine.PlanOptions{}); len(planned.Changes) != 1 || !planned.Changes[0].Is(plan.Delete) {
		t.Fatalf("changes %+v, want a replacement when nothing is ignored", planned.Changes)
	}
	w.hcl = with("lifecycle {\n ignore_changes = [report_id, mode]\n }")
	w.empty()
	w.service.saves = append(w.service.saves, export.Version{ID: "2", CreatedAt: w.clock.Now(), Parts: 2})
	w.apply()
	w.empty()
	if w.service.generated != 0 || len(w.files()) != 4 {
		t.Errorf("%d generations, files %q; the export still mirrors", w.service.generated, w.files())
	}
	known := w.snapshot().Instances[export.Address{Type: "fake_report", Name: "weekly"}]
	if got, want := string(known.Attributes), `{"report_id":"26000","mode":"saved"}`; got != want {
		t.Errorf("the state has %s, want %s", got, want)
	}
	w.hcl = with("lifecycle {\n ignore_changes = [report_id]\n }")
	if planned, _ := w.plan(engine.PlanOptions{}); planned.Changes[0].Is(plan.Delete) {
		t.Errorf("change %+v, want no replacement", planned.Changes[0])
	}
}

func TestIgnoredArgumentsThatAreKnownLate(t *testing.T) {
	t.Parallel()
	blocks := `
export "fake_report" "first" {
  report_id = "1"
}
export "fake_report" "second" {
  report_id = ID
  lifecycle {
    ignore_changes = [report_id]
  }
}
`
	w := newWorld(t, strings.Replace(blocks, "ID", `"2"`, 1), 1)
	w.apply()
	w.hcl = strings.Replace(blocks, "ID", "fake_report.first.latest.id", 1)
	w.service.saves = append(w.service.saves, export.Version{ID: "2", CreatedAt: w.clock.Now(), Parts: 2})
	planned, diags := w.plan(engine.PlanOptions{})
	if diags.HasErrors() || len(planned.Changes) != 2 || len(planned.Changes[1].Deferred) != 0 {
		t.Fatalf("plan %+v, %v; an argument that is ignored need not be known", planned.Changes, diags)
	}
	w.apply()
	w.empty()
}

func TestArgumentsOfEachVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`note = "n-${version.id}"`), 1, 2)
	w.apply()
	w.empty()
	if want := map[string]string{"1": "n-1", "2": "n-2"}; !maps.Equal(w.service.notes, want) {
		t.Errorf("the versions were opened with %v, want %v", w.service.notes, want)
	}
}

func TestDisabledExportsAreReadFromTheState(t *testing.T) {
	t.Parallel()
	blocks := `
variable "on" { default = true }
export "fake_report" "first" {
  report_id = "1"
  enabled   = var.on
}
export "fake_report" "second" {
  report_id  = fake_report.first.latest.id
  depends_on = [fake_report.first]
}
output "file" {
  value = fake_report.first.latest.path
}
`
	w := newWorld(t, blocks, 7)
	w.apply()
	w.hcl = strings.Replace(blocks, "default = true", "default = false", 1)
	w.empty()
	w.service.saves = append(w.service.saves, export.Version{ID: "8", CreatedAt: w.clock.Now(), Parts: 2})
	applied := w.apply()
	if len(applied.Results) != 1 || applied.Results[0].Address.Name != "second" {
		t.Errorf("results %+v, want work on the enabled export only", applied.Results)
	}
	if got := applied.Outputs[0].Value; !got.RawEquals(cty.StringVal("fake_report.first/7.csv")) {
		t.Errorf("output %#v, want the file that the state has", got)
	}
	if got := w.snapshot().Instances[export.Address{Type: "fake_report", Name: "second"}]; !strings.Contains(string(got.Attributes), `"report_id":"7"`) {
		t.Errorf("second has %s, want the version that the state has of the first", got.Attributes)
	}
	w.empty()
}

func TestDisabledAndNeverApplied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
export "fake_report" "first" {
  report_id = "1"
  enabled   = false
}
export "fake_report" "second" {
  report_id  = coalesce(fake_report.first.latest.id, "2")
  depends_on = [fake_report.first]
}
output "versions" {
  value = length(fake_report.first.versions)
}
`, 7)
	applied := w.apply()
	if got := applied.Outputs[0].Value; !got.RawEquals(cty.NumberIntVal(0)) {
		t.Errorf("output %#v, want no versions", got)
	}
	w.empty()
}

func TestNoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
export "fake_report" "none" {
  for_each  = {}
  report_id = each.value
}
export "fake_report" "second" {
  report_id  = length(fake_report.none) == 0 ? "2" : "3"
  depends_on = [fake_report.none]
}
output "files" {
  value = { for k, e in fake_report.none : k => e.latest.path }
}
output "second" {
  value = fake_report.second.report_id
}
`, 7)
	applied := w.apply()
	if len(applied.Results) != 1 || len(applied.Outputs) != 2 {
		t.Fatalf("%d results, %d outputs", len(applied.Results), len(applied.Outputs))
	}
	if got := applied.Outputs[0].Value; !got.RawEquals(cty.EmptyObjectVal) {
		t.Errorf("output %#v, want an empty object", got)
	}
	if got := applied.Outputs[1].Value; !got.RawEquals(cty.StringVal("2")) {
		t.Errorf("output %#v", got)
	}
	w.empty()
}
