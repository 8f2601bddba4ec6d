package planfix

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

func TestObserve(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 4, 24, 6, 10, 0, 0, time.UTC)
	tests := []struct {
		name, saves string
		want        []export.Version
		warnings    int
	}{
		{
			name: "in order of ids, whatever the order of the list",
			saves: `{"result":"success","saves":[
				{"id":10001,"reportId":26000,"dateTime":{"date":"24-04-2025","time":"06:10","datetime":"2025-04-24T06:10Z"},"name":"b","chunksCount":2},
				{"id":5388,"reportId":26000,"name":"a","chunks":4},
				{"id":9999,"name":"c","chunks":4,"chunksCount":5}]}`,
			want: []export.Version{
				{ID: "5388", Name: "a", Parts: 5, PartsTolerant: true},
				{ID: "9999", Name: "c", Parts: 5},
				{ID: "10001", Name: "b", Parts: 2, CreatedAt: at, CreatedRaw: "2025-04-24T06:10Z"},
			},
		},
		{
			name:  "capitals, ids as text, no counts, twice the same",
			saves: `{"Result":"Success","Saves":[{"ID":"5388","Name":null},{"id":5388}]}`,
			want:  []export.Version{{ID: "5388"}},
		},
		{
			name:  "a time as text",
			saves: `{"result":"success","saves":[{"id":1,"dateTime":"2025-04-24T06:10:00+0000"}]}`,
			want:  []export.Version{{ID: "1", CreatedAt: at, CreatedRaw: "2025-04-24T06:10:00+0000"}},
		},
		{name: "none", saves: noSaves, warnings: 1},
		{name: "null", saves: `{"result":"success","saves":null}`, warnings: 1},
		{
			name:  "another report's",
			saves: `{"result":"success","saves":[{"id":1,"reportId":1},{"id":2,"reportId":26000}]}`,
			want:  []export.Version{{ID: "2"}}, warnings: 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.on(routeSaves, ok(tt.saves))
			p, _ := account(t, s, nil)
			obs, err := p.Observe(t.Context(), target(nil))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, obs.Versions); diff != "" {
				t.Errorf("versions (-want +got):\n%s", diff)
			}
			if len(obs.Warnings) != tt.warnings {
				t.Errorf("warnings = %q, want %d", obs.Warnings, tt.warnings)
			}
			if obs.Resolved["report_id"] != "26000" {
				t.Errorf("resolved = %v", obs.Resolved)
			}
		})
	}
}

func TestObserveOdd(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"result":"success"}`, `{"result":"success","saves":{}}`, `{"result":"success","saves":[{"name":"x"}]}`,
		`{"result":"success","saves":[{"id":{}}]}`, `[]`, ``, `nonsense`, `{"result":"success","saves":[`,
	} {
		s := newService(t)
		s.on(routeSaves, ok(body))
		p, _ := account(t, s, nil)
		if obs, err := p.Observe(t.Context(), target(nil)); providers.KindOf(err) != providers.Protocol {
			t.Errorf("%q: observed %v, error %v", body, obs, err)
		}
	}
}

// reportPages plays the list of reports, n of them, and counts the pages asked for.
func reportPages(t *testing.T, n int, name func(i int) string) (answer, *int) {
	pages := new(int)
	return func(w http.ResponseWriter, r *http.Request) {
		var ask page
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || ask.PageSize > 100 {
			t.Errorf("asked with %+v, error %v", ask, err)
		}
		*pages++
		var list []map[string]any
		for i := ask.Offset; i < min(n, ask.Offset+ask.PageSize); i++ {
			list = append(list, map[string]any{"id": 26000 + i, "name": name(i)})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"result": "success", "reports": list})
	}, pages
}

func byName(name string) providers.Target {
	return target(map[string]cty.Value{"report_id": cty.NullVal(cty.String), "report_name": str(name)})
}

func TestReportName(t *testing.T) {
	t.Parallel()
	names := func(i int) string {
		switch i {
		case 7, 8:
			return "Twin"
		case 249:
			return "Weekly sales"
		}
		return fmt.Sprintf("Report %d", i)
	}
	s := newService(t)
	list, pages := reportPages(t, 250, names)
	s.on(routeReports, list)
	s.on("POST /report/26249/save/list", ok(`{"result":"success","saves":[{"id":1}]}`))
	p, _ := account(t, s, nil)

	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			obs, err := p.Observe(t.Context(), byName("Weekly sales"))
			if err != nil || obs.Resolved["report_id"] != "26249" {
				t.Errorf("observed %v, error %v", obs, err)
			}
		})
	}
	wg.Wait()
	if *pages != 3 {
		t.Errorf("%d pages were asked for, want 3, once", *pages)
	}
	for name, want := range map[string]string{
		"Twin":                                   "26007, 26008",
		"weekly sales":                           `Did you mean "Weekly sales" (report_id 26249)?`,
		"Nothing at all like it, by any measure": "Visible are for example",
	} {
		_, err := p.Observe(t.Context(), byName(name))
		if err == nil || !strings.Contains(err.Error()+providers.HintOf(err), want) {
			t.Errorf("%s: error %v, hint %q; want %q", name, err, providers.HintOf(err), want)
		}
	}
	v, err := p.ReadData(t.Context(), dataReports, schema.Values{"name_regex": str("^Tw")})
	want := cty.ObjectVal(map[string]cty.Value{"reports": cty.ListVal([]cty.Value{
		cty.ObjectVal(map[string]cty.Value{"id": str("26007"), "name": str("Twin")}),
		cty.ObjectVal(map[string]cty.Value{"id": str("26008"), "name": str("Twin")}),
	})})
	if err != nil || !v.RawEquals(want) {
		t.Errorf("data = %#v, error %v", v, err)
	}
	if *pages != 3 {
		t.Errorf("%d pages were asked for, want no more than 3", *pages)
	}
}

// A list that does not care for the offset must not be read for ever.
func TestReportListWithoutPages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, `,{"id":%d,"name":"r"}`, i+1)
	}
	s.on(routeReports, ok(`{"result":"success","reports":[`+b.String()[1:]+`]}`))
	p, _ := account(t, s, nil)
	v, err := p.ReadData(t.Context(), dataReports, schema.Values{})
	if err != nil || v.GetAttr("reports").LengthInt() != 100 || s.count(routeReports) != 2 {
		t.Errorf("%v reports in %d requests, error %v", v, s.count(routeReports), err)
	}
}

// A caller that gives up must not take the others' list away.
func TestCatalogCancelled(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c := catalog{fetch: func(ctx context.Context) ([]report, error) {
		first := false
		once.Do(func() { first = true })
		if !first {
			return []report{{"1", "a"}}, nil
		}
		close(entered)
		<-release
		return nil, context.Cause(ctx)
	}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := c.get(ctx); err == nil {
			t.Error("the cancelled call has a list")
		}
	})
	<-entered
	wg.Go(func() {
		if list, err := c.get(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("the other call has %v, %v", list, err)
		}
	})
	cancel()
	close(release)
	wg.Wait()
}

func TestMissingReport(t *testing.T) {
	t.Parallel()
	notFound := fail(400, 9000, "Report not found by id 26000")
	tests := []struct {
		name   string
		report answer
		kind   providers.Kind
		want   string
	}{
		{"unknown", notFound, providers.NotFound, "does not exist or is not visible to the token's user"},
		{"not listed but there", ok(`{"result":"success","report":{"id":26000,"name":"Sales"}}`), providers.Permission, "exists (Sales)"},
		{"under the other key", ok(`{"result":"success","repost":{"id":26000,"name":"Sales"}}`), providers.Permission, "exists (Sales)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.on(routeSaves, notFound)
			s.on(routeReport, tt.report)
			s.on(routeReports, ok(`{"result":"success","reports":[{"id":1,"name":"One"}]}`))
			p, _ := account(t, s, nil)
			_, err := p.Observe(t.Context(), target(nil))
			if providers.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v (%s)", err, providers.KindOf(err))
			}
			if tt.kind == providers.NotFound && !strings.Contains(providers.HintOf(err), "1 (One)") {
				t.Errorf("hint = %q", providers.HintOf(err))
			}
		})
	}
}

func TestSavesData(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.on(routeSaves, ok(`{"result":"success","saves":[{"id":2,"name":"b"},{"id":1,"name":"a","chunksCount":3,"dateTime":{"dateTimeUtcSeconds":"2023-12-01T00:00:00+0300"}}]}`))
	p, _ := account(t, s, nil)
	v, err := p.ReadData(t.Context(), dataSaves, schema.Values{"report_id": str("26000")})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.GetAttr("saves").Type().TestConformance(Type().Schema.Data[1].Result["saves"].Type); err != nil {
		t.Error(err)
	}
	first := v.GetAttr("saves").Index(cty.NumberIntVal(0))
	if first.GetAttr("created_at").AsString() != "2023-11-30T21:00:00Z" || first.GetAttr("id").AsString() != "1" {
		t.Errorf("first save = %#v", first)
	}
	if _, err := p.ReadData(t.Context(), dataSaves, schema.Values{"report_id": str("../1")}); err == nil {
		t.Error("an id that is none was accepted")
	}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"datetime":"2025-04-24T06:10Z"}`:                                    "2025-04-24T06:10:00Z",
		`{"dateTimeUtcSeconds":"2023-12-01T00:00:00+0000","datetime":"x"}`:    "2023-12-01T00:00:00Z",
		`{"dateTimeUtcSeconds":"2023-12-01T02:00+0200"}`:                      "2023-12-01T00:00:00Z",
		`{"dateTimeUtcSeconds":"broken","datetime":"2025-04-24T06:10+03:00"}`: "2025-04-24T03:10:00Z",
		`{"date":"24-04-2025","time":"06:10"}`:                                "2025-04-24T06:10:00Z",
		`{"date":"24-04-2025"}`:                                               "2025-04-24T00:00:00Z",
		`{"date":"01-12-2023 (dd-MM-yyyy)"}`:                                  "2023-12-01T00:00:00Z",
		`"2025-04-24T06:10:00Z"`:                                              "2025-04-24T06:10:00Z",
		`{}`:                                                                  "0001-01-01T00:00:00Z",
		`null`:                                                                "0001-01-01T00:00:00Z",
		`"yesterday"`:                                                         "0001-01-01T00:00:00Z",
	} {
		var m moment
		if err := json.Unmarshal([]byte(in), &m); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if at, _ := m.time(); at.Format(time.RFC3339) != want {
			t.Errorf("%s = %s, want %s", in, at.Format(time.RFC3339), want)
		}
	}
}
