package engine

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/artifact"
	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// PlanOptions select what is planned.
type PlanOptions struct {
	// NoRefresh plans from the state alone, without asking the services.
	NoRefresh bool
	Destroy   bool
	// RefreshOnly leaves out everything but what brings the state up to date with
	// what exists on disk and on the services.
	RefreshOnly bool
	// Targets and Excludes limit the plan; a block's address covers its instances.
	Targets, Excludes, Replace []export.Address
}

// Planned is a plan together with what it was made from.
type Planned struct {
	*plan.Plan
	// Failed are instances whose service could not be asked; the plan leaves them
	// alone.
	Failed []plan.Result
	// Incomplete is set when blocks could not be evaluated or read; Diags say why.
	Incomplete bool
	Destroy    bool
	Refreshed  bool
	// Outputs are the outputs that change.
	Outputs   []OutputChange
	CreatedAt time.Time

	walk *walk
}

// Idle reports whether there is nothing to do, outputs included.
func (p *Planned) Idle() bool { return p.Empty() && len(p.Outputs) == 0 }

// Plan makes a plan. The diagnostics hold errors about single exports too; the
// plan is still good for the others unless it is nil.
func (r *Run) Plan(ctx context.Context, o PlanOptions) (*Planned, hcl.Diagnostics) {
	if diags := r.misnamed(o, nil); diags.HasErrors() {
		return nil, diags
	}
	selected := r.selection(o)
	var w *walk
	if o.Destroy {
		// What is to end is in the state; the configuration need not even work.
		w = &walk{byAddress: map[export.Address]*instance{}, unresolved: map[export.Address]bool{}}
	} else {
		w = r.walk(ctx, walkOptions{refresh: !o.NoRefresh, selected: selected, replace: o.Replace})
		if diags := r.misnamed(o, w); diags.HasErrors() {
			return nil, append(w.diags, diags...)
		}
		w.diags = append(w.diags, r.imports(ctx, w, !o.NoRefresh)...)
	}
	diags := w.diags
	if err := context.Cause(ctx); err != nil {
		return nil, append(diags, interrupted(err))
	}
	if !o.NoRefresh {
		provider := r.providerDiags()
		if diags = append(diags, provider...); provider.HasErrors() {
			return nil, diags
		}
	}
	p := &Planned{
		Destroy: o.Destroy, Refreshed: !o.NoRefresh, CreatedAt: r.began, walk: w,
		Incomplete: w.diags.HasErrors() || len(w.unresolved) > 0,
	}
	in := plan.Input{
		State: r.snap, Files: r.files, Adoptable: r.adoptable(w), OnDisk: r.onDisk(ctx, w), Now: r.began,
		Unresolved: w.unresolved, Destroy: o.Destroy, Selected: selected,
		Moved: r.moved, Removed: r.removed, MaxDeletes: r.cfg.MaxDeletes,
	}
	in.Wanted = make([]plan.Wanted, 0, len(w.instances))
	for _, i := range w.instances {
		if i.err != nil {
			diags = append(diags, diagnose(i.err, i.cfg.Address, &i.cfg.Range))
			p.Failed = append(p.Failed, plan.Result{Address: i.cfg.Address, Outcome: plan.Failed, Err: i.err})
			w.unresolved[i.cfg.Address.Block()] = true
			continue
		}
		in.Wanted = append(in.Wanted, r.wanted(i))
	}
	p.Plan = plan.Compute(in)
	if o.RefreshOnly {
		p.Plan.RefreshOnly()
	}
	for _, problemFound := range p.Problems {
		diags = append(diags, problem(problemFound, w.byAddress[problemFound.Address]))
	}
	if len(p.Problems) > 0 {
		return nil, diags
	}
	outputs, d := r.plannedOutputs(ctx, p)
	p.Outputs = outputs
	diags = append(diags, d...)
	diags = append(diags, r.plannedChecks(p)...)
	return p, diags
}

func interrupted(err error) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Interrupted", Detail: "Stopped before the plan was complete; nothing was changed.", Extra: err}
}

// wanted is an instance as the planner sees it.
func (r *Run) wanted(in *instance) plan.Wanted {
	c := in.cfg
	w := plan.Wanted{
		Address: c.Address, Provider: c.Provider, Enabled: c.Enabled, Policy: in.policy,
		Every: c.Every, Retention: c.Retention, Identity: c.Identity, Rendering: c.Rendering,
		PerVersion: c.Path.PerVersion, PreventDestroy: c.PreventDestroy, OnDestroy: c.OnDestroy, Attributes: attributes(in),
		Deferred: c.Unknown, Spacing: in.acct.spacing(), Replace: in.replace, Cut: c.Period,
		Path: func(v export.Version) (string, error) {
			r.evalMu.Lock()
			defer r.evalMu.Unlock()
			s, diags := c.Path.Eval(v)
			if diags.HasErrors() {
				return "", diags
			}
			return s, nil
		},
	}
	w.Import = in.imported
	switch known := r.known(c.Address); {
	case in.acct.provider != nil:
		w.Account = in.acct.provider.Account()
		if len(c.Unknown) == 0 {
			s := slotOf(in.acct, r.target(in))
			w.Limit, w.Interval = s.Limit, s.Interval
		}
	case known != nil:
		w.Account = known.Account
	}
	if in.observed != nil {
		w.Observed = &plan.Observed{
			Versions: in.observed.Versions, Warnings: in.observed.Warnings,
			Earliest: in.observed.Earliest, Requests: in.observed.Requests, Drift: in.observed.Drift,
		}
	}
	return w
}

// adoptable tells the planner which versions lie ready on disk.
func (r *Run) adoptable(w *walk) func(export.Address, export.Version, string) bool {
	return func(addr export.Address, v export.Version, path string) bool {
		in := w.byAddress[addr]
		if in == nil {
			return false
		}
		m, _, err := r.store.Adopt(r.spec(in, path), adoptWant(in, v))
		return err == nil && m != nil
	}
}

// onDisk tells the planner what manifests say of instances that the state does not
// know. The export root is looked through once, and only if there are such.
func (r *Run) onDisk(ctx context.Context, w *walk) func(export.Address) []export.KnownVersion {
	var byIdentity map[string][]export.KnownVersion
	return func(addr export.Address) []export.KnownVersion {
		in := w.byAddress[addr]
		if in == nil || in.cfg.Identity == "" {
			return nil
		}
		if byIdentity == nil {
			byIdentity = map[string][]export.KnownVersion{}
			for f, err := range r.store.Manifests(ctx) {
				if err != nil {
					r.opt.Log.Warn("look for manifests", "error", err)
					break
				}
				byIdentity[f.Identity] = append(byIdentity[f.Identity], export.KnownVersion{
					Version: f.Version, Status: export.Kept, Rendering: f.Rendering, Rows: f.Rows, FetchedAt: f.FetchedAt, RequestID: f.RequestID,
				})
			}
			for _, list := range byIdentity {
				slices.SortFunc(list, func(a, b export.KnownVersion) int { return a.Compare(b.Version) })
			}
		}
		return byIdentity[in.cfg.Identity]
	}
}

func (r *Run) spec(in *instance, path string) artifact.Spec {
	return artifact.Spec{Path: path, Format: in.cfg.Format, CSV: in.cfg.CSV}
}

func adoptWant(in *instance, v export.Version) artifact.AdoptWant {
	return artifact.AdoptWant{Identity: in.cfg.Identity, VersionID: v.ID, Rendering: in.cfg.Rendering}
}

// settled reports whether nothing is to be done for an instance, so that its
// attributes are already what they will be.
func (r *Run) settled(in *instance) bool {
	if in.err != nil {
		return true // nothing will be done in this run
	}
	p := plan.Compute(plan.Input{
		Wanted: []plan.Wanted{r.wanted(in)}, State: r.only(in.cfg.Address), Files: r.files, Now: r.began,
	})
	return p.Empty()
}

// only is the snapshot reduced to one instance.
func (r *Run) only(addr export.Address) *export.Snapshot {
	s := &export.Snapshot{Lineage: r.snap.Lineage, Serial: r.snap.Serial, Limits: r.snap.Limits, Instances: map[export.Address]*export.Known{}}
	if k := r.known(addr); k != nil {
		s.Instances[addr] = k
	}
	return s
}

// attributes are an instance's arguments as the state records them.
func attributes(in *instance) []byte {
	if len(in.cfg.Attributes) == 0 || !json.Valid(in.cfg.Attributes) {
		return []byte("{}")
	}
	return in.cfg.Attributes
}

// Busy is the number of changes with work to do.
func (p *Planned) Busy() int {
	n := 0
	for i := range p.Changes {
		if !p.Changes[i].Is(plan.NoOp) {
			n++
		}
	}
	return n
}
