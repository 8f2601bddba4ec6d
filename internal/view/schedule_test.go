package view_test

import (
	"os/exec"
	"strings"
	"testing"

	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/view"
)

// Names with spaces, quotes and percent signs come through as they are.
func TestSchedulesQuoteNames(t *testing.T) {
	t.Parallel()
	s := &view.Schedule{
		Every: "daily", Cron: "17 6 * * *", Calendar: "*-*-* 06:17:00", Dir: "/srv/it's 100%", File: "a b: #1's.hcl",
		State: ".reportsync/a b.db", Exports: "exports", Secrets: []string{"PLANFIX_TOKEN"},
	}
	for name, text := range map[string]string{"github": view.GitHubAction(s), "gitlab": view.GitLab(s)} {
		typ, err := ctyyaml.Standard.ImpliedType([]byte(text))
		if err != nil {
			t.Fatalf("%s: %s\n%s", name, err, text)
		}
		v, err := ctyyaml.Standard.Unmarshal([]byte(text), typ)
		if err != nil {
			t.Fatalf("%s: %s", name, err)
		}
		found := false
		_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
			if v.Type() == cty.String && v.IsKnown() && !v.IsNull() && strings.Contains(v.AsString(), "reportsync apply") {
				found = strings.HasSuffix(strings.TrimSpace(v.AsString()), `-config='a b: #1'\''s.hcl'`)
			}
			return true, nil
		})
		if !found {
			t.Errorf("%s does not apply the file:\n%s", name, text)
		}
	}
	cron := view.Cron(s)
	line := strings.TrimPrefix(cron[strings.LastIndex(strings.TrimSpace(cron), "\n")+1:], s.Cron+" ")
	if !strings.Contains(line, `100\%`) {
		t.Errorf("cron would end the command at the percent sign: %s", line)
	}
	if _, err := exec.LookPath("sh"); err == nil {
		script := strings.ReplaceAll(strings.TrimSpace(line), `\%`, "%")
		script = strings.Replace(script, "cd ", "printf '%s\\n' ", 1)
		script, _, _ = strings.Cut(script, " && ")
		out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
		if err != nil || string(out) != s.Dir+"\n" {
			t.Errorf("the shell goes to %q, %v", out, err)
		}
	}
	if text := view.Systemd(s); !strings.Contains(text, "WorkingDirectory=/srv/it's 100%%\n") || !strings.Contains(text, `"-config=a b: #1's.hcl"`) {
		t.Errorf("systemd: %s", text)
	}
}
