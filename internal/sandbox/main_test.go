package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/sandbox"
	"reportsync/internal/sandbox/planfix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const provider = planfix.Provider

// client talks to a sandbox by plain HTTP.
type client struct {
	t    *testing.T
	srv  *sandbox.Server
	http *http.Client
}

// start runs a sandbox for the time of a test, at the pace of the wall clock.
func start(t *testing.T, o sandbox.Options) *client {
	t.Helper()
	if o.Speed == 0 {
		o.Speed = 1
	}
	srv, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, srv: srv, http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(c.close)
	return c
}

func (c *client) close() {
	c.http.CloseIdleConnections()
	if err := c.srv.Close(); err != nil {
		c.t.Error(err)
	}
}

// send sends a request with the token, a second after the last.
func (c *client) send(ctx context.Context, method, url string) (*http.Response, error) {
	c.t.Helper()
	c.srv.Advance(time.Second)
	r, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.srv.Credentials(provider)["token"])
	return c.http.Do(r)
}

// ask sends a request to the service and returns what came, as far as it came.
func (c *client) ask(method, path string) (status int, header http.Header, body string, err error) {
	c.t.Helper()
	return c.askURL(method, c.srv.URL(provider)+path)
}

func (c *client) askURL(method, url string) (status int, header http.Header, body string, err error) {
	c.t.Helper()
	resp, err := c.send(c.t.Context(), method, url)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(raw), err
}

// ok sends a request that must be answered well.
func (c *client) ok(method, path string) string {
	c.t.Helper()
	status, _, body, err := c.ask(method, path)
	if err != nil || status/100 != 2 || !strings.HasPrefix(body, `{"result":"success"`) {
		c.t.Fatalf("%s %s: %d %.300s, %v", method, path, status, body, err)
	}
	return body
}

func (c *client) stats() sandbox.Stats {
	c.t.Helper()
	st, err := c.srv.Stats()
	if err != nil {
		c.t.Fatal(err)
	}
	return st
}

func faults(t *testing.T, list string) []sandbox.Fault {
	t.Helper()
	f, err := sandbox.ParseFaults(list)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
