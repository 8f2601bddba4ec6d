package planfix

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/sandbox/sim/simtest"
)

func TestReportList(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	a.ask("POST", list, `{"offset":1,"pageSize":2,"fields":"id, name,nonsense"}`).
		is(200, `{"result":"success","reports":[{"id":26014,"name":"Time spent by project"},{"id":26021,"name":"План/факт по менеджерам"}]}`)
	a.ask("POST", list, `{"offset":8,"pageSize":2}`).is(200, `{"result":"success","reports":[]}`)
	a.ask("POST", list, `{"offset":9223372036854775807}`).is(200, `{"result":"success","reports":[]}`)
	a.ask("POST", list, `{"pageSize":1}`).is(200, `{"result":"success","reports":[{"id":26000}]}`)
	if got := len(a.ask("POST", list, "").list("reports")); got != len(Info().Reports) {
		t.Errorf("%d reports, and %d are described", got, len(Info().Reports))
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	a.ask("GET", "/planfix/rest/report/26052?fields=id,name,fields,link", "").is(200, `{"result":"success","report":{"id":26052,"name":"Зарплатная ведомость","fields":[`+
		`{"id":2,"num":1,"name":"Сотрудник","formula":"","hidden":false},{"id":1,"num":2,"name":"Оклад","formula":"","hidden":false},`+
		`{"id":4,"num":3,"name":"Премия","formula":"","hidden":false}],"link":"https://acme.planfix.com/report/26052"}}`)
	a.ask("GET", "/planfix/rest/report/26000", "").is(200, `{"result":"success","report":{"id":26000}}`)
	a.ask("GET", "/planfix/rest/report/26066", "").is(200, `{"result":"success","repost":{"id":26066}}`)
	for _, unknown := range []string{"1", "99999999999999999999"} {
		a.ask("GET", "/planfix/rest/report/"+unknown, "").is(400, `{"result":"fail","code":9000,"error":"Report not found by id `+unknown+`"}`)
		for _, rest := range []string{"/save/list", "/save/1/data", "/generate"} {
			a.ask("POST", "/planfix/rest/report/"+unknown+rest, "").fails(400, "9000")
		}
	}
}

func TestSaveList(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	const all = `{"fields":"id,reportId,dateTime,name,chunks,chunksCount"}`

	got := a.ask("POST", saves, all).succeeds(200).list("saves")
	if len(got) != 4 {
		t.Fatalf("%d saves", len(got))
	}
	if diff := cmp.Diff([]int64{5308, 5322, 5301, 5315}, a.saveIDs("26000")); diff != "" {
		t.Errorf("the order must be of no use: %s", diff)
	}
	newest := got[1]
	want := map[string]any{
		"id": json.Number("5322"), "reportId": json.Number("26000"), "name": "Weekly sales 22.02 12:00", "chunksCount": json.Number("3"),
		"dateTime": map[string]any{"date": "22-02-2026", "time": "12:00", "datetime": "2026-02-22T12:00Z", "dateTimeUtcSeconds": "2026-02-22T12:00:00+0000"},
	}
	if diff := cmp.Diff(want, newest); diff != "" {
		t.Error(diff)
	}

	byKeys := make(map[string]int)
	for _, r := range Info().Reports {
		for _, s := range a.ask("POST", "/planfix/rest/report/"+r.ID+"/save/list", all).succeeds(200).list("saves") {
			keys := strings.Join(slices.Sorted(maps.Keys(s)), ",")
			byKeys[strings.TrimSuffix(keys, ",dateTime,id,name,reportId")]++
			if _, text := s["dateTime"].(string); text != (r.ID == "26014") {
				t.Errorf("report %s: dateTime is %v", r.ID, s["dateTime"])
			}
			if s["chunks"] != nil && s["chunksCount"] != nil && number64(t, s, "chunks")+1 != number64(t, s, "chunksCount") {
				t.Errorf("report %s: %v", r.ID, s)
			}
		}
	}
	for _, style := range []string{"chunks", "chunksCount", "chunks,chunksCount"} {
		if byKeys[style] == 0 {
			t.Errorf("no save tells its chunks as %s: %v", style, byKeys)
		}
	}
	a.ask("POST", "/planfix/rest/report/26052/save/list", all).is(200, `{"result":"success","saves":[]}`)
}

func TestSavesAppearEveryHour(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	before := a.saveIDs("26000")
	a.Clock.Advance(58 * time.Minute)
	if diff := cmp.Diff(before, a.saveIDs("26000")); diff != "" {
		t.Errorf("within the first hour: %s", diff)
	}
	a.Clock.Advance(2 * time.Minute)
	after := a.saveIDs("26000")
	if len(after) != len(before)+1 || slices.Max(after) <= slices.Max(before) {
		t.Errorf("after an hour: %v, before %v", after, before)
	}
	if got := a.saveIDs("26014"); len(got) != 2 {
		t.Errorf("a report with another phase has %v already", got)
	}
	a.Clock.Advance(7 * time.Minute)
	if got := a.saveIDs("26014"); len(got) != 3 {
		t.Errorf("a report with another phase has %v still", got)
	}
	if got := a.saveIDs("26080"); len(got) != 1 {
		t.Errorf("the large report has %v after an hour", got)
	}
	a.Clock.Advance(24 * time.Hour)
	if got := a.saveIDs("26080"); len(got) != 2 {
		t.Errorf("the large report has %v after a day", got)
	}
}

func TestOldSavesArePushedOut(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	oldest := slices.Min(a.saveIDs("26000"))
	data := fmt.Sprintf("/planfix/rest/report/26000/save/%d/data", oldest)
	a.ask("POST", data, "").succeeds(200)
	a.Clock.Advance(10 * time.Hour)
	ids := a.saveIDs("26000")
	if len(ids) != keepSaves || slices.Contains(ids, oldest) {
		t.Errorf("after ten hours: %v", ids)
	}
	a.ask("POST", data, "").fails(400, "9000")
	a.Clock.Advance(1000 * time.Hour)
	later := a.saveIDs("26000")
	if len(later) != keepSaves || slices.Min(later) <= slices.Max(ids) {
		t.Errorf("after a thousand hours: %v", later)
	}

	few := newAccount(t, "", Options{KeepSaves: 2})
	if got := few.saveIDs("26000"); len(got) != 2 || slices.Min(got) != 5315 {
		t.Errorf("a tariff that keeps two has %v", got)
	}
}

// Ids grow with time, over all reports, however the saves came to be.
func TestSaveIDsGrowWithTime(t *testing.T) {
	t.Parallel()
	w := newWorld(1, simtest.Noon, Options{KeepSaves: 100})
	type made struct {
		id int64
		at time.Time
	}
	var all []made
	seen := make(map[int64]bool)
	for _, r := range w.reports {
		for _, s := range w.saves(r, &memory{}, simtest.Noon.Add(50*time.Hour)) {
			all = append(all, made{s.id, s.at})
			if seen[s.id] {
				t.Errorf("two saves have the id %d", s.id)
			}
			seen[s.id] = true
		}
	}
	slices.SortFunc(all, func(a, b made) int { return int(a.id - b.id) })
	if !slices.IsSortedFunc(all, func(a, b made) int { return a.at.Compare(b.at) }) {
		t.Errorf("ids do not grow with time: %v", all)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	a.ask("GET", ping, "", simtest.Play("500")).is(500, `{"result":"fail","code":0,"error":"Rest API error"}`)
	a.ask("GET", ping, "", simtest.Play("fail-200")).is(200, `{"result":"fail","code":0,"error":"Rest API error"}`)
	got := a.ask("GET", ping, "", simtest.Play("code22"))
	got.fails(403, "22")
	if left := got.header.Get("X-RateLimit-Remaining"); left == "0" {
		t.Error("a momentary limit with no requests left")
	}
	got = a.ask("GET", ping, "", simtest.Play("code22-daily"))
	got.fails(403, "22")
	if left := got.header.Get("X-RateLimit-Remaining"); left != "0" {
		t.Errorf("the quota is used up, and %s remain", left)
	}
	a.ask("POST", "/planfix/rest/report/26000/generate", "", simtest.Play("9001")).is(403, `{"result":"fail","code":9001,"error":"Report billing error"}`)
	if a.Last.Generated {
		t.Error("a refused generation was counted")
	}
	a.ask("POST", "/planfix/rest/report/26000/generate", "").succeeds(http.StatusCreated)
}

func TestNewSaveFault(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	before := a.saveIDs("26021")
	for range 3 {
		a.ask("POST", "/planfix/rest/report/26021/save/list", "", simtest.Play("new-save")).succeeds(200)
	}
	after := a.saveIDs("26021")
	if len(after) != len(before)+3 || slices.Max(after) <= slices.Max(before) {
		t.Errorf("before %v, after %v", before, after)
	}
	a.ask("POST", fmt.Sprintf("/planfix/rest/report/26021/save/%d/data", slices.Max(after)), "").succeeds(200)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{DailyQuota: -1}, {Latency: -1}, {Reports: maxUniform + 1}, {Reports: 1, Columns: 1001}} {
		if _, err := o.withDefaults(); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
