package planfix

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"reportsync/internal/sandbox/sim/simtest"
)

const (
	list  = "/planfix/rest/report/list"
	ping  = "/planfix/rest/ping"
	saves = "/planfix/rest/report/26000/save/list"
)

func TestPing(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	a.ask("GET", ping, "").is(http.StatusOK, `{"result":"success"}`)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	for _, tc := range []struct {
		token, path string
		status      int
		code        string
	}{
		{"nobody", ping, 401, "1"},
		{"nobody", list, 401, "1"},
		{"noscope", list, 405, "5"},
		{"norights", list, 400, "6"},
		{"disabled", ping, 401, "2"},
		{"frozen", ping, 403, "11"},
		{"inactive", ping, 403, "16"},
		{"unpaid", ping, 403, "20"},
		{"free", ping, 403, "21"},
	} {
		method := "POST"
		if tc.path == ping {
			method = "GET"
		}
		a.ask(method, tc.path, "", as(tc.token)).fails(tc.status, tc.code)
		if a.Last.Refusal != tc.code {
			t.Errorf("%s: the refusal is counted as %q", tc.token, a.Last.Refusal)
		}
	}
	for _, token := range []string{"noscope", "norights"} {
		a.ask("GET", ping, "", as(token)).succeeds(http.StatusOK)
	}
}

func TestTokenBelongsIntoTheHeader(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	none := func(r *http.Request) { r.Header.Del("Authorization") }
	a.ask("GET", ping, "", none).fails(401, "1")
	a.ask("GET", ping+"?access_token="+goodToken, "", none).fails(401, "1")
	a.ask("GET", ping+"?access_token="+goodToken, "").fails(401, "1")
	a.ask("GET", ping, "", simtest.With("Authorization", goodToken)).fails(401, "1")
	a.ask("GET", ping, "", simtest.With("Authorization", "Basic "+goodToken)).fails(401, "1")
	a.ask("GET", ping, "", func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }).fails(401, "1")
	a.ask("GET", ping, "", simtest.With("Authorization", "bearer "+goodToken)).succeeds(200)
}

func TestWrongPathsAreHTML(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	for _, path := range []string{
		"/planfix/restreport/list", "/planfix/rest", "/planfix/rest/", "/planfix/rest/ping/", "/planfix/rest/report/list/", "/planfix/rest/report",
		"/planfix/rest/report/abc", "/planfix/rest/report/-1", "/planfix/rest/report/26000/", "/planfix/rest/report/26000/run",
		"/planfix/rest/report/status", "/planfix/rest/report/status/", "/planfix/rest/report/26000/save/x/data", "/planfix/rest//report/list",
		"/planfix/rest/report/26000/save/5301/data/0", "/planfix/rest/report/status/a/b",
	} {
		got := a.ask("POST", path, "")
		if got.status != 404 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || !strings.Contains(got.raw, "<html>") {
			t.Errorf("%s: %d %s", path, got.status, got.raw)
		}
	}
}

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	for path, right := range map[string]string{
		ping: "GET", list: "POST", "/planfix/rest/report/26000": "GET", saves: "POST",
		"/planfix/rest/report/26000/save/5301/data": "POST", "/planfix/rest/report/26000/generate": "POST", "/planfix/rest/report/status/x": "GET",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			if method == right {
				continue
			}
			got := a.ask(method, path, "")
			got.fails(405, "405")
			if got.header.Get("Allow") != right {
				t.Errorf("%s %s: Allow is %q", method, path, got.header.Get("Allow"))
			}
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	for _, body := range []string{`{`, `[]`, `null`, `"x"`, `{"offset":0} x`, `offset=0`, `{"offset":0,}`} {
		a.ask("POST", list, body).fails(400, "30")
		a.ask("POST", "/planfix/rest/report/26000/generate", body).fails(400, "30")
	}
	a.ask("POST", list, `{"fields":"id"}`, simtest.With("Content-Type", "text/plain")).fails(400, "30")
	a.ask("POST", list, `{"fields":"id"}`, func(r *http.Request) { r.Header.Del("Content-Type") }).fails(400, "30")
	a.ask("POST", list, `{"x":"`+strings.Repeat("x", maxBody)+`"}`).fails(400, "30")
	a.ask("POST", list, `{"fields":"id"}`, simtest.With("Content-Type", "application/json; charset=utf-8")).succeeds(200)
	a.ask("POST", list, " \n").succeeds(200)
	for _, body := range []string{
		`{"offset":-1}`, `{"offset":"0"}`, `{"offset":1.5}`, `{"offset":null}`, `{"pageSize":0}`, `{"pageSize":101}`, `{"pageSize":"10"}`,
		`{"fields":1}`, `{"fields":["id"]}`,
	} {
		a.ask("POST", list, body).fails(400, "41")
	}
	a.ask("POST", saves, `{"fields":{}}`).fails(400, "41")
	a.ask("POST", saves, `{"offset":0,"pageSize":100}`).succeeds(200)
}

func TestPace(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	a.ask("GET", ping, "").succeeds(200)
	got := a.askNow("GET", ping, "")
	got.fails(403, "22")
	if left := got.header.Get("X-RateLimit-Remaining"); left == "0" || left == "" {
		t.Errorf("too fast, but %q requests remain", left)
	}
	if a.Last.Violation != "pace" {
		t.Errorf("counted as %q", a.Last.Violation)
	}
	a.ask("GET", ping, "").succeeds(200)

	lax := newAccount(t, "", Options{Lax: true})
	for range 5 {
		lax.askNow("GET", ping, "").succeeds(200)
	}
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	inside, done := make(chan struct{}), make(chan struct{})
	a.svc.env.Wall = waiting{inside: inside, done: done}
	a.svc.opt.Latency = time.Second
	first := make(chan *answer, 1)
	a.Clock.Advance(time.Second)
	go func() { first <- a.askNow("GET", ping, "") }()
	<-inside
	a.ask("GET", ping, "").fails(403, "22")
	if a.Last.Violation != "parallel" {
		t.Errorf("counted as %q", a.Last.Violation)
	}
	close(done)
	(<-first).succeeds(200)
}

// waiting is a clock whose sleepers say that they sleep.
type waiting struct {
	simtest.Still
	inside chan<- struct{}
	done   <-chan struct{}
}

func (w waiting) Sleep(context.Context, time.Duration) error {
	w.inside <- struct{}{}
	<-w.done
	return nil
}

func TestDailyQuota(t *testing.T) {
	t.Parallel()
	a := newAccount(t, t.TempDir(), Options{DailyQuota: 3})
	for range 3 {
		a.ask("GET", ping, "").succeeds(200)
	}
	got := a.ask("GET", ping, "")
	got.fails(403, "22")
	if left := got.header.Get("X-RateLimit-Remaining"); left != "0" {
		t.Errorf("the quota is used up, and %q requests remain", left)
	}
	a.ask("GET", ping, "", as("nobody")).fails(401, "1")
	a.Clock.Advance(12 * time.Hour)
	a.ask("GET", ping, "").succeeds(200)
}

func TestRemainingIsCountedEveryTenMinutes(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{DailyQuota: 100})
	remaining := func() string { return a.ask("GET", ping, "").succeeds(200).header.Get("X-RateLimit-Remaining") }
	for i := range 3 {
		if got := remaining(); got != "99" {
			t.Errorf("request %d: %s remain, want the 99 of the first count", i, got)
		}
	}
	a.Clock.Advance(10 * time.Minute)
	if got := remaining(); got != "96" {
		t.Errorf("after ten minutes %s remain, want 96", got)
	}
	if got := a.ask("GET", ping, "", as("nobody")).header.Get("X-RateLimit-Remaining"); got != "" {
		t.Errorf("a stranger is told that %s remain", got)
	}
}
