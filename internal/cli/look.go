package cli

import (
	"context"
	"errors"
	"slices"

	"reportsync/internal/artifact"
	"reportsync/internal/export"
	"reportsync/internal/state"
)

// look is the state as commands see it that only read. There need be no state.
type look struct {
	*session
	st    *state.State // nil when there is none
	snap  *export.Snapshot
	store *artifact.Store
}

// look opens the state of the configuration for reading.
func (a *app) look(ctx context.Context, v vars) (*look, error) {
	s, err := a.open(ctx, v, "read")
	if err != nil {
		return nil, err
	}
	l := &look{session: s, snap: &export.Snapshot{}}
	l.st, err = state.OpenReadOnly(ctx, s.opt.StatePath)
	switch {
	case errors.Is(err, state.ErrNotExist):
		l.st = nil
	case err != nil:
		return nil, errors.Join(err, l.close())
	default:
		if l.snap, err = l.st.Snapshot(ctx); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	if l.store, err = artifact.Open(s.opt.ExportRoot, l.snap.Lineage); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *look) close() error {
	var errs []error
	if l.store != nil {
		errs = append(errs, l.store.Close())
	}
	if l.st != nil {
		errs = append(errs, l.st.Close())
	}
	return errors.Join(append(errs, l.session.close())...)
}

// instances returns the instances that addresses cover, sorted; all of them without
// addresses. An address that covers nothing is an error.
func (l *look) instances(addrs []export.Address) ([]*export.Known, error) {
	var out []*export.Known
	hit := make([]bool, len(addrs))
	for addr, k := range l.snap.Instances {
		take := len(addrs) == 0
		for i, want := range addrs {
			if want.Covers(addr) {
				take, hit[i] = true, true
			}
		}
		if take {
			out = append(out, k)
		}
	}
	for i := range addrs {
		if !hit[i] {
			return nil, &exitStatus{
				code: exitError, err: errors.New(addrs[i].String() + " is not in the state"),
				hint: "Run 'reportsync versions' for what is.",
			}
		}
	}
	slices.SortFunc(out, func(a, b *export.Known) int { return a.Address.Compare(b.Address) })
	return out, nil
}

// withInstances reads the state and hands over the instances that are meant.
func (a *app) withInstances(ctx context.Context, v vars, args []string, f func(*look, []*export.Known) error) (err error) {
	addrs, err := addresses("ADDR", args)
	if err != nil {
		return err
	}
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	list, err := l.instances(addrs)
	if err != nil {
		return err
	}
	return f(l, list)
}
