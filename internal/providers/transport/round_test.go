package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reportsync/internal/clock"
	"reportsync/internal/providers"
)

// roundTrip is a connection that is played, so that time can be virtual.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// reply is an answer; headers come in pairs.
func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// script gives answers in turn, the last one again and again, and notes when.
type script struct {
	answers []func(*http.Request) (*http.Response, error)
	at      []time.Duration
	began   time.Time
}

func scripted(answers ...func(*http.Request) (*http.Response, error)) *script {
	return &script{answers: answers, began: clock.Wall{}.Now()}
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.at = append(s.at, clock.Wall{}.Now().Sub(s.began))
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	return a(r)
}

func answering(status int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return reply(status, body, headers...), nil }
}

func breaking(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// client returns a client of a service that is played, without jitter.
func client(base http.RoundTripper, change func(*Options)) *Client {
	u, _ := url.Parse("https://service.example/api")
	o := Options{
		Base: base, BaseURL: u, MaxRetries: 4, UserAgent: "reportsync/test",
		Header: http.Header{"Authorization": {"Bearer secret-token"}}, Secrets: []string{"secret-token"},
		Jitter: func() float64 { return 1 },
	}
	if change != nil {
		change(&o)
	}
	return New(o)
}

var (
	reading  = Call{Op: "read list", Method: http.MethodPost, Path: "/list", Repeatable: true}
	starting = Call{Op: "start it", Method: http.MethodPost, Path: "/start"}
)

func kindOf(t *testing.T, err error, want providers.Kind) *providers.Error {
	t.Helper()
	e, ok := errors.AsType[*providers.Error](err)
	if !ok || e.Kind != want {
		t.Fatalf("error = %v (%s), want %s", err, providers.KindOf(err), want)
	}
	if e.Op == "" || strings.Contains(e.Error()+e.Hint, "secret-token") || errors.Is(err, io.EOF) {
		t.Errorf("the error %v has no operation, holds a secret, or looks like an end", err)
	}
	return e
}

func traced(t *testing.T, tr *providers.Trace) context.Context {
	return providers.WithTrace(t.Context(), tr)
}
