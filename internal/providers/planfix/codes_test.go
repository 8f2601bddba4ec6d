package planfix

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer answer
		kind   providers.Kind
		asked  int // requests
		hint   string
	}{
		{"0 once more and again", fail(500, 0, "Rest API error"), providers.Transient, 4, "later"},
		{"0 for a bad request", fail(400, 0, "Rest API error"), providers.Invalid, 4, ""},
		{"0 with a good status", fail(200, 0, "Rest API error"), providers.Transient, 4, ""},
		{"1", fail(401, 1, "Token is not found"), providers.Auth, 1, "PLANFIX_TOKEN"},
		{"2 with any status", fail(500, 2, "Token is off"), providers.Auth, 1, "PLANFIX_TOKEN"},
		{"3", fail(400, 3, "Object is being changed"), providers.Transient, 5, ""},
		{"5", fail(405, 5, "Scope"), providers.Permission, 1, "report_readonly"},
		{"6", fail(400, 6, "Forbidden"), providers.Permission, 1, ""},
		{"11", fail(403, 11, ""), providers.Auth, 1, ""},
		{"21", fail(400, 21, ""), providers.Refused, 1, ""},
		{"22 used up", withHeader("X-RateLimit-Remaining", "0", fail(400, 22, "Limit")), providers.Quota, 1, "quota"},
		{"22 without a number", fail(400, 22, "Limit"), providers.Quota, 1, ""},
		{"22 with requests left", withHeader("X-RateLimit-Remaining", "12", fail(400, 22, "Limit")), providers.Quota, 4, ""},
		{"30 bad request", fail(400, 30, "JSON"), providers.Invalid, 1, ""},
		{"30 server", fail(500, 30, "JSON"), providers.Transient, 4, ""},
		{"41", fail(404, 41, "Value"), providers.Invalid, 1, ""},
		{"405", fail(405, 405, "Method"), providers.Invalid, 1, "/rest"},
		{"1000 is not for us", fail(500, 1000, "Task"), providers.NotFound, 1, ""},
		{"unknown", fail(400, 4242, "Something new"), providers.Invalid, 1, ""},
		{"unknown of the server", fail(503, 4242, "Something new"), providers.Transient, 5, ""},
		{"unknown with a good status", fail(200, 4242, "Something new"), providers.Invalid, 1, ""},
		{"capitals", jsonAnswer(200, `{"Result":"Fail","Code":"1","Error":"No token"}`), providers.Auth, 1, ""},
		{"no code, another key", jsonAnswer(200, `{"result":"failure","message":"Broken"}`), providers.Invalid, 1, ""},
		{"the typo of the samples", jsonAnswer(400, `{"result":"file","code":5,"error":"x"}`), providers.Permission, 1, ""},
		{"only a code", jsonAnswer(200, `{"code":5}`), providers.Permission, 1, ""},
		{"a wrong path", jsonAnswer(404, "<html><h1>Not found</h1></html>"), providers.Protocol, 1, "base_url"},
		{"a login page", jsonAnswer(200, "<!doctype html><title>Log in</title>"), providers.Protocol, 1, "base_url"},
		{"a gateway", jsonAnswer(502, "<html>Bad gateway</html>"), providers.Transient, 5, ""},
		{"cut short", ok(`{"result":"success","saves":[{"id":1`), providers.Protocol, 5, ""},
		{"connection lost", reset, providers.Transient, 5, ""},
		{"body lost", cut(200, noSaves, 10), providers.Transient, 5, ""},
		{"429", jsonAnswer(429, ""), providers.Transient, 5, "requests_per_second"},
		{"429 for long", withHeader("Retry-After", "7200", jsonAnswer(429, "")), providers.Quota, 1, "2h"},
		{"redirect", withHeader("Location", "https://other.example/x?token=1", jsonAnswer(302, "")), providers.Protocol, 1, "base_url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.on(routeSaves, tt.answer)
			p, _ := account(t, s, nil)
			_, _, err := p.saves(t.Context(), "26000")
			e, is := asError(err)
			if !is || e.Kind != tt.kind || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("error = %v (%s), hint %q", err, providers.KindOf(err), providers.HintOf(err))
			}
			if e != nil && (e.Op != "read saves of report 26000" || e.Message == "") {
				t.Errorf("operation %q, message %q", e.Op, e.Message)
			}
			if n := s.count(routeSaves); n != tt.asked {
				t.Errorf("%d requests, want %d", n, tt.asked)
			}
		})
	}
}

// Every code of the table has words for people, and no two rows overlap.
func TestMeanings(t *testing.T) {
	t.Parallel()
	for i, m := range meanings {
		if m.text == "" || m.hint == "" || m.kind == "" || m.from > m.to || i > 0 && meanings[i-1].to >= m.from {
			t.Errorf("row %d: %+v", i, m)
		}
	}
	if meaningOf(24) == nil || meaningOf(8012) == nil || meaningOf(4) != nil {
		t.Error("ranges do not hold")
	}
}

func TestPassingFaults(t *testing.T) {
	t.Parallel()
	good := ok(`{"result":"success","saves":[{"id":1}]}`)
	for name, first := range map[string]answer{
		"code 0":     fail(500, 0, "Rest API error"),
		"429":        withHeader("Retry-After", "3", jsonAnswer(429, "")),
		"code 22":    withHeader("X-RateLimit-Remaining", "9", fail(400, 22, "Limit")),
		"reset":      reset,
		"cut":        cut(200, noSaves, 5),
		"cut short":  ok(`{"result":"succ`),
		"gateway":    jsonAnswer(503, "<html>"),
		"being made": fail(409, 3, "Busy"),
	} {
		s := newService(t)
		s.on(routeSaves, first, good)
		p, _ := account(t, s, nil)
		if list, _, err := p.saves(t.Context(), "26000"); err != nil || len(list) != 1 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}

// With requests left, code 22 is waited out in 2, 5 and 15 seconds.
func TestQuotaWaits(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.on(routeSaves, withHeader("X-RateLimit-Remaining", "1", fail(http.StatusBadRequest, 22, "Limit")))
	p, clk := account(t, s, nil)
	_, _, _ = p.saves(t.Context(), "26000")
	for _, want := range []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second} {
		if !slices.Contains(clk.slept, want) {
			t.Errorf("waits are %v, without %s", clk.slept, want)
		}
	}
}

func TestRunningID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Report already in progress by requestId - F558lgNHoNkkkG7BCKaQNk0C49SXHaTc": "F558lgNHoNkkkG7BCKaQNk0C49SXHaTc",
		"Report already in progress by requestId - F558.":                            "F558",
		"Report already in progress by requestId: 'ab-cd_12'":                        "ab-cd_12",
		"already running, request id=5f0c7a52-7a43-4d1c-9f0e-1a2b3c4d5e6f ":          "5f0c7a52-7a43-4d1c-9f0e-1a2b3c4d5e6f",
		"in progress - F558lgNHoNkkkG7BCKaQNk0C49SXHaTc":                             "F558lgNHoNkkkG7BCKaQNk0C49SXHaTc",
		"Report already in progress":                                                 "",
		"":                                                                           "",
	} {
		if got := runningID(&envelope{Error: scalar{text, true}}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add(200, []byte(`{"result":"fail","code":9002,"error":"Report already in progress by requestId - F558"}`))
	f.Add(403, []byte(`{"Result":"FAIL","Code":"9004"}`))
	f.Add(200, []byte(`<html>`))
	f.Add(500, []byte("\xff\x00{"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := &transport.Answer{Status: status, Header: http.Header{}, Body: body}
		for name, v := range map[string]transport.Verdict{"read": judge(nil, a), "chunk": judgeChunk(nil, a), "generate": judgeGenerate(&transport.Call{Op: "x"}, a)} {
			if v.Err == nil && !good(status) {
				t.Errorf("%s: status %d with %q counts as good", name, status, body)
			}
			if v.Err != nil && v.Err.Kind == "" {
				t.Errorf("%s: an error without a kind for %s %q", name, strconv.Itoa(status), fmt.Sprintf("%.100s", body))
			}
		}
	})
}
