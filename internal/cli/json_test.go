package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reportsync/internal/cli"
	"reportsync/internal/sandbox"
)

// jsonArgs are what commands with -json need besides; the rest needs nothing.
var jsonArgs = map[string][][]string{
	"apply":            {{"-auto-approve"}, {"-auto-approve", "nowhere.rsplan"}, {"-auto-approve", "main.hcl"}},
	"destroy":          {{"-auto-approve"}},
	"plan":             {{}, {"-destroy"}, {"-refresh-only"}, {"-target=planfix_report.nobody"}},
	"show":             {{}, {"main.hcl"}, {"nowhere.rsplan"}},
	"output":           {{}, {"nobody"}},
	"versions":         {{}, {"planfix_report.nobody"}, {"nonsense"}},
	"verify":           {{}, {"planfix_report.nobody"}},
	"diff":             {{"planfix_report.sales"}, {"planfix_report.sales", "1", "2"}, {}},
	"state show":       {{"planfix_report.sales"}, {"planfix_report.nobody"}, {}},
	"import":           {{"planfix_report.sales", "1"}},
	"discover":         {{"planfix"}, {"nobody"}},
	"providers schema": {{}},
}

// Whatever happens to a command with -json, each line of stdout is an object, and a
// failure is told there.
func TestJSONUnderEveryFailure(t *testing.T) {
	t.Parallel()
	var commands []string
	for page, text := range cli.CommandPages() {
		if name := strings.TrimSuffix(filepath.Base(page), ".md"); regexp.MustCompile("(?m)^\\| `-json` \\|").Match(text) {
			commands = append(commands, strings.ReplaceAll(name, "-", " "))
		}
	}
	slices.Sort(commands)
	if len(commands) < 12 {
		t.Fatalf("only %q take -json", commands)
	}
	for name, prepare := range failures(t) {
		for _, command := range commands {
			for _, more := range append(jsonArgs[command], nil, []string{"-nonsense"}, []string{"-log-level=nonsense"}) {
				if more == nil && len(jsonArgs[command]) > 0 {
					continue
				}
				t.Run(fmt.Sprint(name, " ", command, more), func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					prepare(t, dir)
					args := append(append(strings.Fields(command), "-json"), more...)
					code, out, errs := call(t, dir, args...)
					if code == 70 {
						t.Fatalf("internal error\n%s%s", out, errs)
					}
					if code != 0 && out == "" {
						t.Errorf("status %d and not a word on stdout; stderr:\n%s", code, errs)
					}
					for line := range strings.Lines(out) {
						var doc map[string]any
						if err := json.Unmarshal([]byte(line), &doc); err != nil {
							t.Fatalf("%s\n%s", err, line)
						}
						if _, event := doc["@level"]; event {
							holds(t, doc, code)
						}
					}
				})
			}
		}
	}
}

// failures make a folder in which something is wrong.
func failures(t *testing.T) map[string]func(t *testing.T, dir string) {
	t.Helper()
	sim := serve(t, sandbox.Options{})
	good := account(sim, sim.Credentials("planfix")["token"]) + "\nexport \"planfix_report\" \"sales\" {\n  report_id = \"26000\"\n}\n"
	text := func(text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { write(t, dir, "main.hcl", text) }
	}
	answering := func(status int, kind, body string) func(*testing.T, string) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return text(fmt.Sprintf("provider \"planfix\" {\n  base_url = %q\n  token = \"t\"\n  max_retries = 0\n  requests_per_second = 100\n}\n"+
			"export \"planfix_report\" \"sales\" {\n  report_id = \"26000\"\n}\n", s.URL+"/rest"))
	}
	return map[string]func(*testing.T, string){
		"nothing is wrong":     text(good),
		"no configuration":     func(*testing.T, string) {},
		"broken configuration": text("export {\n\x1b\x00"),
		"unknown argument":     text(good + "nonsense {}\n"),
		"no credentials":       text(strings.ReplaceAll(good, "token", "# token")),
		"refused":              answering(http.StatusUnauthorized, "application/json", `{"result":"fail","code":1,"error":"no"}`),
		"a web page":           answering(http.StatusOK, "text/html", "<html>"),
		"nobody answers": text("provider \"planfix\" {\n  base_url = \"http://127.0.0.1:1/rest\"\n  token = \"t\"\n  max_retries = 0\n}\n" +
			"export \"planfix_report\" \"sales\" {\n  report_id = \"26000\"\n}\n"),
		"a state that is none": func(t *testing.T, dir string) {
			write(t, dir, "main.hcl", good)
			if err := os.Mkdir(filepath.Join(dir, ".reportsync"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, dir, ".reportsync/state.db", strings.Repeat("this is no database\n", 1000))
		},
		"a file where the export root should be": func(t *testing.T, dir string) {
			write(t, dir, "main.hcl", good)
			write(t, dir, "exports", "mine")
		},
	}
}

// eventMembers are what consumers of Terraform's events rely on, by type; a path ends
// with the kind of the value.
var eventMembers = map[string][]string{
	"version":          {"ui:string", "reportsync:string"},
	"planned_change":   {"change.resource.addr:string", "change.resource.resource_type:string", "change.action:string"},
	"change_summary":   {"changes.add:number", "changes.change:number", "changes.remove:number", "changes.operation:string"},
	"diagnostic":       {"diagnostic.severity:string", "diagnostic.summary:string", "diagnostic.detail:string"},
	"refresh_start":    {"hook.resource.addr:string"},
	"refresh_complete": {"hook.resource.addr:string"},
	"apply_start":      {"hook.resource.addr:string", "hook.action:string"},
	"apply_progress":   {"hook.resource.addr:string", "hook.action:string", "hook.elapsed_seconds:number"},
	"apply_complete":   {"hook.resource.addr:string", "hook.action:string", "hook.elapsed_seconds:number"},
	"apply_errored":    {"hook.resource.addr:string", "hook.action:string", "hook.elapsed_seconds:number"},
	"outputs":          {"outputs:object"},
	"run_summary":      {"exit_code:number"},
}

// holds checks an event against what its type must have.
func holds(t *testing.T, doc map[string]any, code int) {
	t.Helper()
	common := []string{"@level:string", "@message:string", "@module:string", "@timestamp:string", "type:string"}
	kind, _ := doc["type"].(string)
	for _, want := range append(common, eventMembers[kind]...) {
		path, wanted, _ := strings.Cut(want, ":")
		var v any = doc
		for name := range strings.SplitSeq(path, ".") {
			o, _ := v.(map[string]any)
			v = o[name]
		}
		got := map[string]bool{"string": isA[string](v), "number": isA[float64](v), "object": isA[map[string]any](v)}
		if !got[wanted] {
			t.Errorf("%s of a %s event is not a %s but %v", path, kind, wanted, v)
		}
	}
	at, _ := doc["@timestamp"].(string)
	if _, err := time.Parse(time.RFC3339Nano, at); err != nil {
		t.Errorf("%s: %s", kind, err)
	}
	if level, _ := doc["@level"].(string); !slices.Contains([]string{"info", "warn", "error"}, level) {
		t.Errorf("level %q of a %s event", level, kind)
	}
	if exit, ok := doc["exit_code"].(float64); kind == "run_summary" && ok && int(exit) != code {
		t.Errorf("the run summary says %v, and the status is %d", exit, code)
	}
}

func isA[T any](v any) bool {
	_, ok := v.(T)
	return ok
}
