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

// remount changes the options of a file system that mount has made.
func remount(t *testing.T, dir, options string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,"+options, dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v %s", err, out)
	}
}

// A disk that is full, from the beginning or in the middle, leaves no half file and
// no wrong state; what reads still reads, and with room again the next run goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{Speed: 60})
	dir := mount(t, "size=64k")
	write(t, dir, "main.hcl", account(s, s.Credentials("planfix")["token"])+"export \"planfix_report\" \"tasks\" {\n  report_id = \"26080\"\n}\n")
	code, out, errs := call(t, dir, "apply", "-auto-approve")
	if code != 1 {
		t.Errorf("status %d\n%s", code, out)
	}
	mentions(t, errs, "disk is full", "Free some space")

	remount(t, dir, "size=1m")
	if code, out, errs = call(t, dir, "apply", "-auto-approve"); code != 3 {
		t.Errorf("status %d\n%s", code, out)
	}
	mentions(t, errs, "no space left", "make room", "planfix_report.tasks/")
	if found, _ := filepath.Glob(filepath.Join(dir, "exports", "*", "*")); len(found) != 0 {
		t.Errorf("files were published: %q", found)
	}

	write(t, dir, "fill", "")
	if err := exec.CommandContext(t.Context(), "dd", "if=/dev/zero", "of="+filepath.Join(dir, "fill"), "bs=1k", "count=1024").Run(); err == nil {
		t.Error("the disk is not full")
	}
	before := tree(t, dir)
	for args, want := range map[string]int{"plan": 0, "versions": 0, "verify": 0, "history": 0, "apply -auto-approve": 1, "plan -out=x.rsplan": 1} {
		code, out, errs := call(t, dir, strings.Fields(args)...)
		if code != want {
			t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
		}
		if want != 0 {
			mentions(t, words(errs), map[bool]string{true: "disk is full", false: "no space left"}[strings.HasPrefix(args, "apply")])
		}
	}
	after := tree(t, dir)
	for _, log := range []string{"-wal", "-shm"} { // SQLite's own, and empty
		delete(after, filepath.Join(dir, ".reportsync", "state.db"+log))
	}
	unchanged(t, before, after)

	if err := os.Remove(filepath.Join(dir, "fill")); err != nil {
		t.Fatal(err)
	}
	remount(t, dir, "size=64m")
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"verify"}} {
		if code, out, errs := call(t, dir, args...); code != 0 {
			t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
		}
	}
}

// Where nothing can be mounted, a limit on the size of files stands for a full disk.
func TestLimitOnFileSize(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{Speed: 60})
	dir := t.TempDir()
	write(t, dir, "main.hcl", account(s, s.Credentials("planfix")["token"])+"export \"planfix_report\" \"tasks\" {\n  report_id = \"26080\"\n}\n")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 2048 && exec "$0" apply -auto-approve`, os.Args[0])
	cmd.Dir, cmd.Env = dir, append(os.Environ(), asProcess+"=1", "CI=true")
	out, err := cmd.CombinedOutput()
	if err == nil || err.Error() != "exit status 3" {
		t.Errorf("%v\n%s", err, out)
	}
	mentions(t, string(out), "file too large", "planfix_report.tasks/")
	for path := range tree(t, dir) {
		if strings.Contains(path, "/exports/") {
			t.Errorf("%s was left", path)
		}
	}
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"verify"}} {
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
	remount(t, dir, "ro")
	before := tree(t, dir)
	for args, want := range map[string]int{
		"plan": 0, "versions": 0, "show": 0, "history": 0, "apply -auto-approve": 1, "plan -out=x.rsplan": 1, "init": 1, "verify": 7, "fmt": 1,
	} {
		code, out, errs := call(t, dir, strings.Fields(args)...)
		if code != want {
			t.Errorf("%s: status %d, want %d\n%s%s", args, code, want, out, errs)
		}
		if want == 1 {
			mentions(t, errs, "read-only")
		}
	}
	unchanged(t, before, tree(t, dir))
}

// Things in the way of files are left as they are, and the message names them.
func TestThingsInTheWay(t *testing.T) {
	t.Parallel()
	s := fake(t, nil)
	for name, tt := range map[string]struct {
		put   func(t *testing.T, dir string)
		code  int
		words []string
	}{
		"a file in the root's place": {func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, "exports", "mine")
		}, 1, []string{"exports", "a file has this name", "set export_root"}},
		"a link in the root's place": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "exports")); err != nil {
				t.Fatal(err)
			}
		}, 3, []string{"exports", "symbolic link that leads nowhere"}},
		"a file in a folder's place": {func(t *testing.T, dir string) {
			t.Helper()
			mkdir(t, filepath.Join(dir, "exports"))
			write(t, filepath.Join(dir, "exports"), "planfix_report.one", "mine")
		}, 3, []string{"planfix_report.one", "a file has this name", "move it away"}},
		"a folder in a file's place": {func(t *testing.T, dir string) {
			t.Helper()
			mkdir(t, filepath.Join(dir, "exports", "planfix_report.one", "7.csv", "mine"))
		}, 3, []string{"planfix_report.one/7.csv", "a folder has this name", "move it away"}},
		"a link out of the root": {func(t *testing.T, dir string) {
			t.Helper()
			mkdir(t, filepath.Join(dir, "exports"))
			mkdir(t, filepath.Join(dir, "else"))
			if err := os.Symlink("../else", filepath.Join(dir, "exports", "planfix_report.one")); err != nil {
				t.Fatal(err)
			}
		}, 3, []string{"planfix_report.one", "symbolic link out of the export root", "remove the link"}},
		"somebody else's file": {func(t *testing.T, dir string) {
			t.Helper()
			mkdir(t, filepath.Join(dir, "exports", "planfix_report.one"))
			write(t, filepath.Join(dir, "exports", "planfix_report.one"), "7.csv", "mine")
		}, 3, []string{"planfix_report.one/7.csv", "was not written by reportsync", "move it away"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "main.hcl", only(s.URL))
			tt.put(t, dir)
			before := tree(t, dir)
			code, out, errs := call(t, dir, "apply", "-auto-approve")
			if code != tt.code {
				t.Errorf("status %d, want %d\n%s", code, tt.code, out)
			}
			mentions(t, errs, tt.words...)
			same(t, before, tree(t, dir))
		})
	}
}
