package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// cover has the whole period of a version generated, in as many windows as the
// service needs. Which of them are made is in the state, so that a later run asks
// for no window twice.
func (g *generation) cover(ctx context.Context, known *export.Known, s *plan.Step) error {
	v := s.Version
	if c := g.in.cfg.Period; c != nil && c.Zone != nil { // a saved plan has moments only
		v.Period = &export.Period{Name: v.Period.Name, Start: v.Period.Start.In(c.Zone), End: v.Period.End.In(c.Zone)}
	}
	g.version = &v
	if s.Action == plan.StepResume {
		if err := g.resumeWindow(ctx, known, s); err != nil {
			return err
		}
	}
	k, err := g.pending()
	for {
		if err != nil {
			return err
		}
		i := slices.IndexFunc(k.Pending, func(p export.Piece) bool { return p.RequestID == "" })
		if i < 0 {
			return nil
		}
		g.window, g.starts = &k.Pending[i].Period, 0
		if err := g.start(ctx); err != nil {
			return err
		}
		k, err = g.pending()
	}
}

// resumeWindow goes on with the window that an earlier run has asked for.
func (g *generation) resumeWindow(ctx context.Context, known *export.Known, s *plan.Step) error {
	if s.RequestID != "" {
		for _, req := range known.Requests {
			if req.ID == s.RequestID && req.Period != nil {
				g.window = g.local(req.Period)
				return g.resumed(ctx, req)
			}
		}
		return fmt.Errorf("generation %s is not in the state any more; plan again", s.RequestID)
	}
	for _, in := range known.Intents {
		if in.Kind == export.IntentGenerate && in.Period != nil && s.Version.Period.Holds(*in.Period) {
			g.window = g.local(in.Period)
			return g.resumedIntent(ctx, in)
		}
	}
	return nil // it was settled by an earlier step
}

// local is a window as read from the state, in the time zone that its days begin in.
func (g *generation) local(p *export.Period) *export.Period {
	zone := g.version.Period.Start.Location()
	return &export.Period{Name: p.Name, Start: p.Start.In(zone), End: p.End.In(zone)}
}

// pending returns the version with its pieces, planned and made. A version that has
// none yet is planned like the one before it: what was too large once is so again.
func (g *generation) pending() (*export.KnownVersion, error) {
	known := g.known(g.change.Address)
	k := export.KnownVersion{Version: *g.version, Status: export.Announced, Rows: -1}
	if old := known.Find(g.version.ID); old != nil {
		k = *old
		if len(k.Pending) > 0 {
			k.Pending = slices.Clone(k.Pending)
			for i := range k.Pending {
				k.Pending[i].Period = *g.local(&k.Pending[i].Period)
			}
			return &k, nil
		}
	}
	n := 1
	if before := known.Latest(); before != nil {
		n = len(before.Pieces)
	}
	for _, w := range g.version.Period.Split(n) {
		k.Pending = append(k.Pending, export.Piece{Period: w})
	}
	return &k, g.record(k)
}

// pieceMade records that the service has made what a window was asked for.
func (g *generation) pieceMade(req export.Request, p providers.Progress) error {
	return g.replacePiece(req, providers.Ready, export.Piece{
		RequestID: req.ID, Period: *g.window,
		Empty: p.Version != nil && p.Version.Empty, Provisional: p.Version != nil && p.Version.Provisional,
	})
}

// pieceTooLarge records that a window has to be asked for in halves.
func (g *generation) pieceTooLarge(req export.Request) error {
	first, second, ok := g.window.Halves()
	if !ok {
		err := fmt.Errorf("the service will not make so much at once, not even for the single day %s; narrow the arguments", g.window.Name)
		if cerr := g.lease.CloseRequest(g.hard, g.change.Address, req.ID, string(providers.TooLarge)); cerr != nil {
			return cerr
		}
		return err
	}
	g.opt.Events.Note(g.change.Address, fmt.Sprintf("%s is too large for one report; asking for %s and %s", g.window.Name, first.Name, second.Name))
	return g.replacePiece(req, providers.TooLarge, export.Piece{Period: first}, export.Piece{Period: second})
}

// replacePiece puts others in the place of the window's piece, and closes the
// request with it.
func (g *generation) replacePiece(req export.Request, state providers.GenerationState, others ...export.Piece) error {
	k, err := g.pending()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(k.Pending, func(p export.Piece) bool { return p.Period.Same(*g.window) && p.RequestID == "" })
	if i < 0 {
		// The windows were cut otherwise meanwhile: what was made fits nowhere.
		g.opt.Events.Note(g.change.Address, fmt.Sprintf("the report for %s is not needed any more", g.window.Name))
		return g.lease.CloseRequest(g.hard, g.change.Address, req.ID, string(state))
	}
	k.Pending = slices.Replace(k.Pending, i, i+1, others...)
	return g.closeWith(req.ID, state, *k)
}

// joined is a version whose pieces are all made, as the provider is to open it.
func joined(k *export.KnownVersion) export.Version {
	v := k.Version
	v.Pieces, v.Empty, v.Provisional = k.Pending, true, false
	for _, p := range k.Pending {
		v.Empty = v.Empty && p.Empty
		v.Provisional = v.Provisional || p.Provisional
	}
	return v
}

// withData is a version without the pieces that the service has no data for.
func withData(v export.Version) export.Version {
	v.Pieces = slices.DeleteFunc(slices.Clone(v.Pieces), func(p export.Piece) bool { return p.Empty })
	return v
}

// unchanged records that a version was asked for again and is what it was.
func (w *worker) unchanged(k export.KnownVersion, v export.Version, at time.Time) error {
	k.Pieces, k.Pending, k.Empty, k.Provisional, k.Meta, k.CheckedAt = v.Pieces, nil, v.Empty, v.Provisional, v.Meta, at
	if n := len(v.Pieces); n > 0 {
		k.RequestID = v.Pieces[n-1].RequestID
	}
	return w.record(k)
}
