package transport

import (
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"reportsync/internal/providers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc, change func(*Options)) (*Client, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	base, _ := http.DefaultTransport.(*http.Transport)
	own := base.Clone()
	t.Cleanup(own.CloseIdleConnections)
	return client(own, func(o *Options) {
		u, err := ParseBaseURL(s.URL + "/api/")
		if err != nil {
			t.Fatal(err)
		}
		o.BaseURL, o.MaxRetries = u, 0
		if change != nil {
			change(o)
		}
	}), s
}

func TestRequest(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for k, want := range map[string]string{"Authorization": "Bearer secret-token", "User-Agent": "reportsync/test", "Accept-Encoding": "gzip", "X-Own": "1"} {
			if got := r.Header.Get(k); got != want {
				t.Errorf("%s: %q, want %q", k, got, want)
			}
		}
		if r.URL.String() != "/api/a%2Fb?q=1+2" || string(body) != "hello" {
			t.Errorf("%s with %q", r.URL, body)
		}
	}, nil)
	_, err := c.Do(t.Context(), &Call{Op: "x", Method: http.MethodPost, Path: "/a%2Fb", Query: map[string][]string{"q": {"1 2"}}, Body: []byte("hello"), Header: http.Header{"x-own": {"1"}}})
	if err != nil {
		t.Error(err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/signed?secret-token", http.StatusTemporaryRedirect)
	}, nil)
	_, err := c.Do(t.Context(), &reading)
	if e := kindOf(t, err, providers.Protocol); !strings.Contains(e.Message, other.URL) || strings.Contains(e.Message, "signed") {
		t.Errorf("message = %q", e.Message)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("all work and no play ", 5000)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	tests := []struct {
		name string
		body []byte
		kind providers.Kind
	}{{"whole", z.Bytes(), ""}, {"cut", z.Bytes()[:z.Len()/2], providers.Transient}, {"no gzip", []byte(text), providers.Transient}}
	for _, tt := range tests {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(tt.body)
		}, nil)
		a, err := c.Do(t.Context(), &reading)
		if tt.kind != "" {
			kindOf(t, err, tt.kind)
		} else if err != nil || string(a.Body) != text {
			t.Errorf("%s: %v", tt.name, err)
		}
		s, err := c.Open(t.Context(), &reading)
		if err == nil {
			_, err = io.ReadAll(s)
		}
		if tt.kind != "" {
			kindOf(t, err, tt.kind)
		} else if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A body that breaks off is never taken for one that ends.
func TestCutBody(t *testing.T) {
	t.Parallel()
	for _, sent := range []int{10, 3 * peekSize} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(make([]byte, sent))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, nil)
		_, err := c.Do(t.Context(), &reading)
		kindOf(t, err, providers.Transient)
		s, err := c.Open(t.Context(), &reading)
		if err == nil {
			_, err = io.ReadAll(s)
		}
		if kindOf(t, err, providers.Transient); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error = %v", err)
		}
		_, err = c.Do(t.Context(), &starting)
		kindOf(t, err, providers.Uncertain)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	status := 200
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write(bytes.Repeat([]byte("secret-token\x00 "), 20_000))
	}, nil)
	call := reading
	call.MaxBody = 1000
	_, err := c.Do(t.Context(), &call)
	kindOf(t, err, providers.Protocol)
	status = 400
	seen := 0
	call.Judge = func(c *Call, a *Answer) Verdict {
		seen = len(a.Body)
		return JudgeStatus(c, a)
	}
	_, err = c.Do(t.Context(), &call)
	if e := kindOf(t, err, providers.Invalid); len(e.Message) > snippetSize+10 || seen != errorBody {
		t.Errorf("message of %d bytes, %d bytes seen", len(e.Message), seen)
	}
}

// A short answer is judged although it is a stream, and can still be read.
func TestOpenShort(t *testing.T) {
	t.Parallel()
	body := "good"
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, nil)
	call := reading
	call.Judge = func(_ *Call, a *Answer) Verdict {
		if string(a.Body) == "good" {
			return Verdict{}
		}
		return Verdict{Err: &providers.Error{Kind: providers.Gone, Message: string(a.Body)}}
	}
	s, err := c.Open(t.Context(), &call)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(s); err != nil || string(got) != "good" || string(s.Whole) != "good" {
		t.Errorf("%q, %v", got, err)
	}
	body = "bad"
	_, err = c.Open(t.Context(), &call)
	kindOf(t, err, providers.Gone)
	if n := len(c.pace.slots); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}

func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := c.Do(t.Context(), &Call{Op: "x", Method: http.MethodGet, Path: "/p", Query: map[string][]string{"key": {"secret-token"}}})
	kindOf(t, err, providers.Transient)
	if text := log.String(); strings.Contains(text, "secret-token") || !strings.Contains(text, "/p?key=(redacted)") || !strings.Contains(text, "status=500") {
		t.Errorf("log = %s", text)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	base, _ := http.DefaultTransport.(*http.Transport)
	ask := func(caFile string) error {
		rt, err := Connector(base, caFile, 1)
		if err != nil {
			return err
		}
		c := client(rt, func(o *Options) { o.BaseURL, _ = ParseBaseURL(s.URL) })
		_, err = c.Do(t.Context(), &starting)
		if own, ok := rt.(*http.Transport); ok {
			own.CloseIdleConnections()
		}
		return err
	}
	// A server that is not trusted has seen nothing, so nothing is uncertain.
	if e := kindOf(t, ask(""), providers.Transient); !strings.Contains(e.Hint, "ca_file") {
		t.Errorf("hint = %q", e.Hint)
	}
	if err := ask(file); err != nil {
		t.Errorf("with its certificate: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	_ = os.WriteFile(empty, []byte("nothing"), 0o600)
	for _, bad := range []string{"ca.pem", empty, filepath.Join(t.TempDir(), "none.pem")} {
		if err := ask(bad); err == nil || !strings.Contains(err.Error(), "ca_file") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := Connector(roundTrip(nil), file, 1); err == nil {
		t.Error("a transport from outside took ca_file")
	}
	if rt, err := Connector(base, "", 8); err != nil || rt.(*http.Transport).MaxIdleConnsPerHost != 8 || base.MaxIdleConnsPerHost != 0 {
		t.Errorf("idle connections: %v, error %v", rt, err)
	}
}
