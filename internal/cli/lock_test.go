package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reportsync/internal/clock"
	"reportsync/internal/sandbox"
	"reportsync/internal/state"
)

// A second writer fails at once and says who holds the lock; readers do not wait, and
// force-unlock lets the next one in.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	sim := serve(t, sandbox.Options{})
	dir := t.TempDir()
	write(t, dir, "main.hcl", account(sim, sim.Credentials("planfix")["token"])+"\nexport \"planfix_report\" \"sales\" {\n  report_id = \"26000\"\n  versions = \"latest\"\n}\n")
	if err := os.Mkdir(filepath.Join(dir, ".reportsync"), 0o700); err != nil {
		t.Fatal(err)
	}
	st, err := state.Open(t.Context(), filepath.Join(dir, ".reportsync", "state.db"), state.Options{Clock: clock.Wall{}, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	holder := state.Holder{ID: "somebody@elsewhere", Host: "elsewhere", PID: 4711, User: "ann", Command: "apply"}
	if _, err := st.Acquire(t.Context(), holder, 0); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"apply", "-auto-approve", "-lock-timeout=10ms"}, {"destroy", "-auto-approve"}, {"state", "rm", "planfix_report.sales"}} {
		code, out, errs := call(t, dir, args...)
		if code != 5 || !strings.Contains(errs, "ann") || !strings.Contains(errs, "elsewhere") || !strings.Contains(errs, "4711") {
			t.Errorf("%v: status %d\n%s%s", args, code, out, errs)
		}
	}
	code, out, _ := call(t, dir, "apply", "-auto-approve", "-json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var last struct {
		ExitCode int `json:"exit_code"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || code != 5 || last.ExitCode != 5 {
		t.Errorf("status %d, %v\n%s", code, err, out)
	}
	if code, out, errs := call(t, dir, "plan"); code != 0 || !strings.Contains(out, "1 to create") {
		t.Errorf("plan waits for a writer: status %d\n%s%s", code, out, errs)
	}
	if code, out, errs := call(t, dir, "force-unlock", "-force", holder.ID); code != 0 {
		t.Fatalf("status %d\n%s%s", code, out, errs)
	}
	if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
		t.Errorf("after force-unlock: status %d\n%s%s", code, out, errs)
	}
}
