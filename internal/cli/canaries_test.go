package cli_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reportsync/internal/cli"
	"reportsync/internal/clock"
)

// wildCanary is a secret that can be found again, for a part of the configuration.
func wildCanary(part string) string { return "ACMA:c4nary+" + part + `/"t\k=&<né>?%41` }

// plainCanary is one that may stand in a header, too.
func plainCanary(part string) string { return "ACMA:c4nary+" + part + "/t=k&q?%41" }

// echo is a service that answers with everything it was sent, in each spelling, in one
// of its formats, and under one of several statuses.
func echo(t *testing.T, status int, format string, parts ...string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said := []string{r.URL.String(), string(body)}
		for _, values := range r.Header {
			said = append(said, values...)
		}
		for _, p := range parts {
			for _, spelt := range spellings(p) {
				said = append(said, spelt)
			}
		}
		text := strings.Join(said, " ")
		var out bytes.Buffer
		switch format {
		case "json":
			_ = json.NewEncoder(&out).Encode(map[string]any{
				"status": "ERROR", "result": "fail", "code": "1", "error": text, "errors": []any{map[string]string{"code": "X", "message": text}}, "errorMessages": []string{text},
			})
		case "xml":
			out.WriteString(`<?xml version="1.0"?><response status="error"><code>0099</code><message>`)
			_ = xml.EscapeText(&out, []byte(text))
			out.WriteString(`</message></response>`)
		default:
			out.WriteString("<html>" + text + "</html>")
		}
		w.WriteHeader(status)
		_, _ = w.Write(out.Bytes())
	}))
	t.Cleanup(s.Close)
	return s
}

// However a service misuses what it was sent, no secret of any provider shows in what
// is printed or written.
func TestCanariesOfEachProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		block string // with %s for the address
		args  map[string]string
		env   map[string]string
		rest  string
		// export is the address of the one in rest.
		export string
	}{
		"planfix": {
			block: `base_url = "%s/rest"`, args: map[string]string{"token": plainCanary("p")}, env: map[string]string{"PLANFIX_TOKEN": "token"},
			rest:   `export "planfix_report" "x" { report_id = "1" }`,
			export: "planfix_report.x",
		},
		"planfix_xml": {
			block:  "base_url = \"%s/xml/\"\n account = \"acme\"",
			args:   map[string]string{"api_key": plainCanary("k"), "token": plainCanary("t")},
			env:    map[string]string{"PLANFIX_XML_API_KEY": "api_key", "PLANFIX_XML_TOKEN": "token"},
			rest:   `export "planfix_xml_list" "x" { method = "user.getList" }`,
			export: "planfix_xml_list.x",
		},
		"planfix_xml with a password": {
			block:  "base_url = \"%s/xml/\"\n account = \"acme\"\n login = \"me\"",
			args:   map[string]string{"api_key": plainCanary("k"), "password": wildCanary("w")},
			env:    map[string]string{"PLANFIX_XML_API_KEY": "api_key", "PLANFIX_XML_PASSWORD": "password"},
			rest:   `export "planfix_xml_list" "x" { method = "user.getList" }`,
			export: "planfix_xml_list.x",
		},
		"yandex_market": {
			block: `base_url = "%s"`, args: map[string]string{"api_key": plainCanary("m")}, env: map[string]string{"YANDEX_MARKET_API_KEY": "api_key"},
			rest:   `export "yandex_market_report" "x" { report = "goods_prices" }`,
			export: "yandex_market_report.x",
		},
		"yandex_market with OAuth": {
			block: "base_url = \"%s\"\n business_id = \"1\"\n subscription = \"none\"", args: map[string]string{"oauth_token": plainCanary("o")},
			env:    map[string]string{"YANDEX_MARKET_OAUTH_TOKEN": "oauth_token"},
			rest:   `export "yandex_market_report" "x" { report = "goods_prices" }`,
			export: "yandex_market_report.x",
		},
		"yandex_tracker": {
			block: "base_url = \"%s\"\n org_id = \"1\"", args: map[string]string{"token": plainCanary("y")}, env: map[string]string{"YANDEX_TRACKER_TOKEN": "token"},
			rest:   `export "yandex_tracker_issues" "x" { queue = "A" }`,
			export: "yandex_tracker_issues.x",
		},
	} {
		provider, _, _ := strings.Cut(name, " ")
		var secrets []string
		for _, v := range c.args {
			secrets = append(secrets, v)
		}
		for _, given := range []string{"in the block", "by variables", "by the environment", "by a file"} {
			for _, status := range []int{200, 400, 401, 403, 404, 420, 500} {
				format := "json"
				if provider == "planfix_xml" {
					format = "xml"
				}
				if status == 404 {
					format = "html"
				}
				t.Run(fmt.Sprintf("%s %s %d", name, given, status), func(t *testing.T) {
					t.Parallel()
					s := echo(t, status, format, secrets...)
					var environ, flags []string
					dir := t.TempDir()
					block, vars, file := fmt.Sprintf(c.block, s.URL), "", ""
					for arg, value := range c.args {
						quoted, _ := json.Marshal(value)
						hcl := strings.ReplaceAll(string(quoted), "%{", "%%{")
						switch given {
						case "in the block":
							block += fmt.Sprintf("\n  %s = %s", arg, hcl)
						case "by variables":
							vars += fmt.Sprintf("variable %q {\n  sensitive = true\n}\n", arg)
							block += fmt.Sprintf("\n  %s = var.%[1]s", arg)
							flags = append(flags, "-var="+arg+"="+value)
						case "by the environment":
							for env, of := range c.env {
								if of == arg {
									environ = append(environ, env+"="+value)
								}
							}
						default:
							vars += fmt.Sprintf("variable %q {\n  sensitive = true\n}\n", arg)
							block += fmt.Sprintf("\n  %s = var.%[1]s", arg)
							file += arg + " = " + hcl + "\n"
						}
					}
					write(t, dir, "main.hcl", fmt.Sprintf("%sprovider %q {\n  %s\n  max_retries = 0\n  requests_per_second = 10000\n}\n%s\n", vars, provider, block, c.rest))
					if file != "" {
						write(t, dir, "reportsync.rsvars", file)
					}
					given := tree(t, dir)
					commands := asking(provider)
					if status == 200 { // others do the same whatever the service says
						commands = append(commands, resting(c.export)...)
					}
					for _, args := range commands {
						var out, errs bytes.Buffer
						args = append(args, "-log-level=trace")
						if takesVars(args) {
							args = append(args, flags...)
						}
						cli.Main(cli.Env{
							Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Environ: append([]string{"CI=true"}, environ...), Dir: dir,
							Clock: clock.Wall{}, Transport: http.DefaultTransport, Width: func() int { return 1000 }, User: "u", Host: "h", PID: os.Getpid(),
						})
						hidden(t, secrets, strings.Join(args[:1], " "), out.String()+errs.String())
						if strings.Contains(errs.String(), "Wrong usage") {
							t.Errorf("%s was not carried out\n%s", args, errs.String())
						}
					}
					for path, text := range tree(t, dir) {
						if given[path] == "" {
							rel, _ := filepath.Rel(dir, path)
							hidden(t, secrets, rel, text)
						}
					}
				})
			}
		}
	}
}

// asking are the commands that may ask a service.
func asking(provider string) [][]string {
	return [][]string{
		{"plan"},
		{"plan", "-json"},
		{"plan", "-markdown"},
		{"plan", "-out=p.rsplan"},
		{"apply", "-auto-approve", "-wait=false"},
		{"apply", "-auto-approve", "-json", "-wait=false"},
		{"doctor"},
		{"doctor", "-json"},
		{"discover", provider},
		{"history"},
		{"show"},
		{"providers", "schema"},
		{"validate"},
		{"state", "pull"},
		{"console", "-eval=1"},
		{"graph"},
	}
}

// resting are all other commands, and those that ask in forms that are rarer. What
// they change comes last.
func resting(export string) [][]string {
	return [][]string{
		{"apply", "-auto-approve", "-json", "-sandbox", "-wait=false"}, // the sandbox keeps what it was sent
		{"plan", "-sandbox"},
		{"sandbox", "-advance=1h"},
		{"versions", "-json", "-sandbox"},
		{"verify", "-json", "-sandbox"},
		{"history", "-json", "-sandbox"},
		{"state", "pull", "-sandbox"},
		{"show", "-json"},
		{"plan", "-refresh=false", "-out=p.rsplan"},
		{"show", "p.rsplan"},
		{"show", "-json", "p.rsplan"},
		{"apply", "p.rsplan"},
		{"console", "-json", "-eval=" + export},
		{"fmt", "-check"},
		{"init"},
		{"generate", "cron"},
		{"generate", "systemd"},
		{"generate", "github-action"},
		{"generate", "gitlab"},
		{"completion", "bash"},
		{"completion", "fish"},
		{"completion", "powershell"},
		{"completion", "zsh"},
		{"__complete", "apply", "-target", ""},
		{"graph", "-format=mermaid"},
		{"help", "apply"},
		{"history", "-json"},
		{"output"},
		{"output", "-json"},
		{"providers"},
		{"version", "-json"},
		{"versions"},
		{"versions", "-json"},
		{"verify"},
		{"verify", "-json"},
		{"diff", export},
		{"state", "list", "-json"},
		{"state", "show", export},
		{"import", export, "1"},
		{"state", "push", "main.hcl"},
		{"state", "mv", export, export + "2"},
		{"state", "rm", export},
		{"force-unlock", "-force", "x"},
		{"destroy", "-auto-approve"},
	}
}

// takesVars reports whether a command has the flag -var.
func takesVars(args []string) bool {
	for _, n := range []int{2, 1} {
		if page, ok := cli.CommandPages()["docs/commands/"+strings.Join(args[:min(n, len(args))], "-")+".md"]; ok {
			return bytes.Contains(page, []byte("`-var`"))
		}
	}
	return false
}

// The list of commands that are looked at has all commands.
func TestCanariesOfEachCommand(t *testing.T) {
	t.Parallel()
	looked := map[string]bool{}
	for _, args := range append(asking("planfix"), resting("planfix_report.x")...) {
		for _, n := range []int{1, 2} {
			looked[strings.Join(args[:min(n, len(args))], "-")] = true
		}
	}
	for page := range cli.CommandPages() {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		if name != "README" && name != "state" && !looked[name] {
			t.Errorf("nobody looks for secrets in what %q prints", name)
		}
	}
}

// hidden checks that a text holds none of the secrets in any spelling.
func hidden(t *testing.T, secrets []string, where, text string) {
	t.Helper()
	for _, s := range secrets {
		for how, spelt := range spellings(s) {
			if i := strings.Index(text, spelt); i >= 0 {
				t.Errorf("%s holds a secret (%s): …%.200q", where, how, text[max(0, i-100):])
			}
		}
	}
}
