package planfixxml

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

const (
	testKey   = "key-0123456789abcdef"
	testToken = "token-0123456789abcdef"
)

// answer writes one answer of the service.
type answer func(http.ResponseWriter, *http.Request)

func status(code int, kind, body string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// says answers with what is to stand in the response.
func says(inside string) answer {
	return status(200, "application/xml", `<?xml version="1.0" encoding="UTF-8"?><response status="ok">`+inside+`</response>`)
}

func refuses(code, message string) answer {
	return status(200, "application/xml", `<response status="error"><code>`+code+`</code><message>`+message+`</message></response>`)
}

// service plays the service: the answers in turn, the last one again and again.
type service struct {
	*httptest.Server
	mu      sync.Mutex
	answers []answer
	asked   []string
}

func newService(t testing.TB, answers ...answer) *service {
	t.Helper()
	s := &service{answers: answers}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *service) next(answers ...answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = answers
}

// requests are the bodies so far.
func (s *service) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ServeHTTP implements [http.Handler].
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	_, text, _ := strings.Cut(string(body), "?>\n")
	s.asked = append(s.asked, text)
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	s.mu.Unlock()
	a(w, r)
}

// quick is a clock on which waits take no time.
type quick struct{}

// Now implements [clock.Clock].
func (quick) Now() time.Time { return time.Now() }

// Sleep implements [clock.Clock].
func (quick) Sleep(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }

func str(s string) cty.Value { return cty.StringVal(s) }

// account makes a provider for the service.
func account(t testing.TB, s *service, more map[string]cty.Value) *provider {
	t.Helper()
	args := schema.Values{}
	for _, a := range Type().Schema.Body.Attributes {
		args[a.Name] = a.Default
	}
	args["base_url"], args["account"], args["api_key"], args["token"] = str(s.URL+"/xml/"), str("acme"), str(testKey), str(testToken)
	for k, v := range more {
		args[k] = v
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p, err := Type().Configure(providers.ConfigureRequest{Args: args, Transport: transport, Clock: quick{}, UserAgent: "reportsync/test"})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*provider)
}

// target is an export with the arguments given in pairs, and defaults for the rest.
func target(args map[string]cty.Value) providers.Target {
	all := schema.Values{}
	for _, a := range listExport().Body.Attributes {
		all[a.Name] = a.Default
	}
	for k, v := range args {
		all[k] = v
	}
	return providers.Target{Type: typeList, Args: all}
}

func of(method string) providers.Target { return target(map[string]cty.Value{"method": str(method)}) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func reading() export.Version { return export.Version{ID: "20260301T120000Z", CreatedAt: noon} }

// table is what a reading gave.
type grid struct {
	columns []string
	rows    []string // cells joined by |
	parts   int
	kinds   []export.PartKind
	bodies  [][]byte
	version export.Version
	warned  []string
}

// readAll reads a list.
func readAll(t testing.TB, p *provider, tg providers.Target) (*grid, error) {
	t.Helper()
	v := reading()
	r, err := p.Open(t.Context(), tg, v)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	g := &grid{}
	for {
		part, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return g, err
		}
		g.parts++
		g.kinds = append(g.kinds, part.Kind)
		var body strings.Builder
		rows := part.Rows(io.TeeReader(part.Body, &body))
		for {
			cells, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return g, err
			}
			var texts []string
			for _, c := range cells {
				texts = append(texts, string(c))
			}
			g.rows = append(g.rows, strings.Join(texts, "|"))
		}
		g.columns = nil
		for _, c := range rows.Columns() {
			g.columns = append(g.columns, c.Name)
		}
		g.bodies = append(g.bodies, []byte(body.String()))
	}
	r.(export.Concluder).Conclude(&v)
	g.version, g.warned = v, r.Warnings()
	return g, nil
}
