package tracker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// Create implements [providers.Creator].
func (p *provider) Create(ctx context.Context, t providers.Target) (export.Version, error) {
	if t.Args.Has("filter_id") && t.Resolved[metaFilter] == "" {
		f, err := p.savedFilter(ctx, t.Args.String("filter_id"))
		if err != nil {
			return export.Version{}, err
		}
		t.Resolved = map[string]string{metaFilter: f.hash()}
	}
	meta, err := p.meta(ctx, t, t.Resolved)
	if err != nil {
		return export.Version{}, err
	}
	b, err := bodyOf(t.Args, t.Marker)
	if err != nil {
		return export.Version{}, err
	}
	const op = "create report"
	var e entity
	for try := 0; ; try++ {
		var a *transport.Answer
		a, err = p.read(ctx, request{op: op, method: http.MethodPost, path: pathReports, body: map[string]any{"fields": b}, once: true}, &e)
		if statusOf(err) != http.StatusTooManyRequests || try == 5 {
			if err == nil && e.ID == "" {
				err = p.odd(op, a, "the answer has no id")
			}
			break
		}
		// That it was too much says that nothing was carried out.
		if werr := p.clock.Sleep(ctx, p.backoff(err, try)); werr != nil {
			return export.Version{}, werr
		}
	}
	if providers.KindOf(err) == providers.Protocol {
		// It was answered as done, in a way that cannot be read.
		pe, _ := errors.AsType[*providers.Error](err)
		pe.Kind = providers.Uncertain
	}
	if err != nil {
		return export.Version{}, err
	}
	return e.version(meta), nil
}

// backoff is how long to wait after a refusal for being too fast.
func (p *provider) backoff(err error, try int) time.Duration {
	if e, ok := errors.AsType[*providers.Error](err); ok && e.RetryAfter > 0 {
		return min(e.RetryAfter, time.Minute)
	}
	return time.Second << try
}

// Windows around a creation whose answer was lost.
const (
	// skew is how far the service's clock may be from ours.
	skew = 5 * time.Minute
	// settling is how long a report may take to appear in the search.
	settling = 30 * time.Second
)

// FindCreated implements [providers.Creator]. A report with our mark that was created
// since is ours. If there is none and every candidate's name was read, there is none
// for sure; if a name could not be read, nothing can be told.
func (p *provider) FindCreated(ctx context.Context, t providers.Target, in export.Intent) (providers.Reconciled, error) {
	author := ""
	for i := range t.Known {
		author = t.Known[i].Meta[metaAuthor]
	}
	list, err := p.own(ctx, author, in.StartedAt.Add(-skew))
	if err != nil {
		return providers.Reconciled{}, err
	}
	list = slices.DeleteFunc(list, func(e entity) bool {
		return slices.ContainsFunc(t.Known, func(k export.KnownVersion) bool { return k.ID == string(e.ID) })
	})
	unreadable, err := p.shownAll(ctx, list)
	if err != nil {
		return providers.Reconciled{}, err
	}
	meta, err := p.meta(ctx, t, t.Resolved)
	if err != nil {
		return providers.Reconciled{}, err
	}
	var ours []entity
	for i := range list {
		if p.isOurs(t, &list[i], meta[metaSent]) {
			ours = append(ours, list[i])
		}
	}
	switch {
	case len(ours) > 0:
		// Of several the oldest was made by the call; a copy that somebody made of it
		// since has the same name.
		v := ours[len(ours)-1].version(meta)
		return providers.Reconciled{Outcome: providers.FoundVersion, Version: &v}, nil
	case p.clock.Now().Sub(in.StartedAt) < settling:
		return providers.Reconciled{Outcome: providers.Undecided, Wait: 10 * time.Second}, nil
	case len(unreadable) == 0:
		return providers.Reconciled{Outcome: providers.NotStarted}, nil
	}
	return providers.Reconciled{Outcome: providers.Undecided}, &providers.Error{
		Kind: providers.Uncertain, Op: "look for the report",
		Message: fmt.Sprintf("the service does not show the names of the reports that were created since: %s", listed(unreadable)),
	}
}

// isOurs reports whether a report is the one that was asked for: by its mark, or,
// without one, by everything that it was created from.
func (p *provider) isOurs(t providers.Target, e *entity, sent string) bool {
	name, ok := e.summary()
	if !ok {
		return false
	}
	if t.Args.Bool("marker") {
		return strings.HasSuffix(strings.TrimSpace(name), mark(t.Marker))
	}
	if blank(e.Fields.Parameters) {
		return false
	}
	d := compare(sent, e)
	return len(d.differences) == 0 && len(d.doubts) == 0
}
