package engine

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"reportsync/internal/artifact"
	"reportsync/internal/crash"
	"reportsync/internal/export"
	"reportsync/internal/state"
)

// Checked is one local file that verify has hashed.
type Checked struct {
	Address   export.Address
	VersionID string
	Path      string
	Size      int64
	Condition export.Condition
	Err       error
}

// Verify hashes every local file of the selected instances. It only reads.
func Verify(ctx context.Context, store *artifact.Store, snap *export.Snapshot, selected func(export.Address) bool) ([]Checked, error) {
	var list []Checked
	var files []export.Artifact
	for addr, known := range snap.Instances {
		if selected != nil && !selected(addr) {
			continue
		}
		for i := range known.Versions {
			k := &known.Versions[i]
			for j := range k.Artifacts {
				list = append(list, Checked{Address: addr, VersionID: k.ID, Path: k.Artifacts[j].Path, Size: k.Artifacts[j].Size})
				files = append(files, k.Artifacts[j])
			}
		}
	}
	var g errgroup.Group
	g.SetLimit(4)
	for i := range list {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return crash.Catch(func() error {
				list[i].Condition, list[i].Err = store.Check(files[i], true)
				return nil
			})
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Checked) int {
		if c := a.Address.Compare(b.Address); c != 0 {
			return c
		}
		return export.Version{ID: a.VersionID}.Compare(export.Version{ID: b.VersionID})
	})
	return list, nil
}

// findings are the versions whose mark in the state has to change, and to what.
func findings(snap *export.Snapshot, list []Checked) map[*export.KnownVersion]bool {
	out := map[*export.KnownVersion]bool{}
	for _, c := range list {
		if v := snap.Instances[c.Address].Find(c.VersionID); v != nil {
			out[v] = out[v] || c.Condition != export.Whole
		}
	}
	for v, damaged := range out {
		if v.Damaged == damaged {
			delete(out, v)
		}
	}
	return out
}

// Noteworthy reports whether [MarkDamaged] would change the state.
func Noteworthy(snap *export.Snapshot, list []Checked) bool { return len(findings(snap, list)) > 0 }

// MarkDamaged records which versions verify has found damaged, and which are
// whole again, so that the next plan repairs them even if size and time of a file
// look right.
func MarkDamaged(ctx context.Context, lease *state.Lease, snap *export.Snapshot, list []Checked) error {
	found := findings(snap, list)
	for addr, known := range snap.Instances {
		for i := range known.Versions {
			v := &known.Versions[i]
			damaged, ok := found[v]
			if !ok {
				continue
			}
			if err := lease.MarkDamaged(ctx, addr, v.ID, damaged); err != nil {
				return fmt.Errorf("mark %s version %s: %w", addr, v.ID, err)
			}
		}
	}
	return nil
}
