package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// move gives what the state knows the addresses that the moved blocks say. It is
// done in memory only; apply does it in the state. An address that is taken is left
// alone.
func (r *Run) move() {
	for range r.cfg.Moves() { // chains may be written in any order
		for _, m := range r.cfg.Moves() {
			for _, k := range r.moving(m) {
				r.moveKnown(k, destination(m, k.Address))
			}
		}
	}
}

// moving are the instances that a moved block is about.
func (r *Run) moving(m config.Move) []*export.Known {
	var out []*export.Known
	for addr, k := range r.snap.Instances {
		to := destination(m, addr)
		if to.IsZero() || r.snap.Instances[to] != nil {
			continue
		}
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b *export.Known) int { return a.Address.Compare(b.Address) })
	return out
}

// destination is where a moved block takes an address, zero if nowhere.
func destination(m config.Move, addr export.Address) export.Address {
	switch {
	case addr == m.From:
		return m.To
	case !m.From.HasKey && !m.To.HasKey && addr.Block() == m.From:
		return m.To.Instance(addr.Key)
	}
	return export.Address{}
}

func (r *Run) moveKnown(k *export.Known, to export.Address) {
	from := k.Address
	moved := *k
	moved.Address = to
	delete(r.snap.Instances, from)
	r.snap.Instances[to] = &moved
	if first, ok := r.moved[from]; ok { // a chain
		delete(r.moved, from)
		from = first
	}
	r.moved[to] = from
}

// removed says what the removed blocks want to become of an address.
func (r *Run) removed(addr export.Address) (keep bool) {
	return slices.ContainsFunc(r.cfg.Removals(), func(m config.Removal) bool { return !m.Destroy && m.From.Covers(addr) })
}

// rename does in the state what the moved blocks say of a change's instance.
func (w *worker) rename() error {
	from, ok := w.moved[w.change.Address]
	if !ok {
		return nil
	}
	return w.lease.MoveInstance(w.hard, from, w.change.Address)
}

// imports finds the objects that the import blocks name.
func (r *Run) imports(ctx context.Context, w *walk, refresh bool) hcl.Diagnostics {
	r.evalMu.Lock()
	list, diags := r.eval.Imports()
	r.evalMu.Unlock()
	if r.importing != nil {
		list = []config.Import{*r.importing}
	}
	for _, i := range list {
		in := w.byAddress[i.To]
		if in == nil {
			if !w.unresolved[i.To.Block()] {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: "Import goes nowhere", Subject: i.Range.Ptr(),
					Detail: fmt.Sprintf("There is no instance %s.", i.To),
				})
			}
			continue
		}
		if newestObject(r.known(i.To)) != nil || in.err != nil || !refresh || !in.cfg.Enabled || len(in.cfg.Unknown) > 0 {
			continue // it was imported before, or nobody can be asked
		}
		if err := r.lookup(ctx, in, i.ID); err != nil {
			in.err = fmt.Errorf("import %s: %w", i.ID, err) // told with the instance
		}
	}
	return diags
}

// lookup finds what an instance is to import.
func (r *Run) lookup(ctx context.Context, in *instance, id string) error {
	if in.policy.Source != export.SourceCreate {
		if own := in.cfg.Args.String("report_id"); own != "" && own != id {
			return fmt.Errorf("the export is of report %s, so %s cannot be imported into it", own, id)
		}
		return nil // there is no object: what the service has is mirrored anyway
	}
	c, ok := in.acct.provider.(providers.Creator)
	if !ok {
		return fmt.Errorf("provider %s has no objects to import", in.cfg.Provider)
	}
	v, err := c.Lookup(r.traced(ctx, in.cfg.Address, in.acct, nil), r.target(in), id)
	if err != nil {
		return err
	}
	for addr, k := range r.snap.Instances {
		if known := k.Find(v.ID); known != nil && known.Object && addr != in.cfg.Address && k.Account == in.acct.provider.Account() {
			return fmt.Errorf("%s belongs to %s already", v.ID, addr)
		}
	}
	in.imported = &v
	return nil
}

// importObject takes somebody else's object under our care. It will not be deleted.
func (w *worker) importObject(s *plan.Step) error {
	k := w.object(s.Version)
	k.Adopted = true
	w.made = &k
	return w.record(k)
}
