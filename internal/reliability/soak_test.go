package reliability

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// soakConfig has about so many exports, of all four services. The mode is that of the
// payroll: generate, or saved for what the service has already.
func soakConfig(scale int, mode string) string {
	return providers + fmt.Sprintf(`
locals {
  reports = ["26000", "26014", "26021", "26033", "26040"]
  formats = ["csv", "jsonl", "raw"]
}

export "planfix_report" "saves" {
  for_each  = { for i in range(%[1]d) : tostring(i) => i }
  report_id = local.reports[each.value %% 5]
  format    = local.formats[each.value %% 3]

  retention {
    keep_last = 4
  }
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = %[6]q
  every     = "40m"
}
export "planfix_xml_list" "book" {
  for_each = { for i in range(%[2]d) : tostring(i) => i }
  method   = "handbook.getRecords"
  params   = { handbook = { id = "131" } }
  every    = "30m"
}
export "planfix_xml_list" "comments" {
  for_each = { for i in range(%[4]d) : tostring(i) => i }
  method   = "action.getListByPeriod"
  params   = { fromDate = "${formatdate("DD-MM-YYYY", timeadd(plantimestamp(), "-240h"))} 00:00" }
  sync     = each.value %% 2 == 0 ? "incremental" : "full"
  every    = "30m"
}
export "yandex_market_report" "labels" {
  for_each = { for i in range(%[3]d) : tostring(i) => i }
  report   = "documents_labels"
  params   = { order_ids = [tostring(1000000 + each.value)] }
  format   = "raw"
}
export "yandex_market_report" "orders" {
  report = "united_orders"

  period {
    every = "month"
    from  = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1800h"))
    until = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1000h"))
  }
}
export "yandex_tracker_report" "backlog" {
  for_each = { for i in range(%[4]d) : tostring(i) => i }
  summary  = "Backlog ${each.key}"
  query    = "Queue: SUPPORT"
  fields   = ["key", "summary"]
}
export "yandex_tracker_issues" "queue" {
  for_each = { for i in range(%[5]d) : tostring(i) => i }
  queue    = "HR"
  fields   = ["key", "summary"]
  sync     = each.value %% 2 == 0 ? "incremental" : "full"
  every    = "20m"
}
`, 12*scale, 4*scale, 6*scale, 2*scale, 5*scale, mode)
}

// soakRuns make an hour.
const soakRuns = 6

// paid are the requests that carry data or start something. Others ask what there is,
// and each run asks that anew.
var paid = []string{"data", "generate", "download", "report-create", "issue-search", "issue-scroll", "handbook.getRecords", "action.getListByPeriod"}

// soak runs the program every ten minutes of the sandbox's time, for an hour. It
// returns what the first and the last run took.
func (p *place) soak(rnd *rand.Rand) (first, last peaks) {
	p.t.Helper()
	for run := range soakRuns {
		if rnd != nil {
			kill := time.Duration(rnd.IntN(1500)) * time.Millisecond
			ctx, cancel := context.WithTimeout(p.t.Context(), kill)
			p.runFor(ctx, nil, "apply", "-auto-approve")
			cancel()
			// Two of a hundred requests meet a fault.
			faults := "reset:*:0.005,502-html:*:0.005,truncate:*:0.005,lost-answer:data:0.01,lost-answer:info:0.01,login-page:download:0.02,429:*:0.003"
			out, code := p.run([]string{"REPORTSYNC_SANDBOX_FAULTS=" + faults}, "apply", "-auto-approve")
			if code != 0 && code != 3 {
				p.t.Errorf("run %d: exit status %d\n%.3000s", run, code, out)
			}
		} else {
			p.must("apply", "-auto-approve")
		}
		if run == 0 {
			first = p.peak
		}
		last = p.peak
		p.must("sandbox", "-advance=10m")
	}
	p.settles()
	return first, last
}

// versions are how many versions the state has, or had.
func (p *place) versions() int {
	p.t.Helper()
	var n int
	p.query(`SELECT count(*) FROM versions`, &n)
	return n
}

// An hour of faults and kills ends where an hour without them ends.
func TestSoak(t *testing.T) {
	t.Parallel()
	scale := 1
	if long {
		scale = 10
	}
	calm, rough := newPlace(t, soakConfig(scale, "generate")), newPlace(t, soakConfig(scale, "generate"))
	calm.soak(nil)
	first, last := rough.soak(rand.New(rand.NewPCG(3, 20261125)))

	want, got := calm.stats(), rough.stats()
	asked, least, struck := 0, 0, 0
	for provider := range want {
		w, g := want[provider], got[provider]
		least += w.Total(paid...)
		asked += g.Total(paid...)
		for _, endpoint := range paid {
			struck += g.Struck[endpoint]
		}
		t.Logf("%s: %d requests, %d without faults and kills; faults %v", provider, g.Total(), w.Total(), maps.Collect(maps.All(g.Faults)))
		if len(g.Violations) > 0 && provider != "yandex_market" {
			t.Errorf("%s: limits were broken: %v", provider, g.Violations)
		}
	}
	t.Logf("%d requests for data, %d of which met a fault, and %d without faults and kills; at most %d KiB and %d open files at first, %d KiB and %d at last",
		asked, struck, least, first.memory, first.files, last.memory, last.files)
	// Time goes on while faults are mended, so that there is more to fetch: what counts
	// is what a version takes. What met a fault has to be asked for again; so is what was
	// under way at a kill, which is not in the minimum.
	perVersion := float64(least) / float64(calm.versions())
	minimum := perVersion*float64(rough.versions()) + float64(struck)
	bound := 1.05 * minimum
	if !long { // a single kill is more than that of so few
		bound += float64(4 * soakRuns)
	}
	t.Logf("%.2f requests for data a version without faults and kills; %d versions, at least %.0f requests: %.1f %% more were made", perVersion, rough.versions(), minimum, 100*float64(asked)/minimum-100)
	if float64(asked) > bound {
		t.Errorf("%d requests for data, at most %.0f were to be made", asked, bound)
	}
	if float64(last.memory) > 1.3*float64(first.memory) {
		t.Errorf("memory grew from %d to %d KiB", first.memory, last.memory)
	}
	if last.files > first.files+8 {
		t.Errorf("%d files were open at first, %d at last", first.files, last.files)
	}
	w, g := calm.made(), rough.made()
	if g.planfix > w.planfix+1 || g.tracker != w.tracker {
		t.Errorf("made: %+v, and without faults and kills %+v", g, w)
	}
	rough.sameAsFresh(t, soakConfig(scale, "saved"))
	rough.sameRowsAsFresh(t, soakConfig(scale, "saved"))
}

// fresh is a place without a state, before the same services.
func (p *place) fresh(t *testing.T, config string) *place {
	t.Helper()
	out := newPlace(t, config)
	memory := filepath.Join(".reportsync", "sandbox", "memory.json")
	raw, err := os.ReadFile(filepath.Join(p.dir, memory))
	if err == nil {
		err = os.MkdirAll(filepath.Join(out.dir, filepath.Dir(memory)), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(out.dir, memory), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameRowsAsFresh has lists that change all the time read once more, here on top of
// what there is and elsewhere whole, at the same moment, and compares their rows.
func (p *place) sameRowsAsFresh(t *testing.T, config string) {
	t.Helper()
	for try := 1; ; try++ {
		p.must("sandbox", "-advance=31m")
		fresh := p.fresh(t, config)
		read := []string{"apply", "-auto-approve", "-target=planfix_xml_list.comments", "-target=planfix_xml_list.book", "-target=yandex_tracker_issues.queue"}
		fresh.must(read...)
		p.must(read...)
		want, rows := fresh.newest(), 0
		var differ []string
		for folder, got := range p.newest() {
			rows += len(got)
			if !slices.Equal(got, want[folder]) {
				differ = append(differ, fmt.Sprintf("%s: %d rows, the service has %d", folder, len(got), len(want[folder])))
			}
		}
		if len(differ) == 0 && rows > 100 {
			t.Logf("%d rows of lists compared with the services", rows)
			return
		}
		if try == 5 { // something may have happened in the second between the two
			t.Errorf("%d rows; %s", rows, strings.Join(differ, "; "))
			return
		}
	}
}

// newest are the rows of the newest file of each list, sorted.
func (p *place) newest() map[string][]string {
	p.t.Helper()
	files, last := p.files(), map[string]string{}
	for name := range files {
		folder, _, _ := strings.Cut(name, "/")
		if !isManifest(name) && (strings.HasPrefix(folder, "planfix_xml_list") || strings.HasPrefix(folder, "yandex_tracker_issues")) {
			last[folder] = max(last[folder], name)
		}
	}
	out := map[string][]string{}
	for folder, name := range last {
		rows := strings.Split(files[name], "\n")
		slices.Sort(rows)
		out[folder] = rows
	}
	return out
}

// sameAsFresh asks the same services for everything once more, from nothing, and
// compares what does not depend on the moment of asking.
func (p *place) sameAsFresh(t *testing.T, config string) {
	t.Helper()
	fresh := p.fresh(t, config)
	fresh.must("apply", "-auto-approve")
	truth, compared, payrolls := fresh.files(), 0, 0
	for name, text := range p.files() {
		if isManifest(name) || strings.HasPrefix(name, "yandex_tracker") || strings.HasPrefix(name, "planfix_xml") {
			continue // which are named by the moment they were read at
		}
		w, ok := truth[name]
		if strings.HasPrefix(name, "planfix_report.payroll") {
			payrolls++
			if !ok {
				t.Errorf("the service has no %s", name)
			}
		}
		if ok {
			compared++
			if w != text {
				t.Errorf("%s is not what the service has", name)
			}
		}
	}
	if compared < 20 || payrolls < 2 {
		t.Errorf("only %d files could be compared, %d of them generated", compared, payrolls)
	}
	t.Logf("%d files compared with the services, %d of them generated", compared, payrolls)
}
