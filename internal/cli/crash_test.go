package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"reportsync/internal/cli"
	"reportsync/internal/clock"
)

// bug is a connection with a mistake in it: the program panics when a path is asked for,
// and what it panics with holds the credentials.
type bug struct{ path string }

func (b bug) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, b.path) {
		panic(fmt.Sprintf("cannot happen: %v %s", r.Header, r.URL))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// A panic stops the run as an interrupt does: nothing new is begun, what there is gets
// recorded, the lock is given back. The exit status says so, and no secret shows.
func TestPanics(t *testing.T) {
	t.Parallel()
	plain := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	s := fake(t, map[string]http.HandlerFunc{
		"/rest/report/2/save/list":   plain(`{"result":"success","saves":[{"id":8,"reportId":2,"name":"Save","chunksCount":1}]}`),
		"/rest/report/2/save/8/data": plain(goodChunk),
	})
	for _, path := range []string{"/report/1/save/list", "/report/1/save/7/data"} {
		for _, more := range [][]string{nil, {"-json"}, {"-log-level=debug"}, {"-parallelism=1"}} {
			t.Run(fmt.Sprint(path, more), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				write(t, dir, "main.hcl", only(s.URL)+"export \"planfix_report\" \"two\" {\n  report_id = \"2\"\n}\n")
				run := func(transport http.RoundTripper, args ...string) (code int, stdout, stderr string) {
					var out, errs bytes.Buffer
					code = cli.Main(cli.Env{
						Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Environ: []string{"CI=true"}, Dir: dir,
						Clock: clock.Wall{}, Transport: transport, Width: func() int { return 120 }, User: "u", Host: "h", PID: os.Getpid(),
					})
					return code, out.String(), errs.String()
				}
				code, out, errs := run(bug{path}, append([]string{"apply", "-auto-approve"}, more...)...)
				text := out + errs
				if code != 70 || !strings.Contains(text, "Internal error") || !strings.Contains(text, "This is a bug") {
					t.Errorf("exit status %d\n%s", code, text)
				}
				hidden(t, []string{"canary-token-4711"}, "the output", text)
				if stack := len(more) > 0 && more[0] == "-log-level=debug"; stack != strings.Contains(text, "crash_test.go") {
					t.Errorf("a stack is shown: %t\n%s", !stack, text)
				}
				if len(more) > 0 && more[0] == "-json" {
					var last struct {
						Type string `json:"type"`
						Code int    `json:"exit_code"`
					}
					for line := range strings.Lines(out) {
						if err := json.Unmarshal([]byte(line), &last); err != nil {
							t.Errorf("%v in %s", err, line)
						}
					}
					if last.Code != 70 {
						t.Errorf("the last line is %+v\n%s", last, out)
					}
				}
				for path, text := range tree(t, dir) {
					if !strings.HasSuffix(path, "main.hcl") {
						hidden(t, []string{"canary-token-4711"}, path, text)
					}
				}
				if code, out, errs := run(http.DefaultTransport, "apply", "-auto-approve"); code != 0 {
					t.Errorf("the next run: exit status %d\n%s%s", code, out, errs)
				}
			})
		}
	}
}
