package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// newShopWorld is a world with a shop; it is noon of 2026-05-20.
func newShopWorld(t testing.TB, hcl string) (*world, *shop) {
	t.Helper()
	w := newWorld(t, hcl)
	s := newShop(w.clock)
	w.more = append(w.more, shopType(s))
	return w, s
}

func sales(args ...string) string {
	return fmt.Sprintf("export \"shop_report\" \"sales\" {\n  %s\n}\n", strings.Join(args, "\n  "))
}

const days = `period {
    every = "day"
    from  = "2026-05-17"
  }`

func (w *world) shopApply(s *shop, want ...string) {
	w.t.Helper()
	before := len(s.asked)
	w.apply()
	if d := cmp.Diff(want, slices.Clone(s.asked[before:])); d != "" && len(want)+len(s.asked[before:]) > 0 {
		w.t.Errorf("windows that were asked for (-want +got):\n%s", d)
	}
	if len(s.violations) > 0 {
		w.t.Errorf("the service was asked against its rules: %v", s.violations)
	}
	w.empty()
}

func TestPeriodsAreBackFilledOnce(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(days))
	w.shopApply(s, "2026-05-17", "2026-05-18", "2026-05-19")
	if got := w.read("shop_report.sales/2026-05-18.csv"); got != "line\n2026-05-18/0\n" {
		t.Errorf("file is %q", got)
	}
	w.shopApply(s)
	w.clock.now = w.clock.now.AddDate(0, 0, 2)
	w.shopApply(s, "2026-05-20", "2026-05-21")
}

func TestPeriodsWithoutFromGoOnFromTheNewest(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(`period { every = "day" }`))
	w.shopApply(s, "2026-05-19")
	w.clock.now = w.clock.now.AddDate(0, 0, 2)
	w.shopApply(s, "2026-05-20", "2026-05-21")
}

func TestWhatIsTooLargeIsHalvedAndJoined(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(`period {
    every = "month"
    from  = "2026-03"
  }`))
	s.maxDays = 10
	w.apply()
	if len(s.violations) > 0 {
		t.Error(s.violations)
	}
	w.empty()
	text := w.read("shop_report.sales/2026-03.csv")
	if n := strings.Count(text, "\n"); n != 32 || !strings.Contains(text, "2026-03-01/0\n2026-03-02/0\n") || !strings.HasSuffix(text, "2026-03-31/0\n") {
		t.Errorf("march has %d lines: %s", n, text)
	}
	// March needs 31 -> 16+15 -> 4 windows; April begins with four at once.
	if got := len(s.asked); got != 7+4 {
		t.Errorf("%d reports were asked for: %v", got, s.asked)
	}
	if k := w.snapshot().Instances[shopSales].Find("2026-04"); len(k.Pieces) != 4 || len(k.Pending) != 0 {
		t.Errorf("april is %+v", k)
	}
}

func TestPeriodsThatSettle(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(`period {
    every  = "day"
    from   = "2026-05-18"
    settle = "48h"
  }`))
	w.shopApply(s, "2026-05-18", "2026-05-19")
	file := "shop_report.sales/2026-05-19.csv"
	w.shopApply(s) // not again right away
	w.clock.now = w.clock.now.Add(25 * time.Hour)
	s.version["2026-05-19"]++
	// The 18th has settled since, the 19th not yet: both are asked for again.
	w.shopApply(s, "2026-05-18", "2026-05-19", "2026-05-20")
	if got := w.read(file); got != "line\n2026-05-19/1\n" {
		t.Errorf("what has changed is not in the file: %q", got)
	}
	old := w.snapshot().Instances[shopSales].Find("2026-05-18")
	if !old.CheckedAt.After(old.FetchedAt) {
		t.Errorf("the unchanged version was fetched at %s and checked at %s", old.FetchedAt, old.CheckedAt)
	}
	w.clock.now = w.clock.now.Add(25 * time.Hour)
	w.shopApply(s, "2026-05-19", "2026-05-20", "2026-05-21")
	w.clock.now = w.clock.now.Add(72 * time.Hour)
	w.apply()
	before := len(s.asked)
	w.clock.now = w.clock.now.Add(3 * time.Hour)
	w.apply()
	if len(s.asked) != before {
		t.Errorf("asked again: %v", s.asked[before:])
	}
}

func TestPeriodsWithoutData(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(days))
	s.empty["2026-05-17"], s.empty["2026-05-19"], s.late["2026-05-19"] = true, true, true
	w.shopApply(s, "2026-05-17", "2026-05-18", "2026-05-19")
	if got := w.read("shop_report.sales/2026-05-17.csv"); got != "" {
		t.Errorf("a day without data is %q", got)
	}
	delete(s.empty, "2026-05-19")
	delete(s.late, "2026-05-19")
	w.clock.now = w.clock.now.Add(25 * time.Hour)
	w.shopApply(s, "2026-05-19", "2026-05-20")
	if got := w.read("shop_report.sales/2026-05-19.csv"); got != "line\n2026-05-19/0\n" {
		t.Errorf("late data is %q", got)
	}
}

func TestLimitsOfSeveralReports(t *testing.T) {
	t.Parallel()
	for _, active := range []int{1, 10} {
		t.Run(fmt.Sprint(active), func(t *testing.T) {
			t.Parallel()
			hcl := sales(days) + strings.Replace(sales(`kind = "stock"`, days), `"sales"`, `"stock"`, 1) + strings.Replace(sales(`kind = "stock"`, days), `"sales"`, `"more"`, 1)
			w, s := newShopWorld(t, hcl)
			s.active = active
			w.apply()
			if len(s.asked) != 9 || len(s.violations) > 0 {
				t.Errorf("asked %v, against the rules %v", s.asked, s.violations)
			}
			w.empty()
		})
	}
}

func TestFailuresInPassingAreAskedForAgain(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(`period { every = "day" }`))
	s.fails = 2
	w.shopApply(s, "2026-05-19", "2026-05-19", "2026-05-19")
	w, s = newShopWorld(t, sales(`period { every = "day" }`))
	s.fails = 9
	applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
	if applied.Results[0].Outcome != plan.Failed || len(s.asked) != 3 {
		t.Errorf("%+v after %v", applied.Results[0], s.asked)
	}
}

func TestPeriodsWithoutWaiting(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(days))
	for range 40 {
		applied, diags := w.run(t.Context(), t.Context(), engine.ApplyOptions{NoWait: true})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if len(applied.Results) == 0 {
			break
		}
		w.clock.now = w.clock.now.Add(time.Minute)
	}
	w.shopApply(s)
	if d := cmp.Diff([]string{"2026-05-17", "2026-05-18", "2026-05-19"}, s.asked); d != "" {
		t.Error(d)
	}
}

// A run that dies at any call of the service is followed by one that asks for no
// window twice.
func TestCrashAmongPeriods(t *testing.T) {
	t.Parallel()
	hcl := sales(`period {
    every = "month"
    from  = "2026-04"
  }`)
	dry, s := newShopWorld(t, hcl)
	s.maxDays = 16
	dry.apply()
	for at := 1; at <= s.calls; at++ {
		for _, effect := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d effect %t", at, effect), func(t *testing.T) {
				t.Parallel()
				w, s := newShopWorld(t, hcl)
				s.maxDays = 16
				ctx, die := context.WithCancelCause(t.Context())
				lost := 0
				s.onCall = func(name string) error {
					if s.calls != at {
						return nil
					}
					die(errCrash)
					if !effect {
						return errCrash
					}
					if s.lost = name == "generate"; s.lost {
						lost = 1 // nothing can find it again
					}
					return nil
				}
				_, _ = w.run(ctx, ctx, engine.ApplyOptions{})
				s.onCall = nil
				w.apply()
				if want := []string{"2026-04", "2026-04-01..2026-04-15", "2026-04-16..2026-04-30"}; len(s.asked) != len(want)+lost {
					t.Errorf("asked %v, want %v", s.asked, want)
				}
				if len(s.violations) > 0 {
					t.Error(s.violations)
				}
				w.empty()
			})
		}
	}
}

var shopSales = export.Address{Type: "shop_report", Name: "sales"}

func TestPeriodsThatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"Period cannot be cut this way": {`period { every = "week" }`},
		"Period is too long":            {`period { every = "year" }`},
		"Period is given twice":         {`period { every = "day" }`, `params = { date_from = "2026-01-01" }`},
	} {
		w, s := newShopWorld(t, sales(args...))
		if _, diags := w.plan(engine.PlanOptions{}); !diags.HasErrors() || diags[0].Summary != want {
			t.Errorf("want %q: %v", want, diags)
		}
		if s.calls > 0 {
			t.Errorf("%s: the service was asked", want)
		}
	}
}

// A saved plan asks for the same windows, split at midnight where the days begin.
func TestSavedPlanOfPeriods(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(`period {
    every    = "month"
    from     = "2026-03"
    until    = "2026-04"
    timezone = "Europe/Berlin"
  }`))
	s.maxDays = 16
	run, err := engine.Read(t.Context(), w.options())
	if err != nil {
		t.Fatal(err)
	}
	planned, diags := run.Plan(t.Context(), engine.PlanOptions{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	data, err := plan.Encode(run.File(planned))
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = engine.Write(t.Context(), w.options()); err != nil {
		t.Fatal(err)
	}
	loaded, diags, err := run.Load(t.Context(), file)
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags)
	}
	applied, diags := run.Apply(t.Context(), t.Context(), loaded, engine.ApplyOptions{})
	if diags.HasErrors() || applied.Results[0].Outcome != plan.Done {
		t.Fatalf("%v %+v", diags, applied.Results)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"2026-03", "2026-03-01..2026-03-16", "2026-03-17..2026-03-31"}, s.asked); d != "" {
		t.Error(d)
	}
	w.empty()
}

// What the account may ask in a day is counted over runs; what is left waits for the
// next day, and nothing is asked for twice.
func TestDailyRequests(t *testing.T) {
	t.Parallel()
	w, s := newShopWorld(t, sales(`period {
    every = "day"
    from  = "2026-05-17"
    until = "2026-05-20"
  }`))
	s.daily = 4
	for range 10 {
		applied, diags := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if len(applied.Results) == 0 || applied.Results[0].Outcome == plan.Done {
			break
		}
		r := &applied.Results[0]
		if r.Outcome != plan.Pending || !strings.Contains(r.Err.Error(), "daily_quota") || r.Until.Hour() != 0 {
			t.Fatalf("%s until %s: %v", r.Outcome, r.Until, r.Err)
		}
		// Again on the same day: nothing is asked.
		before := s.requests[w.clock.Now().Format(time.DateOnly)]
		again, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
		if again.Results[0].Outcome != plan.Pending || s.requests[w.clock.Now().Format(time.DateOnly)] != before {
			t.Errorf("%+v after %d requests", again.Results[0], before)
		}
		w.clock.now = r.Until
	}
	w.empty()
	for day, n := range s.requests {
		if n > s.daily {
			t.Errorf("%d requests on %s", n, day)
		}
	}
	if got := s.asked; !slices.Equal(got, []string{"2026-05-17", "2026-05-18", "2026-05-19"}) || len(s.requests) < 2 {
		t.Errorf("asked %v on %d days", s.asked, len(s.requests))
	}
}
