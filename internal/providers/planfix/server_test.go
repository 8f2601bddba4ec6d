package planfix

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

const testToken = "0123456789abcdef0123456789abcdef"

// answer writes one answer of the service.
type answer func(http.ResponseWriter, *http.Request)

// jsonAnswer answers with a status and a body.
func jsonAnswer(status int, body string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func ok(body string) answer { return jsonAnswer(http.StatusOK, body) }

func fail(status, code int, text string) answer {
	return jsonAnswer(status, fmt.Sprintf(`{"result":"fail","code":%d,"error":%q}`, code, text))
}

func withHeader(name, value string, a answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		a(w, r)
	}
}

// cut sends the beginning of a body and breaks the connection.
func cut(status int, body string, n int) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// reset breaks the connection without an answer.
func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// service plays the service: for each route the answers in turn, the last one
// again and again.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	routes map[string][]answer
	asked  []string
	all    answer // in place of every route
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{routes: map[string][]answer{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// on sets the answers of a route: "POST /report/list".
func (s *service) on(route string, answers ...answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes[route] = answers
}

func (s *service) every(a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = a
}

// count is how often a route was asked.
func (s *service) count(route string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		if a == route {
			n++
		}
	}
	return n
}

// ServeHTTP implements [http.Handler].
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // or the server does not notice that a client gives up
	r.Body = io.NopCloser(bytes.NewReader(body))
	route := r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/rest")
	s.mu.Lock()
	s.asked = append(s.asked, route)
	list := s.routes[route]
	var a answer
	if len(list) > 0 {
		a = list[0]
	}
	if len(list) > 1 {
		s.routes[route] = list[1:]
	}
	if s.all != nil {
		a = s.all
	}
	s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+testToken:
		fail(http.StatusUnauthorized, 1, "Token is not found")(w, r)
	case a != nil:
		a(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html><body>Not found</body></html>")
	}
}

// leaping is a clock on which waiting takes no time but is written down.
type leaping struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newLeaping() *leaping { return &leaping{now: time.Date(2025, 4, 24, 12, 0, 0, 0, time.UTC)} }

func (c *leaping) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *leaping) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > 0 {
		c.now = c.now.Add(d)
		c.slept = append(c.slept, d)
	}
	return context.Cause(ctx)
}

// arguments are the decoded arguments of a block, defaults in place.
func arguments(b schema.Body, set map[string]cty.Value) schema.Values {
	out := schema.Values{}
	for _, a := range b.Attributes {
		v := a.Default
		if v == cty.NilVal {
			v = cty.NullVal(a.Type)
		}
		if given, ok := set[a.Name]; ok {
			v = given
		}
		out[a.Name] = v
	}
	return out
}

func str(s string) cty.Value { return cty.StringVal(s) }

// account configures a provider of the service.
func account(t *testing.T, s *service, set map[string]cty.Value) (*provider, *leaping) {
	t.Helper()
	all := map[string]cty.Value{"base_url": str(s.URL + "/rest/"), "token": str(testToken)}
	for k, v := range set {
		all[k] = v
	}
	typ, clk := Type(), newLeaping()
	base, _ := http.DefaultTransport.(*http.Transport)
	transport := base.Clone()
	t.Cleanup(transport.CloseIdleConnections)
	p, err := typ.Configure(providers.ConfigureRequest{
		Args: arguments(typ.Schema.Body, all), Transport: transport, Clock: clk, UserAgent: "reportsync/test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*provider), clk
}

// target is an export of report 26000.
func target(set map[string]cty.Value) providers.Target {
	all := map[string]cty.Value{"report_id": str("26000")}
	for k, v := range set {
		all[k] = v
	}
	return providers.Target{Type: typeReport, Args: arguments(Type().Schema.Exports[0].Body, all)}
}

const (
	routeReports  = "POST /report/list"
	routeReport   = "GET /report/26000?fields=id%2Cname"
	routeSaves    = "POST /report/26000/save/list"
	routeGenerate = "POST /report/26000/generate"
	routeStatus   = "GET /report/status/REQ1"
)

func routeChunk(n int) string { return fmt.Sprintf("POST /report/26000/save/5388/data?chunk=%d", n) }

const noSaves = `{"result":"success","saves":[]}`
