package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reportsync/internal/cli"
	"reportsync/internal/clock"
	"reportsync/internal/sandbox"
)

// call runs one command inside the test process, against the wall clock.
func call(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Main(cli.Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Environ: []string{"CI=true"}, Dir: dir,
		Clock: clock.Wall{}, Transport: http.DefaultTransport, Width: func() int { return 120 }, User: "u", Host: "h", PID: os.Getpid(),
	})
	return code, out.String(), errs.String()
}

// serve starts a sandbox as a server for other processes would see it.
func serve(t *testing.T, o sandbox.Options) *sandbox.Server {
	t.Helper()
	o.Addr = "127.0.0.1:0"
	if o.Speed == 0 {
		o.Speed = 600
	}
	s, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// account is a provider block for a served sandbox. The service's clock is that
// many times faster than ours, and so are its limits.
func account(s *sandbox.Server, token string) string {
	speed := s.Describe().Speed
	return fmt.Sprintf(`provider "planfix" {
  base_url            = %q
  token               = %q
  requests_per_second = %g
  poll_interval       = "50ms"
  generation_interval = "%dms"
}
`, s.URL("planfix"), token, speed*0.8, int(660_000/speed))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestServedSandbox(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	dir := t.TempDir()
	write(t, dir, "main.hcl", account(s, s.Credentials("planfix")["token"])+`
export "planfix_report" "sales" {
  report_id = "26000"
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
}
`)
	code, out, errs := call(t, dir, "apply", "-auto-approve")
	if code != 0 {
		t.Fatalf("status %d\n%s%s", code, out, errs)
	}
	files, err := filepath.Glob(filepath.Join(dir, "exports", "planfix_report.sales", "*.csv"))
	if err != nil || len(files) != 4 {
		t.Errorf("files %q, %v", files, err)
	}
	if code, out, errs := call(t, dir, "plan", "-detailed-exitcode"); code != 0 {
		t.Errorf("second plan: status %d\n%s%s", code, out, errs)
	}
	s.Advance(2 * time.Hour)
	if code, out, _ := call(t, dir, "plan", "-detailed-exitcode"); code != 2 || !strings.Contains(out, "fetch") {
		t.Errorf("plan after new saves: status %d\n%s", code, out)
	}
}

func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	for token, want := range map[string]string{
		"wrong-token-0123": "token", "noscope": "report_readonly", "norights": "access", "disabled": "token", "free": "account",
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "main.hcl", account(s, token)+"export \"planfix_report\" \"sales\" {\n  report_id = \"26000\"\n}\n")
			for _, command := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
				code, out, errs := call(t, dir, command...)
				wantCode := 4
				if token == "free" {
					wantCode = code // refused for what the account is, not for who asks
				}
				if code != wantCode || code == 0 || !strings.Contains(errs, want) {
					t.Errorf("%s: status %d, want %d and a word about %q\n%s%s", command, code, wantCode, want, out, errs)
				}
				if len(token) > 10 && strings.Contains(out+errs, token) {
					t.Errorf("the token is shown:\n%s%s", out, errs)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "exports")); err == nil {
				t.Error("files were written")
			}
		})
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}
