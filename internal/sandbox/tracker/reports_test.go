package tracker

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const newReport = `{"fields":{"summary":"Support backlog [rs:ab12cd34]","parameters":{"type":"issueFilterExport","format":"csv",
	"filter":{"query":"Queue: SUPPORT Resolution: empty()","sorts":[{"orderBy":"updated","orderAsc":false}]},"fields":["key","summary","updated"]}}}`

func TestCreate(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	got := g.post(entities, newReport)
	if got.status != 200 || !g.Last.Generated {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	r := got.object()
	id, _ := r["id"].(string)
	if !isHexID(id) || r["self"] != "https://api.tracker.yandex.net/v3/entities/report/"+id || r["version"] != 1.0 || r["shortId"] != 61.0 ||
		r["entityType"] != "report" || r["createdAt"] != "2026-03-01T12:00:01.000+0000" || r["updatedAt"] != r["createdAt"] || len(r) != 8 {
		t.Errorf("%s", got.raw)
	}
	want := map[string]any{
		"self": "https://api.tracker.yandex.net/v3/users/8000000000000004", "id": "8000000000000004", "display": "Анна Иванова",
		"cloudUid": "aje71i6t2tuvanuoimem", "passportUid": 1234567890.0,
	}
	if diff := cmp.Diff(want, r["createdBy"]); diff != "" {
		t.Error(diff)
	}
	// Nothing makes a report unique.
	second := g.post(strings.TrimSuffix(entities, "/")+"?fields=summary", newReport).object()
	if second["id"] == id || second["shortId"] != 62.0 || second["fields"] != nil {
		t.Errorf("%v", second)
	}
	counts, err := g.Meter.Counts()
	if err != nil || counts.Generations != 2 {
		t.Errorf("%+v %v", counts, err)
	}
}

func TestCreateAnswers(t *testing.T) {
	t.Parallel()
	g := newOrg(t, "create-fields=on", "create-status=201")
	got := g.post(entities+"?fields=summary,parameters", newReport)
	fields, _ := got.object()["fields"].(map[string]any)
	if got.status != 201 || fields["summary"] != "Support backlog [rs:ab12cd34]" || fields["parameters"] == nil {
		t.Errorf("%d %s", got.status, got.raw)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	parameters := func(p string) string { return `{"fields":{"summary":"x","parameters":` + p + `}}` }
	filter := func(f string) string {
		return parameters(`{"type":"issueFilterExport","format":"xlsx","filter":` + f + `,"fields":["key"]}`)
	}
	for _, tc := range []struct {
		body   string
		status int
		param  string
	}{
		{`{}`, 400, "fields"},
		{`{"fields":[]}`, 422, "fields"},
		{`{"fields":{"parameters":{}}}`, 400, "summary"},
		{`{"fields":{"summary":" ","parameters":{}}}`, 400, "summary"},
		{`{"fields":{"summary":1,"parameters":{}}}`, 422, "summary"},
		{`{"fields":{"summary":"x"}}`, 400, "parameters"},
		{parameters(`[]`), 422, "parameters"},
		{parameters(`{"format":"csv"}`), 400, "parameters.type"},
		{parameters(`{"type":"issueFilterExport","format":"pdf"}`), 400, "parameters.format"},
		{parameters(`{"type":"issueFilterExport","format":"csv","fields":[]}`), 400, "parameters.fields"},
		{parameters(`{"type":"issueFilterExport","format":"csv","fields":["updatedAt"]}`), 400, "parameters.fields"},
		{parameters(`{"type":"issueFilterExport","format":"csv","fields":"key"}`), 422, "parameters"},
		{parameters(`{"type":"issueFilterExport","format":"csv","fields":["key"]}`), 400, "parameters.filter"},
		{filter(`{}`), 400, "parameters.filter"},
		{filter(`{"query":"Queue: DEV","filterId":101}`), 400, "parameters.filter"},
		{filter(`{"query":"Queue: DEV","filter":{"queue":"DEV"}}`), 400, "parameters.filter"},
		{filter(`{"filterId":"101"}`), 422, "parameters"},
		{filter(`{"filterId":999}`), 404, ""},
		{filter(`{"filterId":104}`), 403, ""},
		{filter(`{"query":"Queue: NOWHERE"}`), 400, "parameters.filter.query"},
		{filter(`{"query":"Queue DEV"}`), 400, "parameters.filter.query"},
		{filter(`{"filter":{"updatedAt":"2026-01-01"}}`), 400, "parameters.filter.filter"},
		{filter(`{"query":"Queue: DEV","sorts":[{"orderBy":"updatedAt","orderAsc":true}]}`), 400, "parameters.filter.sorts"},
		{filter(`{"query":"Queue: DEV","sorts":[{"orderBy":"","orderAsc":true}]}`), 400, "parameters.filter.sorts"},
		{filter(`{"query":"Queue: DEV","sorts":{"orderBy":"updated"}}`), 422, "parameters"},
	} {
		g.post(entities, tc.body).fails(tc.status, tc.param)
	}
	for _, body := range []string{
		filter(`{"filterId":101}`), filter(`{"filter":{"queue":"DEV","assignee":"empty()"}}`), filter(`{"query":""}`),
		parameters(`{"type":"issueFilterExport","format":"xml","filter":{"query":"Queue: TREK \"Sort by\": Updated","filter":null},"fields":["69f66b9ef4141b7ae87d4e6e--actualAmountOfHours","0123456789abcdef01234567--x"]}`),
		parameters(`{"type":"issueFilterExport","format":"xml","filter":{"filter":{}}}`),
	} {
		g.post(entities, body).ok()
	}
	if counts, err := g.Meter.Counts(); err != nil || counts.Generations != 5 {
		t.Errorf("%+v %v", counts, err)
	}
}

// A report that is being built gets another version and time by itself.
func TestVersionGrows(t *testing.T) {
	t.Parallel()
	g := newOrg(t, "build=20")
	id := g.post(entities, newReport).object()["id"].(string)
	before := g.get(entities + id).object()
	g.Clock.Advance(20 * time.Second)
	after := g.get(entities + id).object()
	if before["version"] != 1.0 || before["updatedAt"] != before["createdAt"] {
		t.Errorf("before: %v", before)
	}
	if v, _ := after["version"].(float64); v < 5 || after["updatedAt"] != "2026-03-01T12:00:21.332+0000" || after["createdAt"] != before["createdAt"] {
		t.Errorf("after: %v", after)
	}
	g.Clock.Advance(time.Hour)
	if diff := cmp.Diff(after, g.get(entities+id).object()); diff != "" {
		t.Error(diff)
	}
}

func TestSearchReports(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	mine := g.post(entities, newReport).object()
	find := func(query, body string) map[string]any {
		t.Helper()
		return g.post(lookup+query, body).object()
	}
	values := func(o map[string]any) (list []map[string]any) {
		for _, v := range o["values"].([]any) {
			list = append(list, v.(map[string]any))
		}
		return list
	}
	if got := find("", `{}`); got["hits"] != 61.0 || got["pages"] != 2.0 || len(values(got)) != 50 || got["orderBy"] != nil {
		t.Errorf("%v", got)
	}
	if got := find("?perPage=20&page=4", `{}`); got["hits"] != 61.0 || got["pages"] != 4.0 || len(values(got)) != 1 {
		t.Errorf("%v", got)
	}
	if got := find("?page=9", `{}`); got["hits"] != 61.0 || len(values(got)) != 0 {
		t.Errorf("%v", got)
	}
	id := mine["id"].(string)
	for body, hits := range map[string]float64{
		`{"filter":{"id":"` + id + `"}}`:                                 1,
		`{"filter":{"id":"` + strings.Repeat("0", 24) + `"}}`:            0,
		`{"filter":{"shortId":61}}`:                                      1,
		`{"filter":{"author":"8000000000000004"}}`:                       41,
		`{"filter":{"author":"anna.ivanova"}}`:                           0,
		`{"filter":{"author":"8000000000000005","shortId":61}}`:          0,
		`{"filter":{"summary":"Support backlog [rs:ab12cd34]"}}`:         61, // no filter
		`{"input":"nothing","rootOnly":true,"filter":{"format":"nope"}}`: 61,
	} {
		if got := find("", body); got["hits"] != hits {
			t.Errorf("%s: %v", body, got["hits"])
		}
	}
	for by, echo := range map[string]string{"createdAt": "created", "createdBy": "author", "updatedAt": "updated", "id": "id", "shortId": "shortId", "self": "self"} {
		got := find("?perPage=100", `{"orderBy":"`+by+`","orderAsc":false}`)
		if got["orderBy"] != echo {
			t.Errorf("%s: %v", by, got["orderBy"])
		}
		up := find("?perPage=100", `{"orderBy":"`+by+`"}`)
		if by != "createdBy" && values(got)[0]["id"] != values(up)[60]["id"] {
			t.Errorf("%s: the last of one order is not the first of the other", by)
		}
	}
	if got := find("", `{"orderBy":"createdAt","orderAsc":false}`); values(got)[0]["id"] != id {
		t.Errorf("the newest is %v", values(got)[0])
	}
	for body, param := range map[string]string{`{"orderBy":"summary"}`: "orderBy", `{"filter":{"id":"x"}}`: "filter.id"} {
		g.post(lookup, body).fails(400, param)
	}
	for body, param := range map[string]string{
		`{"filter":[]}`: "filter", `{"filter":{"id":1}}`: "id", `{"filter":{"shortId":"61"}}`: "shortId", `{"filter":{"author":1}}`: "author", `{"orderBy":1}`: "orderBy", `{"orderAsc":"no"}`: "orderAsc",
	} {
		g.post(lookup, body).fails(422, param)
	}
	g.post(lookup+"?perPage=0", `{}`).fails(400, "perPage")
	g.post(lookup+"?page=x", `{}`).fails(400, "page")
}

func TestSearchProfiles(t *testing.T) {
	t.Parallel()
	for profile, shown := range map[string]bool{"search-fields=ignored": false, "search-fields=on": true} {
		g := newOrg(t, profile)
		g.post(entities, newReport).ok()
		got := g.post(lookup+"?fields=summary", `{"filter":{"shortId":61}}`)
		if strings.Contains(got.raw, "rs:ab12cd34") != shown || strings.Contains(got.raw, "parameters") {
			t.Errorf("%s: %s", profile, got.raw)
		}
	}
	g := newOrg(t, "search-fields=400", "author=login")
	g.post(lookup+"?fields=summary", `{}`).fails(400, "fields")
	if hits := g.post(lookup, `{"filter":{"author":"anna.ivanova"}}`).object()["hits"]; hits != 40.0 {
		t.Errorf("%v hits", hits)
	}
	if hits := g.post(lookup, `{"filter":{"author":"8000000000000004"}}`).object()["hits"]; hits != 0.0 {
		t.Errorf("%v hits", hits)
	}
	g = newOrg(t, "author=any")
	for _, author := range []string{"anna.ivanova", "8000000000000004"} {
		if hits := g.post(lookup, `{"filter":{"author":"`+author+`"}}`).object()["hits"]; hits != 40.0 {
			t.Errorf("%s: %v hits", author, hits)
		}
	}
}

// Colleagues make reports, too.
func TestForeignReports(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	g.Clock.Advance(13 * time.Hour)
	g.post(entities, newReport).ok()
	got := g.post(lookup+"?perPage=3&page=21", `{"orderBy":"shortId"}`).object()
	if got["hits"] != 63.0 {
		t.Errorf("%v", got)
	}
	if mine := g.post(lookup, `{"filter":{"shortId":63}}`); !strings.Contains(mine.raw, "8000000000000004") {
		t.Errorf("%s", mine.raw)
	}
}
