package tracker

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

const (
	pathIssues = "/v3/issues/_search"
	// pageSize is how many issues are asked for at once; more are not given.
	pageSize = 1000
	// onePage is up to how many issues are asked for as a single page: a few fewer than
	// fit, since others may come meanwhile.
	onePage = 900
	// pagedLimit is where the service stops turning pages.
	pagedLimit = 10_000
	// maxPage bounds one answer in memory, in bytes.
	maxPage = 128 << 20
	// scrollTTL is how long the service keeps a scroll between pages, in milliseconds.
	scrollTTL   = 60_000
	maxRestarts = 3
)

// pager hands out a list of issues page by page; nil at the end. The list may begin
// anew: issues can come twice. A page is put into the buffer if there is one.
type pager interface {
	next(ctx context.Context, buffer []byte) ([]byte, error)
	// restart begins anew after a page that could not be read; false if that is no way
	// out.
	restart() bool
	// release gives back what the service keeps for the list.
	release(ctx context.Context)
}

// pager chooses how a selection of so many issues is read; fewer than 0 is not known.
func (p *provider) pager(s *selection, fields string, count int) pager {
	switch {
	case s.queue != "":
		return &relative{p: p, s: s, fields: fields}
	case s.saved != 0:
		return &paged{p: p, s: s, fields: fields}
	case count >= 0 && count <= onePage:
		return &paged{p: p, s: s, fields: fields, single: true}
	}
	return &scroll{p: p, s: s, fields: fields, ttl: scrollTTL}
}

func (p *provider) issues(ctx context.Context, op string, q url.Values, s *selection, buffer []byte, once bool) (*transport.Answer, error) {
	a, err := p.do(ctx, request{op: op, method: http.MethodPost, path: pathIssues, query: q, body: s.body(), once: once, large: true, buffer: buffer, scanned: true})
	if err != nil {
		return nil, err
	}
	switch b := bytes.TrimSpace(a.Body); {
	case len(b) < 2 || b[0] != '[':
		return nil, p.odd(op, a, "the answer is not a list")
	case b[len(b)-1] != ']':
		return nil, p.odd(op, a, "the answer breaks off")
	}
	return a, nil
}

// nothing reports whether a list is empty.
func nothing(list []byte) bool { return space(space(list)[1:])[0] == ']' }

// paged turns pages. Up to the limit that is.
type paged struct {
	p      *provider
	s      *selection
	fields string
	single bool
	page   int
	done   bool
}

func (g *paged) next(ctx context.Context, buffer []byte) ([]byte, error) {
	if g.done {
		return nil, nil
	}
	g.page++
	if g.page > pagedLimit/pageSize {
		return nil, &providers.Error{
			Kind: providers.Refused, Op: "read issues", Message: fmt.Sprintf("the saved filter finds more than %d issues, and its content cannot be read, so that they cannot be scrolled", pagedLimit),
			Hint: "Write its condition as query.",
		}
	}
	q := url.Values{"perPage": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(g.page)}, "fields": {g.fields}}
	a, err := g.p.issues(ctx, fmt.Sprintf("read page %d of issues", g.page), q, g.s, buffer, false)
	if err != nil {
		return nil, err
	}
	pages, err := strconv.Atoi(a.Header.Get("X-Total-Pages"))
	g.done = nothing(a.Body) || g.single && (err != nil || pages <= 1) || err == nil && g.page >= pages
	return a.Body, nil
}

func (g *paged) restart() bool { return false }

func (g *paged) release(context.Context) {}

// relative follows the cursor that each page of a queue comes with.
type relative struct {
	p      *provider
	s      *selection
	fields string
	cursor string
	page   int
	done   bool
}

func (g *relative) next(ctx context.Context, buffer []byte) ([]byte, error) {
	if g.done {
		return nil, nil
	}
	g.page++
	q := url.Values{"perPage": {strconv.Itoa(pageSize)}, "fields": {g.fields}}
	if g.cursor != "" {
		q.Set("id", g.cursor)
	}
	a, err := g.p.issues(ctx, fmt.Sprintf("read page %d of the queue %s", g.page, g.s.queue), q, g.s, buffer, false)
	if err != nil {
		return nil, err
	}
	before := g.cursor
	g.cursor = linked(a.Header, "id")
	g.done = g.cursor == "" || g.cursor == before
	return a.Body, nil
}

func (g *relative) restart() bool { return false }

func (g *relative) release(context.Context) {}

// linked is a parameter of the address of the next page, "" if there is none. The
// address has no scheme and perhaps another host; only its parameters are of use.
func linked(h http.Header, name string) string {
	for _, line := range h.Values("Link") {
		for part := range strings.SplitSeq(line, ",") {
			address, rest, ok := strings.Cut(part, ">")
			if !ok || !strings.Contains(strings.ReplaceAll(rest, " ", ""), `rel="next"`) {
				continue
			}
			_, query, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(address), "<"), "?")
			if !ok {
				continue
			}
			if values, err := url.ParseQuery(query); err == nil {
				return values.Get(name)
			}
		}
	}
	return ""
}

// scroll reads a frozen list whose position the service moves with every request. A
// page is never asked for twice: after any doubt the scroll begins anew.
type scroll struct {
	p        *provider
	s        *selection
	fields   string
	ttl      int
	id       string
	token    string
	page     int
	restarts int
	done     bool
}

func (g *scroll) next(ctx context.Context, buffer []byte) ([]byte, error) {
	for tries := 0; !g.done; {
		a, err := g.ask(ctx, buffer)
		if err != nil && ctx.Err() != nil {
			return nil, err // the scroll is still to be released
		}
		switch again, wait := g.verdict(err, tries); {
		case err == nil:
			g.page++
			g.id, g.token = a.Header.Get("X-Scroll-Id"), a.Header.Get("X-Scroll-Token")
			g.done = g.id == "" || nothing(a.Body)
			if g.done {
				g.id = "" // the service has let go of it
			}
			return a.Body, nil
		case !again:
			return nil, err
		case wait > 0:
			tries++
			if err := g.p.clock.Sleep(ctx, wait); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

func (g *scroll) ask(ctx context.Context, buffer []byte) (*transport.Answer, error) {
	q := url.Values{"fields": {g.fields}, "scrollTTLMillis": {strconv.Itoa(g.ttl)}}
	if g.id == "" {
		kind := "unsorted"
		if sorts(g.s.query) {
			kind = "sorted"
		}
		q.Set("scrollType", kind)
		q.Set("perScroll", strconv.Itoa(pageSize))
	} else {
		q.Set("scrollId", g.id)
		if g.token != "" {
			q.Set("scrollToken", g.token)
		}
	}
	return g.p.issues(ctx, fmt.Sprintf("read page %d of the scroll", g.page+1), q, g.s, buffer, g.id != "")
}

// verdict says whether to ask again after an error, and after which wait.
func (g *scroll) verdict(err error, tries int) (again bool, wait time.Duration) {
	if err == nil || g.id == "" {
		return false, 0 // the first page is repeated where that is safe
	}
	kind, status := providers.KindOf(err), statusOf(err)
	switch {
	case status == http.StatusTooManyRequests && tries < 6:
		return true, g.p.backoff(err, tries) // nothing was carried out
	case status == http.StatusForbidden:
		g.ttl = min(2*g.ttl, 10*scrollTTL) // it has expired
	case kind == providers.Uncertain, kind == providers.Transient, kind == providers.Protocol:
	default:
		return false, 0
	}
	return g.restart(), 0
}

// restart begins anew, a few times.
func (g *scroll) restart() bool {
	if g.restarts++; g.restarts > maxRestarts {
		return false
	}
	g.id, g.token, g.page, g.done = "", "", 0, false
	return true
}

// release lets the service forget a scroll that is not read to its end. Whether that
// works does not matter.
func (g *scroll) release(ctx context.Context) {
	if g.id == "" {
		return
	}
	id, token := g.id, g.token
	g.id = ""
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = g.p.do(ctx, request{op: "end the scroll", method: http.MethodPost, path: "/v3/system/search/scroll/_clear", body: map[string]string{id: token}, once: true})
}
