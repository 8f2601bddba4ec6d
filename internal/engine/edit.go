package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/state"
)

// Rename is what became of an address.
type Rename struct{ From, To export.Address }

// Rename gives instances in the state another address, as a moved block does: a
// block's address moves all its instances. Files get their new names when the plan
// is next applied; nothing is fetched again.
func (r *Run) Rename(ctx context.Context, from, to export.Address) ([]Rename, error) {
	if from.Type != to.Type || from.Data || to.Data {
		return nil, fmt.Errorf("%s and %s are of different types, so one cannot become the other", from, to)
	}
	m := config.Move{From: from, To: to}
	var out []Rename
	for addr := range r.snap.Instances {
		if d := destination(m, addr); !d.IsZero() {
			if r.snap.Instances[d] != nil {
				return nil, fmt.Errorf("%s is in the state already", d)
			}
			out = append(out, Rename{addr, d})
		}
	}
	if len(out) == 0 {
		return nil, notInState(from)
	}
	slices.SortFunc(out, func(a, b Rename) int { return a.From.Compare(b.From) })
	return out, r.edited(ctx, fmt.Sprintf("%s -> %s", from, to), func() error {
		for _, one := range out {
			if err := r.lease.MoveInstance(ctx, r.inState(one.From), one.To); err != nil {
				return err
			}
		}
		return nil
	})
}

// inState is the address that the state has for an instance, which moved blocks may
// have given another.
func (r *Run) inState(addr export.Address) export.Address {
	if from, ok := r.moved[addr]; ok {
		return from
	}
	return addr
}

func notInState(addr export.Address) error {
	return fmt.Errorf("%s is not in the state; 'reportsync state list' shows what is", addr)
}

// Forget takes instances out of the state. Their files, and what they are on the
// service, stay.
func (r *Run) Forget(ctx context.Context, addrs []export.Address) ([]export.Address, error) {
	var out []export.Address
	for _, want := range addrs {
		found := false
		for addr := range r.snap.Instances {
			if want.Covers(addr) {
				found = true
				if !slices.Contains(out, addr) {
					out = append(out, addr)
				}
			}
		}
		if !found {
			return nil, notInState(want)
		}
	}
	slices.SortFunc(out, export.Address.Compare)
	return out, r.edited(ctx, fmt.Sprintf("%d forgotten", len(out)), func() error {
		for _, addr := range out {
			if err := r.lease.RemoveInstance(ctx, r.inState(addr)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Restore puts a document in the place of the state.
func (r *Run) Restore(ctx context.Context, d *state.Document) error {
	return r.edited(ctx, fmt.Sprintf("%d instances of serial %d", len(d.Instances), d.Serial), func() error { return r.lease.Restore(ctx, d) })
}

// edited does something to the state by hand, and keeps it in the history.
func (r *Run) edited(ctx context.Context, what string, do func() error) error {
	id, err := r.lease.BeginRun(ctx, state.Run{
		Command: r.opt.Command, User: r.opt.User, Host: r.opt.Host, Version: r.opt.Version, Started: r.opt.Clock.Now(),
	})
	if err != nil {
		return err
	}
	outcome, summary := string(plan.Done), what
	if err = do(); err != nil {
		outcome, summary = string(plan.Failed), err.Error()
	}
	return errors.Join(err, r.lease.EndRun(ctx, id, outcome, summary))
}

// Import plans that an instance takes what the service calls id under its care, and
// nothing else.
func (r *Run) Import(ctx context.Context, addr export.Address, id string) (*Planned, hcl.Diagnostics) {
	r.importing = &config.Import{To: addr, ID: id}
	p, diags := r.Plan(ctx, PlanOptions{Targets: []export.Address{addr}})
	if p == nil || diags.HasErrors() {
		return nil, diags
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		c.Steps = slices.DeleteFunc(c.Steps, func(s plan.Step) bool { return s.Action != plan.StepImport })
		if c.Address == addr && len(c.Steps) > 0 {
			return p, diags
		}
	}
	return nil, append(diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Nothing to import",
		Detail: fmt.Sprintf("%s is looked after already, or is not an object that can be imported; what the service lists is fetched by apply.", addr),
	})
}
