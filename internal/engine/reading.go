package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"reportsync/internal/artifact"
	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// readingID is how readings are named: by the moment at which they began.
const readingID = "20060102T150405Z"

// newReading is a version that begins now. It is named by the second, or by the next
// one that no other reading is named by. It comes after all others, also after one
// that was made while the clock was ahead.
func (w *worker) newReading() export.Version {
	now := w.opt.Clock.Now().UTC()
	known := w.known(w.change.Address)
	if known != nil {
		for i := range known.Versions {
			if at := known.Versions[i].CreatedAt; at.After(now) {
				now = at.Add(time.Second)
			}
		}
	}
	name := now
	for known.Find(name.Format(readingID)) != nil {
		name = name.Add(time.Second)
	}
	return export.Version{ID: name.Format(readingID), CreatedAt: now}
}

// partsName is what the kept parts of a reading are filed under.
func partsName(addr export.Address, id string) string { return addr.String() + " " + id }

// reading reads a list row by row into a version. What would cost to be asked for
// again is kept until the version is whole, so that a later run can go on when this
// one has to stop; the state then has a request with the version's id.
type reading struct {
	*worker
	version *export.Version
	base    *export.KnownVersion
	stored  *artifact.Parts    // what is kept of the version
	keeping *artifact.KeptBody // the part that is being read, nil if it is not kept
}

// readList reads a list. Changes are applied to the newest version; if its files
// turn out to be damaged, the list is read whole.
func (w *worker) readList(ctx context.Context, target providers.Target, v *export.Version, out *artifact.Writer) ([]string, error) {
	g := &reading{worker: w, version: v, stored: w.store.Parts(partsName(w.change.Address, v.ID))}
	if !w.baseless {
		g.base = w.base()
	}
	if err := g.earlier(&target); err != nil {
		return nil, err
	}
	target.Base = g.base
	ctx = w.traced(ctx, w.change.Address, w.in.acct, w)
	r, err := w.in.acct.provider.Open(ctx, target, *v)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if err := g.all(ctx, &keeper{r, g}, out); err != nil {
		return nil, err
	}
	conclude(r, v)
	return r.Warnings(), nil
}

// base is the version that changes can be applied to: the newest one, if it is local,
// whole, and written as the export is today. What was kept as it came has no rows.
func (w *worker) base() *export.KnownVersion {
	k := w.known(w.change.Address).Latest()
	if k == nil || w.in.cfg.Format == export.FormatRaw || k.Damaged || k.Rendering != w.in.cfg.Rendering || w.in.replace || w.files(w.change.Address, k) != export.Whole {
		return nil
	}
	return k
}

// fingerprint says what the parts of the reading are good for: changes belong to
// their base.
func (g *reading) fingerprint() string {
	if g.base == nil {
		return g.in.cfg.Identity
	}
	return g.in.cfg.Identity + " on " + g.base.ID
}

// opened is what the state knows of the reading, nil if nothing.
func (g *reading) opened() *export.Request { return g.openReading(g.version.ID) }

// openReading is the request that stands for a reading that is not whole.
func (w *worker) openReading(id string) *export.Request {
	known := w.known(w.change.Address)
	if known == nil || w.in.policy.Source != export.SourceRead {
		return nil
	}
	i := slices.IndexFunc(known.Requests, func(r export.Request) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &known.Requests[i]
}

// earlier looks for what an earlier run has read of the version.
func (g *reading) earlier(target *providers.Target) error {
	r := g.opened()
	if r == nil {
		return nil
	}
	if r.Fingerprint != g.fingerprint() {
		g.opt.Events.Note(g.change.Address, "what an earlier run has read does not fit any more; reading from the beginning")
		return g.open()
	}
	kept, err := g.stored.List()
	target.Kept = kept
	return err
}

// open makes the reading known to the state. What another one of its name has left
// belongs to something else.
func (g *reading) open() error {
	if err := errors.Join(g.stored.Drop(), g.ensure()); err != nil {
		return err
	}
	r := export.Request{ID: g.version.ID, StartedAt: g.version.CreatedAt, Fingerprint: g.fingerprint()}
	if err := g.lease.OpenRequest(g.hard, g.change.Address, g.in.acct.provider.Account(), 0, r); err != nil {
		return fmt.Errorf("journal the reading: %w", err)
	}
	_, err := g.refreshed(g.hard, g.change.Address)
	return err
}

// all moves every part to where it belongs.
func (g *reading) all(ctx context.Context, r export.Reader, out *artifact.Writer) (err error) {
	if g.base == nil {
		return errors.Join(g.worker.parts(ctx, r, out, g.version.Parts), g.abandon())
	}
	merge := artifact.NewMerge(g.store, g.base.Artifacts, g.spec(g.in, ""), out)
	defer func() { err = errors.Join(err, g.abandon(), merge.Close()) }()
	if err := g.worker.parts(ctx, r, merge, g.version.Parts); err != nil {
		return err
	}
	return merge.Finish(ctx)
}

// keep keeps the body of a part if its reader asks for that.
func (g *reading) keep(p *export.Part, err error) (*export.Part, error) {
	if err != nil || !p.Keep {
		return p, err
	}
	if g.opened() == nil {
		if err := g.open(); err != nil {
			return nil, err
		}
	}
	if g.keeping, err = g.stored.Keep(p.Index, p.Sheet, p.Body); err != nil {
		return nil, err
	}
	keeping := *p
	keeping.Body = g.keeping
	return &keeping, nil
}

// abandon throws away the part that is being read.
func (g *reading) abandon() error {
	if g.keeping == nil {
		return nil
	}
	kept := g.keeping
	g.keeping = nil
	return kept.Discard()
}

// keeper is a reader whose parts are kept as they are read.
type keeper struct {
	export.Reader
	g *reading
}

// Next implements [export.Reader]. The part before it was read whole.
func (k *keeper) Next(ctx context.Context) (*export.Part, error) {
	if kept := k.g.keeping; kept != nil {
		k.g.keeping = nil
		if err := kept.Commit(); err != nil {
			return nil, err
		}
	}
	return k.g.keep(k.Reader.Next(ctx))
}

// Again implements [export.Reader].
func (k *keeper) Again(ctx context.Context) (*export.Part, error) {
	if err := k.g.abandon(); err != nil {
		return nil, err
	}
	return k.g.keep(k.Reader.Again(ctx))
}
