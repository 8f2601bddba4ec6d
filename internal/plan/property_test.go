package plan_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// perform carries out a plan on a model of the state, as the engine would.
func perform(s *export.Snapshot, p *plan.Plan, next *int) {
	for _, c := range p.Changes {
		k := s.Instances[c.Address]
		if k == nil || c.Is(plan.Delete) {
			k = &export.Known{Address: c.Address, Provider: c.Provider, Account: c.Account, Identity: c.Identity}
			s.Instances[c.Address] = k
		}
		if c.Is(plan.Forget) {
			delete(s.Instances, c.Address)
			continue
		}
		var made *export.Version
		for _, st := range c.Steps {
			switch st.Action {
			case plan.StepGenerate, plan.StepResume:
				*next++
				v := version(*next, 0)
				made, k.Requests, k.Intents = &v, nil, nil
			case plan.StepFetch, plan.StepRepair, plan.StepAdopt, plan.StepMove:
				v := st.Version
				if v.ID == "" {
					v = *made
				}
				put(k, export.KnownVersion{Version: v, Status: export.Kept, Path: path(v), Rendering: c.Rendering, FetchedAt: now})
			case plan.StepPrune:
				put(k, export.KnownVersion{Version: st.Version, Status: export.Pruned})
			}
		}
	}
}

func put(k *export.Known, v export.KnownVersion) {
	if old := k.Find(v.ID); old != nil {
		*old = v
	} else {
		k.Versions = append(k.Versions, v)
	}
	slices.SortFunc(k.Versions, func(a, b export.KnownVersion) int { return a.Version.Compare(b.Version) })
}

// Applying a plan and planning again gives nothing, whatever was there before.
func TestApplyThenPlanIsEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.IntRange(1, 30), 0, 12, func(i int) int { return i }).Draw(t, "listed")
		slices.Sort(ids)
		vs := make([]export.Version, len(ids))
		for i, id := range ids {
			vs[i] = version(id, time.Duration(31-id)*7*time.Hour)
		}
		w := wanted(observed(vs...), func(w *plan.Wanted) {
			w.Policy.Source = rapid.SampledFrom([]export.Source{export.SourceMirror, export.SourceGenerate, export.SourceAuto}).Draw(t, "source")
			w.Policy.Newest = rapid.IntRange(0, 3).Draw(t, "newest")
			w.Every = rapid.SampledFrom([]time.Duration{0, time.Hour, 48 * time.Hour}).Draw(t, "every")
			w.Rendering = rapid.SampledFrom([]string{"csv", "jsonl"}).Draw(t, "rendering")
			w.Retention = export.Retention{
				KeepLast:   rapid.IntRange(0, 4).Draw(t, "last"),
				KeepDaily:  rapid.IntRange(0, 3).Draw(t, "daily"),
				KeepWithin: rapid.SampledFrom([]time.Duration{0, 30 * time.Hour}).Draw(t, "within"),
			}
		})
		s := snapshot()
		if rapid.Bool().Draw(t, "known") {
			k := known()
			for _, id := range rapid.SliceOfNDistinct(rapid.IntRange(1, 30), 0, 12, func(i int) int { return i }).Draw(t, "local") {
				v := kept(id, time.Duration(31-id)*7*time.Hour)
				v.Status = rapid.SampledFrom([]export.VersionStatus{export.Kept, export.Pruned, export.Announced}).Draw(t, "status")
				put(k, v)
			}
			if rapid.Bool().Draw(t, "open") {
				k.Requests = []export.Request{{ID: "r", StartedAt: now}}
			}
			s.Instances[addr] = k
		}
		next := 1000
		in := plan.Input{Wanted: []plan.Wanted{w}, State: s, Now: now}
		perform(s, plan.Compute(in), &next)
		in.Wanted[0].Observed.Versions = append(in.Wanted[0].Observed.Versions, madeBy(s)...)
		if p := plan.Compute(in); !p.Empty() {
			t.Fatalf("second plan is not empty:\n%s", brief(p))
		}
	})
}

// madeBy lists what generations have made, as the service would.
func madeBy(s *export.Snapshot) []export.Version {
	var out []export.Version
	for _, k := range s.Instances {
		for _, v := range k.Versions {
			if len(v.ID) == 4 {
				out = append(out, v.Version)
			}
		}
	}
	return out
}

// The newest version always stays, and what stays is a subset of what there was.
func TestRetentionKeepsTheNewest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := known()
		n := rapid.IntRange(1, 15).Draw(t, "n")
		for id := 1; id <= n; id++ {
			put(k, kept(id, time.Duration(n-id)*13*time.Hour))
		}
		w := wanted(func(w *plan.Wanted) {
			w.Observed = nil
			w.Retention = export.Retention{
				KeepLast:    rapid.IntRange(0, 4).Draw(t, "last"),
				KeepDaily:   rapid.IntRange(0, 4).Draw(t, "daily"),
				KeepWeekly:  rapid.IntRange(0, 4).Draw(t, "weekly"),
				KeepMonthly: rapid.IntRange(0, 4).Draw(t, "monthly"),
				KeepYearly:  rapid.IntRange(0, 4).Draw(t, "yearly"),
			}
		})
		p := plan.Compute(plan.Input{Wanted: []plan.Wanted{w}, State: snapshot(k), Now: now})
		pruned := 0
		for _, s := range p.Changes[0].Steps {
			if s.Version.ID == k.Versions[n-1].ID {
				t.Fatalf("the newest version is pruned")
			}
			pruned++
		}
		if r := w.Retention; r.KeepLast > 0 && n-pruned < min(n, r.KeepLast) {
			t.Fatalf("%d of %d versions stay, keep_last is %d", n-pruned, n, r.KeepLast)
		}
	})
}
