package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ticking is the bubble's clock, shown as if the run began at noon.
func ticking() func() time.Time {
	start := time.Now()
	return func() time.Time { return noon.Add(time.Since(start)) }
}

// play is a run with something of everything, 60 seconds long.
func play(p *Progress) {
	sales, stock := weekly("Sales"), weekly("Stock")
	p.Expect(4, "exports")
	p.Refreshing(sales)
	p.Refreshing(stock)
	time.Sleep(11 * time.Second)
	p.Refreshed(sales, nil)
	p.Refreshed(stock, errors.New("read report list: no answer"))

	p.Started(&plan.Change{Address: sales, Provider: "planfix.main", Actions: []plan.Action{plan.Create}})
	step := plan.Step{Action: plan.StepFetch, Version: version("5388", 2)}
	p.StepStarted(sales, step)
	p.Bytes(sales, 40000)
	p.Rows(sales, 600)
	p.Part(sales, 0, 2)
	time.Sleep(12 * time.Second)
	p.Bytes(sales, 60000)
	p.Part(sales, 1, 2)
	p.StepDone(sales, fetched("5388", "weekly/Sales/5388.csv"))
	p.Finished(plan.Result{Address: sales, Outcome: plan.Done, Steps: []plan.StepResult{fetched("5388", "weekly/Sales/5388.csv")}})

	p.Started(&plan.Change{Address: stocks, Provider: "yandex_market", Actions: []plan.Action{plan.Update}})
	p.StepStarted(stocks, plan.Step{Action: plan.StepGenerate, Version: export.Version{Period: &export.Period{Name: "2026-10"}}})
	p.Waiting(stocks, "the generation slot", noon.Add(50*time.Second))
	p.Waiting(stocks, "the generation slot", noon.Add(51*time.Second))
	time.Sleep(15 * time.Second)
	p.Waiting(stocks, "the report", time.Time{})
	time.Sleep(10 * time.Second)
	p.StepDone(stocks, plan.StepResult{Step: plan.Step{Action: plan.StepGenerate}})
	p.Finished(plan.Result{Address: stocks, Outcome: plan.Pending, Detail: "a generation is in progress", Until: noon.Add(time.Hour)})

	p.Note(stock, "one sheet has no rows")
	p.Note(export.Address{}, "the clock of the service is 5 min ahead")
	p.Started(&plan.Change{Address: stock, Actions: []plan.Action{plan.Update}})
	p.StepStarted(stock, plan.Step{Action: plan.StepMove, Version: version("1", 0)})
	p.StepDone(stock, plan.StepResult{
		Step:  plan.Step{Action: plan.StepMove, Version: version("1", 0), From: "a.csv"},
		Files: []export.Artifact{artifact("b.csv", 3)},
	})
	p.StepStarted(stock, plan.Step{Action: plan.StepPrune, Version: version("0", 0)})
	p.StepDone(stock, plan.StepResult{Step: plan.Step{Action: plan.StepPrune, Version: version("0", 0), Bytes: 2048}})
	p.Finished(plan.Result{Address: stock, Outcome: plan.Failed, Err: errors.New("rename a file: disk full"), Warnings: []string{"odd"}})
	p.Finished(plan.Result{Address: incidents, Outcome: plan.Skipped, Err: errors.New("planfix_report.weekly[\"Stock\"] failed")})
	p.Remaining("acme", "requests left today", 4121)
	p.Remaining("acme", "requests left today", 4120)
	time.Sleep(12 * time.Second)
	p.Close()
}

func TestProgressLines(t *testing.T) {
	for _, kind := range []string{"pipe", "json"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := shapes[kind]
				s.now = ticking()
				v, k := s.view()
				p := v.NewProgress()
				play(p)
				golden(t, "progress_"+kind, k.all())
				harmless(t, k.all(), false)
			})
		})
	}
}

func TestProgressTerminal(t *testing.T) {
	for _, width := range []int{40, 100} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &terminal{t: t, width: width}
				v := New(Streams{Out: m, Err: m, OutTTY: true, ErrTTY: true, Width: func() int { return width }},
					Options{Now: ticking(), Location: time.UTC})
				p := v.NewProgress()
				var film strings.Builder
				stop := make(chan struct{})
				var wg sync.WaitGroup
				wg.Go(func() {
					for range 6 {
						time.Sleep(8*time.Second + 30*time.Millisecond) // never at the moment of a frame
						v.mu.Lock()
						fmt.Fprintf(&film, "=== hidden cursor: %t\n%s\n", m.hidden, m.screen())
						v.mu.Unlock()
					}
					<-stop
				})
				play(p)
				close(stop)
				wg.Wait()
				fmt.Fprintf(&film, "=== closed, hidden cursor: %t\n%s\n", m.hidden, m.screen())
				golden(t, fmt.Sprintf("progress_tty%d", width), film.String())
				if m.hidden {
					t.Error("the cursor is still hidden")
				}
				if m.writes > 60*10 {
					t.Errorf("%d writes in a minute", m.writes)
				}
			})
		})
	}
}

// Whatever an instance is called, a redrawn line never reaches the last column:
// a line that wraps could not be taken back.
func TestFramesFit(t *testing.T) {
	t.Parallel()
	for _, width := range []int{1, 2, 10, 33, 80, 200} {
		v, _ := shape{tty: true, width: width, color: true}.view()
		p := v.NewProgress()
		for i := range 9 {
			a := weekly(fmt.Sprint(i) + hostile)
			p.StepStarted(a, plan.Step{Action: plan.StepFetch, Version: export.Version{ID: hostile}})
			p.Bytes(a, 5000)
			if i%2 == 0 {
				p.Waiting(a, hostile, noon.Add(time.Hour))
			}
		}
		p.mu.Lock()
		lines := p.show.(*progressTerminal).frame(width, noon.Add(time.Minute))
		p.mu.Unlock()
		if want := activeLines + 2; len(lines) != want {
			t.Errorf("width %d: %d lines, want %d", width, len(lines), want)
		}
		for _, l := range lines {
			if n := visible(v.finish(l)); n > max(width-1, 1) {
				t.Errorf("width %d: a line of %d cells: %.100q", width, n, l)
			}
		}
		p.Close()
	}
}

// Text that is printed during a run goes above the redrawn lines.
func TestPrintingDuringProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &terminal{t: t, width: 80}
		v := New(Streams{Out: m, Err: m, OutTTY: true, ErrTTY: true}, Options{Now: ticking()})
		p := v.NewProgress()
		p.StepStarted(stocks, plan.Step{Action: plan.StepGenerate})
		time.Sleep(time.Second)
		v.Say("one")
		v.Warn("two")
		time.Sleep(time.Second)
		synctest.Wait()
		want := "one\nWarning: two\n  yandex_market_report.stocks  generating\n0 done\n"
		if got := m.screen(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		p.Close()
		p.Close()
		p.Note(stocks, "late")
		if got, want := m.screen(), "one\nWarning: two\nyandex_market_report.stocks: late\n"; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// A frame that does not change is not written again.
func TestQuietTerminalIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &terminal{t: t, width: 80}
		v := New(Streams{Out: m, OutTTY: true}, Options{Now: ticking()})
		p := v.NewProgress()
		p.StepStarted(stocks, plan.Step{Action: plan.StepGenerate})
		time.Sleep(time.Minute)
		synctest.Wait()
		if m.writes != 1 {
			t.Errorf("%d writes for one frame", m.writes)
		}
		p.Close()
	})
}

func TestScreenAfterResize(t *testing.T) {
	t.Parallel()
	s := &screen{}
	s.redraw("", []string{strings.Repeat("x", 70), "y"}, 80)
	if got, want := s.redraw("", nil, 30), "\r\x1b[4A"+clearBelow; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := s.redraw("", nil, 30); got != "" {
		t.Errorf("got %q for nothing new", got)
	}
}

func TestProgressFromManyGoroutines(t *testing.T) {
	t.Parallel()
	for kind, s := range shapes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			v, k := s.view()
			p := v.NewProgress()
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					a := weekly(fmt.Sprint(i))
					p.Refreshing(a)
					p.Refreshed(a, nil)
					p.Started(&plan.Change{Address: a, Actions: []plan.Action{plan.Create}})
					for range 20 {
						p.StepStarted(a, plan.Step{Action: plan.StepFetch, Version: version("1", 1)})
						p.Bytes(a, 10)
						p.StepDone(a, fetched("1", "a.csv"))
					}
					p.Finished(plan.Result{Address: a, Outcome: plan.Done})
				})
			}
			wg.Wait()
			p.Close()
			if got := strings.Count(k.out.String(), "fetched 1"); got != 400 {
				t.Errorf("%d steps are shown, want 400", got)
			}
			if s.json {
				for line := range bytes.Lines(k.out.Bytes()) {
					if !json.Valid(line) {
						t.Fatalf("not JSON: %s", line)
					}
				}
			}
		})
	}
}
