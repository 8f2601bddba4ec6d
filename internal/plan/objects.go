package plan

import (
	"fmt"
	"slices"

	"reportsync/internal/export"
)

// objects plans an export whose versions are objects on the service: the newest
// must exist and be what the arguments ask for; retention retires older ones.
func (b *builder) objects() {
	b.resumeObjects()
	alive, gone := b.alive()
	current := slices.DeleteFunc(slices.Clone(alive), b.outdated)
	switch reason := b.stale(alive, current, gone); {
	case b.waiting():
	case reason != "":
		b.create(reason, StepReplace)
	case len(alive) == 0 && b.w.Import != nil:
		b.step(Step{Action: StepImport, Version: *b.w.Import, Reason: "an import names it; it will not be deleted"})
		b.files(*b.w.Import)
	case len(current) == 0 && b.adoptObject():
	case len(current) == 0:
		b.create("", StepCreate)
	default:
		newest := current[len(current)-1]
		if age := b.in.Now.Sub(moment(newest.Version, newest.FetchedAt)); b.w.Every > 0 && age >= b.w.Every {
			b.create(fmt.Sprintf("the newest (%s) is %s old", newest.ID, roughly(age)), StepCreate)
		}
	}
	b.retire(alive, current)
}

// outdated reports whether an object was made from other arguments, or was marked as
// to be replaced.
func (b *builder) outdated(k *export.KnownVersion) bool { return k.Rendering != b.w.Identity }

// stale says why the newest object must be replaced; empty if it need not be.
func (b *builder) stale(alive, current []*export.KnownVersion, gone string) string {
	switch {
	case b.w.Replace && len(alive) > 0:
		return "a replacement was asked for"
	case len(current) == 0 && len(alive) > 0:
		return "an argument has changed, and the object cannot be changed"
	case gone != "":
		return fmt.Sprintf("%s does not exist on the service any more", gone)
	case b.w.Observed != nil && len(b.w.Observed.Drift) > 0 && len(current) > 0:
		return b.w.Observed.Drift[0]
	}
	return ""
}

// resumeObjects finds out what became of calls whose answer was lost.
func (b *builder) resumeObjects() {
	if b.known == nil {
		return
	}
	for i := range b.known.Intents {
		if in := &b.known.Intents[i]; in.Kind == export.IntentCreate {
			b.step(Step{Action: StepResume, Requests: 2, Reason: "created at " + clockTime(in.StartedAt) + ", the answer was lost"})
		}
	}
	for i := range b.known.Requests {
		r := &b.known.Requests[i]
		b.step(Step{Action: StepResume, RequestID: r.ID, Reason: "created at " + clockTime(r.StartedAt) + ", not recorded yet"})
	}
}

// alive are the objects that are ours to look after and exist, as far as we know,
// old to new. Gone is the newest if it does not exist any more.
func (b *builder) alive() (list []*export.KnownVersion, gone string) {
	if b.known == nil {
		return nil, ""
	}
	for i := range b.known.Versions {
		k := &b.known.Versions[i]
		if !k.Object || k.Status == export.Abandoned {
			continue
		}
		if b.w.Observed != nil && !slices.ContainsFunc(b.w.Observed.Versions, func(v export.Version) bool { return v.ID == k.ID }) {
			gone = k.ID
			b.vanished(k)
			continue
		}
		list, gone = append(list, k), ""
	}
	return list, gone
}

// vanished plans what becomes of the note of an object that no longer exists. Its
// local files stay.
func (b *builder) vanished(k *export.KnownVersion) {
	if k.Status == export.Kept {
		return // its files are a version like any other
	}
	b.step(Step{Action: StepForget, Version: k.Version, Reason: "it does not exist on the service any more"})
}

// adoptObject takes an object that was recognised on the service, for a state that
// does not know it.
func (b *builder) adoptObject() bool {
	if b.w.Observed == nil || len(b.w.Observed.Versions) == 0 || len(b.w.Observed.Drift) > 0 {
		return false
	}
	v := b.w.Observed.Versions[len(b.w.Observed.Versions)-1]
	b.step(Step{Action: StepAdopt, Version: v, Reason: "it was recognised on the service"})
	b.files(v)
	return true
}

func (b *builder) create(reason string, a StepAction) {
	b.step(Step{Action: a, Requests: 1, Reason: reason})
	b.files(export.Version{})
	b.asking = true
}

// files plans that the files of an object are brought to disk, where the service
// hands them out.
func (b *builder) files(v export.Version) {
	if b.w.Policy.NoFiles {
		return
	}
	s := Step{Action: StepFetch, Version: v, Requests: 3, Reason: "if the service hands it out"}
	if v.ID != "" {
		path, ok := b.path(v)
		if !ok {
			return
		}
		s.Path = path
	}
	b.step(s)
}

// retire plans the end of objects that are replaced or that retention does not
// keep.
func (b *builder) retire(alive, current []*export.KnownVersion) {
	universe := make([]aged, 0, len(current)+1)
	for _, k := range current {
		universe = append(universe, aged{k.ID, moment(k.Version, k.FetchedAt)})
	}
	replacing := slices.ContainsFunc(b.change.Steps, func(s Step) bool { return s.Action == StepReplace })
	if b.asking || b.waiting() {
		universe = append(universe, aged{at: b.in.Now})
	}
	keep := keepIDs(b.w.Retention, universe)
	for _, k := range alive {
		switch {
		case replacing || b.outdated(k) && len(universe) > 0:
			b.step(deletion(k, b.w.OnDestroy, "it is replaced"))
		case !keep[k.ID]:
			b.step(deletion(k, b.w.OnDestroy, "retention does not keep it"))
			if k.Status == export.Kept {
				b.step(Step{Action: StepPrune, Version: k.Version, Path: k.Path, Bytes: size(k), Reason: "retention does not keep it"})
			}
		}
	}
}

// deletion is the step that ends an object.
func deletion(k *export.KnownVersion, onDestroy, reason string) Step {
	switch {
	case k.Adopted:
		return Step{Action: StepForget, Version: k.Version, Reason: "it was adopted, so it stays on the service"}
	case onDestroy == "forget":
		return Step{Action: StepForget, Version: k.Version, Reason: "on_destroy is forget: it stays on the service"}
	}
	return Step{Action: StepDelete, Version: k.Version, Requests: 1, Reason: reason}
}

// objectsOf are the objects of an instance that may exist on the service.
func objectsOf(k *export.Known) []*export.KnownVersion {
	var out []*export.KnownVersion
	for i := range k.Versions {
		v := &k.Versions[i]
		if v.Object && v.Status != export.Abandoned {
			out = append(out, v)
		}
	}
	return out
}
