package view

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"reportsync/internal/plan"
)

func TestResults(t *testing.T) {
	t.Parallel()
	hint := func(err error) string {
		if strings.Contains(err.Error(), "token") {
			return "make a new token in the account settings"
		}
		return ""
	}
	var many []plan.Result
	for i := range 60 {
		r := sampleResults()[0]
		r.Address = weekly(fmt.Sprint(i))
		many = append(many, r)
	}
	many = append(many, sampleResults()[2])
	cases := map[string]func(*View){
		"results": func(v *View) {
			v.Results(sampleResults(), 40*time.Second, ResultOptions{ExportRoot: "exports", Hint: hint})
		},
		"results_many": func(v *View) { v.Results(many, 3*time.Minute, ResultOptions{ExportRoot: "exports/"}) },
		"results_interrupted": func(v *View) {
			v.Results(sampleResults()[4:6], time.Second, ResultOptions{Interrupted: true})
		},
		"results_failed":  func(v *View) { v.Results(sampleResults()[2:3], 900*time.Millisecond, ResultOptions{}) },
		"results_pending": func(v *View) { v.Results(sampleResults()[4:5], time.Second, ResultOptions{}) },
		"results_none":    func(v *View) { v.Results(nil, 0, ResultOptions{}) },
		"results_hostile": func(v *View) {
			v.Results([]plan.Result{
				{Address: weekly(hostile), Outcome: plan.Failed, Err: errors.New(hostile), Warnings: []string{hostile}},
				{Address: weekly("x"), Outcome: plan.Done, Steps: []plan.StepResult{fetched(hostile, hostile)}},
				{Address: weekly("y"), Outcome: plan.Pending, Detail: hostile},
			}, 0, ResultOptions{ExportRoot: hostile[:20], Hint: func(error) string { return hostile }})
		},
	}
	for name, show := range cases {
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

func TestTablesFitTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 132} {
		v, k := shape{tty: true, width: width}.view()
		v.print(v.resultTable(pointers(sampleResults()), ResultOptions{ExportRoot: "exports"}))
		for line := range strings.Lines(k.out.String()) {
			if n := cells(strings.TrimSuffix(line, "\n")); n > width && width >= 80 {
				t.Errorf("width %d: a line of %d cells: %s", width, n, line)
			}
		}
	}
}

func pointers(rs []plan.Result) []*plan.Result {
	var out []*plan.Result
	for i := range rs {
		out = append(out, &rs[i])
	}
	return out
}
