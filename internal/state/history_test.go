package state_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/clock"
	"reportsync/internal/state"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx := t.Context()
	var want []state.Run
	for i, command := range []string{"apply", "destroy", "apply"} {
		r := state.Run{Command: command, User: "ann", Host: "host", Version: "1", Started: noon.Add(time.Duration(i) * time.Hour)}
		var err error
		if r.ID, err = l.BeginRun(ctx, r); err != nil {
			t.Fatal(err)
		}
		r.Items = []state.RunItem{
			{
				Address: address(t, `a.b["x"]`), Change: "create", Steps: json.RawMessage(`[{"action":"fetch"}]`), Result: "done",
				Requests: 3, Bytes: 1 << 40, Waited: 1500 * time.Millisecond, Took: time.Hour,
			},
			{Address: address(t, "a.c"), Change: "update", Result: "failed", Error: "no", Requests: 1, Bytes: 1},
		}
		r.Requests, r.Bytes = 4, 1<<40+1
		if err := l.AddRunItem(ctx, r.ID, r.Items[0]); err != nil {
			t.Fatal(err)
		}
		if err := l.AddRunItems(ctx, r.ID, r.Items[1:]); err != nil {
			t.Fatal(err)
		}
		if i > 0 { // the first one was killed
			r.Outcome, r.Summary = "failed", "1 done, 1 failed"
			if err := l.EndRun(ctx, r.ID, r.Outcome, r.Summary); err != nil {
				t.Fatal(err)
			}
		}
		want = append([]state.Run{r}, want...)
	}
	for limit, want := range map[int][]state.Run{0: want, 2: want[:2], 9: want} {
		got, err := s.Runs(ctx, limit)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if ended := got[i].Outcome != ""; got[i].Ended.IsZero() == ended {
				t.Errorf("run %d ended %q at %v", got[i].ID, got[i].Outcome, got[i].Ended)
			}
			got[i].Ended = time.Time{}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, d)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx := t.Context()
	put := func(o map[string]state.OutputValue) {
		t.Helper()
		if err := l.PutOutputs(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	secret := json.RawMessage(`"hunter2-is-the-secret"`)
	put(map[string]state.OutputValue{"gone": {Value: json.RawMessage(`1`)}})
	put(map[string]state.OutputValue{
		"plain":     {Value: json.RawMessage(`{"a":1}`), Type: json.RawMessage(`"dynamic"`)},
		"sensitive": {Value: secret, Type: json.RawMessage(`"string"`), Sensitive: true},
		"unknown":   {},
	})
	got, err := s.Outputs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]state.OutputValue{
		"plain":     {Value: json.RawMessage(`{"a":1}`), Type: json.RawMessage(`"dynamic"`), Hash: s.Hash([]byte(`{"a":1}`))},
		"sensitive": {Type: json.RawMessage(`"string"`), Sensitive: true, Hash: s.Hash(secret)},
		"unknown":   {Hash: s.Hash(nil)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, file := range []string{s.Path(), s.Path() + "-wal"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("hunter2")) {
			t.Errorf("the sensitive value is in %s", file)
		}
	}
}

// fixed is a clock that stands still.
type fixed struct {
	clock.Clock
	at time.Time
}

func (f fixed) Now() time.Time { return f.at }

func TestAppliedPlans(t *testing.T) {
	t.Parallel()
	s, err := state.Open(t.Context(), t.TempDir()+"/state.db", state.Options{Clock: fixed{at: noon}})
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, s)
	l := acquire(t, s, "ann")
	for range 2 {
		if err := l.RecordAppliedPlan(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
	}
	if when, ok, err := s.PlanApplied(t.Context(), "p"); !ok || !when.Equal(noon) || err != nil {
		t.Errorf("got %v, %v, %v", when, ok, err)
	}
	if when, ok, err := s.PlanApplied(t.Context(), "q"); ok || !when.IsZero() || err != nil {
		t.Errorf("a plan that was not applied: %v, %v, %v", when, ok, err)
	}
}
