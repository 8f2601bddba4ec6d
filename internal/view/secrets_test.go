package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// secret is long, has spaces to be wrapped at, and characters that every
// notation escapes in its own way.
const secret = "correct horse \"battery\" staple & <more>/ключ\n-----second line of the key-----"

// leak reports whether some tell-tale piece of the secret is in the text, in
// whatever way it was wrapped or drawn around.
func leak(s string) string {
	flat := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \n│─…^|+\"'\\", r) {
			return -1
		}
		return r
	}, s)
	for _, piece := range []string{"correct", "correcthorse", "battery", "staple", "ключ", "secondline", "-----second", "%D0%BA%D0%BB"} {
		if strings.Contains(flat, piece) {
			return piece
		}
	}
	return ""
}

// everyMethod calls all methods that print, with the secret in every text.
func everyMethod(v *View) {
	addr := export.Address{Type: "planfix_report", Name: "weekly", Key: "k " + secret, HasKey: true}
	err := errors.New("read " + secret)
	at := &hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 1, Byte: 10}, End: hcl.Pos{Line: 1, Byte: 24}}
	files := map[string]*hcl.File{"main.hcl": {Bytes: []byte("  token = <<EOT\n" + secret + "\nEOT\n" + quote(secret) + "\n" + secret)}}
	for from := range 120 {
		inside := &hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 1, Byte: from}, End: hcl.Pos{Line: 1, Byte: from + 9}}
		v.Diagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "s", Subject: inside}}, files)
	}
	v.Diagnostics(hcl.Diagnostics{
		{Severity: hcl.DiagError, Summary: secret, Detail: "because " + secret, Subject: at},
		{
			Severity: hcl.DiagWarning, Summary: "w " + secret, Subject: &hcl.Range{Filename: secret},
			Expression:  hcl.StaticExpr(cty.True, *at),
			EvalContext: &hcl.EvalContext{Variables: map[string]cty.Value{"a": cty.StringVal(secret)}},
		},
	}, files)
	_ = v.Document(v.DiagnosticDocs(hcl.Diagnostics{{Summary: secret, Detail: secret, Subject: at}}, files))

	step := plan.Step{
		Action: plan.StepFetch, Path: secret, From: secret, Reason: "why " + secret, RequestID: secret,
		Version: export.Version{ID: secret, CreatedRaw: secret, Period: &export.Period{Name: secret}},
	}
	move, resume := step, plan.Step{Action: plan.StepResume, RequestID: secret, Version: export.Version{CreatedRaw: secret}}
	move.Action = plan.StepMove
	c := plan.Change{
		Address: addr, Provider: "planfix." + secret, Actions: []plan.Action{plan.Create}, Steps: []plan.Step{step, move, resume},
		Reasons: []string{secret}, Notes: []string{secret}, Deferred: []string{secret},
	}
	quiet := c
	quiet.Actions = []plan.Action{plan.NoOp}
	deep := cty.ObjectVal(map[string]cty.Value{secret: cty.TupleVal([]cty.Value{cty.StringVal("x" + secret), cty.StringVal(secret + "\n")})})
	outs := []OutputValue{
		{Name: secret, Value: deep},
		{Name: "s", Value: cty.StringVal(secret), Sensitive: true},
		{Name: "m", Value: cty.StringVal(secret).Mark("sensitive")},
	}
	changes := []OutputChange{{Name: secret, After: deep}, {Name: "b", Before: deep, After: cty.ObjectVal(map[string]cty.Value{secret: cty.True})}}
	p := &plan.Plan{Changes: []plan.Change{c, quiet}}
	v.Plan(p, PlanOptions{Outputs: changes})
	v.Plan(p, PlanOptions{Unchanged: true})
	v.print(v.PlanMarkdown(p, PlanOptions{Outputs: changes}))
	v.Outputs(outs)
	_ = v.OutputList(outs)
	for _, o := range outs {
		_ = v.Output(o)
		if err := v.OutputRaw(o); err != nil {
			v.Say("%s", err)
		}
	}
	_ = v.OutputRaw(OutputValue{Value: cty.StringVal(secret)})

	file := export.Artifact{Path: secret, Size: 1, SHA256: secret}
	done := plan.StepResult{Step: step, Files: []export.Artifact{file, file}}
	results := []plan.Result{
		{Address: addr, Outcome: plan.Failed, Err: err, Warnings: []string{secret}},
		{Address: addr, Outcome: plan.Done, Steps: []plan.StepResult{done}},
		{Address: addr, Outcome: plan.Pending, Detail: secret},
		{Address: addr, Outcome: plan.Skipped, Err: err},
	}
	v.Results(results, time.Second, ResultOptions{ExportRoot: secret, Hint: func(error) string { return secret }})
	everyEvent(v.NewProgress(), addr, &c, done, results, err)

	v.Table([]string{"a"}, [][]string{{secret}})
	known := &export.Known{
		Address: addr, Provider: secret, Account: secret, OnDestroy: secret, Attributes: encodeJSON(map[string]string{secret: secret}),
		Versions: []export.KnownVersion{{Version: step.Version, Status: export.Kept, Artifacts: []export.Artifact{file}}},
		Requests: []export.Request{{ID: secret}},
	}
	_ = v.Versions([]*export.Known{known}, secret)
	v.Instance(known, secret)
	v.Addresses([]export.Address{addr})
	_ = v.History([]HistoryRow{{Command: secret, User: secret, Outcome: secret, Summary: secret, Items: []HistoryItem{{Address: secret, Reason: secret}}}})
	_ = v.Verify([]VerifyRow{{Address: secret, Version: secret, Path: secret, Condition: export.Missing, Detail: secret}})
	v.Say("a %s b %q c %v d %v", secret, secret, err, addr)
	v.Warn("%s", secret)
	v.Hint("%s", secret)
	_, _ = v.Confirm(strings.NewReader("yes\n"), "Do it to "+secret+"?")
	v.Version("0 " + secret)
	v.RunSummary(RunSummary{Command: secret, Outcomes: map[string]int{"done": 1}})
}

func everyEvent(p *Progress, addr export.Address, c *plan.Change, done plan.StepResult, results []plan.Result, err error) {
	p.Expect(3, secret)
	p.Refreshing(addr)
	p.Waiting(addr, secret, time.Time{})
	p.Refreshed(addr, err)
	p.Started(c)
	p.StepStarted(addr, c.Steps[0])
	p.Bytes(addr, 1)
	time.Sleep(15 * time.Second)
	p.Waiting(addr, secret, noon.Add(time.Hour))
	time.Sleep(15 * time.Second)
	p.StepDone(addr, done)
	p.StepStarted(addr, plan.Step{Action: plan.StepGenerate, RequestID: secret, Version: export.Version{Period: &export.Period{Name: secret}}})
	for _, r := range results {
		p.Finished(r)
	}
	p.Remaining(secret, secret, 1)
	p.Note(addr, secret)
	p.Note(export.Address{}, secret)
	p.Close()
}

func TestNoMethodShowsASecret(t *testing.T) {
	kinds := map[string]shape{"tty25": {tty: true, width: 25}, "json_tty": {json: true, tty: true, width: 80}}
	for kind, s := range shapes {
		kinds[kind] = s
	}
	for kind, s := range kinds {
		t.Run(kind, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s.redact = []string{secret}
				v, k := s.view()
				everyMethod(v)
				for line := range strings.Lines(k.out.String() + k.err.String()) {
					if piece := leak(line); piece != "" {
						t.Fatalf("%q is shown in %.300q", piece, line)
					}
				}
				if piece := leak(k.all()); piece != "" {
					t.Fatalf("%q is shown across lines", piece)
				}
				if !strings.Contains(k.all(), Redacted) {
					t.Fatal("nothing was redacted: the test shows nothing")
				}
				if s.json {
					jsonLines(t, k.out.String())
				}
			})
		})
	}
}

// Secrets that are set later count for what is printed later, and the first ones
// still do.
func TestSetRedact(t *testing.T) {
	t.Parallel()
	v, k := shape{redact: []string{"hunter22", "abc"}}.view()
	v.SetRedact([]string{"swordfish", "sword", ""})
	v.Say("hunter22 swordfish swords abc")
	if got, want := k.out.String(), "(sensitive) (sensitive) (sensitive)s abc\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A secret that is a word of our own must not break events.
func TestSecretsLikeOurWords(t *testing.T) {
	t.Parallel()
	v, k := shape{json: true, redact: []string{"change", "resource", "type", "info", "\"type\":"}}.view()
	v.Plan(samplePlan(), PlanOptions{})
	for _, e := range jsonLines(t, k.out.String()) {
		if e["type"] == nil || e["@level"] != "info" {
			t.Fatalf("a broken event: %v", e)
		}
	}
}

// jsonLines decodes lines of events.
func jsonLines(t *testing.T, out string) []map[string]any {
	t.Helper()
	var events []map[string]any
	for line := range strings.Lines(out) {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if m, ok := v.(map[string]any); ok {
			events = append(events, m)
		}
	}
	if len(events) == 0 {
		t.Fatal(fmt.Errorf("no events in %q", out))
	}
	return events
}
