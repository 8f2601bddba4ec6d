package cli_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/cli"
	"reportsync/internal/sandbox"
)

// nonsense is a value that a flag must refuse, where "perhaps" is not one.
var nonsense = map[string]string{
	"eval":    "",
	"key":     "a,a",
	"advance": "soon", "config": "", "dir": "", "out": "", "var-file": "", "faults": "500:nowhere", "listen": "0.0.0.0:80",
}

// Every flag of every command refuses nonsense before anything is read, and says
// how to go on.
func TestNonsenseInFlags(t *testing.T) {
	t.Parallel()
	pages := cli.CommandPages()
	flag := regexp.MustCompile("(?m)^\\| `-([a-z-]+)` \\|")
	global := flag.FindAllStringSubmatch(string(pages["docs/commands/README.md"]), -1)
	if len(global) < 5 || len(pages) < 15 {
		t.Fatalf("%d global flags, %d pages", len(global), len(pages))
	}
	for page, text := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		command := strings.Split(name, "-")
		if name == "force-unlock" { // one word of two
			command = []string{name}
		}
		if command[0] == "README" || command[0] == "completion" {
			continue
		}
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "main.hcl", "this is no configuration")
			before := tree(t, dir)
			refused := func(arg string, args ...string) {
				args = append(append([]string{}, command...), args...)
				code, out, errs := call(t, dir, append(args, arg)...)
				if code != 64 || out != "" || !strings.Contains(errs, "Wrong usage") {
					t.Errorf("%s: status %d\n%s%s", arg, code, out, errs)
				}
				if hint := regexp.MustCompile(`│\n│ \S`); !hint.MatchString(errs[strings.Index(errs, "Wrong usage"):]) || strings.Contains(errs, "strconv") {
					t.Errorf("%s: it is not said how to go on:\n%s", arg, errs)
				}
			}
			for _, m := range append(flag.FindAllStringSubmatch(string(text), -1), global...) {
				value, ok := nonsense[m[1]]
				if !ok {
					value = "perhaps"
				}
				refused("-"+m[1]+"="+value, "-log-level=error")
			}
			refused("-nonsense")
			refused("-chdir=")
			refused("-log-format=xml")
			if command[0] != "fmt" {
				refused("nonsense", "again")
			}
			if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("files changed:\n%s", diff)
			}
		})
	}
}

// Commands that are no commands are errors, also where help is asked for.
func TestNonsenseInCommands(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"nonsense"}, {"help", "nonsense"}, {"help", "plan", "nonsense"}, {"completion", "klingon"}, {"completion", "bash", "x"}, {"-x"}, {"providers", "x"},
	} {
		code, out, errs := call(t, t.TempDir(), args...)
		if code != 64 || out != "" || !strings.Contains(errs, "Wrong usage") {
			t.Errorf("%q: status %d\n%s%s", args, code, out, errs)
		}
	}
	for _, args := range [][]string{{}, {"help"}, {"help", "plan"}, {"completion"}, {"completion", "zsh"}} {
		if code, out, errs := call(t, t.TempDir(), args...); code != 0 || len(out) < 100 || errs != "" {
			t.Errorf("%q: status %d\n%s%s", args, code, out, errs)
		}
	}
}

// A misspelt -target would look as if nothing were to be done, and a misspelt
// -exclude would pay for what was to be left alone.
func TestAddressesThatSelectNothing(t *testing.T) {
	t.Parallel()
	s := fake(t, nil)
	dir := t.TempDir()
	write(t, dir, "main.hcl", only(s.URL)+`
export "planfix_report" "two" {
  for_each  = toset(["a", "b"])
  report_id = "1"
}
output "path" {
  value = planfix_report.one.latest.path
}
`)
	for _, flag := range []string{"-target", "-exclude", "-replace"} {
		for addr, want := range map[string]string{
			"planfix_report.won": "planfix_report.one", `planfix_report.two["c"]`: `planfix_report.two["a"]`, "data.planfix_reports.x": "planfix_report.one",
		} {
			for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
				code, out, errs := call(t, dir, append(args, flag+"="+addr)...)
				if text := strings.ReplaceAll(strings.ReplaceAll(errs, "\n", ""), "│ ", ""); code != 64 || !strings.Contains(text, want) {
					t.Errorf("%s %s=%s: status %d\n%s%s", args, flag, addr, code, out, errs)
				}
			}
		}
	}
	if found, err := filepath.Glob(filepath.Join(dir, "exports")); err != nil || found != nil {
		t.Errorf("files were written: %q %v", found, err)
	}
	// What is left out can be missing from outputs.
	for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
		if code, out, errs := call(t, dir, append(args, "-target=planfix_report.two")...); code != 0 {
			t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
		}
	}
	if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 || !strings.Contains(out, "planfix_report.one/7.csv") {
		t.Errorf("status %d\n%s%s", code, out, errs)
	}
}

// With -json everything on stdout is JSON, in success and in failure.
func TestJSONWhateverHappens(t *testing.T) {
	t.Parallel()
	s := fake(t, nil)
	good, bad := t.TempDir(), t.TempDir()
	write(t, good, "main.hcl", only(s.URL)+"output \"x\" {\n  value = \"a\\u0007b\"\n}\n")
	write(t, bad, "main.hcl", "export \"planfix_report\" {")
	if code, out, errs := call(t, good, "apply", "-auto-approve"); code != 0 {
		t.Fatalf("status %d\n%s%s", code, out, errs)
	}
	for _, tt := range []struct {
		dir  string
		code int
		args []string
	}{
		{good, 0, []string{"validate"}},
		{bad, 1, []string{"validate"}},
		{good, 64, []string{"validate", "x"}},
		{good, 0, []string{"version"}},
		{good, 64, []string{"version", "x"}},
		{good, 0, []string{"versions"}},
		{bad, 1, []string{"versions"}},
		{good, 1, []string{"versions", "planfix_report.zz"}},
		{good, 64, []string{"versions", "x"}},
		{good, 0, []string{"history"}},
		{bad, 1, []string{"history"}},
		{good, 64, []string{"history", "-limit=x"}},
		{good, 0, []string{"verify"}},
		{bad, 1, []string{"verify"}},
		{good, 64, []string{"verify", "x"}},
		{good, 0, []string{"output"}},
		{good, 0, []string{"output", "x"}},
		{good, 1, []string{"output", "y"}},
		{bad, 1, []string{"output"}},
		{good, 0, []string{"plan"}},
		{bad, 1, []string{"plan"}},
		{good, 64, []string{"plan", "-lock=x"}},
		{good, 64, []string{"-chdir", ".", "plan", "-lock=x"}},
		{good, 0, []string{"apply", "-auto-approve"}},
		{bad, 1, []string{"apply", "-auto-approve"}},
		{good, 64, []string{"apply"}},
		{good, 64, []string{"apply", "nosuch"}},
	} {
		code, out, errs := call(t, tt.dir, append(tt.args, "-json")...)
		if code != tt.code || errs != "" {
			t.Errorf("%s: status %d, want %d\n%s", tt.args, code, tt.code, errs)
		}
		last := ""
		dec := json.NewDecoder(strings.NewReader(out))
		for dec.More() {
			var v any
			if err := dec.Decode(&v); err != nil {
				t.Errorf("%s: %v\n%s", tt.args, err, out)
				break
			}
			if m, ok := v.(map[string]any); ok {
				last, _ = m["type"].(string)
			}
		}
		if strings.TrimSpace(out) == "" {
			t.Errorf("%s prints nothing", tt.args)
		}
		if (slices.Contains(tt.args, "plan") || tt.args[0] == "apply") && last != "run_summary" {
			t.Errorf("%s: the last line is %q", tt.args, last)
		}
	}
}

// An output that waits for a generation in progress is no error of its own.
func TestOutputOfWhatIsPending(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{Speed: 60})
	dir := t.TempDir()
	write(t, dir, "main.hcl", account(s, s.Credentials("planfix")["token"])+`
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
}
output "path" {
  value = planfix_report.payroll.latest.path
}
`)
	for _, tt := range []struct {
		code int
		args []string
	}{{0, nil}, {8, []string{"-detailed-exitcode"}}} {
		if code, out, errs := call(t, dir, append([]string{"apply", "-auto-approve", "-wait=false"}, tt.args...)...); code != tt.code || strings.Contains(errs, "null") {
			t.Errorf("%q: status %d, want %d\n%s%s", tt.args, code, tt.code, out, errs)
		}
	}
}
