package planfix

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/clock"
	"reportsync/internal/sandbox/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// still is a wall clock that stands.
type still struct{}

func (still) Now() time.Time                                   { return noon }
func (still) Sleep(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }

// account is a simulated account behind a real HTTP server.
type account struct {
	t     *testing.T
	url   string
	clock *sim.Timeline
	meter *sim.Meter
	svc   *Service
	http  *http.Client
	last  *sim.Call // of the last request
}

// newAccount opens an account whose memory is in dir, or nowhere.
func newAccount(t *testing.T, dir string, o Options) *account {
	t.Helper()
	return newAccountOn(t, still{}, dir, o)
}

func newAccountOn(t *testing.T, wall clock.Clock, dir string, o Options) *account {
	t.Helper()
	m, err := sim.Open(dir, wall, 1, sim.Pace{})
	if err != nil {
		t.Fatal(err)
	}
	meter := sim.NewMeter(m, Provider)
	svc, err := New(sim.Env{Clock: m.Timeline(), Wall: wall, Speed: 1, Memory: m, Meter: meter, Log: slog.New(slog.DiscardHandler)}, o)
	if err != nil {
		t.Fatal(err)
	}
	a := &account{t: t, clock: m.Timeline(), meter: meter, svc: svc, http: &http.Client{Transport: &http.Transport{}}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		endpoint, charged := svc.Classify(r)
		if err := meter.Came(endpoint, charged, a.clock.Now()); err != nil {
			t.Error(err)
		}
		call := &sim.Call{Endpoint: endpoint, Fault: r.Header.Get("Play")}
		svc.ServeHTTP(w, r.WithContext(sim.WithCall(r.Context(), call)))
		a.last = call
	}))
	a.url = srv.URL
	t.Cleanup(func() {
		a.http.CloseIdleConnections()
		srv.Close()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
	doc    map[string]any
}

// change changes a request before it is sent.
type change func(*http.Request)

func with(key, value string) change { return func(r *http.Request) { r.Header.Set(key, value) } }
func as(token string) change        { return with("Authorization", "Bearer "+token) }
func play(fault string) change      { return with("Play", fault) }

// ask sends a request a second after the last, with the good token and a JSON body
// if there is one.
func (a *account) ask(method, path, body string, changes ...change) *answer {
	a.t.Helper()
	a.clock.Advance(time.Second)
	return a.askNow(method, path, body, changes...)
}

func (a *account) askNow(method, path, body string, changes ...change) *answer {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	as(goodToken)(r)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range changes {
		c(r)
	}
	resp, err := a.http.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	got := &answer{t: a.t, status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	// Data is large and has tests that decode it.
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") && len(got.raw) < 1<<15 {
		dec := json.NewDecoder(strings.NewReader(got.raw))
		dec.UseNumber()
		if err := dec.Decode(&got.doc); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, got.raw)
		}
	}
	return got
}

// is checks the status and the whole body.
func (a *answer) is(status int, body string) {
	a.t.Helper()
	if a.status != status || a.raw != body {
		a.t.Errorf("got %d %.300s\nwant %d %s", a.status, a.raw, status, body)
	}
}

// fails checks that the answer is a refusal with that status and code.
func (a *answer) fails(status int, code string) {
	a.t.Helper()
	text, _ := a.doc["error"].(string)
	n, _ := a.doc["code"].(json.Number)
	if a.status != status || a.doc["result"] != "fail" || n.String() != code || text == "" || len(a.doc) != 3 {
		a.t.Errorf("got %d %.300s\nwant %d with code %s", a.status, a.raw, status, code)
	}
}

// succeeds checks the status and the result.
func (a *answer) succeeds(status int) *answer {
	a.t.Helper()
	if a.status != status || !strings.HasPrefix(a.raw, `{"result":"success"`) {
		a.t.Fatalf("got %d %.300s\nwant %d and success", a.status, a.raw, status)
	}
	return a
}

// list is a list of objects in the answer.
func (a *answer) list(key string) []map[string]any {
	a.t.Helper()
	items, ok := a.doc[key].([]any)
	if !ok {
		a.t.Fatalf("no list %q in %.300s", key, a.raw)
	}
	out := []map[string]any{}
	for _, i := range items {
		out = append(out, i.(map[string]any))
	}
	return out
}

// number is an integer of a JSON object.
func number64(t *testing.T, o map[string]any, key string) int64 {
	t.Helper()
	n, ok := o[key].(json.Number)
	if !ok {
		t.Fatalf("no number %q in %v", key, o)
	}
	i, err := n.Int64()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// saveIDs asks for the saves of a report, in the order in which they come.
func (a *account) saveIDs(report string) []int64 {
	a.t.Helper()
	var ids []int64
	for _, s := range a.ask("POST", "/planfix/rest/report/"+report+"/save/list", "").succeeds(http.StatusOK).list("saves") {
		ids = append(ids, number64(a.t, s, "id"))
	}
	return ids
}
