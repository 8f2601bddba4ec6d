package engine

import (
	"context"

	"reportsync/internal/artifact"
	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// readingID is how readings are named: by the moment at which they began.
const readingID = "20060102T150405Z"

// newReading is a version that begins now.
func (w *worker) newReading() export.Version {
	now := w.opt.Clock.Now().UTC()
	return export.Version{ID: now.Format(readingID), CreatedAt: now}
}

// readList reads a list.
func (w *worker) readList(ctx context.Context, target providers.Target, v *export.Version, out *artifact.Writer) ([]string, error) {
	ctx = w.traced(ctx, w.change.Address, w.in.acct, w)
	r, err := w.in.acct.provider.Open(ctx, target, *v)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if err := w.parts(ctx, r, out, v.Parts); err != nil {
		return nil, err
	}
	conclude(r, v)
	return r.Warnings(), nil
}
