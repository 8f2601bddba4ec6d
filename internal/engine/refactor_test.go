package engine_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
)

func named(name string, args ...string) string {
	return strings.Replace(report(args...), `"weekly"`, `"`+name+`"`, 1)
}

func moved(from, to string) string {
	return "moved {\n  from = " + from + "\n  to   = " + to + "\n}\n"
}

func TestMovedKeepsEverything(t *testing.T) {
	t.Parallel()
	keyed := strings.Replace(named("monthly"), `report_id = "26000"`, "for_each = toset([\"a\"])\n report_id = \"26000\"", 1)
	for name, tc := range map[string]struct{ before, after, want string }{
		"renamed":          {named("weekly"), named("monthly") + moved("fake_report.weekly", "fake_report.monthly"), `fake_report.monthly`},
		"a chain":          {named("weekly"), named("monthly") + moved("fake_report.other", "fake_report.monthly") + moved("fake_report.weekly", "fake_report.other"), `fake_report.monthly`},
		"into for_each":    {named("weekly"), keyed + moved("fake_report.weekly", `fake_report.monthly["a"]`), `fake_report.monthly["a"]`},
		"with all its own": {strings.Replace(keyed, "monthly", "weekly", 1), keyed + moved("fake_report.weekly", "fake_report.monthly"), `fake_report.monthly["a"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.before, 1, 2)
			w.apply()
			opened := w.service.calls["open"]
			w.hcl = tc.after
			applied := w.apply()
			w.empty()
			if n := w.service.calls["open"] - opened; n != 0 {
				t.Errorf("%d versions were fetched again", n)
			}
			if got := applied.Results[0].Address.String(); got != tc.want || len(applied.Results) != 1 {
				t.Errorf("%+v", applied.Results)
			}
			if !strings.HasPrefix(w.files()[0], "fake_report.monthly") {
				t.Errorf("files are %v", w.files())
			}
			w.hcl = strings.Split(tc.after, "moved")[0]
			w.empty() // the block can be taken out again
		})
	}
}

func TestMovedToATakenAddressDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, named("weekly")+named("monthly"), 1)
	w.apply()
	w.hcl = named("monthly") + moved("fake_report.weekly", "fake_report.monthly")
	planned, diags := w.plan(engine.PlanOptions{})
	if diags.HasErrors() || len(planned.Changes) != 2 || !planned.Changes[1].Is(plan.Forget) {
		t.Errorf("%v %+v", diags, planned.Changes)
	}
}

func TestRemovedForgetsObjects(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "a"`))
	w.apply()
	w.hcl = "removed {\n  from = board_report.backlog\n  lifecycle {\n    destroy = false\n  }\n}\n"
	applied := w.apply()
	w.exist(b, "o01")
	if !applied.Results[0].Address.Covers(boardBacklog) || applied.Results[0].Actions[0] != plan.Forget {
		t.Errorf("%+v", applied.Results)
	}
	w.empty()
	w, b = newBoardWorld(t, backlog(`query = "a"`))
	w.apply()
	w.hcl = "removed {\n  from = board_report.backlog\n}\n"
	w.apply()
	w.exist(b)
}

func TestImportedObjectsAreNeverDeleted(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "theirs"`))
	w.apply() // somebody's
	w.loseState()
	b.blind = true
	into := backlog(`query = "mine"`)
	w.hcl = into + "import {\n  to = board_report.backlog\n  id = \"https://board.example/o01\"\n}\n"
	planned, diags := w.plan(engine.PlanOptions{})
	if diags.HasErrors() || planned.StepCounts()[plan.StepImport] != 1 || planned.StepCounts()[plan.StepCreate] != 0 {
		t.Fatalf("%v %+v", diags, planned.Changes)
	}
	w.apply()
	w.empty()
	if b.created != 1 {
		t.Errorf("%d were created", b.created)
	}
	w.hcl = ""
	w.apply()
	w.exist(b, "o01")
}

func TestImportOfNothing(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "mine"`)+"import {\n  to = board_report.backlog\n  id = \"o77\"\n}\n")
	planned, diags := w.plan(engine.PlanOptions{})
	if !diags.HasErrors() || planned != nil && planned.StepCounts()[plan.StepCreate] > 0 {
		t.Errorf("%v %+v", diags, planned)
	}
	w.exist(b)
}

func TestTooManyDeletions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "reportsync {\n  max_deletes = 1\n}\n"+report(), 1, 2, 3)
	w.apply()
	w.hcl = "reportsync {\n  max_deletes = 1\n}\n" + report(`retention { keep_last = 1 }`)
	if _, diags := w.plan(engine.PlanOptions{}); !diags.HasErrors() || diags[0].Summary != "Too many deletions" {
		t.Errorf("%v", diags)
	}
	w.hcl = "reportsync {\n  max_deletes = 2\n}\n" + report(`retention { keep_last = 1 }`)
	w.apply()
	w.empty()
}

func TestChecks(t *testing.T) {
	t.Parallel()
	check := func(severity, condition string) string {
		return report() + "check \"rows\" {\n  severity = \"" + severity + "\"\n  assert {\n    condition     = " + condition +
			"\n    error_message = \"only ${fake_report.weekly.latest.rows} rows\"\n  }\n}\n"
	}
	for name, tc := range map[string]struct {
		hcl  string
		want hcl.DiagnosticSeverity
	}{
		"holds":   {check("error", "fake_report.weekly.latest.rows == 6"), hcl.DiagInvalid},
		"error":   {check("error", "fake_report.weekly.latest.rows > 6"), hcl.DiagError},
		"warning": {check("warning", "fake_report.weekly.latest.rows > 6"), hcl.DiagWarning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.hcl, 1)
			if _, diags := w.plan(engine.PlanOptions{}); len(diags) > 0 {
				t.Errorf("before anything is known: %v", diags)
			}
			for range 2 { // also when there is nothing to do
				applied, diags := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
				if applied == nil {
					t.Fatal(diags)
				}
				got := hcl.DiagInvalid
				for _, d := range diags {
					if d.Summary == "Check does not hold" && strings.Contains(d.Detail, "only 6 rows") {
						got = max(got, d.Severity)
						if d.Severity == tc.want {
							got = d.Severity
							break
						}
					}
				}
				if got != tc.want {
					t.Errorf("severity %d, want %d: %v", got, tc.want, diags)
				}
			}
			if len(w.snapshot().Instances[export.Address{Type: "fake_report", Name: "weekly"}].Versions) != 1 {
				t.Error("the version is not there")
			}
		})
	}
}
