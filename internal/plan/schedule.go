package plan

import (
	"fmt"
	"path"
	"strings"
	"time"

	"reportsync/internal/export"
)

// schedule gives each generation of an account its turn, and adds up what the
// plan will cost. Accounts work side by side, the steps of one account in turn.
func (p *Plan) schedule(in *Input) {
	next := map[export.LimitKey]time.Time{}
	spacing := map[string]time.Duration{}
	lanes := make(map[export.Address]*Wanted, len(in.Wanted))
	for i := range in.Wanted {
		w := &in.Wanted[i]
		spacing[w.Account], lanes[w.Address] = w.Spacing, w
	}
	requests := map[string]int{}
	last := map[string]time.Time{}
	for i := range p.Changes {
		c := &p.Changes[i]
		for j := range c.Steps {
			s := &c.Steps[j]
			requests[c.Account] += s.Requests
			if s.Action != StepGenerate {
				continue
			}
			limit, interval := LimitGeneration, time.Duration(0)
			if w := lanes[c.Address]; w != nil {
				interval = w.Interval
				if w.Limit != "" {
					limit = w.Limit
				}
			}
			lane := export.LimitKey{Account: c.Account, Name: limit}
			turn, seen := next[lane]
			if !seen {
				turn = in.State.Limits[lane].Free(in.Now)
			}
			if turn.After(in.Now) {
				s.NotBefore = turn
			} else {
				turn = in.Now
			}
			if !s.NotBefore.IsZero() && (p.Estimate.NotBefore.IsZero() || s.NotBefore.Before(p.Estimate.NotBefore)) && !seen {
				p.Estimate.NotBefore = s.NotBefore
			}
			next[lane] = turn.Add(interval)
			if turn.After(last[c.Account]) {
				last[c.Account] = turn
			}
		}
	}
	for account, n := range requests {
		p.Estimate.Requests += n
		took := time.Duration(n) * max(spacing[account], 50*time.Millisecond)
		if t, ok := last[account]; ok {
			took = max(took, t.Sub(in.Now)+time.Minute)
		}
		p.Estimate.Duration = max(p.Estimate.Duration, took)
	}
	if p.Estimate.Requests == 0 {
		p.Estimate.Duration = 0
	}
}

// LimitGeneration names the clock of an account's generation slot.
const LimitGeneration = "generation"

// paths refuses plans in which two versions would share a path, or a manifest,
// which has the path's name without its extension. Case is folded, because some
// file systems fold it.
func (p *Plan) paths(in *Input) {
	owners := map[string]owner{}
	told := map[[2]export.Address]bool{} // two exports that collide do so with many versions
	claim := func(o owner) {
		if o.path == "" {
			return
		}
		key := folded(o.path)
		prev, taken := owners[key]
		if !taken {
			owners[key] = o
			return
		}
		pair := [2]export.Address{prev.address, o.address}
		if told[pair] || prev.address == o.address && (prev.version == o.version || !prev.perVersion) {
			return
		}
		told[pair] = true
		p.Problems = append(p.Problems, Problem{
			Address: o.address, Attribute: "path",
			Summary: "Two versions share one path",
			Detail: fmt.Sprintf("%s would be written to %q and %s to %q, and each version needs a path and a manifest of its own. "+
				"Mention what tells them apart in the path, such as ${version.id} or ${each.key}.", prev, prev.path, o, o.path),
		})
	}
	perVersion := map[export.Address]bool{}
	for i := range in.Wanted {
		perVersion[in.Wanted[i].Address] = in.Wanted[i].PerVersion
	}
	leaving := map[string]bool{}
	for i := range p.Changes {
		c := &p.Changes[i]
		for j := range c.Steps {
			s := &c.Steps[j]
			switch s.Action {
			case StepFetch, StepRepair, StepAdopt:
				claim(owner{c.Address, s.Version.ID, s.Path, perVersion[c.Address]})
			case StepMove:
				claim(owner{c.Address, s.Version.ID, s.Path, perVersion[c.Address]})
				leaving[folded(s.From)] = true
			case StepPrune:
				leaving[folded(s.Path)] = true
			}
		}
		if c.Is(Forget) || c.Is(Delete) {
			for _, k := range versions(in.State.Instances[c.Address]) {
				leaving[folded(k.Path)] = true
			}
		}
	}
	if len(owners) == 0 {
		return // nothing is written, so nothing can collide
	}
	for addr, known := range in.State.Instances {
		for _, k := range versions(known) {
			if k.Status == export.Kept && !leaving[folded(k.Path)] {
				claim(owner{addr, k.ID, k.Path, perVersion[addr]})
			}
		}
	}
}

func versions(k *export.Known) []export.KnownVersion {
	if k == nil {
		return nil
	}
	return k.Versions
}

// owner is who claims a path.
type owner struct {
	address    export.Address
	version    string
	path       string
	perVersion bool
}

// folded is what two paths must not have in common.
func folded(p string) string {
	if ext := path.Ext(p); ext != "." && ext != path.Base(p) {
		p = strings.TrimSuffix(p, ext)
	}
	return strings.ToLower(p)
}

func (o owner) String() string {
	if o.version == "" {
		return o.address.String()
	}
	return fmt.Sprintf("%s (version %s)", o.address, o.version)
}
