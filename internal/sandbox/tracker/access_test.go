package tracker

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"reportsync/internal/sandbox/sim/simtest"
)

const (
	search   = "/v3/issues/_search"
	count    = "/v3/issues/_count"
	entities = "/v3/entities/report/"
	lookup   = "/v3/entities/report/_search"
)

func TestMyself(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	me := g.get("/v3/myself").object()
	if me["login"] != "anna.ivanova" || me["uid"] != 1234567890.0 || me["display"] != "Анна Иванова" || me["cloudUid"] == "" || me["email"] == "" {
		t.Errorf("%v", me)
	}
	if me := g.get("/v2/myself", english).object(); me["display"] != "Anna Ivanova" {
		t.Errorf("%v", me)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	bearer := func(token string) simtest.Change { return simtest.With("Authorization", "Bearer "+token) }
	without := func(name string) simtest.Change { return func(r *http.Request) { r.Header.Del(name) } }
	cloud := func(r *http.Request) { r.Header.Del("X-Org-Id"); r.Header.Set("X-Cloud-Org-ID", cloudID) }
	for _, tc := range []struct {
		name    string
		status  int
		changes []simtest.Change
	}{
		{"oauth, 360", 200, nil},
		{"oauth, cloud", 200, []simtest.Change{cloud}},
		{"iam, cloud", 200, []simtest.Change{bearer(iamToken), cloud}},
		{"iam, 360", 401, []simtest.Change{bearer(iamToken)}},
		{"iam as oauth", 401, []simtest.Change{as(iamToken), cloud}},
		{"oauth as iam", 401, []simtest.Change{bearer(goodToken), cloud}},
		{"no token", 401, []simtest.Change{without("Authorization")}},
		{"two tokens", 401, []simtest.Change{func(r *http.Request) { r.Header.Add("Authorization", "OAuth "+goodToken) }}},
		{"bare token", 401, []simtest.Change{simtest.With("Authorization", goodToken)}},
		{"unknown token", 401, []simtest.Change{as("nobody")}},
		{"expired", 401, []simtest.Change{bearer("expired"), cloud}},
		{"service account", 401, []simtest.Change{bearer("service"), cloud}},
		{"no organisation", 401, []simtest.Change{without("X-Org-Id")}},
		{"both organisations", 401, []simtest.Change{simtest.With("X-Cloud-Org-ID", cloudID)}},
		{"two organisations", 401, []simtest.Change{func(r *http.Request) { r.Header.Add("X-Org-Id", orgID) }}},
		{"another organisation", 401, []simtest.Change{simtest.With("X-Org-Id", "1")}},
		{"another cloud organisation", 401, []simtest.Change{cloud, simtest.With("X-Cloud-Org-ID", "1")}},
		{"no rights", 200, []simtest.Change{as("norights")}},
		{"read only", 200, []simtest.Change{as("readonly")}},
	} {
		got := g.get("/v3/myself", tc.changes...)
		if got.status != tc.status {
			t.Errorf("%s: %d %s", tc.name, got.status, got.raw)
		}
		if tc.status != 200 && strings.Contains(got.raw, `"errors"`) {
			t.Errorf("%s: %s", tc.name, got.raw)
		}
	}
	g.post(count, query("Queue: DEV"), as("norights")).fails(403, "")
	if g.Last.Refusal != "403" {
		t.Errorf("the refusal is counted as %q", g.Last.Refusal)
	}
	g.post(count, query("Queue: DEV"), as("readonly")).ok()
	g.post(entities, newReport, as("readonly")).fails(403, "")
	g.ask("DELETE", entities+"1", "", as("readonly")).fails(403, "")
	g.ask("PATCH", entities+"1", "{}", as("readonly")).fails(403, "")
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	for _, path := range []string{
		"/v1/myself", "/v3/", "/v3/myself/", "/v3/issues/_search/", "/v3/issues//changelog", "/v3/entities/project/", "/v2/entities/report/",
		"/v3/entities/report/x/events/_relative", "/v3/metaEntities/reports/x/attachments", "/myself",
	} {
		g.get(path).fails(404, "")
	}
	for path, allow := range map[string]string{
		"/v3/myself": "GET", search: "POST", count: "POST", "/v3/issues/DEV-1": "GET", "/v3/entities/report/": "POST", lookup: "POST",
		"/v3/entities/report/x": "GET, PATCH, DELETE", "/v3/system/search/scroll/_clear": "POST",
	} {
		got := g.ask("PUT", path, "")
		got.fails(405, "")
		if got.header.Get("Allow") != allow {
			t.Errorf("%s: Allow is %q", path, got.header.Get("Allow"))
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	for _, body := range []string{`{`, `[]`, `null`, `"x"`, ` `, `{"query":"Queue: DEV",}`, `{"x":"` + strings.Repeat("x", maxBody) + `"}`} {
		g.post(count, body).fails(422, "")
	}
	g.post(count, "").fails(422, "")
	g.post(count, query("Queue: DEV"), simtest.With("Content-Type", "text/plain")).fails(400, "")
	g.post(count, query("Queue: DEV"), simtest.With("Content-Type", "application/json; charset=utf-8")).ok()
	for body, param := range map[string]string{
		`{"query":1}`: "query", `{"filter":"x"}`: "filter", `{"queue":1}`: "queue", `{"keys":1}`: "keys", `{"filterId":"x"}`: "filterId",
		`{"filter":{},"order":1}`: "order", `{"filter":{"queue":null}}`: "filter", `{"filter":{"queue":[]}}`: "filter", `{"filter":{"queue":[["DEV"]]}}`: "filter",
		`{"filter":{"created":{}}}`: "filter", `{"filter":{"created":{"since":"2026-01-01"}}}`: "filter",
	} {
		g.post(search, body).fails(422, param)
	}
	g.post(search+"?perPage=%zz", query("")).fails(400, "query")
	g.post(search+"?perPage=1&perPage=2", query("")).fails(400, "perPage")
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	for header, want := range map[string]string{
		"": "Задача не существует.", "ru": "Задача не существует.", "de": "Задача не существует.", "en": "The issue does not exist.", "en-US,ru;q=0.5": "The issue does not exist.",
		"EN;q=0.9": "The issue does not exist.", "ru,en": "Задача не существует.",
	} {
		if got := g.get("/v3/issues/DEV-999999", simtest.With("Accept-Language", header)).fails(404, ""); !strings.Contains(got.raw, want) {
			t.Errorf("%q: %s", header, got.raw)
		}
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	g := newOrg(t, "rate=10")
	passed := 0
	for range 30 {
		got := g.askNow("GET", "/v3/myself", "")
		switch got.status {
		case 200:
			passed++
		case 429:
			if got.fails(429, ""); got.header.Get("Retry-After") != "1" || g.Last.Violation != "pace" {
				t.Fatalf("Retry-After %q, violation %q", got.header.Get("Retry-After"), g.Last.Violation)
			}
		default:
			got.ok()
		}
	}
	if passed < burst || passed > burst+5 {
		t.Errorf("%d requests of a burst passed", passed)
	}
	g.Clock.Advance(time.Second)
	g.askNow("GET", "/v3/myself", "").ok()

	silent := newOrg(t, "rate=1", "retry-after=off")
	for range 20 {
		if got := silent.askNow("GET", "/v3/myself", ""); got.header.Get("Retry-After") != "" {
			t.Fatal("it says when to come back")
		}
	}
	for _, free := range []*org{newOrg(t, "rate=0"), openOrg(t, "", Options{Issues: 1, Lax: true})} {
		for range 50 {
			free.askNow("GET", "/v3/myself", "").ok()
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	for fault, status := range map[string]int{faultError: 500, faultOften: 429, faultToken: 401, faultRights: 403} {
		got := g.post(entities, newReport, simtest.Play(fault)).fails(status, "")
		if got.header.Get("Retry-After") != "" || g.Last.Generated {
			t.Errorf("%s: %v", fault, got.header)
		}
	}
	if got := g.post(entities, newReport, simtest.Play(faultBusy)); got.status != 503 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") || g.Last.Refusal != "503" {
		t.Errorf("%d %s", got.status, got.raw)
	}
	for fault, status := range map[string]int{faultLate: 500, faultConflict: 409} {
		g.post(entities, newReport, simtest.Play(fault)).fails(status, "")
		if !g.Last.Generated {
			t.Errorf("%s: nothing was created", fault)
		}
	}
	counts, err := g.Meter.Counts()
	if err != nil || counts.Generations != 2 || counts.Requests[endCreate] != 7 || counts.Faults[faultLate] != 1 || counts.Refusals["500"] != 2 {
		t.Errorf("%+v %v", counts, err)
	}
	if hits := g.post(lookup, `{"filter":{"author":"8000000000000004"}}`).object()["hits"]; hits != 42.0 {
		t.Errorf("%v reports", hits)
	}
}
