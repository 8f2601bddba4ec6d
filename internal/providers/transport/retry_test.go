package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/providers"
)

func TestRetries(t *testing.T) {
	t.Parallel()
	const s = time.Second
	broken := errors.New("read tcp: connection reset by peer")
	tests := []struct {
		name    string
		call    Call
		answers []func(*http.Request) (*http.Response, error)
		at      []time.Duration
		kind    providers.Kind
	}{
		{"good", reading, answers(answering(200, "{}")), []time.Duration{0}, ""},
		{"growing pauses", reading, answers(answering(503, "")), []time.Duration{0, s, 3 * s, 7 * s, 15 * s}, providers.Transient},
		{"better at last", reading, answers(answering(503, ""), breaking(broken), answering(200, "{}")), []time.Duration{0, s, 3 * s}, ""},
		{"never repeated", starting, answers(answering(503, "")), []time.Duration{0}, providers.Transient},
		{"never repeated, lost", starting, answers(breaking(broken)), []time.Duration{0}, providers.Uncertain},
		{"refused for good", reading, answers(answering(400, "")), []time.Duration{0}, providers.Invalid},
		{"429 in seconds", reading, answers(answering(429, "", "Retry-After", "20"), answering(200, "{}")), []time.Duration{0, 20 * s}, ""},
		{
			"429 at a time", reading, answers(
				answering(429, "", "Date", "Thu, 24 Apr 2025 06:10:00 GMT", "Retry-After", "Thu, 24 Apr 2025 06:11:00 GMT"), answering(200, "{}")),
			[]time.Duration{0, 60 * s},
			"",
		},
		{"429 for too long", reading, answers(answering(429, "", "Retry-After", "3600")), []time.Duration{0}, providers.Quota},
		{"host unknown", reading, answers(breaking(&net.DNSError{Name: "service.example", IsNotFound: true})), []time.Duration{0}, providers.Transient},
		{"connection refused", reading, answers(breaking(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), answering(200, "{}")), []time.Duration{0, s}, ""},
		{"not sent", starting, answers(breaking(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})), []time.Duration{0}, providers.Transient},
		{"redirect", reading, answers(answering(307, "", "Location", "https://evil.example/")), []time.Duration{0}, providers.Protocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				base := scripted(tt.answers...)
				_, err := client(base, nil).Do(t.Context(), &tt.call)
				if tt.kind == "" && err != nil {
					t.Fatal(err)
				}
				if tt.kind != "" {
					if e := kindOf(t, err, tt.kind); e.Message == "" {
						t.Error("there is no message")
					}
				}
				if diff := cmp.Diff(tt.at, base.at); diff != "" {
					t.Errorf("attempts (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func answers(a ...func(*http.Request) (*http.Response, error)) []func(*http.Request) (*http.Response, error) {
	return a
}

func TestVerdictBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		base := scripted(answering(200, "no"))
		call := reading
		call.Judge = func(*Call, *Answer) Verdict {
			return Verdict{
				Err: &providers.Error{Kind: providers.Quota, Message: "no secret-token\x1b[1m"}, Retry: true, Max: 3,
				Waits: []time.Duration{2 * time.Second, 5 * time.Second},
			}
		}
		_, err := client(base, nil).Do(t.Context(), &call)
		if e := kindOf(t, err, providers.Quota); e.Message != "no (redacted) [1m" || e.Status != 200 {
			t.Errorf("message %q, status %d", e.Message, e.Status)
		}
		const s = time.Second
		if diff := cmp.Diff([]time.Duration{0, 2 * s, 7 * s, 12 * s}, base.at); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

func TestCancelWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(1500*time.Millisecond, func() { cancel(cause) })
		base := scripted(answering(503, ""))
		_, err := client(base, nil).Do(ctx, &reading)
		if !errors.Is(err, cause) || len(base.at) != 2 {
			t.Errorf("error %v after %v", err, base.at)
		}
	})
}

func TestTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests, waits, bytes, left int
		ctx := traced(t, &providers.Trace{
			Request:   func(string, int, time.Duration) { requests++ },
			Waiting:   func(string, time.Time) { waits++ },
			Bytes:     func(n int) { bytes += n },
			Remaining: func(_ string, n int) { left = n },
		})
		c := client(scripted(answering(429, "", "Retry-After", "5"), answering(503, "1234"), answering(200, "{}")), func(o *Options) {
			o.Interval = time.Second
			o.Remaining = func(http.Header) (string, int, bool) { return "requests", 7, true }
		})
		if _, err := c.Do(ctx, &reading); err != nil {
			t.Fatal(err)
		}
		if requests != 3 || waits != 2 || bytes != 6 || left != 7 {
			t.Errorf("%d requests, %d waits, %d bytes, %d left", requests, waits, bytes, left)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 4, 24, 6, 10, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, " 5 ": 5 * time.Second, "-1": 0, "x": 0, "1.5": 0,
		"Thu, 24 Apr 2025 06:12:00 GMT": 2 * time.Minute, "Thu, 24 Apr 2025 06:00:00 GMT": 0,
		"99999999999999999": 1000 * time.Hour,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
