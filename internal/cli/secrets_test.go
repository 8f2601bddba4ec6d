package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reportsync/internal/cli"
	"reportsync/internal/clock"
)

// secret looks different in each of the ways that text is written.
const secret = `c4n/ry+"t\k=&<né>?%41`

// token is one that a service may give.
const token = `t0k/n+"c\n=&<q>?%41`

// spellings are the ways in which a text can be hidden in another.
func spellings(s string) map[string]string {
	quoted, _ := json.Marshal(s)
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return map[string]string{
		"plain": s, "JSON": strings.Trim(string(quoted), `"`), "JSON without HTML": strings.Trim(strings.TrimSpace(plain.String()), `"`),
		"query": url.QueryEscape(s), "path": url.PathEscape(s), "hex": hex.EncodeToString([]byte(s)),
		"base64": base64.StdEncoding.EncodeToString([]byte(s)), "base64 for URLs": base64.RawURLEncoding.EncodeToString([]byte(s)),
		"base64 of the header": base64.StdEncoding.EncodeToString([]byte("Bearer " + s)), "base64 of another": base64.StdEncoding.EncodeToString([]byte("OAuth " + s + "!")),
		"JSON in JSON": inJSON(inJSON(s)), "HCL": strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s),
	}
}

func inJSON(s string) string {
	quoted, _ := json.Marshal(s)
	return strings.Trim(string(quoted), `"`)
}

// Neither the token nor a sensitive variable is in anything that is printed or
// written, however they were given, whatever happens, and however they are spelt.
func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	s := fake(t, map[string]http.HandlerFunc{
		saveList: func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != "Bearer "+token {
				t.Errorf("the token came as %q", got)
			}
			_, _ = io.WriteString(w, `{"result":"success","saves":[{"id":7,"reportId":1,"name":"Save","chunksCount":1}]}`)
		},
	})
	const body = `
variable "token" {
  sensitive = true
}
variable "secret" {
  sensitive = true
}
locals {
  derived = "x-${var.secret}-y"
}
provider "planfix" {
  base_url = "%s/rest"
  token = var.token
  requests_per_second = 1000
  max_retries = 0
}
export "planfix_report" "one" {
  report_id = "1"
  lifecycle {
    precondition {
      condition     = length(local.derived) > 3
      error_message = "too short: ${local.derived}"
    }
  }
}
output "hidden" {
  value     = local.derived
  sensitive = true
}
`
	config := strings.Replace(body, "%s", s.URL, 1)
	quote := func(s string) string { b, _ := json.Marshal(s); return strings.ReplaceAll(string(b), "%{", "%%{") }
	file := "token = " + quote(token) + "\nsecret = " + quote(secret) + "\n"
	flags := []string{"-var=token=" + token, "-var=secret=" + secret}
	env := []string{"REPORTSYNC_VAR_token=" + token, "REPORTSYNC_VAR_secret=" + secret}
	direct := strings.Replace(config, "  token = var.token\n", "", 1)
	for name, tt := range map[string]struct {
		config  string
		files   map[string]string
		environ []string
		flags   []string
	}{
		"by flags":           {config: config, flags: flags},
		"by the environment": {config: config, environ: env},
		"by a file":          {config: config, files: map[string]string{"reportsync.rsvars": file}},
		"by the provider's own": {
			config: direct, environ: []string{"PLANFIX_TOKEN=" + token}, flags: flags,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "main.hcl", tt.config)
			for n, text := range tt.files {
				write(t, dir, n, text)
			}
			given := tree(t, dir)
			run := func(code int, args ...string) {
				t.Helper()
				var out, errs bytes.Buffer
				args = append(args, "-log-level=trace")
				if args[0] != "show" || len(args) == 2 {
					args = append(args, tt.flags...)
				}
				got := cli.Main(cli.Env{
					Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Environ: append([]string{"CI=true"}, tt.environ...), Dir: dir,
					Clock: clock.Wall{}, Transport: http.DefaultTransport, Width: func() int { return 1000 }, User: "u", Host: "h", PID: os.Getpid(),
				})
				if got != code {
					t.Errorf("%s: status %d, want %d\n%s%s", args, got, code, out.String(), errs.String())
				}
				nowhere(t, strings.Join(args[:1], " "), out.String()+errs.String())
			}
			run(0, "validate")
			run(0, "validate", "-json")
			run(0, "plan", "-out=p.rsplan")
			run(0, "plan", "-json")
			run(0, "plan", "-markdown")
			run(0, "show", "p.rsplan")
			run(1, "plan", "-sandbox") // which has no such report
			run(0, "apply", "p.rsplan")
			run(0, "apply", "-auto-approve", "-json")
			for _, c := range []string{"output", "show", "versions", "history", "verify"} {
				run(0, c)
			}
			run(0, "output", "-json")
			// And when things go wrong.
			write(t, dir, "main.hcl", strings.Replace(tt.config, "> 3", "> 3000", 1))
			run(1, "plan")
			run(1, "plan", "-json")
			write(t, dir, "main.hcl", strings.Replace(tt.config, `report_id = "1"`, `report_id = var.secret`, 1))
			run(1, "plan")
			write(t, dir, "main.hcl", strings.Replace(tt.config, `report_id = "1"`, `report_id = tonumber(local.derived)`, 1))
			run(1, "plan")
			write(t, dir, "main.hcl", strings.Replace(tt.config, `report_id = "1"`, "report_id = \"1\"\n  min_rows = var.secret", 1))
			run(1, "plan")
			write(t, dir, "main.hcl", strings.Replace(tt.config, `report_id = "1"`, "report_id = \"1\"\n  path = \"${var.secret}/${version.id}.csv\"", 1))
			run(1, "plan")
			write(t, dir, "main.hcl", strings.Replace(tt.config, `    = local.derived`, `    = local.derived[0].nothing`, 1))
			run(1, "plan")
			write(t, dir, "main.hcl", tt.config)
			for path, text := range tree(t, dir) {
				if rel, err := filepath.Rel(dir, path); err != nil || given[path] == "" {
					nowhere(t, rel, text)
				}
			}
		})
	}
	t.Run("repeated by the service", func(t *testing.T) {
		other := fake(t, map[string]http.HandlerFunc{saveList: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			text := "no token"
			for _, s := range spellings(token) {
				text += " " + s
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"result": "fail", "code": 1, "error": text})
		}})
		dir := t.TempDir()
		write(t, dir, "main.hcl", strings.Replace(body, "%s", other.URL, 1))
		for _, args := range [][]string{{"plan"}, {"plan", "-json"}, {"apply", "-auto-approve"}, {"history"}, {"history", "-json"}} {
			code, out, errs := call(t, dir, append(append(args, "-log-level=trace"), flags...)...)
			if want := map[bool]int{true: 0, false: 4}[args[0] == "history"]; code != want {
				t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
			}
			nowhere(t, args[0], out+errs)
		}
		for path, text := range tree(t, filepath.Join(dir, ".reportsync")) {
			nowhere(t, path, text)
		}
	})
}

// nowhere checks that a text holds no secret in any spelling.
func nowhere(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range []string{secret, token} {
		for how, spelt := range spellings(s) {
			if i := strings.Index(text, spelt); i >= 0 {
				t.Errorf("%s holds a secret (%s): …%.200q", where, how, text[max(0, i-100):])
			}
		}
	}
}
