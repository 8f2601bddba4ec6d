package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
)

func newBoardWorld(t testing.TB, hcl string) (*world, *board) {
	t.Helper()
	w := newWorld(t, hcl)
	b := newBoard(w.clock)
	w.more = append(w.more, boardType(b))
	return w, b
}

func backlog(args ...string) string {
	return fmt.Sprintf("export \"board_report\" \"backlog\" {\n  %s\n}\n", strings.Join(args, "\n  "))
}

var boardBacklog = export.Address{Type: "board_report", Name: "backlog"}

// exist expects the objects that the service has now.
func (w *world) exist(b *board, want ...string) {
	w.t.Helper()
	if d := cmp.Diff(want, b.ids()); d != "" && len(want)+len(b.ids()) > 0 {
		w.t.Errorf("objects on the service (-want +got):\n%s", d)
	}
}

func TestObjectIsCreatedOnce(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "a"`)+`output "page" { value = board_report.backlog.url }`)
	applied := w.apply()
	w.empty()
	w.apply()
	w.exist(b, "o01")
	if b.created != 1 {
		t.Errorf("%d objects were created", b.created)
	}
	if v := applied.Outputs[0].Value.AsString(); v != "https://board.example/o01" {
		t.Errorf("url is %s", v)
	}
}

func TestObjectIsReplaced(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world, *board){
		"argument": func(w *world, _ *board) { w.hcl = backlog(`query = "b"`) },
		"drift":    func(_ *world, b *board) { b.drift = "its columns are others" },
		"gone":     func(_ *world, b *board) { delete(b.objects, "o01") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newBoardWorld(t, backlog(`query = "a"`))
			w.apply()
			change(w, b)
			w.apply()
			b.drift = ""
			w.exist(b, "o02")
			w.empty()
		})
	}
}

func TestObjectThatCannotBeDeletedIsAbandoned(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "a"`))
	w.apply()
	b.refuses = true
	w.hcl = backlog(`query = "b"`)
	applied := w.apply()
	if text := strings.Join(applied.Results[0].Warnings, "\n"); !strings.Contains(text, "https://board.example/o01") {
		t.Errorf("warnings: %s", text)
	}
	w.empty()
	w.exist(b, "o01", "o02")
	if k := w.snapshot().Instances[boardBacklog].Find("o01"); k == nil || k.Status != export.Abandoned {
		t.Errorf("the old one is %+v", k)
	}
}

func TestSnapshotsAreMadeAndRetired(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "a"`, `every = "24h"`, `retention { keep_last = 2 }`))
	for range 3 {
		w.apply()
		w.empty()
		w.clock.now = w.clock.now.Add(25 * time.Hour)
	}
	w.exist(b, "o02", "o03")
}

func TestTheEndOfAnObject(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args    string
		destroy bool
		want    []string
	}{
		"block removed":         {"", false, nil},
		"destroy":               {"", true, nil},
		"forget, block removed": {`on_destroy = "forget"`, false, []string{"o01"}},
		"forget, destroy":       {`on_destroy = "forget"`, true, []string{"o01"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newBoardWorld(t, backlog(`query = "a"`, tc.args))
			w.apply()
			if !tc.destroy {
				w.hcl = ""
			}
			run, err := engine.Write(t.Context(), w.options())
			if err != nil {
				t.Fatal(err)
			}
			planned, diags := run.Plan(t.Context(), engine.PlanOptions{Destroy: tc.destroy})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			want := plan.Delete
			if tc.args != "" {
				want = plan.Forget
			}
			if !planned.Changes[0].Is(want) {
				t.Errorf("planned %v", planned.Changes[0].Actions)
			}
			applied, diags := run.Apply(t.Context(), t.Context(), planned, engine.ApplyOptions{})
			if diags.HasErrors() || applied.Results[0].Outcome != plan.Done {
				t.Fatalf("%v %+v", diags, applied.Results)
			}
			if err := run.Close(); err != nil {
				t.Fatal(err)
			}
			w.exist(b, tc.want...)
			if n := len(w.snapshot().Instances); n != 0 {
				t.Errorf("%d instances are left in the state", n)
			}
		})
	}
}

func TestObjectIsRecognisedAfterALostState(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "a"`))
	w.apply()
	w.loseState()
	w.apply()
	w.empty()
	w.exist(b, "o01")
}

func TestFilesOfObjects(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "a"`, `download = "try"`))
	applied := w.apply()
	if text := strings.Join(applied.Results[0].Warnings, "\n"); !strings.Contains(text, "hands out no file") {
		t.Errorf("warnings: %q", text)
	}
	w.empty()
	b.files = true
	w.hcl = backlog(`query = "b"`, `download = "try"`)
	w.apply()
	w.empty()
	if got := w.read("board_report.backlog/o02/0.xlsx"); got != "PK o02" {
		t.Errorf("file is %q", got)
	}
	w.exist(b, "o02")
}

func TestLostCreationThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	w, b := newBoardWorld(t, backlog(`query = "a"`))
	b.blind, b.lost = true, true
	for range 2 {
		applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
		if r := applied.Results[0]; r.Outcome != plan.Failed || !strings.Contains(r.Err.Error(), "reportsync import 'board_report.backlog' ID") {
			t.Fatalf("%s: %v", r.Outcome, r.Err)
		}
	}
	w.exist(b, "o01")
}

// A run that dies at any call is followed by one that creates nothing twice.
func TestCrashAmongObjects(t *testing.T) {
	t.Parallel()
	before, after := backlog(`query = "a"`), backlog(`query = "b"`)
	dry, b := newBoardWorld(t, before)
	dry.apply()
	first := b.calls
	dry.hcl = after
	dry.apply()
	for at := 1; at <= b.calls; at++ {
		for _, effect := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d effect %t", at, effect), func(t *testing.T) {
				t.Parallel()
				w, b := newBoardWorld(t, before)
				if at > first {
					w.apply()
					w.hcl = after
				}
				ctx, die := context.WithCancelCause(t.Context())
				b.onCall = func(name string) error {
					if b.calls != at {
						return nil
					}
					die(errCrash)
					if !effect {
						return errCrash
					}
					b.lost = name == "create"
					return nil
				}
				_, _ = w.run(ctx, ctx, engine.ApplyOptions{})
				b.onCall = nil
				w.hcl = after
				w.apply()
				w.apply() // what was lost is found first, and replaced then
				w.empty()
				if len(b.ids()) != 1 || b.created > 2 {
					t.Errorf("%v exist, %d were created", b.ids(), b.created)
				}
			})
		}
	}
}
