package planfix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// maxProbed bounds how many chunks are asked for when their number is not known.
const maxProbed = 10_000

// reader reads the chunks of a save in order. It is for one goroutine.
type reader struct {
	p       *provider
	target  providers.Target
	version export.Version
	report  string

	next    int     // the chunk that Next opens
	current *body   // the chunk that is read now
	before  *table  // the layout before the current chunk
	table   *table  // the layout with it
	counted int64   // rows in the current chunk, as far as decoded
	whole   bool    // its decoding came to the end
	ahead   []*body // chunks asked for in advance, in order
	broken  error   // why the current chunk could not be opened again
	done    error
}

var _ export.Reader = (*reader)(nil)

// Open implements [providers.Provider].
func (p *provider) Open(_ context.Context, t providers.Target, v export.Version) (export.Reader, error) {
	if v.ID == "" {
		return nil, &providers.Error{Kind: providers.Invalid, Op: "open version", Message: "the version has no id"}
	}
	return &reader{p: p, target: t, version: v, before: newTable(optionsOf(t.Args))}, nil
}

// Next implements [export.Reader].
func (r *reader) Next(ctx context.Context) (*export.Part, error) {
	switch {
	case r.done != nil:
		return nil, r.done
	case r.broken != nil:
		return nil, r.broken // going on would leave the chunk out
	}
	if r.current != nil {
		r.current.Close()
		r.before, r.current = r.table, nil
		if r.ended() {
			return nil, r.finish(io.EOF)
		}
		r.next++
	}
	if n := r.version.Parts; n > 0 && r.next >= n {
		return nil, r.finish(io.EOF)
	}
	if r.next >= maxProbed && r.version.Parts == 0 {
		return nil, r.finish(&providers.Error{Kind: providers.Protocol, Op: r.op(r.next), Message: fmt.Sprintf("the save has no end after %d chunks", maxProbed)})
	}
	if err := r.resolve(ctx); err != nil {
		return nil, err
	}
	b, err := r.take(ctx, r.next)
	switch {
	case err != nil && r.mayEnd(err), err == nil && r.emptyEnd(b):
		if b != nil {
			b.Close()
		}
		return nil, r.finish(io.EOF)
	case err != nil:
		return nil, err
	}
	return r.part(b), nil
}

// Again implements [export.Reader].
func (r *reader) Again(ctx context.Context) (*export.Part, error) {
	if r.current == nil {
		return nil, &providers.Error{Kind: providers.Invalid, Op: "read a chunk again", Message: "no chunk is open"}
	}
	r.current.Close()
	b, err := r.p.fetch(ctx, r.chunk(r.next))
	if r.broken = err; err != nil {
		return nil, err
	}
	return r.part(b), nil
}

// finish remembers the end.
func (r *reader) finish(err error) error {
	r.done = err
	r.dropAhead()
	return err
}

// ended reports whether the chunk just read was the end of a save whose number of
// chunks is not known: it had no rows.
func (r *reader) ended() bool {
	return r.version.Parts == 0 && r.next > 0 && r.whole && r.counted == 0
}

// tolerant reports whether chunk n may be missing: beyond the first, when the
// number is not known or may be one too high.
func (r *reader) tolerant(n int) bool {
	return n > 0 && (r.version.Parts == 0 || r.version.PartsTolerant && n == r.version.Parts-1)
}

// mayEnd reports whether a refusal means that there are no more chunks. Trouble
// of server or network, credentials, rights and quotas never do.
func (r *reader) mayEnd(err error) bool {
	e, ok := asError(err)
	if !ok || !r.tolerant(r.next) || e.Status >= 500 || e.Code == "6" {
		return false
	}
	return e.Kind == providers.Gone || e.Kind == providers.Invalid
}

// emptyEnd reports whether a chunk without rows is the end.
func (r *reader) emptyEnd(b *body) bool { return r.tolerant(r.next) && b.empty }

// resolve finds the report's id, when the target came without.
func (r *reader) resolve(ctx context.Context) (err error) {
	if r.report == "" {
		r.report, err = r.p.reportID(ctx, r.target)
	}
	return err
}

// part hands a chunk out.
func (r *reader) part(b *body) *export.Part {
	r.current = b
	r.table, r.counted, r.whole = r.before.clone(), 0, false
	return &export.Part{Index: r.next, Ext: "json", Body: b, Rows: r.rows}
}

// rows decodes the current chunk from any copy of its body.
func (r *reader) rows(src io.Reader) export.Rows {
	r.table, r.counted, r.whole = r.before.clone(), 0, false
	return &wholeRows{
		rows: rows{
			scan: newScanner(src, r.table.opt.links), table: r.table, op: r.op(r.next), chunk: r.next,
			clean: r.p.client.Redactor().Redact, judge: r.failure, count: &r.counted,
		},
		whole: &r.whole,
	}
}

// wholeRows notes that a chunk was decoded to its end.
type wholeRows struct {
	rows
	whole *bool
}

// Next implements [export.Rows].
func (r *wholeRows) Next() ([][]byte, error) {
	cells, err := r.rows.Next()
	if err == io.EOF { //nolint:errorlint // rows returns it bare, and this is asked for every row
		*r.whole = true
	}
	return cells, err
}

// failure says what a failure inside the rows of a good answer means.
func (r *reader) failure(env *envelope) *providers.Error {
	v := gone(verdict(env, &transport.Answer{Status: http.StatusOK, Header: http.Header{}}))
	v.Err.Op = r.op(r.next)
	v.Err.Message = transport.Clean(r.p.client.Redactor().Redact(v.Err.Message), 500)
	return v.Err
}

// Warnings implements [export.Reader].
func (r *reader) Warnings() []string {
	if r.table != nil {
		return r.table.warnings()
	}
	return r.before.warnings()
}

// Close implements [export.Reader].
func (r *reader) Close() error {
	if r.current != nil {
		r.current.Close()
	}
	r.dropAhead()
	if r.done == nil {
		r.done = errClosed
	}
	return nil
}

var errClosed = &providers.Error{Kind: providers.Invalid, Op: "read chunk", Message: "the version is closed"}

func (r *reader) op(n int) string { return chunkOp(r.report, r.version.ID, n) }

func chunkOp(report, save string, n int) string {
	return fmt.Sprintf("read chunk %d of save %s of report %s", n, save, report)
}

// chunkRequest is which chunk is asked for.
type chunkRequest struct {
	report, save string
	n            int
	// full says that the chunk has rows: the service counts it as one of several.
	full bool
}

func (r *reader) chunk(n int) chunkRequest {
	count := r.version.Parts
	if r.version.PartsTolerant {
		count-- // what is sure to be there
	}
	return chunkRequest{report: r.report, save: r.version.ID, n: n, full: count > 1 && n < count}
}

// fetch asks for one chunk.
func (p *provider) fetch(ctx context.Context, c chunkRequest) (*body, error) {
	r := request{
		op: chunkOp(c.report, c.save, c.n), method: http.MethodPost,
		path:  "/report/" + url.PathEscape(c.report) + "/save/" + url.PathEscape(c.save) + "/data",
		query: url.Values{"chunk": {strconv.Itoa(c.n)}}, judge: judgeChunk,
	}
	if c.full {
		r.judge = judgeFullChunk
	}
	call, err := r.call()
	if err != nil {
		return nil, err
	}
	s, err := p.client.Open(ctx, call)
	if err != nil {
		return nil, err
	}
	if e := (&transport.Answer{Status: s.Status, Header: s.Header}).ForeignText(); e != nil {
		_ = s.Close()
		e.Op = r.op
		return nil, e
	}
	return &body{from: s, close: s.Close, empty: s.Whole != nil && noRows(s.Whole)}, nil
}

// judgeChunk judges the answer to a chunk.
func judgeChunk(c *transport.Call, a *transport.Answer) transport.Verdict { return gone(judge(c, a)) }

// judgeFullChunk judges the answer to a chunk that has rows. One without is passing
// trouble of the service: taken as it is, it would leave rows out unnoticed.
func judgeFullChunk(c *transport.Call, a *transport.Answer) transport.Verdict {
	v := judgeChunk(c, a)
	if v.Err != nil || !noRows(a.Body) {
		return v
	}
	return transport.Verdict{Retry: true, Max: 3, Err: &providers.Error{
		Kind: providers.Transient, Message: "the chunk came without rows, although the service counts it as one of several",
		Hint: "Try again later; if it goes on, look at the save in the service itself: it may be damaged there.",
	}}
}

// gone translates: the service says with different codes that a save is not
// there, or not for this user. Asking once more is enough to be sure.
func gone(v transport.Verdict) transport.Verdict {
	e := v.Err
	if e == nil {
		return v
	}
	refused := e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound
	if e.Kind == providers.NotFound || e.Code == "6" || e.Kind == providers.Invalid && refused {
		e.Kind = providers.Gone
		e.Hint = "The save was removed, or is not shared with the token's user any more; plan again to see what is there."
		v.Retry, v.Max = true, 1
	}
	return v
}

// noRows reports whether a whole answer has rows, and they are none.
func noRows(b []byte) bool {
	var bare struct {
		Rows json.RawMessage `json:"rows"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(b, &bare) != nil {
		return false
	}
	list := bare.Rows
	if data := bytes.TrimSpace(bare.Data); len(data) > 0 && data[0] == '{' {
		var in struct {
			Rows json.RawMessage `json:"rows"`
		}
		if json.Unmarshal(data, &in) == nil && in.Rows != nil {
			list = in.Rows
		}
	}
	var items []json.RawMessage
	return list != nil && json.Unmarshal(list, &items) == nil && items != nil && len(items) == 0
}
