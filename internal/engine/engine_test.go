package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/artifact"
	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMirrorThenOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1, 2)
	applied := w.apply()
	if n := len(applied.Results[0].Steps); n != 2 {
		t.Errorf("%d steps, want two fetches", n)
	}
	if got, want := w.read("fake_report.weekly/2.csv"), "line\n2-0-0\n2-0-1\n2-0-2\n2-1-0\n2-1-1\n2-1-2\n"; got != want {
		t.Errorf("file is %q, want %q", got, want)
	}
	w.empty()
	before := w.service.calls["open"]
	w.service.saves = append(w.service.saves, export.Version{ID: "3", CreatedAt: w.clock.Now(), Parts: 2})
	w.apply()
	if n := w.service.calls["open"] - before; n != 1 {
		t.Errorf("%d versions were opened for one new save", n)
	}
	w.empty()
}

func TestPlanChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`mode = "generate"`), 1)
	planned, diags := w.plan(engine.PlanOptions{})
	if diags.HasErrors() || planned.Empty() {
		t.Fatalf("plan: %v %+v", diags, planned)
	}
	if w.service.generated != 0 || w.service.calls["open"] != 0 {
		t.Errorf("plan has spent something: %v", w.service.calls)
	}
	if _, err := os.Stat(filepath.Join(w.dir, ".reportsync")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("plan has written below the state's folder: %v", err)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "exports")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("plan has made the export root: %v", err)
	}
}

func TestGenerateOnceAndWaitForTheSlot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`mode = "generate"`, `every = "24h"`)+strings.Replace(report(`mode = "generate"`), "weekly", "other", 1))
	began := w.clock.Now()
	w.apply()
	if w.service.generated != 2 || len(w.service.violations) != 0 {
		t.Errorf("%d generations, violations %v", w.service.generated, w.service.violations)
	}
	if took := w.clock.Now().Sub(began); took < 10*time.Minute {
		t.Errorf("two generations took %s, but there is a slot in ten minutes only", took)
	}
	w.empty()
	w.clock.now = w.clock.now.Add(25 * time.Hour)
	w.apply()
	if w.service.generated != 3 {
		t.Errorf("%d generations after a day, want one more", w.service.generated)
	}
	w.empty()
}

func TestLostAnswerIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`mode = "generate"`))
	w.service.loseAnswer = 1
	w.apply()
	if w.service.generated != 1 {
		t.Errorf("%d generations, want one", w.service.generated)
	}
	w.empty()
}

func TestNoWaitLeavesWorkPendingAndPaysOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`mode = "generate"`))
	applied, diags := w.run(t.Context(), t.Context(), engine.ApplyOptions{NoWait: true})
	if diags.HasErrors() || applied.Results[0].Outcome != plan.Pending {
		t.Fatalf("results %+v, %v", applied.Results, diags)
	}
	w.clock.now = w.clock.now.Add(time.Minute)
	applied, _ = w.run(t.Context(), t.Context(), engine.ApplyOptions{NoWait: true})
	if applied.Results[0].Outcome != plan.Done {
		t.Fatalf("second run: %+v", applied.Results[0])
	}
	if w.service.generated != 1 {
		t.Errorf("%d generations, want one", w.service.generated)
	}
	w.empty()
}

func TestForgottenRequestStartsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`mode = "generate"`))
	if applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{NoWait: true}); applied.Results[0].Outcome != plan.Pending {
		t.Fatalf("first run: %+v", applied.Results[0])
	}
	w.service.running = "" // the service forgets
	w.apply()
	if w.service.generated != 2 {
		t.Errorf("%d generations, want the lost one and another", w.service.generated)
	}
	w.empty()
}

func TestOneFailureDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report()+strings.Replace(report(`path = "other/${version.id}.csv"`), "weekly", "other", 1)+`
export "fake_report" "after" {
  report_id  = "1"
  depends_on = [fake_report.weekly]
}`, 1, 2)
	w.service.openErr["2"] = &providers.Error{Kind: providers.Gone, Op: "read chunk", Message: "save expired"}
	applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
	got := map[string]plan.Outcome{}
	for _, r := range applied.Results {
		got[r.Address.Name] = r.Outcome
	}
	if got["weekly"] != plan.Failed || got["other"] != plan.Failed || got["after"] != plan.Skipped {
		t.Errorf("outcomes %v", got)
	}
	if got := w.files(); len(got) != 4 {
		t.Errorf("the versions that could be read are not there: %q", got)
	}
	delete(w.service.openErr, "2")
	w.apply()
	w.empty()
}

func TestPartThatBreaksOffIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1)
	w.service.cutPart["1/1"] = 2
	w.apply()
	if got, want := w.read("fake_report.weekly/1.csv"), "line\n1-0-0\n1-0-1\n1-0-2\n1-1-0\n1-1-1\n1-1-2\n"; got != want {
		t.Errorf("file is %q, want %q", got, want)
	}
	w.empty()
	w.service.saves = append(w.service.saves, export.Version{ID: "2", Parts: 2})
	w.service.cutPart["2/1"] = 99
	applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
	if applied.Results[0].Outcome != plan.Failed {
		t.Errorf("a version that never comes whole is %s", applied.Results[0].Outcome)
	}
	if len(w.files()) != 2 {
		t.Errorf("half a version was published: %q", w.files())
	}
}

func TestRepairAndLostState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1, 2)
	w.apply()
	file := filepath.Join(w.dir, "exports", "fake_report.weekly", "1.csv")
	if err := os.WriteFile(file, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	planned, _ := w.plan(engine.PlanOptions{})
	if s := planned.Changes[0].Steps; len(s) != 1 || s[0].Action != plan.StepRepair {
		t.Errorf("steps %+v, want a repair", s)
	}
	w.apply()
	w.empty()
	if err := os.RemoveAll(filepath.Join(w.dir, ".reportsync")); err != nil {
		t.Fatal(err)
	}
	before := w.service.calls["open"]
	w.apply()
	if n := w.service.calls["open"] - before; n != 0 {
		t.Errorf("%d versions were fetched again after the state was lost", n)
	}
	w.empty()
}

func TestStrangersAreNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1)
	file := filepath.Join(w.dir, "exports", "fake_report.weekly", "1.csv")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
	if _, ok := errors.AsType[*artifact.ForeignFileError](applied.Results[0].Err); !ok {
		t.Errorf("error %v, want one about a foreign file", applied.Results[0].Err)
	}
	if data, _ := os.ReadFile(file); string(data) != "mine" {
		t.Errorf("the stranger's file is %q now", data)
	}
}

func TestFormatPathAndRetentionChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1, 2, 3)
	w.apply()
	w.hcl = report(`format = "jsonl"`)
	w.apply()
	w.empty()
	if got := w.read("fake_report.weekly/1.jsonl"); !strings.HasPrefix(got, `{"line":"1-0-0"}`) {
		t.Errorf("json lines: %q", got)
	}
	before := w.service.calls["open"]
	w.hcl = report(`format = "jsonl"`, `path = "moved/${version.id}.jsonl"`)
	w.apply()
	w.empty()
	w.hcl = report(`format = "jsonl"`, `path = "moved/${version.id}.jsonl"`, "retention {\n keep_last = 1\n }")
	w.apply()
	w.empty()
	if got := w.files(); len(got) != 2 {
		t.Errorf("files after pruning: %q", got)
	}
	if n := w.service.calls["open"] - before; n != 0 {
		t.Errorf("moving and pruning have fetched %d versions", n)
	}
	w.hcl = report(`format = "raw"`, `path = "newest"`)
	w.apply()
	w.empty()
	if got := w.read("newest/0.txt"); got != "3-0-0\n3-0-1\n3-0-2\n" {
		t.Errorf("raw part is %q", got)
	}
}

func TestSuspiciouslySmallVersionsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report("min_rows = 2", "max_shrink = 0.5"), 1)
	w.apply()
	w.service.saves = append(w.service.saves, export.Version{ID: "2", Parts: 2}, export.Version{ID: "3", Parts: 2})
	w.service.rows["2"], w.service.rows["3"] = 1, 0
	applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
	r := applied.Results[0]
	if r.Outcome != plan.Failed || !strings.Contains(r.Err.Error(), "max_shrink") || !strings.Contains(r.Err.Error(), "min_rows") {
		t.Errorf("result %s: %v", r.Outcome, r.Err)
	}
	if len(w.files()) != 2 {
		t.Errorf("a refused version was published: %q", w.files())
	}
}

func TestWrongTokenStopsTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "provider \"fake\" {\n token = \"bad\"\n}\n"+report()+strings.Replace(report(), "weekly", "other", 1), 1)
	applied, diags := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
	if !diags.HasErrors() || len(applied.Results) != 2 {
		t.Fatalf("results %+v, %v", applied, diags)
	}
	for _, r := range applied.Results {
		if providers.KindOf(r.Err) != providers.Auth {
			t.Errorf("%s: %v", r.Address, r.Err)
		}
	}
	if len(w.files()) != 0 {
		t.Errorf("files: %q", w.files())
	}
}

func TestFailedRefreshForgetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1)
	w.apply()
	w.service.observeErr = &providers.Error{Kind: providers.Transient, Op: "read save list", Message: "connection refused"}
	planned, diags := w.plan(engine.PlanOptions{})
	if !diags.HasErrors() || len(planned.Changes) != 0 || len(planned.Failed) != 1 {
		t.Errorf("plan %+v, %v", planned, diags)
	}
	w.service.observeErr = nil
	w.empty()
}

func TestForEachOverDataAndOutputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `
data "fake_reports" "all" {}
export "fake_report" "each" {
  for_each  = data.fake_reports.all.reports
  report_id = each.value
  path      = "${each.key}/${version.id}.csv"
}
export "fake_report" "late" {
  report_id = fake_report.each["a"].latest.id
}
output "newest" {
  value = { for k, e in fake_report.each : k => e.latest.path }
}
`, 7)
	applied := w.apply()
	if len(applied.Results) != 3 || len(applied.Outputs) != 1 {
		t.Fatalf("%d results, %d outputs", len(applied.Results), len(applied.Outputs))
	}
	if got := applied.Outputs[0].Value.AsValueMap()["b"].AsString(); got != "b/7.csv" {
		t.Errorf("output %q", got)
	}
	w.empty()
}

func TestInterruptKeepsTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(`mode = "generate"`))
	ctx, cancel := context.WithCancel(t.Context())
	w.service.onCall = func(name string) error {
		if name == "generate" {
			cancel() // the signal arrives while the call is under way
		}
		return nil
	}
	applied, _ := w.run(ctx, t.Context(), engine.ApplyOptions{})
	if !applied.Interrupted || applied.Results[0].Outcome != plan.Pending {
		t.Errorf("interrupted %t, %+v", applied.Interrupted, applied.Results[0])
	}
	w.service.onCall = nil
	w.apply()
	if w.service.generated != 1 {
		t.Errorf("%d generations, want one", w.service.generated)
	}
	w.empty()
}

func TestSavedPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, report(), 1)
	w.apply()
	w.service.saves = append(w.service.saves, export.Version{ID: "2", Parts: 2})
	file := func() *plan.File {
		run, err := engine.Read(t.Context(), w.options())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = run.Close() }()
		planned, diags := run.Plan(t.Context(), engine.PlanOptions{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		data, err := plan.Encode(run.File(planned))
		if err != nil {
			t.Fatal(err)
		}
		f, err := plan.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	applyFile := func(f *plan.File) error {
		run, err := engine.Write(t.Context(), w.options())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = run.Close() }()
		planned, diags, err := run.Load(t.Context(), f)
		if err != nil {
			return err
		}
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if err := run.Spend(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		applied, diags := run.Apply(t.Context(), t.Context(), planned, engine.ApplyOptions{})
		if diags.HasErrors() || applied.Results[0].Outcome != plan.Done {
			t.Fatalf("%v %+v", diags, applied)
		}
		return nil
	}
	first, second := file(), file()
	observed := w.service.calls["observe"]
	if err := applyFile(first); err != nil {
		t.Fatal(err)
	}
	if w.service.calls["observe"] != observed {
		t.Error("applying a saved plan has asked the service what exists")
	}
	w.empty()
	for name, f := range map[string]*plan.File{"applied twice": first, "stale": second} {
		if err := applyFile(f); !errors.Is(err, engine.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
