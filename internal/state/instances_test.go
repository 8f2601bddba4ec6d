package state_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx := t.Context()
	want := full(address(t, `planfix_report.weekly["Sales ${x}"]`))
	put(t, l, want)

	got, err := s.Get(ctx, want.Address)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Get (-want +got):\n%s", d)
	}
	snap, err := s.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[export.Address]*export.Known{want.Address: want}, snap.Instances); d != "" {
		t.Errorf("Snapshot (-want +got):\n%s", d)
	}
}

func TestGetOfUnknownInstance(t *testing.T) {
	t.Parallel()
	s, _ := locked(t)
	got, err := s.Get(t.Context(), address(t, "planfix_report.none"))
	if got != nil || err != nil {
		t.Errorf("got %v, %v; want nil, nil", got, err)
	}
}

func TestWritesAboutUnknownThings(t *testing.T) {
	t.Parallel()
	_, l := locked(t)
	known, none := address(t, "a.known"), address(t, "a.none")
	put(t, l, &export.Known{Address: known, Provider: "a"})
	for name, write := range map[string]func(context.Context) error{
		"version": func(ctx context.Context) error { return l.PutVersion(ctx, none, export.KnownVersion{}) },
		"drop":    func(ctx context.Context) error { return l.DropVersions(ctx, none, []string{"1"}) },
		"mark":    func(ctx context.Context) error { return l.MarkDamaged(ctx, none, "1", true) },
		"mark version": func(ctx context.Context) error {
			return l.MarkDamaged(ctx, known, "1", true)
		},
		"intent": func(ctx context.Context) error {
			_, err := l.BeginIntent(ctx, none, "acct", export.Intent{})
			return err
		},
		"close intent": func(ctx context.Context) error { return l.CloseIntent(ctx, 77, "x") },
		"request": func(ctx context.Context) error {
			return l.OpenRequest(ctx, none, "acct", 0, export.Request{ID: "r"})
		},
		"request with intent": func(ctx context.Context) error {
			return l.OpenRequest(ctx, known, "acct", 77, export.Request{ID: "r"})
		},
		"close request": func(ctx context.Context) error {
			return l.CloseRequest(ctx, known, "r", "x", export.KnownVersion{Version: export.Version{ID: "9"}})
		},
		"run item": func(ctx context.Context) error { return l.AddRunItem(ctx, 77, state.RunItem{Address: known}) },
		"end run":  func(ctx context.Context) error { return l.EndRun(ctx, 77, "done", "") },
	} {
		t.Run(name, func(t *testing.T) {
			if err := write(t.Context()); !errors.Is(err, state.ErrUnknown) {
				t.Errorf("got %v, want ErrUnknown", err)
			}
		})
	}
}

func TestReplacedVersionKeepsNoOldFiles(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	k := full(address(t, "planfix_report.weekly"))
	put(t, l, k)
	pruned := k.Versions[1]
	pruned.Status, pruned.Artifacts, pruned.ManifestPath = export.Pruned, nil, ""
	if err := l.PutVersion(t.Context(), k.Address, pruned); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), k.Address)
	if err != nil {
		t.Fatal(err)
	}
	k.Versions[1] = pruned
	if d := cmp.Diff(k.Versions, got.Versions); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestForgetting(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx := t.Context()
	a, b := full(address(t, "planfix_report.a")), full(address(t, "planfix_report.b"))
	put(t, l, a)
	put(t, l, b)
	if err := l.RemoveInstance(ctx, a.Address); err != nil {
		t.Fatal(err)
	}
	if err := l.DropVersions(ctx, b.Address, []string{b.Versions[0].ID, "unknown"}); err != nil {
		t.Fatal(err)
	}
	b.Versions = b.Versions[1:]
	snap, err := s.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[export.Address]*export.Known{b.Address: b}, snap.Instances); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if err := l.RemoveInstance(ctx, b.Address); err != nil {
		t.Fatal(err)
	}
	for table, n := range counts(t, s.Path()) {
		switch table {
		case "instances", "versions", "artifacts", "column_sets", "requests", "intents":
			if n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	}
}

func TestSerialGrowsWithWhatPlansAreMadeFrom(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx := t.Context()
	addr := address(t, "planfix_report.weekly")
	k := export.Known{Address: addr, Provider: "planfix"}
	v := export.KnownVersion{Version: export.Version{ID: "1"}, Status: export.Kept}
	var intent, run int64
	for _, step := range []struct {
		name string
		grow int64
		do   func() error
	}{
		{"new instance", 1, func() error { return l.PutInstance(ctx, k) }},
		{"same instance", 0, func() error { return l.PutInstance(ctx, k) }},
		{"changed instance", 1, func() error { k.Identity = "x"; return l.PutInstance(ctx, k) }},
		{"commit", 1, func() error { return l.Commit(ctx, addr, &k, v, v) }},
		{"versions", 1, func() error { return l.PutVersions(ctx, addr, []export.KnownVersion{v}) }},
		{"no versions", 0, func() error { return l.PutVersions(ctx, addr, nil) }},
		{"damaged", 1, func() error { return l.MarkDamaged(ctx, addr, "1", true) }},
		{"intent", 1, func() (err error) { intent, err = l.BeginIntent(ctx, addr, "acct", export.Intent{}); return err }},
		{"request", 1, func() error { return l.OpenRequest(ctx, addr, "acct", intent, export.Request{ID: "r"}) }},
		{"closed intent", 0, func() error { return l.CloseIntent(ctx, intent, "x") }},
		{"end of request", 1, func() error { return l.CloseRequest(ctx, addr, "r", "ready", v) }},
		{"limit", 0, func() error { return l.SetLimit(ctx, export.LimitKey{Account: "a"}, export.Limit{NotBefore: noon}) }},
		{"quota", 0, func() error { return l.AddQuota(ctx, "a", "2026-01-01", 1) }},
		{"outputs", 0, func() error { return l.PutOutputs(ctx, map[string]state.OutputValue{"x": {}}) }},
		{"run", 0, func() (err error) { run, err = l.BeginRun(ctx, state.Run{}); return err }},
		{"run item", 0, func() error { return l.AddRunItem(ctx, run, state.RunItem{Address: addr}) }},
		{"end of run", 0, func() error { return l.EndRun(ctx, run, "done", "") }},
		{"applied plan", 0, func() error { return l.RecordAppliedPlan(ctx, "p") }},
		{"drop of nothing", 0, func() error { return l.DropVersions(ctx, addr, []string{"2"}) }},
		{"drop", 1, func() error { return l.DropVersions(ctx, addr, []string{"1"}) }},
		{"removal", 1, func() error { return l.RemoveInstance(ctx, addr) }},
		{"second removal", 0, func() error { return l.RemoveInstance(ctx, addr) }},
	} {
		before := meta(t, s)
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if after := meta(t, s); after.Serial-before.Serial != step.grow {
			t.Errorf("%s: serial went from %d to %d", step.name, before.Serial, after.Serial)
		}
	}
}

func TestPathOwners(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx := t.Context()
	old, young := address(t, "a.old"), address(t, `a.young["k"]`)
	for i, addr := range []export.Address{young, old} {
		put(t, l, &export.Known{Address: addr, Versions: []export.KnownVersion{{
			Version: export.Version{ID: "1"}, Status: export.Kept, FetchedAt: noon.Add(-time.Duration(i) * time.Hour),
			ManifestPath: addr.Name + ".json",
			Artifacts:    []export.Artifact{{Path: "shared.csv"}, {Path: addr.Name + ".csv"}},
		}}})
	}
	got, err := s.PathOwners(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]export.Address{
		"shared.csv": young, "young.csv": young, "young.json": young, "old.csv": old, "old.json": old,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMomentsOutOfRangeBecomeTheNearest(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	addr := address(t, "a.b")
	for name, at := range map[string]time.Time{
		"far":   time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC),
		"early": time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		v := export.KnownVersion{Version: export.Version{ID: name, CreatedAt: at}}
		if err := l.Commit(t.Context(), addr, &export.Known{}, v); err != nil {
			t.Fatal(err)
		}
	}
	k, err := s.Get(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	if y := k.Find("far").CreatedAt.Year(); y != 2262 {
		t.Errorf("the far moment became year %d", y)
	}
	if y := k.Find("early").CreatedAt.Year(); y != 1677 {
		t.Errorf("the early moment became year %d", y)
	}
}
