package plan

import (
	"fmt"
	"slices"
	"time"

	"reportsync/internal/export"
)

const (
	// askAgain is how often the service is asked again for a period that may still
	// change, unless the export says so by `every`.
	askAgain = 24 * time.Hour
	// provisional is how long after its end a period without data is asked for again.
	provisional = 62 * 24 * time.Hour
	// reportLife is how long a service is trusted to hand out a generated report
	// again.
	reportLife = 12 * time.Hour
)

// periods plans an export that is cut into closed periods. Each is asked for once,
// in the order in which the service may cease to tell about them; those that may
// still change are asked for again.
func (b *builder) periods() {
	due, err := b.w.Cut.Due(b.in.Now, b.since())
	if err != nil {
		b.problems = append(b.problems, Problem{Address: b.w.Address, Attribute: "period", Summary: "Too many periods", Detail: err.Error()})
		return
	}
	open := b.resumePeriods()
	byName := make(map[string]*export.Period, len(due))
	for i := range due {
		byName[due[i].Name] = &due[i]
	}
	keep := keepIDs(b.w.Retention, b.periodUniverse(due))
	latest := b.known.Latest()
	if b.known != nil {
		for i := range b.known.Versions {
			k := &b.known.Versions[i]
			switch {
			case k.Status == export.Pruned || open[k.ID]:
			case !keep[k.ID]:
				b.step(Step{Action: StepPrune, Version: k.Version, Path: k.Path, Bytes: size(k), Reason: "retention does not keep it"})
			default:
				b.knownPeriod(k, byName[k.ID], k == latest)
			}
		}
	}
	b.missingPeriods(due, open, keep)
}

// since is the first period that is known, so that an export without `from` goes
// on from there.
func (b *builder) since() time.Time {
	var first time.Time
	consider := func(p *export.Period) {
		if p != nil && (first.IsZero() || p.Start.Before(first)) {
			first = p.Start
		}
	}
	if b.known != nil {
		for i := range b.known.Versions {
			consider(b.known.Versions[i].Period)
		}
		for i := range b.known.Requests {
			consider(b.known.Requests[i].Period)
		}
		for i := range b.known.Intents {
			consider(b.known.Intents[i].Period)
		}
	}
	for i := range b.found {
		consider(b.found[i].Period)
	}
	return first
}

// resumePeriods goes on with generations that earlier runs have started, and tells
// which versions they are for.
func (b *builder) resumePeriods() map[string]bool {
	open := map[string]bool{}
	if b.known == nil {
		return open
	}
	var versions []export.Version
	resume := func(window *export.Period, s Step) {
		if window == nil {
			return // of the time before the export was cut into periods
		}
		v := b.versionOf(*window)
		s.Action, s.Version, s.Requests = StepResume, v, 2
		b.step(s)
		if !open[v.ID] {
			open[v.ID] = true
			versions = append(versions, v)
		}
	}
	for i := range b.known.Intents {
		if in := &b.known.Intents[i]; in.Kind == export.IntentGenerate {
			resume(in.Period, Step{Reason: "asked for at " + clockTime(in.StartedAt) + ", the answer was lost"})
		}
	}
	for i := range b.known.Requests {
		r := &b.known.Requests[i]
		resume(r.Period, Step{RequestID: r.ID, Reason: "started at " + clockTime(r.StartedAt)})
	}
	for _, v := range versions {
		b.read(v, "the version that the generation makes")
	}
	return open
}

// versionOf is the version that a window belongs to.
func (b *builder) versionOf(window export.Period) export.Version {
	p := b.w.Cut.Period(window.Start)
	if !p.Holds(window) {
		p = window // periods were longer when it was asked for
	}
	return export.Version{ID: p.Name, Period: &p}
}

// periodUniverse is every version that is local or could become so, old to new.
func (b *builder) periodUniverse(due []export.Period) []aged {
	at := map[string]time.Time{}
	if b.known != nil {
		for i := range b.known.Versions {
			if k := &b.known.Versions[i]; k.Status != export.Pruned {
				at[k.ID] = moment(k.Version, k.FetchedAt)
			}
		}
	}
	for i := range b.found {
		at[b.found[i].ID] = moment(b.found[i].Version, b.found[i].FetchedAt)
	}
	for i := range due {
		if b.known.Find(due[i].Name) == nil {
			at[due[i].Name] = due[i].Start
		}
	}
	out := make([]aged, 0, len(at))
	for id, when := range at {
		out = append(out, aged{id, when})
	}
	slices.SortFunc(out, func(x, y aged) int {
		if c := x.at.Compare(y.at); c != 0 {
			return c
		}
		return export.Version{ID: x.id}.Compare(export.Version{ID: y.id})
	})
	return out
}

// knownPeriod plans a version that stays. p is nil for one that is not due, such as
// one of the time before the block was changed.
func (b *builder) knownPeriod(k *export.KnownVersion, p *export.Period, latest bool) {
	switch {
	case len(k.Pending) > 0 && k.Made():
		b.read(k.Version, "it was generated but not fetched")
	case len(k.Pending) > 0 || k.Status == export.Announced:
		b.ask(k.Version, "it was asked for in part only")
	case p == nil:
		b.kept(k, latest)
	case b.w.Replace:
		b.ask(renewed(k, p), "a replacement was asked for")
	case k.Period == nil || !k.Period.Same(*p):
		b.ask(renewed(k, p), "its first or last day has changed")
	case b.condition(k) != export.Whole && b.in.Now.Sub(k.Asked()) > reportLife && !b.adoptableNow(k):
		b.generate(k.Version, fmt.Sprintf("the local file is %s", b.condition(k)), StepRepair)
	default:
		if reason, yes := b.unsettled(k, p); yes {
			b.ask(k.Version, reason)
			return
		}
		b.kept(k, latest)
	}
}

func renewed(k *export.KnownVersion, p *export.Period) export.Version {
	v := k.Version
	v.Period = p
	return v
}

func (b *builder) adoptableNow(k *export.KnownVersion) bool {
	path, ok := b.path(k.Version)
	return ok && b.adoptable(k.Version, path)
}

// unsettled tells whether the service may know more about a period now than when it
// was last asked. Until a period has settled it is asked again now and then, and
// once after that.
func (b *builder) unsettled(k *export.KnownVersion, p *export.Period) (string, bool) {
	asked, now := k.Asked(), b.in.Now
	if asked.IsZero() {
		return "", false
	}
	again := b.w.Every
	if again <= 0 {
		again = askAgain
	}
	waited := now.Sub(asked) >= again
	if k.Provisional && waited && now.Sub(p.End) < provisional {
		return "there was no data yet when it was asked for at " + clockTime(asked), true
	}
	settled := p.End.Add(b.w.Cut.Settle)
	if b.w.Cut.Settle <= 0 || !asked.Before(settled) || (!waited && now.Before(settled)) {
		return "", false
	}
	return fmt.Sprintf("it may have changed since %s: periods settle %s after their end", clockTime(asked), roughly(b.w.Cut.Settle)), true
}

// missingPeriods asks for the periods that are not known.
func (b *builder) missingPeriods(due []export.Period, open, keep map[string]bool) {
	late := 0
	for i := range due {
		p := &due[i]
		if b.known.Find(p.Name) != nil || open[p.Name] || !keep[p.Name] {
			continue
		}
		v := export.Version{ID: p.Name, Period: p}
		if j := slices.IndexFunc(b.found, func(k export.KnownVersion) bool { return k.ID == p.Name }); j >= 0 {
			b.adopt(b.found[j].Version, b.found[j].Path)
			continue
		}
		if b.w.Observed != nil && p.Start.Before(b.w.Observed.Earliest) {
			late++
			continue
		}
		b.ask(v, "")
	}
	if late > 0 {
		b.change.Notes = append(b.change.Notes, fmt.Sprintf(
			"%d periods begin before %s, the first day that can still be asked for: they are left out",
			late, b.w.Observed.Earliest.Format(time.DateOnly)))
	}
}

// ask has a version generated and read.
func (b *builder) ask(v export.Version, reason string) { b.generate(v, reason, StepFetch) }

func (b *builder) generate(v export.Version, reason string, then StepAction) {
	path, ok := b.path(v)
	if !ok {
		return
	}
	b.step(Step{Action: StepGenerate, Version: v, Path: path, Reason: reason, Requests: 2}) // the call, and at least one look
	b.step(Step{Action: then, Version: v, Path: path, Requests: 2})
}

// read reads a version that is made.
func (b *builder) read(v export.Version, reason string) {
	if path, ok := b.path(v); ok {
		b.step(Step{Action: StepFetch, Version: v, Path: path, Reason: reason, Requests: 2})
	}
}
