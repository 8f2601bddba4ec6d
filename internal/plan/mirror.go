package plan

import (
	"fmt"
	"slices"

	"reportsync/internal/export"
)

// mirror compares the versions that exist with those that are local, and plans
// what to fetch, repair, move, adopt and prune.
func (b *builder) mirror() {
	keep := keepIDs(b.w.Retention, b.universe())
	b.local(keep)
	for i := range b.found {
		if k := &b.found[i]; keep[k.ID] {
			b.adopt(k.Version, k.Path)
		}
	}
	for _, v := range b.candidates() {
		if b.isFound(v.ID) {
			continue
		}
		if k := b.known.Find(v.ID); k != nil && k.Status != export.Pruned {
			continue // local already, or announced and handled as such
		}
		if keep[v.ID] {
			b.fetch(v, "")
		}
	}
}

func (b *builder) isFound(id string) bool {
	return slices.ContainsFunc(b.found, func(k export.KnownVersion) bool { return k.ID == id })
}

// candidates are the listed versions that the export wants, old to new.
func (b *builder) candidates() []export.Version {
	if b.w.Observed == nil || b.w.Policy.Source == export.SourceGenerate || b.w.Policy.Source == export.SourceRead {
		return nil // others' versions are not ours to fetch
	}
	n := b.w.Policy.Newest
	if !b.w.PerVersion {
		n = 1
	}
	vs := b.w.Observed.Versions
	if n > 0 && n < len(vs) {
		vs = vs[len(vs)-n:]
	}
	if !b.w.PerVersion && len(vs) == 1 {
		// A newer local version must not be written over by an older listed one.
		if latest := b.known.Latest(); latest != nil && vs[0].Compare(latest.Version) < 0 {
			return nil
		}
	}
	return vs
}

// universe is every version that is or could become local, old to new.
func (b *builder) universe() []aged {
	var all []export.Version
	times := map[string]aged{}
	add := func(v export.Version, a aged) {
		if _, ok := times[v.ID]; !ok {
			times[v.ID] = a
			all = append(all, v)
		}
	}
	if b.known != nil {
		for _, k := range b.known.Versions {
			if k.Status != export.Pruned {
				add(k.Version, aged{k.ID, moment(k.Version, k.FetchedAt)})
			}
		}
	}
	for i := range b.found {
		add(b.found[i].Version, aged{b.found[i].ID, moment(b.found[i].Version, b.found[i].FetchedAt)})
	}
	for _, v := range b.candidates() {
		add(v, aged{v.ID, moment(v, b.in.Now)})
	}
	slices.SortFunc(all, export.Version.Compare)
	out := make([]aged, len(all))
	for i, v := range all {
		out[i] = times[v.ID]
	}
	if b.asking || b.waiting() {
		// What is being made now will be the newest; retention counts it already.
		out = append(out, aged{at: b.in.Now})
	}
	return out
}

// local plans what happens to versions that the state knows.
func (b *builder) local(keep map[string]bool) {
	if b.known == nil {
		return
	}
	latest := b.known.Latest()
	for i := range b.known.Versions {
		k := &b.known.Versions[i]
		switch {
		case k.Status == export.Pruned:
		case !keep[k.ID]:
			b.step(Step{Action: StepPrune, Version: k.Version, Path: k.Path, Bytes: size(k), Reason: "retention does not keep it"})
		case k.Status == export.Announced:
			b.fetch(k.Version, "it was generated but not fetched")
		default:
			b.kept(k, k == latest)
		}
	}
}

// kept plans what a version that stays needs: a repair, another rendering,
// another path, or nothing.
func (b *builder) kept(k *export.KnownVersion, latest bool) {
	condition := b.condition(k)
	switch {
	case condition != export.Whole:
		if path, ok := b.path(k.Version); ok && !b.fetchable(k.Version) && !b.adoptable(k.Version, path) {
			b.change.Notes = append(b.change.Notes,
				fmt.Sprintf("version %s: its local file is %s and the service no longer has it", k.ID, condition))
			return
		}
		b.again(k, StepRepair, fmt.Sprintf("the local file is %s", condition))
	case k.Rendering != b.w.Rendering || (b.w.Replace && b.w.Policy.Source == export.SourceMirror):
		reason := "format or columns changed"
		if k.Rendering == b.w.Rendering {
			reason = "a replacement was asked for"
		}
		if b.w.Policy.Source == export.SourceRead {
			return // how a list was on that day is as it was read; a new reading is due
		}
		if !b.fetchable(k.Version) {
			b.change.Notes = append(b.change.Notes,
				fmt.Sprintf("version %s stays as it is: %s, but the service no longer has it", k.ID, reason))
			return
		}
		b.again(k, StepFetch, reason)
	case b.w.PerVersion || latest:
		if path, ok := b.path(k.Version); ok && path != k.Path {
			b.step(Step{Action: StepMove, Version: k.Version, Path: path, From: k.Path, Bytes: size(k), Reason: "the path changed"})
		}
	}
}

// again plans that a version that is known gets its files anew. A run that was
// killed may have left them ready already.
func (b *builder) again(k *export.KnownVersion, a StepAction, reason string) {
	v := b.listed(k.Version)
	path, ok := b.path(v)
	switch {
	case !ok:
	case b.adoptable(v, path):
		b.adopt(v, path)
	default:
		b.step(Step{Action: a, Version: v, Path: path, Bytes: size(k), Reason: reason, Requests: max(v.Parts, 1)})
	}
}

func (b *builder) adoptable(v export.Version, path string) bool {
	return b.in.Adoptable != nil && b.in.Adoptable(b.w.Address, v, path)
}

func (b *builder) adopt(v export.Version, path string) {
	b.step(Step{Action: StepAdopt, Version: v, Path: path, Reason: "it is on disk with a matching manifest"})
}

// listed returns the version as the service lists it now, which may know more
// about it than the state does.
func (b *builder) listed(v export.Version) export.Version {
	if b.w.Observed != nil {
		for _, o := range b.w.Observed.Versions {
			if o.ID == v.ID {
				return o
			}
		}
	}
	return v
}

func (b *builder) fetch(v export.Version, reason string) {
	v = b.listed(v)
	path, ok := b.path(v)
	if !ok {
		return
	}
	if b.adoptable(v, path) {
		b.adopt(v, path)
		return
	}
	b.step(Step{Action: StepFetch, Version: v, Path: path, Reason: reason, Requests: max(v.Parts, 1)})
}

func size(k *export.KnownVersion) int64 {
	var n int64
	for i := range k.Artifacts {
		n += k.Artifacts[i].Size
	}
	return n
}
