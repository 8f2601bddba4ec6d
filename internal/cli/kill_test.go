package cli_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reportsync/internal/cli"
	"reportsync/internal/sandbox"
	"reportsync/internal/sandbox/market"
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

// The same with a service that cannot tell what it was asked for: a generation is paid
// twice only if the process was killed between the service's answer and the note of it.
func TestKilledWithoutAListOfGenerations(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 7))
	s := serve(t, sandbox.Options{Speed: 60, Market: market.Options{
		Latency: 15 * time.Millisecond, Set: map[string]string{"generation-time": "0", "limit-headers": "off"},
	}})
	dir := t.TempDir()
	args := s.Credentials("yandex_market")
	text := fmt.Sprintf(`provider "yandex_market" {
  base_url            = %q
  api_key             = %q
  business_id         = %q
  generation_interval = "1s"
  requests_per_second = 1000
  poll_interval       = "20ms"
}
`, args["base_url"], args["api_key"], args["business_id"])
	reports := []string{"united_orders", "united_returns", "sales_geography", "boost_consolidated", "banners_statistics", "united_marketplace_services"}
	for _, r := range reports {
		text += fmt.Sprintf("\nexport \"yandex_market_report\" %q {\n  report = %[1]q\n\n  period {\n    every = \"month\"\n  }\n}\n", r)
	}
	write(t, dir, "main.hcl", text)
	lost := 0
	run := func(ctx context.Context, args ...string) (string, error) {
		out, err := process(ctx, dir, args)
		lost += strings.Count(out, "the answer was lost")
		return out, err
	}
	for range 12 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(30+rnd.IntN(250))*time.Millisecond)
		_, _ = run(ctx, "apply", "-auto-approve") // killed with the context
		cancel()
	}
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"verify"}} {
		if out, err := run(t.Context(), args...); err != nil {
			t.Fatalf("%s: %v\n%s", args, err, out)
		}
	}
	stats, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	c := stats.Services["yandex_market"]
	if c.Generations < len(reports) || c.Generations > len(reports)+lost || lost == 0 && len(c.Violations) > 0 {
		t.Errorf("%d generations for %d reports, %d answers were lost; %v", c.Generations, len(reports), lost, c.Violations)
	}
	left, err := filepath.Glob(filepath.Join(dir, "exports", ".reportsync-tmp", "*", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("stray files: %q %v", left, err)
	}
}

// process runs the tool as a process of its own.
func process(ctx context.Context, dir string, args []string, env ...string) (string, error) {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), asProcess+"=1", "CI=true"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
