package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reportsync/internal/config"
	"reportsync/internal/providers"
)

// Examined is what was found out about one provider.
type Examined struct {
	// Provider is the reference.
	Provider string
	// Facts are what is well, or odd, a sentence each.
	Facts []string
	// Err is why the provider cannot be used; nil when it can.
	Err  error
	Took time.Duration
}

// maxSkew is how far apart the clocks may be before it is worth a word: times in
// requests and the ages of versions are reckoned by ours.
const maxSkew = 2 * time.Minute

// examineTargets looks at each configured instance of a provider, as far as the
// instances are known without asking for data.
func (r *Run) examineTargets(ctx context.Context, x providers.TargetExaminer, ref string) error {
	var errs []error
	for _, c := range r.configured(ref) {
		if err := x.ExamineTarget(ctx, staticTarget(c)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.Address, err))
		}
	}
	return errors.Join(errs...)
}

// configured are the instances of a provider that are known without asking for data.
func (r *Run) configured(ref string) []*config.Instance {
	r.evalMu.Lock()
	defer r.evalMu.Unlock()
	var out []*config.Instance
	nodes := r.cfg.Nodes()
	for i := range nodes {
		if nodes[i].Kind != config.ExportNode {
			continue
		}
		found, diags := r.eval.Expand(nodes[i].Address)
		if diags.HasErrors() {
			continue
		}
		for _, c := range found {
			if c.Provider == ref && c.Enabled && len(c.Unknown) == 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

// Examine asks each provider of the configuration one cheap question.
func (r *Run) Examine(ctx context.Context) []Examined {
	var out []Examined
	nodes := r.cfg.Nodes()
	for i := range nodes {
		if nodes[i].Kind == config.ProviderNode {
			out = append(out, r.examine(ctx, nodes[i].Provider))
		}
	}
	return out
}

func (r *Run) examine(ctx context.Context, ref string) Examined {
	e := Examined{Provider: ref}
	a := r.account(ref)
	if a.provider == nil {
		e.Err = a.diags
		return e
	}
	x, ok := a.provider.(providers.Examiner)
	if !ok {
		e.Facts = []string{"it is configured; this provider has no cheap call to try"}
		return e
	}
	began := r.opt.Clock.Now()
	var skew time.Duration
	trace := &providers.Trace{
		Admit: r.admit(a),
		Date:  func(at time.Time) { skew = r.opt.Clock.Now().Sub(at) },
		Remaining: func(quota string, left int) {
			e.Facts = append(e.Facts, fmt.Sprintf("%d %s", left, quota))
		},
	}
	ctx = providers.WithTrace(ctx, trace)
	facts, err := x.Examine(ctx)
	if te, ok := x.(providers.TargetExaminer); ok && err == nil {
		err = r.examineTargets(ctx, te, ref)
	}
	e.Facts, e.Err, e.Took = append(facts, e.Facts...), err, r.opt.Clock.Now().Sub(began)
	if skew > maxSkew || skew < -maxSkew {
		e.Facts = append(e.Facts, fmt.Sprintf("this machine's clock is %s apart from the service's: set it right", skew.Abs().Round(time.Second)))
	}
	return e
}
