package tracker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// lag is how late a change may appear in the search, with a margin for minutes that
// are rounded.
const lag = 10 * time.Minute

// sheets of an export that includes the changelog.
const sheetIssues = "issues"

// reader reads issues: their rows, the ids of all that exist if a sweep is due, and the
// history of those that were read if that is included.
type reader struct {
	p       *provider
	target  providers.Target
	version export.Version
	columns []column
	finder  *finder
	sheet   string

	began bool
	phase int
	sel   *selection // all issues
	since time.Time  // changes from here on; zero for all issues
	sweep bool

	list *listing
	seen seen // ids of the rows

	touched []issue // whose history is to be read
	cursor  string  // within the history of the first of them

	mine     map[string]string // what the version keeps of who reads
	newest   time.Time
	next     int
	part     *page
	done     error
	warnings []string
}

// page is an answer, and what of it is new.
type page struct {
	body  []byte
	count int // of what is new
	rows  func() export.Rows
	kind  export.PartKind
	name  string // of the sheet
}

// ownFields are what a reader has to know of an issue, by their places.
var ownFields = []string{fieldID: "id", fieldKey: "key", fieldUpdated: "updatedAt"}

const (
	fieldID = iota
	fieldKey
	fieldUpdated
)

// issue is what is to be known of an issue whose history is read.
type issue struct{ id, key string }

// The phases of a reading.
const (
	readingIssues = iota
	readingKeys
	readingHistory
	readingDone
)

var (
	_ export.Reader    = (*reader)(nil)
	_ export.Concluder = (*reader)(nil)
)

func newReader(p *provider, t providers.Target, v export.Version) *reader {
	r := &reader{p: p, target: t, version: v, columns: columnsOf(t.Args)}
	fields := slices.Clone(ownFields)
	for _, c := range r.columns {
		fields = append(fields, c.field)
	}
	r.finder = newFinder(fields...)
	if r.history() {
		r.sheet = sheetIssues
	}
	return r
}

func (r *reader) history() bool { return slices.Contains(r.target.Args.Strings("include"), changelog) }

// begin finds out what is to be read.
func (r *reader) begin(ctx context.Context) error {
	if err := r.p.sameUser(ctx, r.target.Known); err != nil {
		return err
	}
	var err error
	if r.mine, err = r.p.mine(ctx); err != nil {
		return err
	}
	if r.sel, err = r.p.selectionOf(ctx, r.target.Args); err != nil {
		return err
	}
	sel := r.sel
	if base := r.target.Base; base != nil && r.target.Args.String("sync") == syncIncremental {
		mark := parseTime(base.Meta[metaNewest])
		if changed := sel.changed(mark.Add(-lag), r.version.CreatedAt); !mark.IsZero() && changed != nil {
			r.since, sel, r.newest = mark.Add(-lag), changed, mark
			swept, err := time.Parse(time.RFC3339, base.Meta[metaSweep])
			every := r.target.Args.Duration("sweep_every")
			age := r.p.clock.Now().Sub(swept)
			r.sweep = err != nil || every > 0 && (age >= every || age < 0)
		}
	}
	r.list, err = r.open(ctx, sel, asked(r.columns))
	return err
}

// open begins a list.
func (r *reader) open(ctx context.Context, s *selection, fields string) (*listing, error) {
	n, err := r.p.countBefore(ctx, s)
	if err != nil {
		return nil, err
	}
	r.seen = newSeen(n)
	return &listing{sel: s, count: n, pager: r.p.pager(s, fields, n)}, nil
}

// Next implements [export.Reader].
func (r *reader) Next(ctx context.Context) (*export.Part, error) {
	if r.done != nil {
		return nil, r.done
	}
	if !r.began {
		if err := r.begin(ctx); err != nil {
			return nil, err
		}
		r.began = true
	}
	pg, err := r.advance(ctx)
	if err != nil {
		r.stop(ctx, err)
		return nil, err
	}
	r.part = pg
	r.next++
	return r.Again(ctx)
}

// stop ends the reading.
func (r *reader) stop(ctx context.Context, err error) {
	if r.list != nil {
		r.list.close(ctx)
	}
	r.done = err
}

// advance returns the next page, or io.EOF.
func (r *reader) advance(ctx context.Context) (*page, error) {
	for {
		switch r.phase {
		case readingIssues, readingKeys:
			body, err := r.list.next(ctx)
			if err != nil {
				return nil, err
			}
			if body != nil {
				pg, err := r.take(body)
				if err != nil {
					if r.list.restart() {
						continue
					}
					return nil, err
				}
				if pg.count == 0 && r.list.begun {
					continue // the end of a scroll, or what came before it began anew
				}
				r.list.begun = true
				return pg, nil
			}
			if err := r.whole(ctx); err != nil {
				return nil, err
			}
		case readingHistory:
			if pg, err := r.changes(ctx); pg != nil || err != nil {
				return pg, err
			}
			r.phase = readingDone
		default:
			return nil, io.EOF
		}
	}
}

// take takes a page of what is being read. Of one that cannot be read nothing is taken:
// its issues come again if the list begins anew.
func (r *reader) take(body []byte) (pg *page, err error) {
	if r.phase == readingKeys {
		pg, err = r.keys(body)
	} else {
		pg, err = r.issues(body)
	}
	if err != nil {
		return nil, r.p.odd("read issues", &transport.Answer{Status: http.StatusOK, Body: body}, "the answer cannot be read: "+err.Error())
	}
	return pg, nil
}

// whole makes sure that a list has arrived whole, and goes on to what comes next.
func (r *reader) whole(ctx context.Context) error {
	if err := r.complete(ctx); err != nil {
		return err
	}
	if r.phase == readingIssues && r.sweep {
		var err error
		r.phase = readingKeys
		r.list, err = r.open(ctx, r.sel, "id,key,version")
		return err
	}
	r.phase = readingDone
	if r.history() {
		r.phase = readingHistory
	}
	return nil
}

// complete compares the number of issues that came with those that were counted
// before and after.
func (r *reader) complete(ctx context.Context) error {
	l := r.list
	if l.count < 0 || l.taken >= l.count {
		return nil
	}
	now, err := r.p.count(ctx, l.sel)
	if err != nil {
		return err
	}
	allowed := tolerance(l.count)
	if r.phase == readingKeys {
		allowed = 0 // who is not among them is taken for gone
	}
	if r.target.Args.Has("max_missing") {
		allowed = r.target.Args.Int("max_missing")
	}
	if missing := min(l.count, now) - l.taken; missing > allowed {
		return &providers.Error{
			Kind: providers.Protocol, Op: "read issues",
			Message: fmt.Sprintf("%d issues arrived; there were %d before and are %d now; nothing was kept", l.taken, l.count, now),
			Hint:    "Try again. If it goes on, the exports of a queue may be restricted for the user; max_missing says how many issues may be missing.",
		}
	}
	return nil
}

// tolerance is how many of so many issues may be missing without a word: some may have
// changed between counting and reading. It is far less than a page, of which a proxy that
// repeats a request on its own would lose a whole one.
func tolerance(count int) int { return min(max(5, count/200), pageSize/10) }

// issues takes a page of issues.
func (r *reader) issues(body []byte) (*page, error) {
	var items []int
	var text []byte
	textOf := func(at span) []byte {
		if text = text[:0]; at.end > 0 {
			text = appendText(text, at.of(body))
		}
		return text
	}
	f := r.finder
	issues, err := f.find(body)
	if err != nil {
		return nil, err
	}
	for n := range issues {
		found := f.found(n)
		if !r.seen.add(textOf(found[fieldID])) {
			continue
		}
		r.list.taken++
		updated := parseTime(textOf(found[fieldUpdated]))
		if !r.since.IsZero() && !updated.IsZero() && updated.Before(r.since) {
			continue // the window was wider than what is wanted
		}
		if updated.After(r.newest) {
			r.newest = updated
		}
		items = append(items, n)
		if r.history() {
			r.touched = append(r.touched, issue{string(textOf(found[fieldID])), string(textOf(found[fieldKey]))})
		}
	}
	pg := &page{body: body, count: len(items), name: r.sheet, rows: func() export.Rows {
		return &issueRows{body: body, finder: f, items: items, first: len(ownFields), columns: r.columns}
	}}
	if !r.since.IsZero() {
		pg.kind = export.PartChanges
	}
	return pg, nil
}

// keys takes a page of ids.
func (r *reader) keys(body []byte) (*page, error) {
	var items []int
	f := newFinder("id")
	issues, err := f.find(body)
	if err != nil {
		return nil, err
	}
	for n := range issues {
		if at := f.found(n)[0]; at.end > 0 && r.seen.add(appendText(nil, at.of(body))) {
			r.list.taken++
			items = append(items, n)
		}
	}
	return &page{body: body, count: len(items), kind: export.PartKeys, name: r.sheet, rows: func() export.Rows {
		return &issueRows{body: body, finder: f, items: items, columns: []column{{name: "id", field: "id"}}}
	}}, nil
}

// changes takes a page of an issue's history; nil when there are no more.
func (r *reader) changes(ctx context.Context) (*page, error) {
	for len(r.touched) > 0 {
		of := r.touched[0]
		q := url.Values{"perPage": {strconv.Itoa(historyPage)}}
		if r.cursor != "" {
			q.Set("id", r.cursor)
		}
		op := "read the history of " + of.key
		a, err := r.p.do(ctx, request{op: op, method: http.MethodGet, path: "/v3/issues/" + url.PathEscape(of.key) + "/changelog", query: q})
		if status := statusOf(err); status == http.StatusNotFound || status == http.StatusForbidden {
			r.warnings = append(r.warnings, fmt.Sprintf("the history of %s is not there any more", of.key))
			r.touched, r.cursor = r.touched[1:], ""
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(a.Body) == 0 || space(a.Body)[0] != '[' {
			return nil, r.p.odd(op, a, "the answer is not a list")
		}
		before := r.cursor
		if r.cursor = linked(a.Header, "id"); r.cursor == "" || r.cursor == before {
			r.touched, r.cursor = r.touched[1:], ""
		}
		var items [][]byte
		elements(space(a.Body), func(val []byte) { items = append(items, val) })
		pg := &page{body: a.Body, count: len(items), name: changelog, rows: func() export.Rows { return &historyRows{of: of, items: items} }}
		if !r.since.IsZero() {
			pg.kind = export.PartChanges
		}
		return pg, nil
	}
	return nil, nil
}

// Again implements [export.Reader].
func (r *reader) Again(context.Context) (*export.Part, error) {
	if r.part == nil {
		return nil, &providers.Error{Kind: providers.Invalid, Op: "read a page again", Message: "no page is open"}
	}
	pg := r.part
	out := &export.Part{Index: r.next - 1, Sheet: pg.name, Ext: "json", Body: bytes.NewReader(pg.body), Kind: pg.kind}
	if pg.kind != export.PartRows {
		out.Key = "id"
	}
	out.Rows = func(src io.Reader) export.Rows { return providers.Drained(pg.rows(), src) }
	return out, nil
}

// Warnings implements [export.Reader].
func (r *reader) Warnings() []string { return r.warnings }

// Conclude implements [export.Concluder].
func (r *reader) Conclude(v *export.Version) {
	v.Meta = r.mine
	if !r.newest.IsZero() {
		v.Meta[metaNewest] = r.newest.UTC().Format(layout)
	}
	v.Meta[metaSweep] = r.p.clock.Now().UTC().Format(time.RFC3339)
	if !r.since.IsZero() && !r.sweep {
		v.Meta[metaSweep] = r.target.Base.Meta[metaSweep]
	}
	v.Parts = r.next
}

// Close implements [export.Reader].
func (r *reader) Close() error {
	if r.done == nil {
		r.stop(context.Background(), &providers.Error{Kind: providers.Invalid, Op: "read issues", Message: "the reading was closed"})
	}
	return nil
}
