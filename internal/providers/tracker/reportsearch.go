package tracker

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// results are an answer to a search for reports.
type results struct {
	Pages  int      `json:"pages"`
	Values []entity `json:"values"`
}

// search searches for reports, the newest first. Names are asked for as well; where
// the service refuses that it is not done again.
func (p *provider) search(ctx context.Context, filter map[string]any, page, size int) (*results, error) {
	q := url.Values{"page": {strconv.Itoa(page)}, "perPage": {strconv.Itoa(size)}}
	names := !p.shown.missing()
	if names {
		q.Set("fields", "summary,parameters")
	}
	var out results
	_, err := p.read(ctx, request{
		op: "search for reports", method: http.MethodPost, path: pathSearch, query: q,
		body: map[string]any{"filter": filter, "orderBy": "createdAt", "orderAsc": false},
	}, &out)
	if names && (statusOf(err) == http.StatusBadRequest || statusOf(err) == http.StatusUnprocessableEntity) {
		p.shown.deny()
		return p.search(ctx, filter, page, size)
	}
	return &out, err
}

const (
	scanPage = 50
	maxScan  = 200
)

// own are the reports that the user has created since a moment, the newest first, at
// most 200. An author that is known from a report of ours helps.
func (p *provider) own(ctx context.Context, author string, since time.Time) ([]entity, error) {
	me, err := p.me(ctx)
	if err != nil {
		return nil, err
	}
	ids := append(me.ids(), me.authorID(), author)
	// Whether the service wants an id or a login is told differently in different
	// places. Without any it shows all reports, which are looked through.
	var names []string
	for _, name := range []string{author, me.authorID(), me.Login} {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range append(names, "") {
		list, err := p.by(ctx, name, since, func(e *entity) bool { return e.isBy(ids, author != "" || me.authorID() != "") })
		if err != nil && statusOf(err) != http.StatusBadRequest && statusOf(err) != http.StatusUnprocessableEntity {
			return nil, err
		}
		if len(list) > 0 {
			return list, nil
		}
	}
	return nil, nil
}

// by are the reports of an author, "" for anybody, as far as they may be the user's.
func (p *provider) by(ctx context.Context, author string, since time.Time, mine func(*entity) bool) ([]entity, error) {
	filter := map[string]any{}
	if author != "" {
		filter["author"] = author
	}
	var out []entity
	for page := 1; page <= maxScan/scanPage; page++ {
		found, err := p.search(ctx, filter, page, scanPage)
		if err != nil {
			return nil, err
		}
		for _, e := range found.Values {
			if !e.Created.IsZero() && e.Created.Before(since) {
				return out, nil
			}
			if mine(&e) {
				out = append(out, e)
			}
		}
		if page >= found.Pages {
			break
		}
	}
	return out, nil
}

// shownAll reads the names of reports where the search has not shown them. Left out is
// how many cannot be read.
func (p *provider) shownAll(ctx context.Context, list []entity) (unreadable []entity, err error) {
	for i := range list {
		if _, ok := list[i].summary(); ok {
			continue
		}
		e, err := p.readBack(ctx, string(list[i].ID))
		if err != nil {
			return nil, err
		}
		if e == nil {
			unreadable = append(unreadable, list[i])
			continue
		}
		list[i].Fields = e.Fields
		if _, ok := list[i].summary(); !ok {
			unreadable = append(unreadable, list[i])
		}
	}
	return unreadable, nil
}

// readBack reads a report by its id, which is not documented; nil if the service does
// not show it.
func (p *provider) readBack(ctx context.Context, id string) (*entity, error) {
	if p.reading.missing() {
		return nil, nil
	}
	var e entity
	_, err := p.read(ctx, request{
		op: "read report " + id, method: http.MethodGet, path: pathReports + url.PathEscape(id),
		query: url.Values{"fields": {"summary,parameters"}},
	}, &e)
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
		p.reading.deny()
		return nil, nil
	case http.StatusNotFound:
		return nil, nil // the search decides whether it exists
	}
	if err != nil {
		return nil, err
	}
	return &e, nil
}
