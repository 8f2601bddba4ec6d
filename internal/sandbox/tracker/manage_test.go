package tracker

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/sandbox/sim/simtest"
)

// made opens an organisation with a report of ours.
func made(t *testing.T, set ...string) (g *org, address string) {
	t.Helper()
	g = newOrg(t, set...)
	return g, entities + g.post(entities, newReport).object()["id"].(string)
}

func TestRead(t *testing.T) {
	t.Parallel()
	g, address := made(t)
	if got := g.get(address).object(); got["fields"] != nil || got["entityType"] != "report" {
		t.Errorf("%v", got)
	}
	if got := g.get(entities + "61").object(); !strings.HasSuffix(address, got["id"].(string)) {
		t.Errorf("%v", got)
	}
	g.get(entities+strings.Repeat("0", 24)).fails(404, "")
	field := func(key, name string) any {
		return map[string]any{"self": "https://api.tracker.yandex.net/v3/fields/" + key, "id": key, "display": name}
	}
	want := map[string]any{"summary": "Support backlog [rs:ab12cd34]", "parameters": map[string]any{
		"type": "issueFilterExport", "format": "csv", "exportAll": false,
		"filter": map[string]any{
			"query": "Queue: SUPPORT Resolution: empty()",
			"sorts": []any{map[string]any{"orderBy": field("updated", "Updated"), "orderAsc": false}},
		},
		"fields": []any{field("key", "Key"), field("summary", "Summary"), field("updated", "Updated")},
	}}
	if diff := cmp.Diff(want, g.get(address+"?fields=summary,parameters,lead", english).object()["fields"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"summary": "Support backlog [rs:ab12cd34]"}, g.get(address + "?fields=summary").object()["fields"]); diff != "" {
		t.Error(diff)
	}
}

func TestReadShapes(t *testing.T) {
	t.Parallel()
	body := func(filter string) string {
		return `{"fields":{"summary":"x","parameters":{"type":"issueFilterExport","format":"csv","filter":` + filter + `,"fields":["key","0123456789abcdef01234567--x"]}}}`
	}
	for _, tc := range []struct{ shape, filter, want string }{
		{"plain", `{"filterId":101}`, `{"type":"issueFilterExport","format":"csv","filter":{"filterId":101},"fields":["key","0123456789abcdef01234567--x"]}`},
		{"objects", `{"filterId":101}`, `"filter":{"filterId":"101","sorts":[]}`},
		{"objects", `{"filter":{"queue":"DEV"}}`, `"filter":{"filter":{"queue":"DEV"},"sorts":[]}`},
		{"objects", `{"query":""}`, `"id":"0123456789abcdef01234567--x","display":"0123456789abcdef01234567--x"`},
	} {
		g := newOrg(t, "read-shape="+tc.shape)
		id := g.post(entities, body(tc.filter)).object()["id"].(string)
		if got := g.get(entities + id + "?fields=parameters"); !strings.Contains(got.raw, tc.want) {
			t.Errorf("%s %s: %s", tc.shape, tc.filter, got.raw)
		}
	}
}

func TestReadProfiles(t *testing.T) {
	t.Parallel()
	for profile, status := range map[string]int{"off": 404, "400": 400, "403": 403, "405": 405, "422": 422} {
		g, address := made(t, "reads="+profile)
		g.get(address+"?fields=summary").fails(status, "")
		if hits := g.post(lookup, `{"filter":{"id":"`+strings.TrimPrefix(address, entities)+`"}}`).object()["hits"]; hits != 1.0 {
			t.Errorf("%s: %v hits", profile, hits)
		}
	}
	g, address := made(t, "reads=bare")
	if got := g.get(address + "?fields=summary,parameters").object(); got["fields"] != nil || got["id"] == nil {
		t.Errorf("%v", got)
	}
	for profile, want := range map[string]string{
		"summary": `"fields":{"summary":"Support backlog [rs:ab12cd34]","parameters":null}`, "parameters": `"fields":{"summary":null,"parameters":{`,
		"null": `"fields":{"summary":null,"parameters":null}`,
	} {
		g, address := made(t, "read-back="+profile)
		if got := g.get(address + "?fields=summary,parameters"); !strings.Contains(got.raw, want) {
			t.Errorf("%s: %s", profile, got.raw)
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	g, address := made(t)
	if got := g.ask("DELETE", address, ""); got.status != 204 || got.raw != "" {
		t.Errorf("%d %s", got.status, got.raw)
	}
	g.ask("DELETE", address, "").fails(404, "")
	g.get(address).fails(404, "")
	if hits := g.post(lookup, `{"filter":{"id":"`+strings.TrimPrefix(address, entities)+`"}}`).object()["hits"]; hits != 0.0 {
		t.Errorf("%v hits", hits)
	}
	if id := g.post(entities, newReport).object()["shortId"]; id != 62.0 {
		t.Errorf("a number is given again: %v", id)
	}
	g.ask("DELETE", entities+"2", "").fails(403, "") // somebody else's
	if got := g.ask("DELETE", entities+"1", ""); got.status != 204 {
		t.Errorf("%d %s", got.status, got.raw)
	}
}

func TestDeleteProfiles(t *testing.T) {
	t.Parallel()
	for profile, status := range map[string]int{"off": 405, "400": 400, "403": 403, "404": 404} {
		g, address := made(t, "deletes="+profile)
		g.ask("DELETE", address, "").fails(status, "")
		g.get(address).ok()
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()
	const rename = `{"fields":{"summary":"Another"}}`
	for profile, status := range map[string]int{"off": 405, "404": 404} {
		g, address := made(t, "updates="+profile)
		g.ask("PATCH", address, rename).fails(status, "")
	}
	g, address := made(t, "updates=on")
	got := g.ask("PATCH", address+"?fields=summary", rename).object()
	if got["version"] != 3.0 || got["updatedAt"] != "2026-03-01T12:00:02.000+0000" || got["fields"].(map[string]any)["summary"] != "Another" {
		t.Errorf("%v", got)
	}
	if got := g.get(address + "?fields=summary"); !strings.Contains(got.raw, `"Another"`) {
		t.Errorf("%s", got.raw)
	}
	g.ask("PATCH", entities+"2", rename).fails(403, "")
	g.ask("PATCH", entities+"999", rename).fails(404, "")
	for body, status := range map[string]int{`{}`: 400, `{"fields":[]}`: 422, `{"fields":{"summary":""}}`: 400, `{"fields":{"summary":1}}`: 422, `{"fields":{"parameters":{}}}`: 400, `{"fields":{"summary":"x","lead":"y"}}`: 400} {
		g.ask("PATCH", address, body).fails(status, "")
	}

	g, address = made(t, "updates=if-match")
	g.ask("PATCH", address, rename).fails(428, "")
	g.ask("PATCH", address, rename, simtest.With("If-Match", `1`)).fails(412, "")
	g.ask("PATCH", address, rename, simtest.With("If-Match", `"1"`)).ok()
	g.Clock.Advance(time.Minute)
	g.ask("PATCH", address, rename, simtest.With("If-Match", `"3"`)).fails(412, "")
}
