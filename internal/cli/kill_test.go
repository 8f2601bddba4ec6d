package cli_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"reportsync/internal/cli"
	"reportsync/internal/sandbox"
)

// asProcess makes the test binary behave as the tool.
const asProcess = "REPORTSYNC_TEST_AS_PROCESS"

func init() {
	if os.Getenv(asProcess) != "" {
		os.Exit(cli.Main(cli.Process(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ(), http.DefaultTransport, signals())))
	}
}

// A process that is killed at any moment leaves nothing half done: the next run
// goes on, the service is asked for one generation, and files are whole.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	seed := uint64(20261125)
	rnd := rand.New(rand.NewPCG(seed, seed))
	for n := range 4 {
		delays := make([]time.Duration, 6)
		for i := range delays {
			delays[i] = time.Duration(rnd.IntN(700)) * time.Millisecond
		}
		t.Run(delays[0].String(), func(t *testing.T) {
			t.Parallel()
			// New saves appear once a minute at this speed, which is longer than the test.
			s := serve(t, sandbox.Options{Seed: uint64(n + 1), Speed: 60})
			dir := t.TempDir()
			write(t, dir, "main.hcl", account(s, s.Credentials("planfix")["token"])+`
export "planfix_report" "sales" {
  report_id = "26000"
}
export "planfix_report" "leads" {
  report_id = "26066"
  format    = "raw"
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
}
`)
			for _, d := range delays {
				ctx, cancel := context.WithTimeout(t.Context(), d)
				_, _ = process(ctx, dir, []string{"apply", "-auto-approve"}) // killed with the context
				cancel()
			}
			for _, args := range [][]string{{"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"verify"}} {
				if out, err := process(t.Context(), dir, args); err != nil {
					t.Fatalf("%s: %v\n%s", args, err, out)
				}
			}
			stats, err := s.Stats()
			if err != nil {
				t.Fatal(err)
			}
			if g := stats.Services["planfix"].Generations; g != 1 {
				t.Errorf("%d generations, want one", g)
			}
			left, err := filepath.Glob(filepath.Join(dir, "exports", ".reportsync-tmp", "*", "*"))
			if err != nil || len(left) != 0 {
				t.Errorf("stray files: %q %v", left, err)
			}
		})
	}
}

// process runs the tool as a process of its own.
func process(ctx context.Context, dir string, args []string, env ...string) (string, error) {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), asProcess+"=1", "CI=true"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
