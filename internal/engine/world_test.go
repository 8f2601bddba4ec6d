package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config"
	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
	"reportsync/internal/state"
)

// leap is a clock that jumps over waits.
type leap struct {
	mu  sync.Mutex
	now time.Time
}

func (c *leap) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *leap) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.now = c.now.Add(max(d, 0))
	return nil
}

// world is a folder with a configuration, and a service.
type world struct {
	t       testing.TB
	dir     string
	hcl     string
	service *service
	clock   *leap
	// more are types besides the fake one.
	more []*providers.Type
}

func newWorld(t testing.TB, hcl string, ids ...int) *world {
	t.Helper()
	c := &leap{now: time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)}
	return &world{t: t, dir: t.TempDir(), hcl: hcl, service: newService(c, ids...), clock: c}
}

func (w *world) options() engine.Options {
	w.t.Helper()
	file := filepath.Join(w.dir, "main.hcl")
	if err := os.WriteFile(file, []byte(w.hcl), 0o600); err != nil {
		w.t.Fatal(err)
	}
	typ := fakeType(w.service)
	types, schemas := map[string]*providers.Type{"fake": typ}, []schema.Provider{typ.Schema}
	for _, t := range w.more {
		types[t.Schema.Name], schemas = t, append(schemas, t.Schema)
	}
	cfg, diags := config.Load(config.Options{Dir: w.dir, Schemas: schemas, Now: w.clock.Now()})
	if diags.HasErrors() {
		w.t.Fatalf("load: %s", diags)
	}
	return engine.Options{
		Config: cfg, Types: types, Clock: w.clock, Version: "0.1.0", Command: "apply", User: "u", Host: "h", PID: 1,
	}
}

// plan plans without changing anything.
func (w *world) plan(o engine.PlanOptions) (*engine.Planned, hcl.Diagnostics) {
	w.t.Helper()
	run, err := engine.Read(w.t.Context(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	return run.Plan(w.t.Context(), o)
}

// run is one apply; soft and hard may end it early.
func (w *world) run(soft, hard context.Context, o engine.ApplyOptions) (*engine.Applied, hcl.Diagnostics) {
	w.t.Helper()
	run, err := engine.Write(w.t.Context(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	planned, diags := run.Plan(soft, engine.PlanOptions{})
	if planned == nil {
		return nil, diags
	}
	applied, more := run.Apply(soft, hard, planned, o)
	return applied, append(diags, more...)
}

// apply applies and expects every change to be done.
func (w *world) apply() *engine.Applied {
	w.t.Helper()
	applied, diags := w.run(w.t.Context(), w.t.Context(), engine.ApplyOptions{})
	if diags.HasErrors() {
		w.t.Fatalf("apply: %s", diags)
	}
	for _, r := range applied.Results {
		if r.Outcome != plan.Done {
			w.t.Fatalf("%s is %s: %v %s", r.Address, r.Outcome, r.Err, r.Detail)
		}
	}
	return applied
}

// empty expects that nothing is left to do, that files are whole and that no stray
// file lies around.
func (w *world) empty() {
	w.t.Helper()
	planned, diags := w.plan(engine.PlanOptions{})
	if diags.HasErrors() {
		w.t.Fatalf("plan: %s", diags)
	}
	if !planned.Idle() {
		for _, c := range planned.Changes {
			w.t.Errorf("%s is still to %v: %+v", c.Address, c.Actions, c.Steps)
		}
		w.t.Errorf("outputs that still change: %+v", planned.Outputs)
	}
	snap := w.snapshot()
	var want []string
	for _, k := range snap.Instances {
		for i := range k.Versions {
			for _, a := range k.Versions[i].Artifacts {
				want = append(want, a.Path)
			}
			if k.Versions[i].ManifestPath != "" {
				want = append(want, k.Versions[i].ManifestPath)
			}
		}
		if len(k.Requests)+len(k.Intents) > 0 {
			w.t.Errorf("the journal of %s is not closed: %v %v", k.Address, k.Requests, k.Intents)
		}
	}
	slices.Sort(want)
	if got := w.files(); !slices.Equal(got, want) {
		w.t.Errorf("files on disk %q, in the state %q", got, want)
	}
}

// loseState removes the state; files stay.
func (w *world) loseState() {
	w.t.Helper()
	if err := os.RemoveAll(filepath.Join(w.dir, ".reportsync")); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) snapshot() *export.Snapshot {
	w.t.Helper()
	st, err := state.OpenReadOnly(w.t.Context(), filepath.Join(w.dir, ".reportsync", "state.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	if err := st.IntegrityCheck(w.t.Context()); err != nil {
		w.t.Errorf("integrity: %s", err)
	}
	snap, err := st.Snapshot(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return snap
}

// files lists every file below the export root.
func (w *world) files() []string {
	w.t.Helper()
	var out []string
	root := filepath.Join(w.dir, "exports")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, p)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func (w *world) read(name string) string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, "exports", name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// report declares one export.
func report(args ...string) string {
	return fmt.Sprintf("export \"fake_report\" \"weekly\" {\n  report_id = \"26000\"\n  %s\n}\n", strings.Join(args, "\n  "))
}
