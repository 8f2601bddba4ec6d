package view

import (
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	plans := map[string]func(*View){
		"plan":           func(v *View) { v.Plan(samplePlan(), PlanOptions{Refreshed: true, Outputs: sampleOutputs()}) },
		"plan_hostile":   func(v *View) { v.Plan(hostilePlan(), PlanOptions{Refreshed: true}) },
		"plan_none":      func(v *View) { v.Plan(quietPlan(), PlanOptions{Refreshed: true}) },
		"plan_unchanged": func(v *View) { v.Plan(quietPlan(), PlanOptions{Unchanged: true}) },
		"plan_outputs": func(v *View) {
			v.Plan(quietPlan(), PlanOptions{Refreshed: true, Outputs: []OutputChange{{Name: "n", After: cty.Zero}}})
		},
		"plan_destroy": func(v *View) {
			v.Plan(&plan.Plan{Changes: samplePlan().Changes[4:5]}, PlanOptions{Destroy: true, Refreshed: true})
		},
		"plan_destroy_none": func(v *View) { v.Plan(&plan.Plan{}, PlanOptions{Destroy: true}) },
	}
	for name, show := range plans {
		for kind, s := range shapes {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				v, k := s.view()
				show(v)
				golden(t, name+"_"+kind, k.all())
				harmless(t, k.all(), s.color)
			})
		}
	}
}

// harmless fails if text holds anything that a terminal acts on, colours aside.
func harmless(t *testing.T, s string, color bool) {
	t.Helper()
	if color {
		for _, seq := range sequences {
			if seq != "" {
				s = strings.ReplaceAll(s, seq, "")
			}
		}
	}
	if got := cleanLines(s); got != s {
		t.Errorf("text is not clean: %q", s)
	}
}

func TestPlanNamesAreCutOnTerminals(t *testing.T) {
	t.Parallel()
	v, k := shape{tty: true, width: 80}.view()
	v.Plan(hostilePlan(), PlanOptions{})
	for line := range strings.Lines(k.out.String()) {
		if n := cells(line); n > 3*longestName {
			t.Errorf("a line has %d cells: %.80s", n, line)
		}
	}
}

// A plan of many instances must not cost more for each than one of few.
func TestPlanIsLinear(t *testing.T) { // not parallel: it counts allocations
	allocs := func(n int) float64 {
		p := &plan.Plan{}
		for i := range n {
			p.Changes = append(p.Changes, plan.Change{
				Address: weekly(strings.Repeat("k", i%7)), Actions: []plan.Action{plan.Create},
				Steps: []plan.Step{{Action: plan.StepFetch, Version: version("1", 2), Path: "a/b.csv", Reason: "it is not local"}},
			})
		}
		v, k := shape{redact: []string{"hunter22"}}.view()
		return testing.AllocsPerRun(3, func() {
			k.out.Reset()
			v.Plan(p, PlanOptions{})
		})
	}
	few, many := allocs(500), allocs(5000)
	if many > 12*few {
		t.Errorf("500 instances take %v allocations, 5,000 take %v", few, many)
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	want := "Plan: 3 to create, 1 to update, 1 to delete, 1 to forget. 1 to generate, 36 to fetch, 1 to repair, 1 to prune, 1 to move. " +
		"The steps of 1 instance are known only during apply."
	if got := Totals(samplePlan()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := Totals(&plan.Plan{}), "Plan: 0 to create, 0 to update, 0 to forget."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestStepDoc(t *testing.T) {
	t.Parallel()
	s := plan.Step{
		Action: plan.StepFetch, NotBefore: noon, Bytes: 7, From: "f", RequestID: "r",
		Version: export.Version{ID: "1", Period: &export.Period{Name: "2025-04"}},
	}
	d := NewStepDoc(stocks, &s)
	if d.Address != "yandex_market_report.stocks" || *d.Period != "2025-04" || d.CreatedAt != nil || !d.NotBefore.Equal(noon) {
		t.Errorf("unexpected document: %+v", d)
	}
	e := NewEstimateDoc(plan.Estimate{Requests: 3, Duration: 4400 * time.Millisecond})
	if e.Requests != 3 || e.DurationS != 4 || e.NotBefore != nil {
		t.Errorf("unexpected estimate: %+v", e)
	}
}
