package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// A lost state does not make a generation be paid for again, and a version that
// the service has dropped meanwhile is known again from its manifest.
func TestLostStateAsksForNothingAgain(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]string{"generated": "generate", "mirrored": "saved"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, report(`mode = "`+mode+`"`), 1, 2)
			w.apply()
			generated, opened, files := w.service.generated, w.service.calls["open"], len(w.files())
			if err := os.RemoveAll(filepath.Join(w.dir, ".reportsync")); err != nil {
				t.Fatal(err)
			}
			w.service.saves = w.service.saves[:0] // the service has dropped them all
			w.apply()
			if w.service.generated != generated || w.service.calls["open"] != opened {
				t.Errorf("%d generations after %d, %d versions opened after %d", w.service.generated, generated, w.service.calls["open"], opened)
			}
			if got := len(w.files()); got != files {
				t.Errorf("%d files after %d", got, files)
			}
			if known := w.snapshot().Instances[export.Address{Type: "fake_report", Name: "weekly"}]; known.Latest() == nil {
				t.Error("the state knows no version")
			}
			w.empty()
		})
	}
}

// The same holds for an export whose arguments are known only during apply.
func TestLostStateOfADeferredExport(t *testing.T) {
	t.Parallel()
	hcl := report() + `
export "fake_report" "after" {
  report_id = fake_report.weekly.latest.id
  mode      = "generate"
}
`
	w := newWorld(t, hcl, 1, 2)
	w.apply()
	w.loseState()
	before := w.service.generated
	w.service.saves = w.service.saves[:2]
	w.apply()
	if w.service.generated != before {
		t.Errorf("%d generations after %d", w.service.generated, before)
	}
}

func TestChangedArgumentsAreRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`mode = "saved"`), 1)
	w.apply()
	w.hcl = report(`mode = "auto"`)
	planned, diags := w.plan(engine.PlanOptions{})
	if diags.HasErrors() || planned.Empty() || len(planned.Changes[0].Reasons) != 1 {
		t.Fatalf("plan %+v, %v", planned.Changes, diags)
	}
	w.apply()
	w.empty()
}

func TestPeriodIsRefusedWhereItMeansNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report("period {\n every = \"month\"\n from = \"2026-01-01\"\n }"), 1)
	if _, diags := w.plan(engine.PlanOptions{}); !diags.HasErrors() {
		t.Error("a period was accepted")
	}
}

// A plan that only refreshes takes what is there, and nothing else.
func TestRefreshOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1, 2)
	w.apply()
	w.loseState()
	w.service.saves = append(w.service.saves, export.Version{ID: "3", CreatedAt: w.clock.Now(), Parts: 2})
	opened := w.service.calls["open"]
	run, err := engine.Write(t.Context(), w.options())
	if err != nil {
		t.Fatal(err)
	}
	planned, diags := run.Plan(t.Context(), engine.PlanOptions{RefreshOnly: true})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if n := planned.StepCounts(); n[plan.StepAdopt] != 2 || n[plan.StepFetch] != 0 {
		t.Errorf("steps %v", n)
	}
	applied, diags := run.Apply(t.Context(), t.Context(), planned, engine.ApplyOptions{})
	if diags.HasErrors() || applied.Results[0].Outcome != plan.Done {
		t.Fatalf("%v %+v", diags, applied.Results)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if w.service.calls["open"] != opened || len(w.snapshot().Instances[export.Address{Type: "fake_report", Name: "weekly"}].Versions) != 2 {
		t.Errorf("calls %v, state %+v", w.service.calls, w.snapshot().Instances)
	}
	planned, diags = w.plan(engine.PlanOptions{RefreshOnly: true})
	if diags.HasErrors() || !planned.Idle() {
		t.Errorf("%v %+v", diags, planned.Changes)
	}
	w.apply()
	w.empty()
}
