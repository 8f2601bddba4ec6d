// Package simtest serves a simulator to its own tests over real HTTP, as the sandbox
// serves it to others: requests are counted, and a header orders a fault. What an
// answer must look like is the business of each simulator's tests.
package simtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"reportsync/internal/clock"
	"reportsync/internal/sandbox/sim"
)

// Noon is when [Still] has stopped.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Still is a wall clock that stands.
type Still struct{}

// Now implements [clock.Clock].
func (Still) Now() time.Time { return Noon }

// Sleep implements [clock.Clock].
func (Still) Sleep(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }

// Served is a simulator behind a server.
type Served struct {
	t testing.TB
	// URL is the server's, without the provider's path.
	URL   string
	Clock *sim.Timeline
	Meter *sim.Meter
	HTTP  *http.Client
	// Last is what became of the last request.
	Last *sim.Call
}

// Serve opens a simulator whose memory is in dir, or nowhere, until the test ends.
func Serve[S sim.Service](t testing.TB, wall clock.Clock, dir, provider string, open func(sim.Env) (S, error)) (*Served, S) {
	t.Helper()
	m, err := sim.Open(dir, wall, 1, sim.Pace{})
	if err != nil {
		t.Fatal(err)
	}
	s := &Served{t: t, Clock: m.Timeline(), Meter: sim.NewMeter(m, provider), HTTP: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	svc, err := open(sim.Env{Clock: s.Clock, Wall: wall, Speed: 1, Memory: m, Meter: s.Meter, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		endpoint, charged := svc.Classify(r)
		if err := s.Meter.Came(endpoint, charged, s.Clock.Now()); err != nil {
			t.Error(err)
		}
		call := &sim.Call{Endpoint: endpoint, Fault: r.Header.Get("Play")}
		svc.ServeHTTP(w, r.WithContext(sim.WithCall(r.Context(), call)))
		if err := s.Meter.Went(call, call.Fault); err != nil {
			t.Error(err)
		}
		s.Last = call
	}))
	s.URL = srv.URL
	t.Cleanup(func() {
		s.HTTP.CloseIdleConnections()
		srv.Close()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, svc
}

// Change changes a request before it is sent.
type Change func(*http.Request)

// With sets a header.
func With(key, value string) Change { return func(r *http.Request) { r.Header.Set(key, value) } }

// Play orders a fault.
func Play(fault string) Change { return With("Play", fault) }

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Raw    string
}

// Ask sends a request, with a JSON body if there is one.
func (s *Served) Ask(method, path, body string, changes ...Change) Answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range changes {
		c(r)
	}
	resp, err := s.HTTP.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return Answer{resp.StatusCode, resp.Header, string(raw)}
}
