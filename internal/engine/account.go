package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// account is a configured provider and what the run has learnt about it.
type account struct {
	ref      string
	typ      *providers.Type
	provider providers.Provider
	diags    hcl.Diagnostics
	limits   providers.Limits
	// places limits how many of its instances are worked on at once, so that a
	// paced account does not hold up the others.
	places chan struct{}

	allowance allowance

	mu sync.Mutex
	// closed is the error after which nothing of this account can work.
	closed error
}

// account configures the provider behind a reference, once.
func (r *Run) account(ref string) *account {
	r.accountsMu.Lock()
	defer r.accountsMu.Unlock()
	if a, ok := r.accounts[ref]; ok {
		return a
	}
	a := &account{ref: ref, typ: r.opt.Types[providerName(ref)]}
	r.accounts[ref] = a
	if a.typ == nil {
		a.diags = hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Unknown provider", Detail: fmt.Sprintf("There is no provider %q.", ref)}}
		return a
	}
	var over map[string]string
	if r.opt.Override != nil {
		over = r.opt.Override(providerName(ref))
	}
	args, diags := r.arguments(ref, over)
	if a.diags = diags; diags.HasErrors() {
		return a
	}
	for name, value := range over {
		args[name] = cty.StringVal(value)
	}
	p, err := a.typ.Configure(providers.ConfigureRequest{
		Args: args, Transport: r.opt.Transport, Clock: r.opt.Clock,
		Log: r.opt.Log.With("provider", ref), UserAgent: "reportsync/" + r.opt.Version,
		Scratch: func() (providers.Scratch, error) { return r.store.Scratch() },
	})
	if err != nil {
		a.diags = append(a.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Provider cannot be configured",
			Detail: fmt.Sprintf("provider %s: %s", ref, err), Subject: r.providerRange(ref), Extra: err,
		})
		return a
	}
	a.provider, a.limits = p, p.Limits()
	a.places = make(chan struct{}, max(a.limits.MaxInFlight, 1))
	return a
}

// arguments evaluates the provider's block. Arguments that are put in place from
// outside need not be configured.
func (r *Run) arguments(ref string, over map[string]string) (schema.Values, hcl.Diagnostics) {
	r.evalMu.Lock()
	defer r.evalMu.Unlock()
	return r.eval.Provider(ref, over)
}

func (r *Run) providerRange(ref string) *hcl.Range {
	nodes := r.cfg.Nodes()
	for i := range nodes {
		if nodes[i].Provider == ref && nodes[i].Address.IsZero() {
			return &nodes[i].Range
		}
	}
	return nil
}

func providerName(ref string) string {
	for i := range len(ref) {
		if ref[i] == '.' {
			return ref[:i]
		}
	}
	return ref
}

// close remembers an error after which the account is not asked again.
func (a *account) close(err error) {
	switch providers.KindOf(err) {
	case providers.Auth, providers.Quota:
	default:
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed == nil {
		a.closed = err
	}
}

// usable returns the error that closed the account, if any.
func (a *account) usable() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// enter takes one of the account's places.
func (a *account) enter(ctx context.Context) error {
	select {
	case a.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *account) leave() { <-a.places }

// pollInterval is how long to wait before the n-th poll (from 0).
func (a *account) pollInterval(n int) time.Duration {
	list := a.limits.PollIntervals
	if len(list) == 0 {
		return defaultPollInterval
	}
	return list[min(n, len(list)-1)]
}

// defaultPollInterval serves providers that name none.
const defaultPollInterval = 10 * time.Second

// spacing is the time between two requests of the account.
func (a *account) spacing() time.Duration {
	if a.limits.RequestsPerSecond <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / a.limits.RequestsPerSecond)
}

// Problems asks the export type to check what a schema cannot say.
func validate(t *providers.Type, target providers.Target) []providers.Problem {
	et := t.Exports[target.Type]
	if et.Validate == nil {
		return nil
	}
	return slices.Clone(et.Validate(target))
}

// staticTarget is an instance as its block says it.
func staticTarget(c *config.Instance) providers.Target {
	return providers.Target{Type: c.Address.Type, Args: c.Args, Format: c.Format, Cut: c.Period}
}
