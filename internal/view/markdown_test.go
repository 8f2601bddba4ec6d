package view

import (
	"fmt"
	"strings"
	"testing"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// A comment of a forge has a limit; what does not fit is counted.
func TestPlanMarkdownFitsIntoAComment(t *testing.T) {
	t.Parallel()
	for name, size := range map[string][2]int{"many exports": {5_000, 1}, "many steps": {2, 5_000}, "both": {300, 300}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &plan.Plan{}
			for i := range size[0] {
				c := plan.Change{
					Address: export.Address{Type: "planfix_report", Name: "weekly", Key: fmt.Sprint(i, strings.Repeat("`|<ж>", 800)), HasKey: true},
					Actions: []plan.Action{plan.Create}, Reasons: []string{strings.Repeat("because ", 5_000)},
				}
				for j := range size[1] {
					c.Steps = append(c.Steps, plan.Step{Action: plan.StepFetch, Version: export.Version{ID: fmt.Sprint(j)}, Path: strings.Repeat("folder/", 200) + "x.csv"})
				}
				p.Changes = append(p.Changes, c)
			}
			v, _ := shapes["pipe"].view()
			text := v.PlanMarkdown(p, PlanOptions{})
			if len(text) > 60_000 {
				t.Errorf("%d bytes", len(text))
			}
			if !strings.Contains(text, "more") {
				t.Errorf("nothing says that something is left out: %s", text[len(text)-300:])
			}
		})
	}
}
