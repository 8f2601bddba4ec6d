package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/sync/errgroup"

	"reportsync/internal/config"
	"reportsync/internal/crash"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// instance is one wanted instance on its way through a run.
type instance struct {
	node     int
	cfg      *config.Instance
	acct     *account
	policy   export.Policy
	observed *providers.Observation
	// err is why the service could not be asked about it.
	err error
	// imported is the object that an import block names.
	imported *export.Version
	// replace is set when a replacement was asked for.
	replace bool
}

// walk is what came of evaluating the configuration and asking the services.
type walk struct {
	instances  []*instance
	byAddress  map[export.Address]*instance
	unresolved map[export.Address]bool // blocks
	diags      hcl.Diagnostics
}

// walkOptions say how far a walk goes.
type walkOptions struct {
	refresh  bool
	selected func(export.Address) bool
	replace  []export.Address
}

// walk evaluates all blocks in the order of their dependencies, wave by wave;
// what needs the network inside a wave goes side by side.
func (r *Run) walk(ctx context.Context, o walkOptions) *walk {
	w := &walk{byAddress: map[export.Address]*instance{}, unresolved: map[export.Address]bool{}}
	nodes := r.cfg.Nodes()
	failed := make([]bool, len(nodes))
	needed := dependedOn(nodes)
	for _, wave := range waves(nodes) {
		var jobs []func(context.Context)
		var mu sync.Mutex
		fail := func(i int, d hcl.Diagnostics) {
			mu.Lock()
			defer mu.Unlock()
			failed[i] = true
			w.diags = append(w.diags, d...)
		}
		var fresh []*instance
		for _, i := range wave {
			n := &nodes[i]
			if blocked(n, failed) {
				failed[i] = true
				w.unresolved[n.Address] = true
				continue
			}
			switch n.Kind {
			case config.DataNode:
				jobs = append(jobs, r.dataJobs(i, n, o, fail)...)
			case config.ExportNode:
				found, d := r.expand(i, n.Address)
				w.diags = append(w.diags, d...)
				if d.HasErrors() {
					failed[i] = true
					w.unresolved[n.Address] = true
					continue
				}
				fresh = append(fresh, found...)
			}
		}
		for _, in := range fresh {
			w.instances = append(w.instances, in)
			w.byAddress[in.cfg.Address] = in
			in.replace = slices.ContainsFunc(o.replace, func(a export.Address) bool { return a.Covers(in.cfg.Address) })
			if o.refresh && (o.selected == nil || o.selected(in.cfg.Address)) && r.mustAsk(in) {
				jobs = append(jobs, func(ctx context.Context) { r.observe(ctx, in) })
			}
		}
		r.side(ctx, jobs)
		for _, i := range wave {
			if failed[i] && nodes[i].Kind == config.DataNode {
				w.unresolved[nodes[i].Address] = true
			}
		}
		for _, in := range fresh {
			if needed[in.node] {
				r.publish(in, !r.settled(in))
			}
		}
	}
	return w
}

// side runs jobs side by side.
func (r *Run) side(ctx context.Context, jobs []func(context.Context)) {
	g, ctx := errgroup.WithContext(ctx) // after a panic nobody waits for what it holds
	g.SetLimit(max(r.opt.Parallelism, 1))
	for _, job := range jobs {
		g.Go(func() error { return crash.Catch(func() error { job(ctx); return nil }) })
	}
	if err := g.Wait(); err != nil { // jobs keep their own errors
		panic(err)
	}
}

// waves groups nodes so that each depends on earlier waves only.
func waves(nodes []config.Node) [][]int {
	level := make([]int, len(nodes))
	var out [][]int
	for i := range nodes {
		for _, d := range nodes[i].DependsOn {
			level[i] = max(level[i], level[d]+1)
		}
		for len(out) <= level[i] {
			out = append(out, nil)
		}
		out[level[i]] = append(out[level[i]], i)
	}
	return out
}

func dependedOn(nodes []config.Node) []bool {
	needed := make([]bool, len(nodes))
	for i := range nodes {
		for _, d := range nodes[i].DependsOn {
			needed[d] = true
		}
	}
	return needed
}

func blocked(n *config.Node, failed []bool) bool {
	return slices.ContainsFunc(n.DependsOn, func(d int) bool { return failed[d] })
}

// expand evaluates an export block into its instances.
func (r *Run) expand(node int, addr export.Address) ([]*instance, hcl.Diagnostics) {
	r.evalMu.Lock()
	found, diags := r.eval.Expand(addr)
	r.evalMu.Unlock()
	if diags.HasErrors() {
		return nil, diags
	}
	out := make([]*instance, 0, len(found))
	for _, c := range found {
		in := &instance{node: node, cfg: c, acct: r.account(c.Provider)}
		if d := r.keep(c); d != nil {
			if diags = append(diags, d...); d.HasErrors() {
				continue
			}
		}
		if len(c.Unknown) == 0 && in.acct.typ != nil {
			for _, p := range validate(in.acct.typ, staticTarget(c)) {
				diags = append(diags, problem(plan.Problem{Attribute: p.Attribute, Summary: p.Summary, Detail: p.Detail}, in))
			}
			in.settle(in.acct.typ.Exports[addr.Type].Policy(c.Args))
			diags = append(diags, in.checkPeriod()...)
		}
		for _, pre := range c.Preconditions {
			ok, message, d := pre.Check(noSelf)
			diags = append(diags, d...)
			if !ok && !d.HasErrors() {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: "Precondition does not hold",
					Detail: fmt.Sprintf("%s: %s", c.Address, message), Subject: pre.Range.Ptr(),
				})
			}
		}
		out = append(out, in)
	}
	return out, diags
}

// keep undoes the changes that lifecycle.ignore_changes tells to ignore.
func (r *Run) keep(c *config.Instance) hcl.Diagnostics {
	if len(c.IgnoreChanges) == 0 {
		return nil
	}
	known := r.known(c.Address)
	if known == nil {
		return nil
	}
	return c.Keep(known.Attributes)
}

// mustAsk reports whether the service has anything to say that the plan needs.
// Versions that exist only because we asked for them are known already, unless one
// is due or a file has to be fetched again.
func (r *Run) mustAsk(in *instance) bool {
	if !in.cfg.Enabled || len(in.cfg.Unknown) > 0 {
		return false
	}
	switch in.policy.Source {
	case export.SourceRead, export.SourceGenerate:
		// What is new proves the account before anything is spent.
		return r.known(in.cfg.Address) == nil || !r.settled(in)
	}
	return true
}

// observe asks the service what exists for an instance.
func (r *Run) observe(ctx context.Context, in *instance) {
	if in.err = in.acct.diagnosed(); in.err != nil {
		return
	}
	if in.err = in.acct.enter(ctx); in.err != nil {
		return
	}
	defer in.acct.leave()
	if in.err = in.acct.usable(); in.err != nil {
		return
	}
	addr := in.cfg.Address
	r.opt.Events.Refreshing(addr)
	in.observed, in.err = in.acct.provider.Observe(r.traced(ctx, addr, in.acct, nil), r.target(in))
	if in.err != nil {
		in.acct.close(in.err)
	}
	r.opt.Events.Refreshed(addr, in.err)
}

// diagnosed is the error of a provider that could not be configured; its
// diagnostics are reported once, with the provider.
func (a *account) diagnosed() error {
	if a.provider == nil {
		return errNotConfigured
	}
	return nil
}

var errNotConfigured = errors.New("its provider is not configured")

// target is the instance as providers see it.
func (r *Run) target(in *instance) providers.Target {
	t := staticTarget(in.cfg)
	t.Marker = marker(in.cfg.Address, in.cfg.Identity)
	if in.observed != nil {
		t.Resolved = in.observed.Resolved
	}
	if known := r.known(in.cfg.Address); known != nil {
		t.Known = known.Versions
	}
	return t
}

// marker is a short text by which what is made for an instance can be recognised.
func marker(addr export.Address, identity string) string {
	sum := sha256.Sum256([]byte(addr.String() + "\n" + identity))
	return hex.EncodeToString(sum[:4])
}

// targetOf is the instance with the arguments that belong to one version: parts
// of them may be made from its id, times and period.
func (r *Run) targetOf(in *instance, v export.Version) (providers.Target, error) {
	t := r.target(in)
	args, diags := in.cfg.ArgsFor(v)
	if diags.HasErrors() {
		return t, diags
	}
	t.Args = args
	for _, p := range validate(in.acct.typ, t) {
		return t, hcl.Diagnostics{problem(plan.Problem{Attribute: p.Attribute, Summary: p.Summary, Detail: p.Detail}, in)}
	}
	return t, nil
}

// dataJobs evaluates a data block and returns the reads of its instances.
func (r *Run) dataJobs(i int, n *config.Node, o walkOptions, fail func(int, hcl.Diagnostics)) []func(context.Context) {
	r.evalMu.Lock()
	found, diags := r.eval.Data(n.Address)
	r.evalMu.Unlock()
	if diags.HasErrors() {
		fail(i, diags)
		return nil
	}
	var jobs []func(context.Context)
	for _, d := range found {
		if len(d.Unknown) > 0 || !o.refresh && !r.reachable(d.Provider) {
			continue // stays unknown until apply
		}
		jobs = append(jobs, func(ctx context.Context) {
			if d := r.readData(ctx, d); d != nil {
				fail(i, hcl.Diagnostics{d})
			}
		})
	}
	return jobs
}

// reachable reports whether the provider is configured well enough to be asked.
func (r *Run) reachable(ref string) bool { return !r.account(ref).diags.HasErrors() }

// readData reads one instance of a data source. Data sources are read even when
// exports are not refreshed: the configuration cannot be evaluated without them.
func (r *Run) readData(ctx context.Context, d *config.DataInstance) *hcl.Diagnostic {
	acct := r.account(d.Provider)
	if acct.provider == nil {
		return nil // reported with the provider
	}
	reader, ok := acct.provider.(providers.DataReader)
	if !ok {
		return &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Unknown data source",
			Detail: fmt.Sprintf("Provider %s has no data sources.", d.Provider), Subject: d.Range.Ptr(),
		}
	}
	if err := acct.enter(ctx); err != nil {
		return diagnose(err, d.Address, d.Range.Ptr())
	}
	defer acct.leave()
	err := acct.usable()
	if err == nil {
		r.opt.Events.Refreshing(d.Address)
		v, readErr := reader.ReadData(r.traced(ctx, d.Address, acct, nil), d.Address.Type, d.Args)
		r.opt.Events.Refreshed(d.Address, readErr)
		if readErr == nil {
			r.evalMu.Lock()
			defer r.evalMu.Unlock()
			r.eval.SetData(d.Address, v)
			return nil
		}
		acct.close(readErr)
		err = readErr
	}
	return diagnose(err, d.Address, d.Range.Ptr())
}

// providerDiags collects what is wrong with the providers that the walk needed.
func (r *Run) providerDiags() hcl.Diagnostics {
	r.accountsMu.Lock()
	defer r.accountsMu.Unlock()
	var diags hcl.Diagnostics
	for _, ref := range slices.Sorted(maps.Keys(r.accounts)) {
		diags = append(diags, r.accounts[ref].diags...)
	}
	return diags
}
