package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"reportsync/internal/config"
	"reportsync/internal/engine"
	"reportsync/internal/schema"
)

// blocks declares n exports, each of which keeps one version.
func blocks(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `export "fake_report" "r%d" {
  report_id = "%d"
  path      = "r%d/${version.id}.csv"
  retention {
    keep_last = 30
  }
}
`, i, i, i)
	}
	return b.String()
}

func BenchmarkPlan1000(b *testing.B) { benchmarkPlan(b, 1000) }
func BenchmarkPlan5000(b *testing.B) { benchmarkPlan(b, 5000) }

// benchmarkPlan is a plan with nothing to do, from the state alone: what
// `plan -refresh=false` does between start and print.
func benchmarkPlan(b *testing.B, n int) {
	w := newWorld(b, blocks(n), 1)
	w.apply()
	opt := w.options()
	typ := opt.Types["fake"]
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, diags := config.Load(config.Options{Dir: w.dir, Schemas: []schema.Provider{typ.Schema}, Now: w.clock.Now()}); diags.HasErrors() {
				b.Fatal(diags)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			run, err := engine.Read(b.Context(), opt)
			if err != nil {
				b.Fatal(err)
			}
			if err := run.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			run, err := engine.Read(b.Context(), opt)
			if err != nil {
				b.Fatal(err)
			}
			planned, diags := run.Plan(b.Context(), engine.PlanOptions{NoRefresh: true})
			if diags.HasErrors() || !planned.Idle() {
				b.Fatalf("%v, %d changes", diags, planned.Busy())
			}
			if err := run.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
