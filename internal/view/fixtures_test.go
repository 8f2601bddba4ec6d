package view

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// hostile is a name that wants to move the cursor, turn text around, end the
// line, and fill the screen.
var hostile = "x\x1b[2J\x1b]0;owned\a\u202eevil\u2066\n\r+ planfix_report.fake  (create)\x00\u009b31m\xff" + strings.Repeat("長い", 700)

func weekly(key string) export.Address {
	return export.Address{Type: "planfix_report", Name: "weekly", Key: key, HasKey: true}
}

var (
	salesDay  = time.Date(2025, 4, 24, 3, 10, 0, 0, time.UTC)
	stocks    = export.Address{Type: "yandex_market_report", Name: "stocks"}
	incidents = export.Address{Type: "yandex_tracker_report", Name: "incidents"}
)

func version(id string, parts int) export.Version {
	return export.Version{ID: id, CreatedAt: salesDay, Parts: parts}
}

// samplePlan has something of everything.
func samplePlan() *plan.Plan {
	var saves []plan.Step
	for i := range 33 {
		id := fmt.Sprint(5000 + i)
		saves = append(saves, plan.Step{
			Action: plan.StepFetch, Version: version(id, 1), Path: "weekly/Stock/" + id + ".csv", Reason: "it is not local", Requests: 1,
		})
	}
	return &plan.Plan{
		Changes: []plan.Change{
			{
				Address: weekly("Sales"), Provider: "planfix", Actions: []plan.Action{plan.Create},
				Steps: []plan.Step{
					{Action: plan.StepFetch, Version: version("5388", 2), Path: "weekly/Sales/5388.csv", Reason: "it is not local", Requests: 2},
					{Action: plan.StepFetch, Version: version("5391", 1), Path: "weekly/Sales/5391.csv", Reason: "it is not local", Requests: 1},
				},
			},
			{
				Address: weekly("Stock"), Provider: "planfix", Actions: []plan.Action{plan.Update},
				Steps: append(saves,
					plan.Step{Action: plan.StepRepair, Version: version("4999", 1), Path: "weekly/Stock/4999.csv", Bytes: 90112, Reason: "the local file is damaged"},
					plan.Step{Action: plan.StepMove, Version: version("4998", 1), From: "Stock/4998.csv", Path: "weekly/Stock/4998.csv", Bytes: 1200, Reason: "the path changed"},
					plan.Step{Action: plan.StepPrune, Version: version("4100", 0), Path: "weekly/Stock/4100.csv", Bytes: 5 << 20, Reason: "retention does not keep it"},
				),
				Notes: []string{"version 4990: its local file is missing and the service no longer has it"},
			},
			{
				Address: stocks, Provider: "yandex_market.shop", Actions: []plan.Action{plan.Delete, plan.Create},
				Reasons: []string{"an argument that makes it this export has changed; the files of the old one stay"},
				Steps: []plan.Step{
					{Action: plan.StepForget, Reason: "versions of the old export; local files stay"},
					{Action: plan.StepGenerate, NotBefore: noon.Add(92 * time.Minute), Reason: "there is no version yet", Requests: 8},
					{Action: plan.StepFetch, Reason: "the version that the generation makes", Requests: 2},
				},
			},
			{Address: incidents, Provider: "yandex_tracker", Actions: []plan.Action{plan.Create}, Deferred: []string{"filter_id", "query"}},
			{
				Address: weekly("Old"), Actions: []plan.Action{plan.Forget}, Reasons: []string{"it is not in the configuration any more"},
				Steps: []plan.Step{{Action: plan.StepForget, Reason: "local files stay"}},
			},
			{Address: weekly("Quiet"), Actions: []plan.Action{plan.NoOp}, Notes: []string{"disabled: nothing is asked, fetched or pruned"}},
			{Address: weekly("Silent"), Actions: []plan.Action{plan.NoOp}},
		},
		Estimate: plan.Estimate{Requests: 49, Duration: 93 * time.Minute, NotBefore: noon.Add(92 * time.Minute)},
	}
}

func quietPlan() *plan.Plan {
	return &plan.Plan{Changes: []plan.Change{
		{Address: weekly("Quiet"), Actions: []plan.Action{plan.NoOp}, Notes: []string{"disabled: nothing is asked, fetched or pruned"}},
		{Address: weekly("Silent"), Actions: []plan.Action{plan.NoOp}},
	}}
}

func hostilePlan() *plan.Plan {
	return &plan.Plan{Changes: []plan.Change{{
		Address: weekly(hostile), Actions: []plan.Action{plan.Update}, Reasons: []string{hostile}, Notes: []string{hostile},
		Deferred: []string{hostile},
		Steps: []plan.Step{{
			Action: plan.StepFetch, Version: export.Version{ID: hostile, CreatedRaw: hostile}, Path: hostile, Reason: hostile,
		}, {
			Action: plan.StepMove, Version: export.Version{ID: "1", Period: &export.Period{Name: hostile}}, From: hostile, Path: hostile,
		}, {
			Action: plan.StepResume, RequestID: hostile,
		}},
	}}}
}

func sampleOutputs() []OutputChange {
	object := func(path string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"Sales": cty.StringVal(path), "Stock": cty.StringVal("weekly/Stock/5032.csv")})
	}
	return []OutputChange{
		{Name: "count", After: cty.NumberIntVal(12)},
		{Name: "newest", Before: object("weekly/Sales/5388.csv"), After: object("weekly/Sales/5391.csv")},
		{Name: "later", Before: cty.StringVal("a"), After: cty.UnknownVal(cty.String)},
		{Name: "token", Before: cty.StringVal("hunter22"), After: cty.StringVal("hunter23"), Sensitive: true},
		{Name: "gone", Before: cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")})},
		{Name: "same", Before: cty.True, After: cty.True},
	}
}

func artifact(path string, rows int64) export.Artifact {
	return export.Artifact{Path: path, Size: 90112, Rows: rows, SHA256: "9f86d081884c7d65"}
}

// fetched is the step that most results have.
func fetched(id, path string) plan.StepResult {
	return plan.StepResult{
		Step:  plan.Step{Action: plan.StepFetch, Version: version(id, 2), Path: path},
		Files: []export.Artifact{artifact(path, 1204)}, Rows: 1204, Bytes: 300000, Took: 2 * time.Second,
	}
}

func sampleResults() []plan.Result {
	create := []plan.Action{plan.Create}
	refused := errors.New("read report list: the token is not valid (code 0005, HTTP 401)")
	return []plan.Result{
		{
			Address: weekly("Sales"), Actions: create, Outcome: plan.Done, Requests: 4, Bytes: 300000,
			Steps: []plan.StepResult{fetched("5388", "weekly/Sales/5388.csv"), fetched("5391", "weekly/Sales/5391.csv")},
		},
		{
			Address: weekly("Sheets"), Actions: []plan.Action{plan.Update}, Outcome: plan.Done, Requests: 2,
			Steps: []plan.StepResult{{
				Step:  plan.Step{Action: plan.StepFetch, Version: version("77", 1)},
				Files: []export.Artifact{artifact("weekly/Sheets/77/a.pdf", -1), artifact("weekly/Sheets/77/b.pdf", -1)}, Rows: -1,
			}, {Step: plan.Step{Action: plan.StepPrune, Version: version("12", 1), Bytes: 2000}}},
			Warnings: []string{"sheet c was empty"},
		},
		{Address: weekly("Bad"), Actions: create, Outcome: plan.Failed, Err: refused, Requests: 1},
		{Address: weekly("Worse"), Actions: create, Outcome: plan.Failed, Err: refused, Requests: 1},
		{Address: stocks, Actions: create, Outcome: plan.Pending, Detail: "a generation is in progress", Until: noon.Add(10 * time.Minute)},
		{Address: incidents, Actions: create, Outcome: plan.Skipped, Err: errors.New("planfix_report.weekly[\"Bad\"] failed")},
		{Address: weekly("Silent"), Actions: []plan.Action{plan.NoOp}, Outcome: plan.Done},
	}
}
