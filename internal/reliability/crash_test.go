package reliability

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// story is a run that is killed.
type story struct {
	name string
	// before gets a place ready; it is run once.
	before func(p *place)
	run    []string
	// after goes on where the killed run has stopped.
	after func(p *place)
	// passes are boundaries that the run has to have.
	passes []string
	// sample is how many of the kinds of boundaries the short form kills at; 0 is all.
	sample int
	// outcome is what a place comes to, whatever was killed on the way.
	outcome func(p *place) any
}

// few is the sample of most stories.
const few = 8

var stories = []story{
	{
		name:    "first",
		before:  func(p *place) { p.configure(scenario) },
		run:     []string{"apply", "-auto-approve"},
		after:   func(p *place) { p.must("apply", "-auto-approve"); p.settled() },
		passes:  []string{"create.before", "create.after", "write.before", "write.after"},
		outcome: func(p *place) any { return p.content() },
	},
	{
		// Increments are merged, versions pruned, generations repeated, periods that
		// may have changed asked for again, objects replaced, deleted and imported, and
		// an export has another name.
		name: "next",
		before: func(p *place) {
			held(p)
			p.must("sandbox", "-advance=26h")
			p.configure(changing(true))
		},
		run:     []string{"apply", "-auto-approve"},
		after:   func(p *place) { p.must("apply", "-auto-approve"); p.settled() },
		passes:  []string{"remove.before", "remove.after"},
		sample:  few,
		outcome: func(p *place) any { return []any{p.content(), p.versionsByExport(), p.deleted()} },
	},
	{
		name:    "destroy",
		before:  held,
		run:     []string{"destroy", "-auto-approve"},
		after:   func(p *place) { p.must("destroy", "-auto-approve"); p.integrity(); p.private() },
		passes:  []string{"call.before", "call.after"},
		sample:  few,
		outcome: func(p *place) any { return []any{p.files(), p.must("state", "list"), p.deleted()} },
	},
	{
		name: "import by hand",
		before: func(p *place) {
			held(p)
			p.configure(changing(false) + imported)
		},
		run: []string{"import", "yandex_tracker_report.taken", "1"},
		after: func(p *place) {
			if out, code := p.run(nil, "import", "yandex_tracker_report.taken", "1"); code != 0 && !strings.Contains(out, "already") {
				p.t.Errorf("%d\n%s", code, out)
			}
			p.settled()
		},
		sample:  few,
		outcome: func(p *place) any { return p.versionsByExport() },
	},
	{
		name: "move by hand",
		before: func(p *place) {
			held(p)
			p.configure(strings.ReplaceAll(changing(false), `"book"`, `"shelf"`))
		},
		run: []string{"state", "mv", "planfix_xml_list.book", "planfix_xml_list.shelf"},
		after: func(p *place) {
			if out, code := p.run(nil, "state", "mv", "planfix_xml_list.book", "planfix_xml_list.shelf"); code != 0 && !strings.Contains(out, "planfix_xml_list.book") {
				p.t.Errorf("%d\n%s", code, out)
			}
			p.must("apply", "-auto-approve") // the file goes where its export is now
			p.settled()
		},
		sample:  few,
		outcome: func(p *place) any { return []any{p.content(), p.versionsByExport()} },
	},
	{
		name:   "forget by hand",
		before: held,
		run:    []string{"state", "rm", "planfix_report.sales"},
		after: func(p *place) {
			p.run(nil, "state", "rm", "planfix_report.sales") // it may be gone already
			p.must("apply", "-auto-approve")
			p.settled()
		},
		sample:  few,
		outcome: func(p *place) any { return []any{p.content(), p.versionsByExport()} },
	},
}

// held makes a place hold what there is before anything changes.
func held(p *place) {
	p.configure(changing(false))
	p.must("apply", "-auto-approve")
}

// boundaries runs a story once without a kill, in a copy of its place, and returns the
// boundaries that it passes, in order.
func (s *story) boundaries(t *testing.T, ready *place) (passed []string, calm *place) {
	t.Helper()
	calm = ready.copy(t)
	trace := filepath.Join(t.TempDir(), "trace")
	out, code := calm.run([]string{"REPORTSYNC_FAILPOINT_TRACE=" + trace}, s.run...)
	if t.Log(out); code != 0 {
		t.Fatalf("exit status %d\n%s", code, out)
	}
	s.after(calm)
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(raw)), calm
}

// paidOnce makes sure that each generation and creation was asked for once. Market has
// no list of what was asked for: an answer that was lost on its way into the journal
// costs another one, and the run says so.
func (p *place) paidOnce(want made) {
	p.t.Helper()
	got := p.made()
	if got.planfix != want.planfix {
		p.t.Errorf("planfix: %d generations, want %d", got.planfix, want.planfix)
	}
	lost := strings.Count(p.out.String(), "the answer was lost") + strings.Count(p.out.String(), "the answer to the generation was lost")
	if got.market < want.market || got.market > want.market+lost {
		p.t.Errorf("market: %d generations, want %d; %d answers were lost", got.market, want.market, lost)
	}
	if got.tracker != want.tracker {
		p.t.Errorf("tracker: %d reports were created, want %d", got.tracker, want.tracker)
	}
	for provider, c := range p.stats() {
		if c.Leaks != 0 {
			p.t.Errorf("%s: %d leaks", provider, c.Leaks)
		}
	}
}

// versionsByExport is how many versions the state has of each export.
func (p *place) versionsByExport() map[string]int {
	p.t.Helper()
	var doc struct {
		Versions []struct{ Address, Status string }
	}
	if err := json.Unmarshal([]byte(p.must("versions", "-json")), &doc); err != nil {
		p.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, v := range doc.Versions {
		counts[v.Address+" "+v.Status]++
	}
	if len(counts) < 5 {
		p.t.Errorf("only %v", counts)
	}
	return counts
}

// Killed at a boundary, the program goes on in its next run as if nothing had been.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.test(t)
		})
	}
}

func (s *story) test(t *testing.T) {
	ready := newPlace(t, "")
	s.before(ready)
	passed, calm := s.boundaries(t, ready)
	names := map[string]int{}
	for _, name := range passed {
		names[name]++
	}
	t.Logf("%d boundaries: %v", len(passed), names)
	for _, name := range append(s.passes, "journal.before", "journal.commit", "journal.after") {
		if names[name] == 0 {
			t.Errorf("the run does not pass %s", name)
		}
	}
	var orders []string
	if long {
		for i := range passed {
			orders = append(orders, fmt.Sprintf("#%d", i+1))
		}
	} else {
		rnd := rand.New(rand.NewPCG(1, 20261125))
		for _, name := range slices.Sorted(maps.Keys(names)) {
			orders = append(orders, fmt.Sprintf("%s:%d", name, 1+rnd.IntN(names[name])))
		}
		if s.sample > 0 {
			rnd.Shuffle(len(orders), func(i, j int) { orders[i], orders[j] = orders[j], orders[i] })
			orders = orders[:min(len(orders), s.sample)]
		}
	}
	made, want := calm.made(), s.outcome(calm)
	for _, order := range orders {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			p := ready.copy(t)
			p.run([]string{"REPORTSYNC_FAILPOINT=" + order}, s.run...) // another order of things may not get that far
			s.after(p)
			p.paidOnce(made)
			if diff := cmp.Diff(want, s.outcome(p)); diff != "" {
				t.Errorf("(-without a kill +with one)\n%.3000s", diff)
			}
		})
	}
}

// changing is a configuration before and after many changes.
func changing(changed bool) string {
	either := func(before, after string) string {
		if changed {
			return after
		}
		return before
	}
	keep := func(n int) string {
		return either("", fmt.Sprintf("\n  retention {\n    keep_last = %d\n  }", n))
	}
	return providers + `
export "planfix_report" "sales" {
  report_id = "26000"
  ` + keep(2) + `
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
  every     = "1h"
  ` + keep(1) + `
}
export "planfix_xml_list" "` + either("book", "shelf") + `" {
  method = "handbook.getRecords"
  params = { handbook = { id = "131" } }
}
export "planfix_xml_list" "comments" {
  method = "action.getListByPeriod"
  params = { fromDate = "${formatdate("DD-MM-YYYY", timeadd(plantimestamp(), "-240h"))} 00:00" }
  sync   = "incremental"
  every  = "1h"
  ` + keep(1) + `
}
export "yandex_market_report" "orders" {
  report = "united_orders"

  period {
    every  = "month"
    from   = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1800h"))
    until  = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "` + either("-1500h", "-200h") + `"))
    settle = "2400h"
  }
}
export "yandex_tracker_report" "backlog" {
  summary    = "Support backlog"
  query      = "Queue: SUPPORT"
  fields     = ["key", "summary"` + either("", `, "status"`) + `]
  on_destroy = "delete"
}
export "yandex_tracker_issues" "hr" {
  queue  = "HR"
  fields = ["key", "summary"]
  sync   = "incremental"
  every  = "1h"
  ` + keep(1) + `
}
` + either(`
export "yandex_tracker_report" "old" {
  summary    = "Old"
  query      = "Queue: HR"
  fields     = ["key"]
  on_destroy = "delete"
}
`, imported+`
import {
  to = yandex_tracker_report.taken
  id = "1"
}
moved {
  from = planfix_xml_list.book
  to   = planfix_xml_list.shelf
}
`)
}

// imported is a report that somebody has made by hand.
const imported = `
export "yandex_tracker_report" "taken" {
  summary = "Taken"
  query   = "Queue: SUPPORT"
  fields  = ["key"]
}
`
