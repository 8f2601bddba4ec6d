package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

var (
	now  = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	addr = export.Address{Type: "planfix_report", Name: "weekly"}
)

func version(id int, age time.Duration) export.Version {
	return export.Version{ID: fmt.Sprint(id), CreatedAt: now.Add(-age), Parts: 2}
}

func kept(id int, age time.Duration) export.KnownVersion {
	v := version(id, age)
	return export.KnownVersion{
		Version: v, Status: export.Kept, Path: path(v), Rendering: "csv", Rows: 10, FetchedAt: now.Add(-age),
		Artifacts: []export.Artifact{{Path: path(v), Size: 100, Rows: 10}},
	}
}

func path(v export.Version) string { return "weekly/" + v.ID + ".csv" }

func wanted(edit ...func(*plan.Wanted)) plan.Wanted {
	w := plan.Wanted{
		Address: addr, Provider: "planfix", Account: "planfix:acme", Enabled: true,
		Policy: export.Policy{Source: export.SourceMirror}, Identity: "26000", Rendering: "csv", PerVersion: true,
		Path:     func(v export.Version) (string, error) { return path(v), nil },
		Interval: 10*time.Minute + 30*time.Second, Spacing: 1050 * time.Millisecond,
		Observed: &plan.Observed{},
	}
	for _, e := range edit {
		e(&w)
	}
	return w
}

func known(versions ...export.KnownVersion) *export.Known {
	return &export.Known{Address: addr, Provider: "planfix", Account: "planfix:acme", Identity: "26000", Versions: versions}
}

func snapshot(ks ...*export.Known) *export.Snapshot {
	s := &export.Snapshot{Lineage: "l", Serial: 1, Instances: map[export.Address]*export.Known{}, Limits: map[export.LimitKey]export.Limit{}}
	for _, k := range ks {
		s.Instances[k.Address] = k
	}
	return s
}

func observed(vs ...export.Version) func(*plan.Wanted) {
	return func(w *plan.Wanted) { w.Observed = &plan.Observed{Versions: vs} }
}

func source(s export.Source, every time.Duration) func(*plan.Wanted) {
	return func(w *plan.Wanted) { w.Policy.Source, w.Every = s, every }
}

// brief writes a change as its actions and steps, a line each.
func brief(p *plan.Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		for i, a := range c.Actions {
			if i > 0 {
				b.WriteString("+")
			}
			b.WriteString(string(a))
		}
		for _, s := range c.Steps {
			fmt.Fprintf(&b, " %s", s.Action)
			if s.Version.ID != "" {
				fmt.Fprintf(&b, ":%s", s.Version.ID)
			}
			if s.RequestID != "" {
				fmt.Fprintf(&b, "(%s)", s.RequestID)
			}
		}
		b.WriteString("\n")
	}
	for _, pr := range p.Problems {
		fmt.Fprintf(&b, "problem: %s\n", pr.Summary)
	}
	return b.String()
}

func TestCompute(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	damaged := func(bad string, c export.Condition) plan.Files {
		return func(_ export.Address, k *export.KnownVersion) export.Condition {
			if k.ID == bad {
				return c
			}
			return export.Whole
		}
	}
	for name, tt := range map[string]struct {
		wanted  plan.Wanted
		state   *export.Snapshot
		files   plan.Files
		adopt   func(export.Address, export.Version, string) bool
		destroy bool
		want    string
	}{
		"a new export fetches every save, oldest first": {
			wanted: wanted(observed(version(3, 2*day), version(4, day))), state: snapshot(),
			want: "create fetch:3 fetch:4\n",
		},
		"ids order versions, not times": {
			wanted: wanted(observed(version(9, 0), version(10, day)), func(w *plan.Wanted) { w.Policy.Newest = 1 }), state: snapshot(),
			want: "create fetch:10\n",
		},
		"a new export with an empty list is created, not failed": {
			wanted: wanted(), state: snapshot(), want: "create\n",
		},
		"nothing new": {
			wanted: wanted(observed(version(3, day))), state: snapshot(known(kept(3, day))), want: "no-op\n",
		},
		"only the new save": {
			wanted: wanted(observed(version(3, 2*day), version(4, day))), state: snapshot(known(kept(3, 2*day))),
			want: "update fetch:4\n",
		},
		"a save that vanished from the service stays local": {
			wanted: wanted(observed(version(4, day))), state: snapshot(known(kept(3, 2*day), kept(4, day))), want: "no-op\n",
		},
		"an empty answer deletes nothing": {
			wanted: wanted(), state: snapshot(known(kept(3, day))), want: "no-op\n",
		},
		"a missing file is repaired": {
			wanted: wanted(observed(version(3, day))), state: snapshot(known(kept(3, day))), files: damaged("3", export.Missing),
			want: "update repair:3\n",
		},
		"a damaged file that the service no longer has is left alone": {
			wanted: wanted(), state: snapshot(known(kept(3, day))), files: damaged("3", export.Damaged), want: "no-op\n",
		},
		"another format fetches again": {
			wanted: wanted(observed(version(3, day)), func(w *plan.Wanted) { w.Rendering = "jsonl" }), state: snapshot(known(kept(3, day))),
			want: "update fetch:3\n",
		},
		"another path moves without fetching": {
			wanted: wanted(observed(version(3, day)), func(w *plan.Wanted) {
				w.Path = func(v export.Version) (string, error) { return "new/" + v.ID + ".csv", nil }
			}),
			state: snapshot(known(kept(3, day))), want: "update move:3\n",
		},
		"retention prunes and does not fetch what it would prune": {
			wanted: wanted(observed(version(1, 4*day), version(2, 3*day), version(3, 2*day), version(4, day)),
				func(w *plan.Wanted) { w.Retention.KeepLast = 2 }),
			state: snapshot(known(kept(2, 3*day), kept(3, 2*day))), want: "update fetch:4 prune:2\n",
		},
		"a pruned version stays pruned": {
			wanted: wanted(observed(version(2, 3*day), version(3, 2*day)), func(w *plan.Wanted) { w.Retention.KeepLast = 1 }),
			state:  snapshot(known(export.KnownVersion{Version: version(2, 3*day), Status: export.Pruned}, kept(3, 2*day))), want: "no-op\n",
		},
		"a path without the version holds the newest only": {
			wanted: wanted(observed(version(3, 2*day), version(4, day)), func(w *plan.Wanted) {
				w.PerVersion = false
				w.Path = func(export.Version) (string, error) { return "newest.csv", nil }
			}),
			state: snapshot(), want: "create fetch:4\n",
		},
		"an older listed version never replaces a newer local one": {
			wanted: wanted(observed(version(3, 2*day)), func(w *plan.Wanted) {
				w.PerVersion = false
				w.Path = func(export.Version) (string, error) { return "weekly/4.csv", nil }
			}),
			state: snapshot(known(kept(4, day))), want: "no-op\n",
		},
		"generate once": {
			wanted: wanted(source(export.SourceGenerate, 0)), state: snapshot(), want: "create generate fetch\n",
		},
		"generate does not take others' saves": {
			wanted: wanted(source(export.SourceGenerate, 0), observed(version(3, day))), state: snapshot(), want: "create generate fetch\n",
		},
		"generate not again without every": {
			wanted: wanted(source(export.SourceGenerate, 0)), state: snapshot(known(kept(3, 99*day))), want: "no-op\n",
		},
		"generate when the newest is older than every": {
			wanted: wanted(source(export.SourceGenerate, day)), state: snapshot(known(kept(3, day))), want: "update generate fetch\n",
		},
		"generate not before every has passed": {
			wanted: wanted(source(export.SourceGenerate, day)), state: snapshot(known(kept(3, day-time.Second))), want: "no-op\n",
		},
		"generate again when the clock was far ahead": {
			wanted: wanted(source(export.SourceGenerate, day)), state: snapshot(known(kept(3, -400*day))), want: "update generate fetch\n",
		},
		"generate not again when the clock was a little ahead": {
			wanted: wanted(source(export.SourceGenerate, day)), state: snapshot(known(kept(3, -time.Hour))), want: "no-op\n",
		},
		"auto goes by the clock of the service": {
			wanted: wanted(source(export.SourceAuto, day), observed(version(3, -400*day))), state: snapshot(known(kept(3, -400*day))), want: "no-op\n",
		},
		"an open request is resumed, not asked again": {
			wanted: wanted(source(export.SourceGenerate, time.Hour)),
			state: func() *export.Snapshot {
				k := known(kept(3, day))
				k.Requests = []export.Request{{ID: "req", StartedAt: now.Add(-time.Minute)}}
				return snapshot(k)
			}(),
			want: "update resume(req) fetch\n",
		},
		"an open intent is reconciled, not asked again": {
			wanted: wanted(source(export.SourceGenerate, 0)),
			state: func() *export.Snapshot {
				k := known()
				k.Intents = []export.Intent{{ID: 1, Kind: export.IntentGenerate, StartedAt: now}}
				return snapshot(k)
			}(),
			want: "update resume fetch\n",
		},
		"an announced version is fetched, not generated again": {
			wanted: wanted(source(export.SourceGenerate, 0)),
			state:  snapshot(known(export.KnownVersion{Version: version(7, 0), Status: export.Announced})), want: "update fetch:7\n",
		},
		"a generated file that is gone everywhere is generated again": {
			wanted: wanted(source(export.SourceGenerate, 0)), state: snapshot(known(kept(3, day))), files: damaged("3", export.Missing),
			want: "update generate fetch\n",
		},
		"a generated file that a killed run has moved is adopted, not generated again": {
			wanted: wanted(source(export.SourceGenerate, 0)), state: snapshot(known(kept(3, day))), files: damaged("3", export.Missing),
			adopt: func(_ export.Address, v export.Version, p string) bool { return v.ID == "3" && p == "weekly/3.csv" },
			want:  "update adopt:3\n",
		},
		"auto takes a young save": {
			wanted: wanted(source(export.SourceAuto, day), observed(version(3, time.Hour))), state: snapshot(), want: "create fetch:3\n",
		},
		"auto generates when the newest save is old": {
			wanted: wanted(source(export.SourceAuto, day), observed(version(3, 2*day))), state: snapshot(),
			want: "create fetch:3 generate fetch\n",
		},
		"another identity is a replacement": {
			wanted: wanted(observed(version(5, day)), func(w *plan.Wanted) { w.Identity = "26014" }), state: snapshot(known(kept(3, day))),
			want: "delete+create forget fetch:5\n",
		},
		"a protected export is not replaced": {
			wanted: wanted(func(w *plan.Wanted) { w.Identity = "26014" }),
			state: func() *export.Snapshot {
				k := known(kept(3, day))
				k.PreventDestroy = true
				return snapshot(k)
			}(),
			want: "problem: Instance is protected\n",
		},
		"a disabled export is left alone": {
			wanted: wanted(observed(version(9, 0)), func(w *plan.Wanted) { w.Enabled = false }), state: snapshot(known(kept(3, day))),
			want: "no-op\n",
		},
		"an orphan is forgotten": {
			wanted: wanted(func(w *plan.Wanted) { w.Address.Name = "other" }), state: snapshot(known(kept(3, day))),
			want: "create\nforget forget\n",
		},
		"destroy forgets": {
			wanted: wanted(), state: snapshot(known(kept(3, day))), destroy: true, want: "forget forget\n",
		},
		"a lost state adopts": {
			wanted: wanted(observed(version(3, day), version(4, 0))), state: snapshot(),
			adopt: func(_ export.Address, v export.Version, p string) bool { return v.ID == "3" && p == "weekly/3.csv" },
			want:  "create adopt:3 fetch:4\n",
		},
		"without a refresh nothing is fetched, only repaired": {
			wanted: wanted(func(w *plan.Wanted) { w.Observed = nil }), state: snapshot(known(kept(3, day), kept(4, 0))),
			files: damaged("4", export.Missing), want: "update repair:4\n",
		},
		"deferred arguments are planned during apply": {
			wanted: wanted(func(w *plan.Wanted) { w.Deferred = []string{"report_id"} }), state: snapshot(), want: "create\n",
		},
		"a path that cannot be used is a problem": {
			wanted: wanted(observed(version(3, 0), version(4, 0)), func(w *plan.Wanted) {
				w.Path = func(export.Version) (string, error) { return "", errors.New("climbs") }
			}),
			state: snapshot(), want: "create\nproblem: Path cannot be used\n",
		},
		"two versions with one path are a problem": {
			wanted: wanted(observed(version(3, 0), version(4, 0), version(5, 0)), func(w *plan.Wanted) {
				w.Path = func(export.Version) (string, error) { return "Same.csv", nil }
			}),
			state: snapshot(), want: "create fetch:3 fetch:4 fetch:5\nproblem: Two versions share one path\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan.Compute(plan.Input{
				Wanted: []plan.Wanted{tt.wanted}, State: tt.state, Files: tt.files, Adoptable: tt.adopt, Now: now, Destroy: tt.destroy,
			})
			if diff := cmp.Diff(tt.want, brief(p)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnresolvedBlocksForgetNothing(t *testing.T) {
	t.Parallel()
	k := known(kept(3, 0))
	k.Address = addr.Instance("Sales")
	p := plan.Compute(plan.Input{State: snapshot(k), Now: now, Unresolved: map[export.Address]bool{addr: true}})
	if len(p.Changes) != 0 {
		t.Errorf("instances of a block that could not be evaluated were planned: %s", brief(p))
	}
}

func TestSlotsAreTakenInTurn(t *testing.T) {
	t.Parallel()
	free := now.Add(4 * time.Minute)
	s := snapshot()
	s.Limits[export.LimitKey{Account: "planfix:acme", Name: plan.LimitGeneration}] = export.Limit{NotBefore: free}
	first, second := wanted(source(export.SourceGenerate, 0)), wanted(source(export.SourceGenerate, 0))
	second.Address.Name = "second"
	p := plan.Compute(plan.Input{Wanted: []plan.Wanted{first, second}, State: s, Now: now})
	if got := p.Changes[0].Steps[0].NotBefore; !got.Equal(free) {
		t.Errorf("first generation not before %s, want %s", got, free)
	}
	if got, want := p.Changes[1].Steps[0].NotBefore, free.Add(first.Interval); !got.Equal(want) {
		t.Errorf("second generation not before %s, want %s", got, want)
	}
	if !p.Estimate.NotBefore.Equal(free) {
		t.Errorf("estimate starts at %s, want %s", p.Estimate.NotBefore, free)
	}
	if p.Estimate.Duration < 14*time.Minute {
		t.Errorf("estimate takes %s, but the second slot is free in 14m30s only", p.Estimate.Duration)
	}
}

func TestCollidingPaths(t *testing.T) {
	t.Parallel()
	other := wanted(observed(version(3, 0)), func(w *plan.Wanted) {
		w.Address.Name = "other"
		w.Path = func(export.Version) (string, error) { return "WEEKLY/3.csv", nil }
	})
	sameManifest := wanted(observed(version(3, 0)), func(w *plan.Wanted) {
		w.Address.Name = "lines"
		w.Path = func(export.Version) (string, error) { return "weekly/3.jsonl", nil }
	})
	p := plan.Compute(plan.Input{Wanted: []plan.Wanted{sameManifest}, State: snapshot(known(kept(3, 0))), Now: now})
	if len(p.Problems) != 0 {
		t.Errorf("an export that is forgotten holds its path: %+v", p.Problems)
	}
	p = plan.Compute(plan.Input{Wanted: []plan.Wanted{wanted(observed(version(3, 0))), sameManifest}, State: snapshot(), Now: now})
	if len(p.Problems) != 1 {
		t.Errorf("two versions with one manifest: %+v", p.Problems)
	}
	p = plan.Compute(plan.Input{Wanted: []plan.Wanted{wanted(observed(version(3, 0))), other}, State: snapshot(known(kept(3, 0))), Now: now})
	if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Detail, "planfix_report.weekly") {
		t.Errorf("problems: %+v", p.Problems)
	}
}
