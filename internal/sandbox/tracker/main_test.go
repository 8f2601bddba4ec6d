package tracker

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/sandbox/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// still is a wall clock that stands.
type still struct{}

func (still) Now() time.Time                                   { return noon }
func (still) Sleep(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }

// org is a simulated organisation behind a real HTTP server.
type org struct {
	t     *testing.T
	url   string
	clock *sim.Timeline
	meter *sim.Meter
	svc   *Service
	http  *http.Client
	last  *sim.Call // of the last request
}

// newOrg opens an organisation of few issues with the given switches.
func newOrg(t *testing.T, set ...string) *org {
	t.Helper()
	return openOrg(t, "", Options{Issues: 300, Set: switched(set)})
}

// frozen opens an organisation where nothing happens.
func frozen(t *testing.T, set ...string) *org {
	t.Helper()
	return openOrg(t, "", Options{Issues: 300, Still: true, Set: switched(set)})
}

func switched(set []string) map[string]string {
	m := map[string]string{}
	for _, s := range set {
		name, value, _ := strings.Cut(s, "=")
		m[name] = value
	}
	return m
}

// openOrg opens an organisation whose memory is in dir, or nowhere.
func openOrg(t *testing.T, dir string, o Options) *org {
	t.Helper()
	m, err := sim.Open(dir, still{}, 1, sim.Pace{})
	if err != nil {
		t.Fatal(err)
	}
	meter := sim.NewMeter(m, Provider)
	svc, err := New(sim.Env{Clock: m.Timeline(), Wall: still{}, Speed: 1, Memory: m, Meter: meter, Log: slog.New(slog.DiscardHandler)}, o)
	if err != nil {
		t.Fatal(err)
	}
	g := &org{t: t, clock: m.Timeline(), meter: meter, svc: svc, http: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		endpoint, charged := svc.Classify(r)
		if err := meter.Came(endpoint, charged, g.clock.Now()); err != nil {
			t.Error(err)
		}
		call := &sim.Call{Endpoint: endpoint, Fault: r.Header.Get("Play")}
		svc.ServeHTTP(w, r.WithContext(sim.WithCall(r.Context(), call)))
		if err := meter.Went(call, call.Fault); err != nil {
			t.Error(err)
		}
		g.last = call
	}))
	g.url = srv.URL + "/" + Provider
	t.Cleanup(func() {
		g.http.CloseIdleConnections()
		srv.Close()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
}

// change changes a request before it is sent.
type change func(*http.Request)

func with(key, value string) change { return func(r *http.Request) { r.Header.Set(key, value) } }
func as(token string) change        { return with("Authorization", "OAuth "+token) }
func play(fault string) change      { return with("Play", fault) }

var english = with("Accept-Language", "en")

// ask sends a request a second after the last, with the good token and a JSON body
// if there is one.
func (g *org) ask(method, path, body string, changes ...change) *answer {
	g.t.Helper()
	g.clock.Advance(time.Second)
	return g.askNow(method, path, body, changes...)
}

func (g *org) askNow(method, path, body string, changes ...change) *answer {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	as(goodToken)(r)
	r.Header.Set("X-Org-Id", orgID)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range changes {
		c(r)
	}
	resp, err := g.http.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return &answer{t: g.t, status: resp.StatusCode, header: resp.Header, raw: string(raw)}
}

func (g *org) get(path string, changes ...change) *answer {
	g.t.Helper()
	return g.ask("GET", path, "", changes...)
}

func (g *org) post(path, body string, changes ...change) *answer {
	g.t.Helper()
	return g.ask("POST", path, body, changes...)
}

// ok checks that the status is a success.
func (a *answer) ok() *answer {
	a.t.Helper()
	if a.status/100 != 2 {
		a.t.Fatalf("got %d %.400s", a.status, a.raw)
	}
	return a
}

// fails checks the status and that the body is an error as the service words it,
// about a parameter if one is named.
func (a *answer) fails(status int, param string) *answer {
	a.t.Helper()
	var body struct {
		Errors     map[string]string `json:"errors"`
		Messages   []string          `json:"errorMessages"`
		StatusCode int               `json:"statusCode"`
	}
	err := json.Unmarshal([]byte(a.raw), &body)
	_, named := body.Errors[param]
	if a.status != status || err != nil || body.StatusCode != status || len(body.Messages) != 1 || param != "" && !named {
		a.t.Errorf("got %d %.400s\nwant %d about %q", a.status, a.raw, status, param)
	}
	return a
}

// object decodes the body.
func (a *answer) object() map[string]any {
	a.t.Helper()
	return decodeAs[map[string]any](a)
}

// rows decodes the body as a list.
func (a *answer) rows() []map[string]any {
	a.t.Helper()
	return decodeAs[[]map[string]any](a)
}

func decodeAs[T any](a *answer) T {
	a.t.Helper()
	a.ok()
	var v T
	if err := json.Unmarshal([]byte(a.raw), &v); err != nil {
		a.t.Fatalf("%v in %.400s", err, a.raw)
	}
	return v
}

// texts are the values of one member of each row.
func texts(rows []map[string]any, member string) []string {
	list := []string{}
	for _, r := range rows {
		s, _ := r[member].(string)
		list = append(list, s)
	}
	return list
}

// linked is the query of the Link header's next address; nil if there is none.
func (a *answer) linked() url.Values {
	a.t.Helper()
	h := a.header.Get("Link")
	if h == "" {
		return nil
	}
	address, rest, ok := strings.Cut(strings.TrimPrefix(h, "<"), ">")
	_, query, found := strings.Cut(address, "?")
	if !ok || !found || rest != `; rel="next"` || !strings.HasPrefix(address, "api.tracker.yandex.net/v") {
		a.t.Fatalf("Link: %s", h)
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		a.t.Fatal(err)
	}
	return v
}

// q quotes a text for JSON.
func q(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func query(s string) string { return `{"query":` + q(s) + `}` }
