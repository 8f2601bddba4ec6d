package tracker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/sandbox/sim/simtest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	body := query(`"Sort By": Created ASC, Key ASC`)
	var keys []string
	for page := 1; ; page++ {
		got := g.post(fmt.Sprintf("%s?perPage=70&page=%d&fields=key", search, page), body)
		if got.header.Get("X-Total-Count") != "300" || got.header.Get("X-Total-Pages") != "5" {
			t.Fatalf("%v", got.header)
		}
		keys = append(keys, texts(got.rows(), "key")...)
		next := got.linked()
		if next == nil {
			break
		}
		if next.Get("page") != strconv.Itoa(page+1) || next.Get("perPage") != "70" {
			t.Fatalf("%v", next)
		}
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(keys))); len(keys) != 300 || len(unique) != 300 {
		t.Errorf("%d rows, %d of them different", len(keys), len(unique))
	}
	if got := g.post(search, body).rows(); len(got) != 50 {
		t.Errorf("%d rows without a size", len(got))
	}
	if got := g.post(search+"?page=99", body); got.raw != "[]" {
		t.Errorf("%s", got.raw)
	}
	if n := decodeAs[float64](g.post(count, body)); n != 300 {
		t.Errorf("the count is %v", n)
	}
}

func TestPagesRefuse(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	for address, param := range map[string]string{
		"?perPage=0": "perPage", "?perPage=1001": "perPage", "?perPage=x": "perPage", "?page=0": "page", "?page=-1": "page", "?page=201": "page",
		"?perPage=1000&page=11": "page", "?perPage=300&page=34": "page", "?id=1": "id", "?perScroll=10": "perScroll", "?scrollTTLMillis=1": "scrollTTLMillis",
	} {
		g.post(search+address, query("Queue: DEV")).fails(400, param)
	}
	for _, address := range []string{"?page=200", "?perPage=1000&page=10", "?perPage=300&page=33"} {
		g.post(search+address, query("Queue: DEV")).ok()
	}
}

func TestTotalsAreCapped(t *testing.T) {
	t.Parallel()
	g := openOrg(t, "", Options{Issues: 12_000, Still: true})
	got := g.post(search+"?perPage=1000&page=10&fields=key", query(""))
	if got.header.Get("X-Total-Count") != "10000" || got.header.Get("X-Total-Pages") != "10" || len(got.rows()) != 1000 || got.linked() != nil {
		t.Errorf("%v, %d rows", got.header, len(got.rows()))
	}
	if n := decodeAs[float64](g.post(count, query(""))); n != 12_000 {
		t.Errorf("the count is %v", n)
	}
}

func TestSelections(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	first := func(body string) string {
		t.Helper()
		rows := g.post(search+"?perPage=1", body).rows()
		if len(rows) == 0 {
			return ""
		}
		return rows[0]["key"].(string)
	}
	for body, want := range map[string]string{
		`{"queue":"DEV"}`:                                                     "DEV-1",
		`{"queue":"DEV","query":"Queue: TREK"}`:                               "DEV-1",
		`{"queue":"DEV","keys":["TREK-3"]}`:                                   "DEV-1",
		`{"keys":"TREK-3"}`:                                                   "TREK-3",
		`{"keys":["TREK-3","NO-1"],"filter":{}}`:                              "TREK-3",
		`{"keys":["TREK-4"],"query":"Queue: DEV"}`:                            "TREK-4",
		`{"keys":[]}`:                                                         "",
		`{"filter":{"queue":"TREK"},"order":"+created"}`:                      "TREK-1",
		`{"filter":{"queue":"TREK"},"order":["+created"]}`:                    "TREK-1",
		`{"filter":{"queue":"DEV"},"query":"Queue: TREK","order":"+created"}`: "DEV-1",
	} {
		if got := first(body); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	for body, param := range map[string]string{
		`{}`:             "filter",
		`{"query":null}`: "filter",
		`{"queue":"DEV","keys":["X"],"query":""}`:   "query",
		`{"query":"","filterId":101}`:               "filterId",
		`{"queue":"NOWHERE"}`:                       "queue",
		`{"query":"Queue: DEV","order":"+created"}`: "order",
		`{"queue":"DEV","order":"+created"}`:        "order",
		`{"filter":{},"order":"created"}`:           "order",
		`{"filter":{},"order":"+-created"}`:         "order",
		`{"filter":{},"order":"+createdAt"}`:        "order",
		`{"filter":{"updatedAt":"2026-01-01"}}`:     "filter",
		`{"filter":{"queue":"NOWHERE"}}`:            "filter",
		`{"filter":{"Queue":"DEV"}}`:                "filter",
		`{"filter":{"created":"yesterday"}}`:        "filter",
		`{"filter":{"status":{"from":"open"}}}`:     "filter",
		`{"filter":{"assignee":"nobody()"}}`:        "filter",
		`{"filter":{"storyPoints":"many"}}`:         "filter",
	} {
		g.post(search, body).fails(400, param)
	}
	for body, param := range map[string]string{`{"queue":"DEV"}`: "queue", `{"keys":["DEV-1"]}`: "keys", `{"filterId":101}`: "filterId", `{"filter":{},"order":"+key"}`: "filter"} {
		g.post(count, body).fails(400, param)
	}
	g.post(search, `{"filterId":999}`).fails(404, "")
	g.post(search, `{"filterId":104}`).fails(403, "")
}

// Names come in the order of the summaries, those of a queue in that of the numbers.
func TestOrderOfKeys(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	rows := g.post(search, `{"keys":["DEV-1","DEV-2","DEV-3","DEV-4","DEV-5","DEV-6"]}`).rows()
	if names := texts(rows, "summary"); len(names) != 6 || !slices.IsSorted(names) {
		t.Errorf("%v", names)
	}
}

func TestRelativePages(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	var keys []string
	for address := search + "?perPage=7"; address != ""; {
		got := g.post(address, `{"queue":"SUPPORT"}`)
		keys = append(keys, texts(got.rows(), "key")...)
		address = ""
		if next := got.linked(); next != nil {
			address = search + "?" + next.Encode()
		}
	}
	var want []string
	for n := range decodeAs[int](g.post(count, query("Queue: SUPPORT"))) {
		want = append(want, fmt.Sprintf("SUPPORT-%d", n+1))
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
	g.post(search+"?page=1", `{"queue":"DEV"}`).fails(400, "page")
	g.post(search+"?id=0123", `{"queue":"DEV"}`).fails(400, "id")
	trek := g.post(search+"?perPage=1", `{"queue":"TREK"}`).rows()[0]["id"].(string)
	g.post(search+"?id="+trek, `{"queue":"DEV"}`).fails(400, "id")
}

// The place of an issue that was moved or deleted between two pages is known.
func TestRelativePagesGoOnAfterAMove(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	before := g.post(search+"?perPage=1000", `{"queue":"DEV"}`).rows()
	g.Clock.Advance(30 * 24 * time.Hour)
	after := texts(g.post(search+"?perPage=1000", `{"queue":"DEV"}`).rows(), "id")
	gone := slices.IndexFunc(before, func(r map[string]any) bool { return !slices.Contains(after, r["id"].(string)) })
	if gone < 0 {
		t.Fatal("nothing has left the queue in a month")
	}
	rows := g.post(search+"?id="+before[gone]["id"].(string), `{"queue":"DEV"}`).rows()
	_, num, _ := strings.Cut(before[gone]["key"].(string), "-")
	_, next, _ := strings.Cut(rows[0]["key"].(string), "-")
	a, _ := strconv.Atoi(num)
	b, _ := strconv.Atoi(next)
	if b <= a {
		t.Errorf("after %s comes %s", num, next)
	}
}

func TestPageFaults(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	page := func(n int, fault string) []string {
		return texts(g.post(fmt.Sprintf("%s?perPage=10&page=%d", search, n), query(`"Sort By": Created ASC`), simtest.Play(fault)).rows(), "id")
	}
	all := append(page(1, ""), append(page(2, ""), page(3, "")...)...)
	if diff := cmp.Diff(all[9:19], page(2, faultShift)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(all[11:21], page(2, faultSkip)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(all[:10], page(1, faultShift)); diff != "" {
		t.Error(diff)
	}
}

func TestIssueShape(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	numbers, textual, nulls, missing := 0, 0, 0, 0
	for _, r := range g.post(search+"?perPage=300", query("")).rows() {
		if !isHexID(r["id"].(string)) || r["self"] != "https://api.tracker.yandex.net/v3/issues/"+r["key"].(string) || r["version"].(float64) < 1 {
			t.Fatalf("%v", r)
		}
		for _, name := range []string{"createdAt", "updatedAt"} {
			if _, err := time.Parse("2006-01-02T15:04:05.000-0700", r[name].(string)); err != nil || !strings.HasSuffix(r[name].(string), "+0000") {
				t.Errorf("%s is %v", name, r[name])
			}
		}
		if d, ok := r["deadline"]; ok {
			if _, err := time.Parse(time.DateOnly, d.(string)); err != nil {
				t.Error(err)
			}
		}
		switch r["status"].(map[string]any)["id"].(type) {
		case string:
			textual++
		case float64:
			numbers++
		}
		a, there := r["resolution"]
		if there && a == nil {
			nulls++
		} else if !there {
			missing++
		}
		if a, ok := r["assignee"].(map[string]any); ok && (a["login"] != nil || a["passportUid"] == nil) {
			t.Errorf("%v", a)
		}
		if p, ok := r["project"].(map[string]any); ok && p["primary"] == nil {
			t.Errorf("%v", p)
		}
		if _, local := r[hoursHex+"--actualAmountOfHours"]; local != strings.HasPrefix(r["key"].(string), "TREK-") {
			t.Errorf("%v", r)
		}
	}
	if numbers == 0 || textual == 0 || nulls == 0 || missing == 0 {
		t.Errorf("ids: %d numbers, %d texts; resolutions: %d null, %d missing", numbers, textual, nulls, missing)
	}
	for _, r := range g.post("/v2/issues/_search?perPage=300", query("Project: notEmpty()")).rows() {
		if r["project"].(map[string]any)["display"] == nil {
			t.Fatalf("%v", r["project"])
		}
	}
}

func TestFieldsAndExpand(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	got := g.post(search+"?perPage=1&fields=key,version,updated,nothing", query("Queue: DEV")).rows()[0]
	if len(got) != 2 || got["key"] == nil || got["version"] == nil {
		t.Errorf("%v", got)
	}
	got = g.post(search+"?perPage=1&fields=key&expand=comments,attachments", query("Queue: DEV")).rows()[0]
	if len(got) != 3 || got["comments"] == nil || got["attachments"] == nil {
		t.Errorf("%v", got)
	}
	ru := g.post(search+"?perPage=50&fields=status", query("Status: Open")).raw
	en := g.post(search+"?perPage=50&fields=status", query("Status: Open"), english).raw
	if !strings.Contains(ru, `"display":"Открыт"`) || !strings.Contains(en, `"display":"Open"`) {
		t.Errorf("%.200s\n%.200s", ru, en)
	}
}
