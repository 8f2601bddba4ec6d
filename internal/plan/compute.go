package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"reportsync/internal/export"
)

// Compute makes the plan. It never fails: what stands in the way is listed in
// Problems, and a plan with problems must not be applied.
func Compute(in Input) *Plan {
	p := &Plan{Changes: make([]Change, 0, max(len(in.Wanted), len(in.State.Instances)))}
	wanted := make(map[export.Address]bool, len(in.Wanted))
	for i := range in.Wanted {
		w := &in.Wanted[i]
		wanted[w.Address] = true
		if in.Selected != nil && !in.Selected(w.Address) {
			continue
		}
		known := in.State.Instances[w.Address]
		if in.Destroy {
			if known != nil {
				p.end(known, "destroy was asked for")
			}
			continue
		}
		p.instance(&in, w, known)
	}
	for _, known := range orphans(in.State, wanted) {
		if in.Unresolved[known.Address.Block()] {
			continue
		}
		if in.Selected == nil || in.Selected(known.Address) {
			p.orphan(&in, known)
		}
	}
	p.moves(&in)
	p.paths(&in)
	p.deletes(&in)
	p.schedule(&in)
	return p
}

// orphan plans the end of an instance that is not wanted any more.
func (p *Plan) orphan(in *Input, k *export.Known) {
	if in.Removed == nil || !in.Removed(k.Address) {
		p.end(k, "it is not in the configuration any more")
		return
	}
	p.Changes = append(p.Changes, Change{
		Address: k.Address, Provider: k.Provider, Account: k.Account, Actions: []Action{Forget},
		Steps:   []Step{{Action: StepForget, Reason: "local files, and what it is on the service, stay"}},
		Reasons: []string{"a removed block says so"}, Before: document(k.Attributes),
	})
}

// moves tells which instances had another address before.
func (p *Plan) moves(in *Input) {
	for i := range p.Changes {
		c := &p.Changes[i]
		from, ok := in.Moved[c.Address]
		if !ok {
			continue
		}
		c.Reasons = append(c.Reasons, fmt.Sprintf("it was %s", from))
		c.Steps = slices.Insert(c.Steps, 0, Step{Action: StepMove, From: from.String(), Reason: "a moved block says so; nothing is fetched again"})
		if c.Is(NoOp) {
			c.Actions = []Action{Update}
		}
	}
}

// deletes refuses a plan that deletes more than is allowed.
func (p *Plan) deletes(in *Input) {
	if in.MaxDeletes == nil {
		return
	}
	n := 0
	for i := range p.Changes {
		for j := range p.Changes[i].Steps {
			if a := p.Changes[i].Steps[j].Action; a == StepDelete || a == StepPrune {
				n++
			}
		}
	}
	if n > *in.MaxDeletes {
		p.Problems = append(p.Problems, Problem{
			Summary: "Too many deletions",
			Detail: fmt.Sprintf("The plan would delete %d versions and objects, and max_deletes in the reportsync block allows %d. "+
				"If that is right, raise it; if not, look at what has changed in the configuration.", n, *in.MaxDeletes),
		})
	}
}

func orphans(s *export.Snapshot, wanted map[export.Address]bool) []*export.Known {
	var out []*export.Known
	for addr, k := range s.Instances {
		if !wanted[addr] {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b *export.Known) int { return a.Address.Compare(b.Address) })
	return out
}

// end plans the end of an instance: the state forgets it, its files stay.
func (p *Plan) end(k *export.Known, reason string) {
	if k.PreventDestroy {
		p.Problems = append(p.Problems, Problem{
			Address: k.Address,
			Summary: "Instance is protected",
			Detail: fmt.Sprintf("%s has lifecycle.prevent_destroy set, and %s. Set prevent_destroy = false and apply that first, "+
				"or keep the block.", k.Address, reason),
		})
		return
	}
	c := Change{
		Address: k.Address, Provider: k.Provider, Account: k.Account,
		Actions: []Action{Forget}, Reasons: []string{reason}, Before: document(k.Attributes),
	}
	for _, v := range objectsOf(k) {
		s := deletion(v, k.OnDestroy, "")
		if s.Action == StepDelete {
			c.Actions = []Action{Delete}
		}
		c.Steps = append(c.Steps, s)
	}
	if c.Is(Forget) {
		c.Steps = append(c.Steps, Step{Action: StepForget, Reason: "local files stay"})
	}
	p.Changes = append(p.Changes, c)
}

// instance plans one wanted instance.
func (p *Plan) instance(in *Input, w *Wanted, known *export.Known) {
	c := Change{
		Address: w.Address, Provider: w.Provider, Account: w.Account,
		Identity: w.Identity, Rendering: w.Rendering, Deferred: w.Deferred, After: document(w.Attributes),
	}
	if known != nil {
		c.Before = document(known.Attributes)
	}
	switch {
	case !w.Enabled:
		c.Actions = []Action{NoOp}
		c.Notes = append(c.Notes, "disabled: nothing is asked, fetched or pruned")
		if known != nil {
			p.Changes = append(p.Changes, c)
		}
		return
	case known == nil:
		c.Actions = []Action{Create}
	case known.Identity != w.Identity && len(w.Deferred) == 0:
		if known.PreventDestroy {
			p.Problems = append(p.Problems, Problem{
				Address: w.Address, Attribute: "lifecycle",
				Summary: "Instance is protected",
				Detail: fmt.Sprintf("%s would be replaced, because an argument that makes it this export has changed, "+
					"but lifecycle.prevent_destroy is set. Undo the change, or set prevent_destroy = false and apply that first.", w.Address),
			})
			return
		}
		c.Actions = []Action{Delete, Create}
		if w.Policy.Source == export.SourceCreate {
			c.Actions = []Action{Create, Delete}
			c.Reasons = append(c.Reasons, changedArguments(known.Attributes, w.Attributes)...)
			break
		}
		c.Reasons = append(c.Reasons, "an argument that makes it this export has changed; the files of the old one stay")
		c.Steps = append(c.Steps, Step{Action: StepForget, Reason: "versions of the old export; local files stay"})
		known = nil
	default:
		c.Actions = []Action{Update}
		if known.PreventDestroy != w.PreventDestroy {
			c.Reasons = append(c.Reasons, fmt.Sprintf("prevent_destroy: %t -> %t", known.PreventDestroy, w.PreventDestroy))
		}
		if known.OnDestroy != w.OnDestroy {
			c.Reasons = append(c.Reasons, fmt.Sprintf("on_destroy: %q -> %q", known.OnDestroy, w.OnDestroy))
		}
		if known.Provider != w.Provider {
			c.Reasons = append(c.Reasons, fmt.Sprintf("provider: %s -> %s", known.Provider, w.Provider))
		}
		if len(w.Deferred) == 0 {
			c.Reasons = append(c.Reasons, changedArguments(known.Attributes, w.Attributes)...)
		}
	}
	if w.Observed != nil {
		c.Notes = append(c.Notes, w.Observed.Warnings...)
	}
	c.Notes = append(c.Notes, columnNotes(w, known)...)
	if len(w.Deferred) == 0 {
		b := builder{in: in, w: w, known: known, change: &c}
		b.build()
		c.Steps = prunesLast(c.Steps)
		p.Problems = append(p.Problems, b.problems...)
	}
	if c.Is(Update) && len(c.Steps) == 0 && len(c.Reasons) == 0 && len(c.Deferred) == 0 {
		c.Actions = []Action{NoOp}
	}
	p.Changes = append(p.Changes, c)
}

// builder collects the steps of one instance.
type builder struct {
	in       *Input
	w        *Wanted
	known    *export.Known
	change   *Change
	problems []Problem
	// found are versions that lie ready on disk although the state does not know
	// the instance.
	found []export.KnownVersion
	// asking is set when the plan asks for a new version.
	asking bool
}

func (b *builder) build() {
	switch {
	case b.w.Policy.Source == export.SourceCreate:
		b.objects()
		return
	case b.w.Cut != nil:
		b.find()
		b.periods()
		return
	}
	b.resume()
	b.find()
	var reason string
	if !b.waiting() && b.w.Policy.Source != export.SourceMirror {
		reason, b.asking = b.due()
		if b.asking && b.orphans() {
			reason, b.asking = b.due()
		}
	}
	b.mirror()
	if !b.asking {
		return
	}
	if b.w.Policy.Source == export.SourceRead {
		requests := 1
		if b.w.Observed != nil {
			requests = max(b.w.Observed.Requests, 1)
		}
		b.step(Step{Action: StepFetch, Requests: requests, Reason: reason})
		return
	}
	b.step(Step{Action: StepGenerate, Requests: 8, Reason: reason})
	b.fetchMade()
}

// prunesLast puts the steps that remove files behind those that bring newer ones:
// what is to be replaced stays until its successor is there.
func prunesLast(steps []Step) []Step {
	slices.SortStableFunc(steps, func(a, b Step) int {
		switch prune := a.Action == StepPrune; {
		case prune == (b.Action == StepPrune):
			return 0
		case prune:
			return 1
		}
		return -1
	})
	return steps
}

// find looks for what a lost state has left on disk.
func (b *builder) find() {
	if b.known != nil || b.in.OnDisk == nil {
		return
	}
	for _, k := range b.in.OnDisk(b.w.Address) {
		if path, ok := b.path(k.Version); ok && b.adoptable(k.Version, path) {
			k.Path = path
			b.found = append(b.found, k)
		}
	}
}

// orphans looks for readings that a killed run has brought to disk and not recorded.
// They are named by their moment, so that nothing else would come upon them. It is
// looked for them only when another reading is due, because looking takes time.
func (b *builder) orphans() bool {
	latest := b.known.Latest()
	if latest == nil || b.w.Policy.Source != export.SourceRead || b.in.OnDisk == nil {
		return false
	}
	for _, k := range b.in.OnDisk(b.w.Address) {
		if b.known.Find(k.ID) != nil || k.Version.Compare(latest.Version) <= 0 {
			continue
		}
		if path, ok := b.path(k.Version); ok && b.adoptable(k.Version, path) {
			k.Path = path
			b.found = append(b.found, k)
		}
	}
	return len(b.found) > 0
}

// resume goes on with what an earlier run has started.
func (b *builder) resume() {
	if b.known == nil {
		return
	}
	for _, in := range b.known.Intents {
		if in.Kind == export.IntentGenerate {
			b.step(Step{Action: StepResume, Requests: 2, Reason: "asked for at " + clockTime(in.StartedAt) + ", the answer was lost"})
			b.fetchMade()
		}
	}
	for _, r := range b.known.Requests {
		if b.w.Policy.Source == export.SourceRead {
			b.read(export.Version{ID: r.ID, CreatedAt: r.StartedAt}, "goes on with the reading begun at "+clockTime(r.StartedAt))
			continue
		}
		b.step(Step{Action: StepResume, RequestID: r.ID, Requests: 2, Reason: "started at " + clockTime(r.StartedAt)})
		b.fetchMade()
	}
}

// fetchMade is the fetch of a version that is not known yet.
func (b *builder) fetchMade() {
	b.step(Step{Action: StepFetch, Requests: 2, Reason: "the version that the generation makes"})
}

// waiting reports whether an earlier generation is still open.
func (b *builder) waiting() bool {
	return b.known != nil && len(b.known.Requests)+len(b.known.Intents) > 0
}

// due tells whether a new version has to be asked for, and why.
func (b *builder) due() (string, bool) {
	if b.w.Replace {
		return "a replacement was asked for", true
	}
	newest, made, lost := b.newest()
	switch {
	case newest == "" && lost != "":
		return fmt.Sprintf("the file of version %s is gone and the service no longer has it", lost), true
	case newest == "":
		return "there is no version yet", true
	case b.w.Policy.Source == export.SourceRead && b.known.Find(newest) != nil && b.known.Find(newest).Rendering != b.w.Rendering:
		return "format or columns changed", true
	case b.w.Every > 0 && !made.IsZero():
		if age := b.in.Now.Sub(made); age >= b.w.Every {
			return fmt.Sprintf("the newest version (%s) is %s old", newest, roughly(age)), true
		} else if -age > b.w.Every && b.w.Policy.Source != export.SourceAuto {
			// The clock was wrong then or is wrong now. Waiting for it could take years.
			return fmt.Sprintf("the newest version (%s) was made %s ahead of the clock", newest, roughly(-age)), true
		}
	}
	return "", false
}

// newest returns the newest version that is local, announced or listed, when it
// was made, and the id of a newer one that is lost for good.
func (b *builder) newest() (id string, made time.Time, lost string) {
	var best *export.Version
	consider := func(v export.Version, at time.Time) {
		if best == nil || best.Compare(v) < 0 {
			best, made = &v, at
		}
	}
	if b.known != nil {
		for i := range b.known.Versions {
			k := &b.known.Versions[i]
			switch k.Status {
			case export.Pruned:
				continue
			case export.Kept:
				if b.condition(k) != export.Whole && !b.fetchable(k.Version) && !b.adoptableNow(k) {
					lost = k.ID
					continue
				}
			}
			consider(k.Version, b.taken(k))
		}
	}
	for i := range b.found {
		consider(b.found[i].Version, b.taken(&b.found[i]))
	}
	if b.w.Policy.Source == export.SourceAuto && b.w.Observed != nil {
		for _, v := range b.w.Observed.Versions {
			if b.known.Find(v.ID) == nil {
				consider(v, moment(v, time.Time{}))
			}
		}
	}
	if best == nil {
		return "", time.Time{}, lost
	}
	return best.ID, made, lost
}

// taken is the moment that `every` counts from: for what we asked for, when we
// had it; for what the service made by itself, when it was made.
func (b *builder) taken(k *export.KnownVersion) time.Time {
	if b.w.Policy.Source == export.SourceAuto {
		return moment(k.Version, k.FetchedAt)
	}
	if !k.FetchedAt.IsZero() {
		return k.FetchedAt
	}
	return moment(k.Version, b.in.Now)
}

func (b *builder) step(s Step) { b.change.Steps = append(b.change.Steps, s) }

// condition is that of a kept version's files.
func (b *builder) condition(k *export.KnownVersion) export.Condition {
	if k.Damaged {
		return export.Damaged
	}
	if b.in.Files == nil {
		return export.Whole
	}
	return b.in.Files(b.w.Address, k)
}

// fetchable reports whether the service can still hand out the version, as far
// as we know.
func (b *builder) fetchable(v export.Version) bool {
	if b.w.Observed == nil {
		return b.w.Policy.Source != export.SourceRead
	}
	if b.w.Policy.Unlisted {
		k := b.known.Find(v.ID)
		return k != nil && b.in.Now.Sub(k.Asked()) <= reportLife
	}
	return slices.ContainsFunc(b.w.Observed.Versions, func(o export.Version) bool { return o.ID == v.ID })
}

// path evaluates the path of a version; a failure becomes a problem.
func (b *builder) path(v export.Version) (string, bool) {
	s, err := b.w.Path(v)
	if err != nil {
		const summary = "Path cannot be used"
		// The template is one for all versions: it is told once.
		if !slices.ContainsFunc(b.problems, func(p Problem) bool { return p.Summary == summary }) {
			b.problems = append(b.problems, Problem{Address: b.w.Address, Attribute: "path", Summary: summary, Detail: fmt.Sprintf("Version %s: %s", v.ID, err)})
		}
		return "", false
	}
	return s, true
}

// changedArguments names the arguments that the state records otherwise, a line
// each.
func changedArguments(old, now []byte) []string {
	if len(old) == 0 || len(now) == 0 || bytes.Equal(old, now) {
		return nil
	}
	var before, after map[string]json.RawMessage
	if json.Unmarshal(old, &before) != nil || json.Unmarshal(now, &after) != nil {
		return nil
	}
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if b, a := before[name], after[name]; !bytes.Equal(b, a) {
			out = append(out, fmt.Sprintf("%s: %s -> %s", name, orNull(b), orNull(a)))
		}
	}
	return out
}

// document is a JSON text, nil if it is none.
func document(text []byte) json.RawMessage {
	if !json.Valid(text) {
		return nil
	}
	return text
}

func orNull(v json.RawMessage) string {
	if len(v) == 0 {
		return "null"
	}
	return string(v)
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// roughly writes a duration as people say it: 26 h, 3 d.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d d", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	default:
		return strings.TrimSuffix(d.Truncate(time.Second).String(), ".")
	}
}
