package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"reportsync/internal/sandbox"
)

// misbehave runs a sandbox with faults and the answer to a request that none hits.
func misbehave(t *testing.T, list string) (c *client, good string) {
	t.Helper()
	good = start(t, sandbox.Options{}).ok("POST", data)
	return start(t, sandbox.Options{Faults: faults(t, list)}), good
}

func TestPages(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{"502-html": 502, "html-404": 404, "429": 429} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			c := start(t, sandbox.Options{Faults: faults(t, fault+":generate:1")})
			status, header, body, err := c.ask("POST", generate)
			if err != nil || status != want || !strings.Contains(body, "<html>") || header.Get("Content-Type") != "text/html" {
				t.Errorf("%d %s, %v", status, body, err)
			}
			if got := header.Get("Retry-After"); (got == "30") != (want == 429) {
				t.Errorf("Retry-After is %q", got)
			}
			if got := c.stats().Services[provider]; got.Generations != 0 || got.Faults[fault] != 1 {
				t.Errorf("counts %+v", got)
			}
			c.ok("POST", generate)
		})
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	c, good := misbehave(t, "truncate:data:1")
	status, _, body, err := c.ask("POST", data)
	if err != nil || status != 200 || !strings.HasPrefix(good, body) || len(body) != len(good)/2 || json.Valid([]byte(body)) {
		t.Errorf("%d, %d of %d bytes, %v", status, len(body), len(good), err)
	}
	if c.ok("POST", data) != good {
		t.Error("the next answer is not whole")
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	c, good := misbehave(t, "reset:data:2-2")
	if c.ok("POST", data) != good {
		t.Error("the first answer is not whole")
	}
	_, _, body, err := c.ask("POST", data)
	if err == nil || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if len(body) >= len(good) {
		t.Error("the answer came whole")
	}
	if c.ok("POST", data) != good {
		t.Error("the third answer is not whole")
	}
}

func TestLostAnswer(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Faults: faults(t, "lost-answer:generate:1")})
	if _, _, _, err := c.ask("POST", generate); err == nil {
		t.Error("an answer came")
	}
	if _, _, body, err := c.ask("POST", generate); err != nil || !strings.Contains(body, `"code":9002`) {
		t.Errorf("it was not carried out: %s, %v", body, err)
	}
	if got := c.stats().Services[provider]; got.Generations != 1 || got.Requests["generate"] != 2 {
		t.Errorf("counts %+v", got)
	}
}

func TestNeverAnswer(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Faults: faults(t, "never:generate:1,never:ping:1")})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.send(ctx, "POST", c.srv.URL(provider)+generate); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	c.ok("POST", generate) // it was not carried out, and one that was given up is not in the way

	waiting := make(chan error, 1)
	go func() {
		resp, err := c.send(context.WithoutCancel(t.Context()), "GET", c.srv.URL(provider)+ping)
		if err == nil {
			resp.Body.Close()
		}
		waiting <- err
	}()
	for c.stats().Services[provider].Requests["ping"] == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := c.srv.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waiting; err == nil {
		t.Error("an answer came when the sandbox stopped")
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	good := start(t, sandbox.Options{}).ok("POST", data)
	c := start(t, sandbox.Options{Speed: 3600, Faults: faults(t, "slow:data:1")})
	began := c.srv.Clock().Now()
	if got := c.ok("POST", data); got != good {
		t.Error("the answer is not whole")
	}
	if took := c.srv.Clock().Now().Sub(began); took < 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Faults: faults(t, "clock-skew:ping:2-2")})
	c.srv.Advance(100 * time.Hour)
	for i, want := range []time.Duration{0, 3 * time.Hour, 0} {
		_, header, _, err := c.ask("GET", ping)
		if err != nil {
			t.Fatal(err)
		}
		at, err := http.ParseTime(header.Get("Date"))
		if err != nil {
			t.Fatal(err)
		}
		if off := at.Sub(c.srv.Clock().Now()); off < want-time.Minute || off > want+time.Minute {
			t.Errorf("answer %d: the Date header is off by %v, want %v", i, off, want)
		}
	}
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Faults: faults(t, "redirect:ping:3")})
	var to string
	c.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error { to = r.URL.String(); return http.ErrUseLastResponse }
	status, _, _, err := c.ask("GET", ping)
	if err != nil || status != http.StatusTemporaryRedirect || !strings.HasPrefix(to, "http://localhost:") {
		t.Fatalf("%d to %s, %v", status, to, err)
	}
	leaks := func() int { return c.stats().Services[provider].Leaks }

	c.http.CheckRedirect = nil // the standard client leaves the token behind
	if status, _, body, err := c.ask("GET", ping); err != nil || status != 200 || !strings.Contains(body, "success") {
		t.Errorf("%d %s, %v", status, body, err)
	}
	if leaks() != 0 {
		t.Error("a request without a token is counted as a leak")
	}
	if _, _, _, err := c.askURL("GET", to); err != nil {
		t.Error(err)
	}
	if leaks() != 1 {
		t.Error("a request with a token is not counted as a leak")
	}
	if status, _, _, err := c.askURL("GET", strings.Replace(to, provider, "x", 1)); err != nil || status != 404 {
		t.Errorf("%d, %v", status, err)
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"vanihs":           `there is no fault "vanihs". Did you mean "vanish"?`,
		"reset:date":       `there is no endpoint "date". Did you mean "data"?`,
		"code22:planfix/x": `there is no endpoint "planfix/x"`,
	} {
		if _, err := sandbox.ParseFaults(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", in, err, want)
		}
	}
	faults(t, "reset:data:2,lost-answer:generate:1,500:*:0.1,code22-daily:planfix:5-,vanish:planfix/data:1")
}
