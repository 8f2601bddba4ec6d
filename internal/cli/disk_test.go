package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"reportsync/internal/sandbox"
)

// mount makes a small file system of its own for a test, where the machine allows.
func mount(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("file systems cannot be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}

// A disk that is full in the middle leaves no half file and no wrong state; with
// room again the next run goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{Speed: 60})
	dir := mount(t, "size=1m")
	write(t, dir, "main.hcl", account(s, s.Credentials("planfix")["token"])+"export \"planfix_report\" \"tasks\" {\n  report_id = \"26080\"\n}\n")
	code, out, errs := call(t, dir, "apply", "-auto-approve")
	if code == 0 || !strings.Contains(errs, "space") {
		t.Errorf("status %d\n%s%s", code, out, errs)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "exports", "*", "*")); len(found) != 0 {
		t.Errorf("files were published: %q", found)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,size=64m", dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v %s", err, out)
	}
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"verify"}} {
		if code, out, errs := call(t, dir, args...); code != 0 {
			t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
		}
	}
}

// A folder that cannot be written to is an error that names it; reading still works.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	s := fake(t, nil)
	dir := mount(t, "size=16m")
	write(t, dir, "main.hcl", only(s.URL))
	if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
		t.Fatalf("status %d\n%s%s", code, out, errs)
	}
	if err := os.WriteFile(filepath.Join(dir, "exports", "planfix_report.one", "7.csv"), []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v %s", err, out)
	}
	for _, args := range [][]string{{"plan"}, {"versions"}} {
		if code, out, errs := call(t, dir, args...); code != 0 {
			t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
		}
	}
	code, out, errs := call(t, dir, "apply", "-auto-approve")
	if code == 0 || !strings.Contains(strings.ReplaceAll(errs, "\n", " "), "read-only") {
		t.Errorf("apply: status %d\n%s%s", code, out, errs)
	}
}
