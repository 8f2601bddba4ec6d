package cli_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reportsync/internal/sandbox"
)

// Nobody answers: the message says who was asked and what to look at.
func TestNoNetwork(t *testing.T) {
	t.Parallel()
	for url, want := range map[string][]string{
		"http://127.0.0.1:1":      {"connection was refused", "base_url and its port"},
		"https://nowhere.invalid": {"nowhere.invalid cannot be found", "reach the network"},
	} {
		dir := t.TempDir()
		write(t, dir, "main.hcl", only(url))
		before := tree(t, dir)
		for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
			code, out, errs := call(t, dir, args...)
			if code != 1 {
				t.Errorf("%s: status %d\n%s", args, code, out)
			}
			mentions(t, errs, append(want, "read saves of report 1", "main.hcl line 8")...)
			same(t, before, tree(t, dir))
		}
	}
}

// secure is the fake behind TLS, with its certificate in a file.
func secure(t *testing.T) (s *httptest.Server, caFile string) {
	t.Helper()
	s = httptest.NewUnstartedServer(fake(t, nil).Config.Handler)
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, caFile
}

func trusting(config, caFile string) string {
	return strings.Replace(config, "  token =", "  ca_file = \""+filepath.ToSlash(caFile)+"\"\n  token =", 1)
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	s, ca := secure(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		config string
		words  []string
	}{
		"not trusted":     {only(s.URL), []string{"certificate is not trusted", "ca_file"}},
		"another host":    {trusting(only("https://localhost:"+port), ca), []string{"certificate", "localhost", "base_url"}},
		"no file":         {trusting(only(s.URL), "/nowhere/ca.pem"), []string{"ca_file", "/nowhere/ca.pem", "no such file"}},
		"no certificates": {trusting(only(s.URL), empty), []string{"ca_file", "certificate"}},
	} {
		dir := t.TempDir()
		write(t, dir, "main.hcl", tt.config)
		before := tree(t, dir)
		code, out, errs := call(t, dir, "apply", "-auto-approve")
		if code != 1 {
			t.Errorf("%s: status %d\n%s", name, code, out)
		}
		mentions(t, errs, tt.words...)
		same(t, before, tree(t, dir))
	}
	dir := t.TempDir()
	write(t, dir, "main.hcl", trusting(only(s.URL), ca))
	if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
		t.Errorf("with ca_file: status %d\n%s%s", code, out, errs)
	}
}

// proxy tunnels to one address, whatever it is asked for, if the credentials are right.
func proxy(t *testing.T, to, credentials string, asked *[]string) *httptest.Server {
	t.Helper()
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != credentials {
			http.Error(w, "who are you", http.StatusProxyAuthRequired)
			return
		}
		*asked = append(*asked, r.Method+" "+r.Host)
		there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", to)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
		_, _ = io.Copy(here, there)
		_ = here.Close()
	}))
	t.Cleanup(p.Close)
	return p
}

// The proxy of the environment is used, and its password never shown.
func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	s, ca := secure(t) // its certificate is for example.com, too
	var asked []string
	p := proxy(t, s.Listener.Addr().String(), "Basic dXNlcjpodW50ZXIy", &asked)
	dir := t.TempDir()
	write(t, dir, "main.hcl", trusting(only("https://example.com"), ca))
	run := func(proxyURL string, args ...string) (string, error) {
		return process(t.Context(), dir, args, "HTTPS_PROXY="+proxyURL, "NO_PROXY=", "no_proxy=", "https_proxy=")
	}
	before := tree(t, dir)
	for url, want := range map[string][]string{
		strings.Replace(p.URL, "http://", "http://user:wrong-hunter@", 1): {"proxy makes no connection: HTTP 407", "HTTPS_PROXY"},
		"http://user:hunter2@127.0.0.1:1":                                 {"proxy cannot be reached", "refused", "HTTPS_PROXY"},
		"http://user:hunter2@127.0.0.1:1:2":                               {"proxy"},
		"http://user:hunter2@proxy.invalid:1":                             {"proxy cannot be reached", "proxy.invalid"},
	} {
		out, err := run(url, "apply", "-auto-approve", "-log-level=trace")
		if err == nil || err.Error() != "exit status 1" || strings.Contains(out, "hunter") {
			t.Errorf("%v\n%s", err, out)
		}
		mentions(t, out, want...)
		same(t, before, tree(t, dir))
	}
	if out, err := run(strings.Replace(p.URL, "http://", "http://user:hunter2@", 1), "apply", "-auto-approve", "-log-level=trace"); err != nil || strings.Contains(out, "hunter") {
		t.Errorf("%v\n%s", err, out)
	}
	if len(asked) == 0 || asked[0] != "CONNECT example.com:443" {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

// What a served sandbox does wrong is healed as often as may be tried, and a clean
// error beyond that. No token follows a redirect.
func TestFaultsOfTheNetwork(t *testing.T) {
	t.Parallel()
	for faults, code := range map[string]int{
		"reset:data:2": 0, "truncate:data:2": 0, "lost-answer:data:2": 0, "500:saves:2": 0, "502-html:saves:2": 0,
		"reset:data": 3, "truncate:data": 3, "lost-answer:data": 3, "500:saves": 1, "502-html:saves": 1, "html-404:saves": 1, "never:saves": 1, "never:data": 3,
		"vanish:data:1": 3, "drop-chunk:data:2": 0, "drop-chunk:data": 3, "redirect:saves": 1, "redirect:data": 3,
	} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			list, err := sandbox.ParseFaults(faults)
			if err != nil {
				t.Fatal(err)
			}
			s := serve(t, sandbox.Options{Speed: 60, Faults: list})
			dir := t.TempDir()
			config := account(s, s.Credentials("planfix")["token"]) + "export \"planfix_report\" \"sales\" {\n  report_id = \"26000\"\n}\n"
			timeout := "60s" // what is not about waiting has all the time that a busy machine takes
			if strings.HasPrefix(faults, "never") {
				timeout = "2s"
			}
			config = strings.Replace(config, "  poll", "  max_retries = "+map[bool]string{true: "2", false: "0"}[code == 0]+"\n  timeout = \""+timeout+"\"\n  poll", 1)
			write(t, dir, "main.hcl", config)
			got, out, errs := call(t, dir, "apply", "-auto-approve")
			if got != code {
				t.Errorf("status %d, want %d\n%s%s", got, code, out, errs)
			}
			if code == 1 {
				same(t, map[string]string{filepath.Join(dir, "main.hcl"): config}, tree(t, dir))
			}
			for path := range tree(t, dir) {
				if strings.Contains(path, "-tmp") {
					t.Errorf("%s was left", path)
				}
			}
			stats, err := s.Stats()
			if err != nil {
				t.Fatal(err)
			}
			if n := stats.Services["planfix"].Leaks; n != 0 {
				t.Errorf("the token was sent elsewhere %d times", n)
			}
			if got, out, errs := call(t, dir, "verify"); got != 0 {
				t.Errorf("verify: status %d\n%s%s", got, out, errs)
			}
		})
	}
}
