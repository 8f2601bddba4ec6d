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
	// same compares with a place where nothing was killed.
	same func(p, calm *place)
}

var stories = []story{
	{
		name:   "first",
		before: func(p *place) { p.configure(scenario) },
		run:    []string{"apply", "-auto-approve"},
		after:  func(p *place) { p.must("apply", "-auto-approve"); p.settled() },
		passes: []string{"create.before", "create.after", "write.before", "write.after"},
		same:   func(p, calm *place) { p.same(calm.content()) },
	},
	{
		// Increments are merged, versions pruned, generations repeated, periods that
		// may have changed asked for again, objects replaced, deleted and imported, and
		// an export has another name.
		name: "next",
		before: func(p *place) {
			p.configure(yesterday)
			p.must("apply", "-auto-approve")
			p.must("sandbox", "-advance=26h")
			p.configure(today)
		},
		run:    []string{"apply", "-auto-approve"},
		after:  func(p *place) { p.must("apply", "-auto-approve"); p.settled() },
		passes: []string{"remove.before", "remove.after"},
		same: func(p, calm *place) {
			p.same(calm.content())
			if got, want := p.versionsByExport(), calm.versionsByExport(); got != want {
				p.t.Errorf("versions: %s, want %s", got, want)
			}
		},
	},
	{
		name: "destroy",
		before: func(p *place) {
			p.configure(yesterday)
			p.must("apply", "-auto-approve")
		},
		run:    []string{"destroy", "-auto-approve"},
		after:  func(p *place) { p.must("destroy", "-auto-approve"); p.integrity(); p.private() },
		passes: []string{"call.before", "call.after"},
		same: func(p, calm *place) {
			for name, text := range calm.files() {
				if got := p.files()[name]; got != text {
					p.t.Errorf("%s holds %d bytes, want %d", name, len(got), len(text))
				}
			}
			if out := p.must("state", "list"); strings.Contains(out, ".") {
				p.t.Errorf("the state still has\n%s", out)
			}
			if got, want := p.deleted(), calm.deleted(); got != want || got == 0 {
				p.t.Errorf("%d reports were deleted on the service, want %d", got, want)
			}
		},
	},
	{
		name: "import by hand",
		before: func(p *place) {
			p.configure(yesterday)
			p.must("apply", "-auto-approve")
			p.configure(yesterday + imported)
		},
		run: []string{"import", "yandex_tracker_report.taken", "1"},
		after: func(p *place) {
			if out, code := p.run(nil, "import", "yandex_tracker_report.taken", "1"); code != 0 && !strings.Contains(out, "already") {
				p.t.Errorf("%d\n%s", code, out)
			}
			p.settled()
		},
		same: func(*place, *place) {},
	},
	{
		name: "move by hand",
		before: func(p *place) {
			p.configure(yesterday)
			p.must("apply", "-auto-approve")
			p.configure(strings.ReplaceAll(yesterday, `"book"`, `"shelf"`))
		},
		run: []string{"state", "mv", "planfix_xml_list.book", "planfix_xml_list.shelf"},
		after: func(p *place) {
			if out, code := p.run(nil, "state", "mv", "planfix_xml_list.book", "planfix_xml_list.shelf"); code != 0 && !strings.Contains(out, "planfix_xml_list.book") {
				p.t.Errorf("%d\n%s", code, out)
			}
			p.must("apply", "-auto-approve") // the file goes where its export is now
			p.settled()
		},
		same: func(p, calm *place) { p.same(calm.content()) },
	},
	{
		name: "forget by hand",
		before: func(p *place) {
			p.configure(yesterday)
			p.must("apply", "-auto-approve")
		},
		run: []string{"state", "rm", "planfix_report.sales"},
		after: func(p *place) {
			p.run(nil, "state", "rm", "planfix_report.sales") // it may be gone already
			p.must("apply", "-auto-approve")
			p.settled()
		},
		same: func(p, calm *place) { p.same(calm.content()) },
	},
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
func (p *place) versionsByExport() string {
	p.t.Helper()
	counts := map[string]int{}
	for line := range strings.Lines(p.must("versions", "-json")) {
		var v struct{ Export, Address string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			p.t.Fatal(err)
		}
		counts[v.Address+v.Export]++
	}
	return fmt.Sprint(counts)
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
		if s.name != "first" {
			rnd.Shuffle(len(orders), func(i, j int) { orders[i], orders[j] = orders[j], orders[i] })
			orders = orders[:min(len(orders), 8)]
		}
	}
	for _, order := range orders {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			p := ready.copy(t)
			p.run([]string{"REPORTSYNC_FAILPOINT=" + order}, s.run...) // another order of things may not get that far
			s.after(p)
			p.paidOnce(calm.made())
			s.same(p, calm)
		})
	}
}

// yesterday and today are configurations before and after many changes.
const yesterday = providers + `
export "planfix_report" "sales" {
  report_id = "26000"
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
  every     = "1h"
}
export "planfix_xml_list" "book" {
  method = "handbook.getRecords"
  params = { handbook = { id = "131" } }
}
export "planfix_xml_list" "comments" {
  method = "action.getListByPeriod"
  params = { fromDate = "${formatdate("DD-MM-YYYY", timeadd(plantimestamp(), "-240h"))} 00:00" }
  sync   = "incremental"
  every  = "1h"
}
export "yandex_market_report" "orders" {
  report = "united_orders"

  period {
    every = "month"
    from  = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1800h"))
    until = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1500h"))
    settle = "2400h"
  }
}
export "yandex_tracker_report" "backlog" {
  summary    = "Support backlog"
  query      = "Queue: SUPPORT"
  fields     = ["key", "summary"]
  on_destroy = "delete"
}
export "yandex_tracker_report" "old" {
  summary    = "Old"
  query      = "Queue: HR"
  fields     = ["key"]
  on_destroy = "delete"
}
export "yandex_tracker_issues" "hr" {
  queue  = "HR"
  fields = ["key", "summary"]
  sync   = "incremental"
  every  = "1h"
}
`

const imported = `
export "yandex_tracker_report" "taken" {
  summary = "Taken"
  query   = "Queue: SUPPORT"
  fields  = ["key"]
}
`

const today = providers + imported + `
export "planfix_report" "sales" {
  report_id = "26000"

  retention {
    keep_last = 2
  }
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
  every     = "1h"

  retention {
    keep_last = 1
  }
}
moved {
  from = planfix_xml_list.book
  to   = planfix_xml_list.shelf
}
export "planfix_xml_list" "shelf" {
  method = "handbook.getRecords"
  params = { handbook = { id = "131" } }
}
export "planfix_xml_list" "comments" {
  method = "action.getListByPeriod"
  params = { fromDate = "${formatdate("DD-MM-YYYY", timeadd(plantimestamp(), "-240h"))} 00:00" }
  sync   = "incremental"
  every  = "1h"

  retention {
    keep_last = 1
  }
}
export "yandex_market_report" "orders" {
  report = "united_orders"

  period {
    every = "month"
    from  = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1800h"))
    until = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-200h"))
    settle = "2400h"
  }
}
export "yandex_tracker_report" "backlog" {
  summary    = "Support backlog"
  query      = "Queue: SUPPORT"
  fields     = ["key", "summary", "status"]
  on_destroy = "delete"
}
import {
  to = yandex_tracker_report.taken
  id = "1"
}
export "yandex_tracker_issues" "hr" {
  queue  = "HR"
  fields = ["key", "summary"]
  sync   = "incremental"
  every  = "1h"

  retention {
    keep_last = 1
  }
}
`
