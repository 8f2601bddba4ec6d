package market

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/sandbox/sim"
	"reportsync/internal/sandbox/sim/simtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cabinet is a simulated cabinet behind a real HTTP server.
type cabinet struct {
	*simtest.Served
	t *testing.T
}

func newCabinet(t *testing.T, set map[string]string) *cabinet {
	t.Helper()
	served, _ := simtest.Serve(t, simtest.Still{}, "", Provider, func(env sim.Env) (*Service, error) {
		s, err := New(env, Options{Set: set})
		if err == nil {
			s.env.Meter = env.Meter
		}
		return s, err
	})
	return &cabinet{served, t}
}

func (c *cabinet) ask(method, path, body string, changes ...simtest.Change) simtest.Answer {
	c.t.Helper()
	return c.Ask(method, "/"+Provider+path, body, append([]simtest.Change{simtest.With("Api-Key", goodKey)}, changes...)...)
}

// result decodes a good answer.
func (c *cabinet) result(a simtest.Answer) map[string]any {
	c.t.Helper()
	var v struct {
		Status string
		Result map[string]any
	}
	if err := json.Unmarshal([]byte(a.Raw), &v); err != nil || a.Status != 200 || v.Status != "OK" {
		c.t.Fatalf("got %d %.300s", a.Status, a.Raw)
	}
	return v.Result
}

// made asks for a report and waits until it has ended.
func (c *cabinet) made(path, body string, changes ...simtest.Change) map[string]any {
	c.t.Helper()
	id := c.result(c.ask("POST", path, body, changes...))["reportId"].(string)
	c.Clock.Advance(3 * time.Minute)
	return c.result(c.ask("GET", "/v2/reports/info/"+id, ""))
}

// get downloads a link. The test server listens on one address only.
func (c *cabinet) get(link string, changes ...simtest.Change) simtest.Answer {
	c.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.Ask("GET", u.RequestURI(), "", changes...)
}

// rows reads the rows of all CSV sheets in an archive.
func rows(t *testing.T, raw string) []string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		list, err := csv.NewReader(r).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range list[min(1, len(list)):] {
			out = append(out, f.Name+": "+strings.Join(row, "|"))
		}
	}
	slices.Sort(out)
	return out
}

const (
	orders  = "/v2/reports/united-orders/generate?format=CSV"
	returns = "/v2/reports/united-returns/generate?format=CSV"
)

func days(from, to string) string {
	return fmt.Sprintf(`{"businessId":987654,"dateFrom":%q,"dateTo":%q}`, from, to)
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	type change = simtest.Change
	for _, e := range []struct {
		name, method, path, body string
		change                   change
		status                   int
		want                     string
	}{
		{"no token", "POST", orders, days("2026-02-01", "2026-02-02"), simtest.With("Api-Key", ""), 401, "prefix is invalid"},
		{"unknown token", "POST", orders, days("2026-02-01", "2026-02-02"), simtest.With("Api-Key", "ACMA:x"), 401, "is invalid"},
		{"revoked", "POST", orders, days("2026-02-01", "2026-02-02"), simtest.With("Api-Key", "ACMA:sandbox-revoked:0004"), 401, "revoked"},
		{"two tokens", "POST", orders, days("2026-02-01", "2026-02-02"), simtest.With("Authorization", "Bearer sandbox-market-oauth"), 401, "not specified"},
		{"scopes", "POST", orders, days("2026-02-01", "2026-02-02"), simtest.With("Api-Key", "ACMA:sandbox-reviews:0003"), 403, "any of the scopes"},
		{"header", "POST", orders, days("2026-02-01", "2026-02-02"), simtest.With("X-Business-Id", "5"), 400, "X-Business-Id"},
		{"GET", "GET", orders, "", nil, 405, ""},
		{"wrong version", "POST", "/v1/reports/united-orders/generate", "{}", nil, 404, "Resource not found"},
		{"media", "POST", orders, days("2026-02-01", "2026-02-02"), simtest.With("Content-Type", "text/plain"), 415, ""},
		{"no JSON", "POST", orders, "{", nil, 400, "JSON"},
		{"missing", "POST", orders, `{"businessId":987654,"dateFrom":"2026-02-01"}`, nil, 400, "'dateTo' must not be null"},
		{"null", "POST", orders, `{"businessId":null,"dateFrom":"2026-02-01","dateTo":"2026-02-01"}`, nil, 400, "'businessId' must not be null"},
		{"type", "POST", orders, `{"businessId":"987654","dateFrom":"2026-02-01","dateTo":"2026-02-01"}`, nil, 400, "Illegal input at 'businessId'"},
		{"unknown field", "POST", orders, `{"businessId":987654,"date_from":"x","dateFrom":"2026-02-01","dateTo":"2026-02-01"}`, nil, 400, "unknown property 'date_from'"},
		{"empty list", "POST", orders, `{"businessId":987654,"dateFrom":"2026-02-01","dateTo":"2026-02-01","campaignIds":[]}`, nil, 400, "size must be between"},
		{"twice", "POST", orders, `{"businessId":987654,"dateFrom":"2026-02-01","dateTo":"2026-02-01","campaignIds":[20001,20001]}`, nil, 400, "unique"},
		{"backwards", "POST", orders, days("2026-02-02", "2026-02-01"), nil, 400, "greater than or equal"},
		{"too long ago", "POST", orders, days("2025-11-01", "2025-11-02"), nil, 400, "Without subscription, you cannot request data older than 90 days"},
		{"too long", "POST", "/v2/reports/united-netting/generate", days("2025-01-01", "2025-04-01"), nil, 400, "3 months"},
		{"two ways", "POST", "/v2/reports/united-netting/generate", `{"businessId":987654,"dateFrom":"2026-02-01","dateTo":"2026-02-02","monthOfYear":{"year":2026,"month":1}}`, nil, 400, "Exactly one"},
		{"month 13", "POST", "/v2/reports/goods-realization/generate", `{"campaignId":20001,"year":2026,"month":13}`, nil, 400, "less than or equal to 12"},
		{"other cabinet", "POST", orders, `{"businessId":5,"dateFrom":"2026-02-01","dateTo":"2026-02-02"}`, nil, 403, "No access to business"},
		{"other shop", "POST", orders, `{"businessId":987654,"dateFrom":"2026-02-01","dateTo":"2026-02-02","campaignIds":[5]}`, nil, 403, "No access to campaigns"},
		{"shop is off", "POST", "/v2/reports/goods-realization/generate", `{"campaignId":20005,"year":2026,"month":1}`, nil, 403, "API for campaign 20005 disabled"},
		{"model", "POST", "/v2/reports/goods-turnover/generate", `{"campaignId":20002}`, nil, 400, "Campaign type is not allowed"},
		{"needs another", "POST", "/v2/reports/stocks-on-warehouses/generate", `{"campaignId":20001,"campaignIds":[20001]}`, nil, 400, "can only be used with"},
		{"withdrawn", "POST", "/v2/reports/closure-documents/detalization/generate", `{"campaignId":20001,"monthOfYear":{"year":2026,"month":1},"contractType":"MARKETING"}`, nil, 400, "not supported any more"},
		{"format", "POST", "/v2/reports/united-orders/generate?format=XML", days("2026-02-01", "2026-02-02"), nil, 400, "Type mismatch"},
		{"no report", "GET", "/v2/reports/info/none", "", nil, 404, "Report not found."},
		{"page", "GET", "/v2/campaigns?limit=1000", "", nil, 400, "limit"},
	} {
		c := newCabinet(t, nil)
		var changes []simtest.Change
		if e.change != nil {
			changes = append(changes, e.change)
		}
		a := c.ask(e.method, e.path, e.body, changes...)
		if a.Status != e.status || !strings.Contains(a.Raw, e.want) || !strings.Contains(a.Raw, `"status":"ERROR"`) || a.Header.Get("Traceparent") == "" {
			t.Errorf("%s: got %d %s", e.name, a.Status, a.Raw)
		}
	}
}

func TestUnknownParametersAreIgnored(t *testing.T) {
	t.Parallel()
	c := newCabinet(t, nil)
	i := c.made("/v2/reports/goods-prices/generate?fromat=CSV&language=EN", `{"businessId":987654}`)
	if a := c.get(i["file"].(string)); !strings.Contains(a.Raw, "[Content_Types].xml") {
		t.Error("a misspelt format is not a workbook")
	}
}

func TestAllowances(t *testing.T) {
	t.Parallel()
	c := newCabinet(t, nil)
	a := c.ask("POST", orders, "{}") // refused requests count
	if a.Status != 400 || a.Header.Get("X-RateLimit-Resource-Limit") != "1" || a.Header.Get("X-RateLimit-Resource-Remaining") != "0" ||
		a.Header.Get("X-RateLimit-Resource-Until") != "Sun, 01 Mar 2026 12:02:00 GMT" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	c.Clock.Advance(119 * time.Second)
	if a = c.ask("POST", orders, days("2026-02-01", "2026-02-02")); a.Status != 420 || !strings.Contains(a.Raw, "for resource") || c.Last.Violation != "allowance" {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
	if a = c.ask("POST", returns, days("2026-02-01", "2026-02-02")); a.Status != 200 {
		t.Errorf("another method: %d %s", a.Status, a.Raw)
	}
	c.Clock.Advance(time.Second)
	if a = c.ask("POST", orders, days("2026-02-01", "2026-02-02")); a.Status != 420 || !strings.Contains(a.Raw, "Active reports limit exceeded") || c.Last.Violation != "active" {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
	c.Clock.Advance(2 * time.Minute)
	if a = c.ask("POST", orders, days("2026-02-01", "2026-02-02")); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
	m := newCabinet(t, map[string]string{"subscription": "MEDIUM"})
	for _, p := range []string{orders, returns, "/v2/reports/sales-geography/generate"} {
		if a := m.ask("POST", p, days("2025-03-01", "2025-03-02")); a.Status != 200 {
			t.Errorf("%s: %d %s", p, a.Status, a.Raw)
		}
	}
	m.Clock.Advance(time.Minute)
	if a := m.ask("POST", orders, days("2025-03-01", "2025-03-02")); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
	for n := range 101 {
		a := m.ask("GET", "/v2/reports/info/none", "")
		if want := map[bool]int{true: 404, false: 420}[n < 100]; a.Status != want {
			t.Fatalf("info %d: %d", n, a.Status)
		}
	}
}

func TestLifeOfAReport(t *testing.T) {
	t.Parallel()
	c := newCabinet(t, nil)
	r := c.result(c.ask("POST", orders, days("2026-02-01", "2026-02-02")))
	if ms := r["estimatedGenerationTime"].(float64); ms < 20_000 || ms > 40_000 {
		t.Errorf("%v ms", ms)
	}
	path := "/v2/reports/info/" + r["reportId"].(string)
	var states []string
	for range 10 {
		i := c.result(c.ask("GET", path, ""))
		if s := i["status"].(string); len(states) == 0 || states[len(states)-1] != s {
			states = append(states, s)
		}
		if (i["file"] != nil) != (i["status"] == "DONE") {
			t.Errorf("%v", i)
		}
		c.Clock.Advance(3 * time.Second)
	}
	if got := strings.Join(states, " "); got != "PENDING PROCESSING DONE" {
		t.Error(got)
	}
	first := c.result(c.ask("GET", path, ""))["file"].(string)
	second := c.result(c.ask("GET", path, ""))["file"].(string)
	if first == second || !strings.HasPrefix(first, "http://localhost:") {
		t.Errorf("%s\n%s", first, second)
	}
	if a := c.get(first); a.Status != 200 || len(rows(t, a.Raw)) == 0 {
		t.Errorf("%d", a.Status)
	}
	if a := c.get(first, simtest.With("Api-Key", goodKey)); a.Status != 200 {
		t.Errorf("%d", a.Status)
	}
	if n, err := c.Meter.Counts(); err != nil || n.Leaks != 1 || n.Generations != 1 {
		t.Errorf("%+v, %v", n, err)
	}
	if a := c.get(strings.Replace(first, "signature=", "signature=0", 1)); a.Status != 403 {
		t.Errorf("a wrong signature: %d", a.Status)
	}
	c.Clock.Advance(time.Hour)
	if a := c.get(first); a.Status != 403 || !strings.Contains(a.Raw, "AccessDenied") {
		t.Errorf("an old link: %d", a.Status)
	}
	if a := c.ask("GET", path+"?sourceType=ADVERTISER", ""); a.Status != 404 {
		t.Errorf("as somebody else: %d", a.Status)
	}
	c.Clock.Advance(reportLife)
	if a := c.ask("GET", path, ""); a.Status != 404 {
		t.Errorf("a day later: %d", a.Status)
	}
}

// What is asked for in halves is together what is asked for at once, and what has
// settled does not change any more.
func TestDataIsOneWorld(t *testing.T) {
	t.Parallel()
	c := newCabinet(t, nil)
	read := func(from, to string) []string {
		i := c.made(returns, days(from, to))
		return rows(t, c.get(i["file"].(string)).Raw)
	}
	whole := read("2026-02-01", "2026-02-10")
	halves := append(read("2026-02-01", "2026-02-05"), read("2026-02-06", "2026-02-10")...)
	slices.Sort(halves)
	if len(whole) == 0 || !slices.Equal(whole, halves) {
		t.Errorf("%d rows at once, %d in halves", len(whole), len(halves))
	}
	early := read("2026-02-28", "2026-02-28")
	c.Clock.Advance(72 * time.Hour)
	late := read("2026-02-28", "2026-02-28")
	if len(early) >= len(late) {
		t.Errorf("%d rows at first, %d later", len(early), len(late))
	}
	c.Clock.Advance(24 * time.Hour)
	if again := read("2026-02-28", "2026-02-28"); !slices.Equal(late, again) {
		t.Error("what has settled has changed")
	}
}

func TestMonthsAppearLate(t *testing.T) {
	t.Parallel()
	c := newCabinet(t, nil)
	ask := func(month int) map[string]any {
		return c.made("/v2/reports/goods-realization/generate?format=JSON", fmt.Sprintf(`{"campaignId":20001,"year":2026,"month":%d}`, month))
	}
	if i := ask(2); i["status"] != "FAILED" || i["subStatus"] != "NO_DATA" {
		t.Errorf("%v", i)
	}
	if i := ask(1); i["status"] != "DONE" || i["file"] == nil {
		t.Errorf("%v", i)
	}
	c.Clock.Advance(6 * 24 * time.Hour)
	if i := ask(2); i["status"] != "DONE" {
		t.Errorf("%v", i)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	c := newCabinet(t, nil)
	i := c.made("/v2/reports/documents/labels/generate?format=A4", `{"businessId":987654,"orderIds":[1,2]}`)
	if a := c.get(i["file"].(string)); !strings.HasPrefix(a.Raw, "%PDF-") || !strings.Contains(a.Raw, "%%EOF") {
		t.Errorf("%.60s", a.Raw)
	}
	i = c.made("/v2/reports/closure-documents/generate", `{"campaignId":20001,"monthOfYear":{"year":2026,"month":1},"contractTypes":null}`)
	a := c.get(i["file"].(string))
	z, err := zip.NewReader(bytes.NewReader([]byte(a.Raw)), int64(len(a.Raw)))
	if err != nil || len(z.File) != 2 {
		t.Fatal(err)
	}
	r, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("%.60s, %v", b, err)
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		faultFail: "FAILED  false", faultStuck: "PENDING  false", faultLarge: "FAILED TOO_LARGE false", faultPartly: "DONE RESOURCE_NOT_FOUND true",
		faultIDs: "FAILED RESOURCE_NOT_FOUND false", faultHollow: "DONE  false", faultNoData: "FAILED NO_DATA false", faultOldWord: "NO_DATA  false",
		faultDoneWord: "DONE NO_DATA false", faultLateFile: "DONE  false",
	} {
		c := newCabinet(t, nil)
		i := c.made(returns, days("2026-02-01", "2026-02-02"), simtest.Play(fault))
		sub, _ := i["subStatus"].(string)
		if got := fmt.Sprintf("%s %s %t", i["status"], sub, i["file"] != nil); got != want {
			t.Errorf("%s: got %s, want %s", fault, got, want)
		}
	}
}

func TestCampaignsComeInPages(t *testing.T) {
	t.Parallel()
	c := newCabinet(t, nil)
	var names []string
	token := ""
	for range 5 {
		a := c.ask("GET", "/v2/campaigns?limit=100&pageToken="+token, "")
		var page struct {
			Status    *string
			Campaigns []struct{ Domain string }
			Paging    struct{ NextPageToken string }
		}
		if err := json.Unmarshal([]byte(a.Raw), &page); err != nil || page.Status != nil {
			t.Fatalf("%v in %s", err, a.Raw)
		}
		for _, s := range page.Campaigns {
			names = append(names, s.Domain)
		}
		if token = page.Paging.NextPageToken; token == "" {
			break
		}
	}
	if len(names) != len(shops) {
		t.Errorf("%q", names)
	}
}
