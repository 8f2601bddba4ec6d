//go:build unix

package reliability

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"reportsync/internal/sandbox"
)

// A process that was stopped and wakes after others have taken its lock over notices,
// and writes nothing more.
func TestStoppedProcessWakesTooLate(t *testing.T) {
	t.Parallel()
	slow, err := sandbox.ParseFaults("throttle:data:3-3")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Start(t.Context(), sandbox.Options{Addr: "127.0.0.1:0", Speed: 60, Faults: slow})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	p := newPlace(t, fmt.Sprintf(`provider "planfix" {
  base_url            = %q
  token               = %q
  requests_per_second = 50
  poll_interval       = "20ms"
  generation_interval = "11s"
}
export "planfix_report" "sales" {
  report_id = "26000"
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
}
`, s.URL("planfix"), s.Credentials("planfix")["token"]))
	p.served = true
	cmd := exec.CommandContext(t.Context(), p.bin, "apply", "-auto-approve")
	cmd.Dir, cmd.Env = p.dir, []string{"HOME=" + p.dir, "CI=true"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It is stopped while it waits for a body that comes slowly: it holds the lock, has
	// files under way, and no transaction.
	for i := 0; ; i++ {
		stats, err := s.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if stats.Services["planfix"].Faults["throttle"] > 0 {
			break
		}
		if i == 5000 {
			t.Fatalf("it does not read\n%s", out.String())
		}
		time.Sleep(time.Millisecond)
	}
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(10 * time.Millisecond)
	signal(syscall.SIGSTOP)
	text, code := p.run(nil, "apply", "-auto-approve")
	id := regexp.MustCompile(`lock id[\s│]+(\S+);`).FindStringSubmatch(text)
	if code != 5 || id == nil {
		t.Fatalf("the lock of a stopped process: %d\n%s", code, text)
	}
	p.must("force-unlock", "-force", id[1])
	p.settles()
	before := p.files()
	signal(syscall.SIGCONT)
	err = cmd.Wait()
	if err == nil || !strings.Contains(out.String(), "lock") || strings.Contains(out.String(), "goroutine ") {
		t.Errorf("it woke up and ended with %v\n%s", err, out.String())
	}
	after := p.files()
	for name, text := range before {
		if after[name] != text {
			t.Errorf("%s was changed after the lock was lost", name)
		}
	}
	p.settles()
	if left, _ := filepath.Glob(filepath.Join(p.exports(), ".reportsync-tmp", "*", "*")); len(left) > 0 {
		t.Errorf("stray files: %q", left)
	}
	stats, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if n := stats.Services["planfix"].Generations; n != 1 {
		t.Errorf("%d generations", n)
	}
}
