package market

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/market/archive"
	"reportsync/internal/providers/market/methods"
	"reportsync/internal/providers/transport"
)

const (
	// downloadTries is how often a file is downloaded, each time from a new link.
	downloadTries = 3
	// copyBuffer is how much of a download is moved at once.
	copyBuffer = 256 << 10
	// longestNote bounds what a version keeps of its request, in bytes.
	longestNote = 16 << 10
)

// What a version keeps beside its files.
const (
	metaRequest   = "request"      // the bodies that were sent, one for each piece
	metaRequested = "requested_at" // the service's times
	metaFinished  = "finished_at"
)

// Open implements [providers.Provider].
func (p *provider) Open(_ context.Context, t providers.Target, v export.Version) (export.Reader, error) {
	r := &reader{p: p, t: t, meta: map[string]string{}, joins: map[string]*archive.Joiner{}}
	for i := range v.Pieces {
		r.pieces = append(r.pieces, piece{v.Pieces[i].RequestID, &v.Pieces[i].Period})
	}
	if len(r.pieces) == 0 {
		r.pieces = []piece{{v.ID, v.Period}}
	}
	return r, nil
}

// piece is a report that the version is made from.
type piece struct {
	id     string
	period *export.Period
}

// reader hands out the sheets of one report after the other, or whole files.
type reader struct {
	p      *provider
	t      providers.Target
	pieces []piece
	meta   map[string]string
	joins  map[string]*archive.Joiner // by sheet, over the pieces

	at     int // of the piece that is open
	file   *download
	member int    // of the next member
	sheet  string // of the part that was handed out last
	index  int    // of the next part
	body   io.Closer

	warnings []string
	end      error
}

var (
	_ export.Reader    = (*reader)(nil)
	_ export.Concluder = (*reader)(nil)
)

// Next implements [export.Reader].
func (r *reader) Next(ctx context.Context) (*export.Part, error) {
	if r.end != nil {
		return nil, r.end
	}
	p, err := r.next(ctx)
	if err != nil {
		r.end = err
	}
	return p, err
}

func (r *reader) next(ctx context.Context) (*export.Part, error) {
	for {
		if r.file == nil {
			if r.at == len(r.pieces) {
				return nil, io.EOF
			}
			if err := r.load(ctx); err != nil {
				return nil, err
			}
			r.member = 0
		}
		if r.member < r.parts() {
			r.member++
			part, err := r.part(r.member - 1)
			if err == nil {
				part.Index, r.sheet = r.index, part.Sheet
				r.index++
			}
			return part, err
		}
		if err := r.drop(); err != nil {
			return nil, err
		}
		r.at++
	}
}

// Again implements [export.Reader]. What broke off is downloaded anew.
func (r *reader) Again(ctx context.Context) (*export.Part, error) {
	r.end = nil
	if err := r.drop(); err != nil {
		return nil, err
	}
	if err := r.load(ctx); err != nil {
		r.end = err
		return nil, err
	}
	part, err := r.part(r.member - 1)
	switch {
	case err != nil:
		return nil, err
	case part.Sheet != r.sheet:
		return nil, r.bad(&archive.BadError{Why: "the archive has other members than when it was downloaded before"})
	}
	part.Index = r.index - 1
	return part, nil
}

// parts is how many parts the open file has.
func (r *reader) parts() int {
	if r.raw() {
		return 1
	}
	return len(r.file.Members)
}

func (r *reader) raw() bool { return r.t.Format == export.FormatRaw }

func (r *reader) part(i int) (*export.Part, error) {
	if r.body != nil {
		_ = r.body.Close()
		r.body = nil
	}
	if r.raw() {
		return &export.Part{Ext: r.file.Kind, Body: io.NewSectionReader(r.file.bytes, 0, r.file.size)}, nil
	}
	if i >= len(r.file.Members) {
		return nil, r.bad(&archive.BadError{Why: "the archive has fewer members than when it was opened before"})
	}
	m := r.file.Members[i]
	body, err := m.Open()
	if err != nil {
		return nil, r.bad(err)
	}
	r.body = body
	part := &export.Part{Sheet: m.Stem, Ext: m.Ext, Body: &translated{body, r}}
	if decode := m.Rows(); decode != nil {
		j := r.joins[m.Stem]
		if j == nil {
			j = &archive.Joiner{}
			r.joins[m.Stem] = j
		}
		if len(r.pieces) > 1 {
			decode = j.Join(decode)
		}
		part.Rows = func(b io.Reader) export.Rows { return &sheet{decode(b), r} }
	}
	return part, nil
}

// translated turns what is wrong with an archive into errors of the provider.
type translated struct {
	io.Reader
	r *reader
}

// Read implements [io.Reader].
func (t *translated) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	return n, t.r.bad(err)
}

// sheet does the same for rows.
type sheet struct {
	export.Rows
	r *reader
}

// Next implements [export.Rows].
func (s *sheet) Next() ([][]byte, error) {
	cells, err := s.Rows.Next()
	return cells, s.r.bad(err)
}

// bad puts what is wrong with a file into words.
func (r *reader) bad(err error) error {
	b, ok := errors.AsType[*archive.BadError](err)
	if !ok {
		return err
	}
	e := &providers.Error{Kind: providers.Protocol, Op: "read the report " + r.id(), Message: b.Why, Hint: b.Hint, Err: b.Err}
	if b.Broken {
		e.Kind = providers.Transient // another download may help
	}
	if e.Hint == "" {
		e.Hint = "Nothing of it was kept; run again. The report stays on the service for some hours."
	}
	return e
}

func (r *reader) id() string { return transport.Clean(r.pieces[min(r.at, len(r.pieces)-1)].id, 60) }

// load downloads the file of the piece, with a link that was just made.
func (r *reader) load(ctx context.Context) error {
	var last error
	for try := range downloadTries {
		if try > 0 {
			if err := r.p.clock.Sleep(ctx, time.Duration(try)*2*time.Second); err != nil {
				return err
			}
		}
		i, err := r.link(ctx)
		if err != nil {
			return err
		}
		f, err := r.p.download(ctx, "download the report "+r.id(), i.File)
		if err == nil {
			if err = r.accept(f); err == nil {
				r.file = f
				r.note(i)
				return nil
			}
			err = errors.Join(err, f.Close())
		}
		if ctx.Err() != nil {
			return err
		}
		b, isBad := errors.AsType[*archive.BadError](err)
		e, isWire := errors.AsType[*providers.Error](err)
		switch {
		case isBad && !b.Broken:
			return r.bad(err)
		case isBad, isWire && e.Status != 0, isWire && e.Kind == providers.Transient:
			last = err
		default:
			return err
		}
	}
	return r.failed(last)
}

// failed is the error of a file that cannot be had: never one that would make the
// report look gone, which would cost another generation.
func (r *reader) failed(err error) error {
	e, ok := errors.AsType[*providers.Error](r.bad(err))
	if !ok {
		return err
	}
	out := *e
	out.Kind, out.Op = providers.Protocol, "download the report "+r.id()
	if out.Hint == "" || e.Kind != providers.Transient {
		out.Hint = "Run again: the report stays on the service for some hours, and is not generated anew."
	}
	return &out
}

// link asks for the report, and with that for a link.
func (r *reader) link(ctx context.Context) (*info, error) {
	id := r.pieces[r.at].id
	i, err := r.p.info(ctx, r.t, id)
	switch {
	case providers.KindOf(err) == providers.NotFound:
		return nil, &providers.Error{
			Kind: providers.Gone, Op: "download the report " + r.id(), Message: "the service does not know the report any more",
			Hint: "Run again: it will be generated anew.",
		}
	case err != nil:
		return nil, err
	case i.File == "":
		return nil, &providers.Error{
			Kind: providers.Transient, Op: "download the report " + r.id(), Message: "the service gives no link to its file (" + i.detail() + ")",
			Hint: "Run again later.",
		}
	}
	if strings.EqualFold(i.SubStatus, "RESOURCE_NOT_FOUND") {
		r.warn("the service did not find some of what params name (RESOURCE_NOT_FOUND); the rest is there")
	}
	return i, nil
}

func (r *reader) warn(text string) {
	if !slices.Contains(r.warnings, text) {
		r.warnings = append(r.warnings, text)
	}
}

// accept refuses a file that is not what was asked for.
func (r *reader) accept(f *download) error {
	if r.raw() {
		return f.Test() // it will not be looked at again
	}
	switch f.Kind {
	case archive.XLSX, archive.PDF:
		return &archive.BadError{
			Why:  "a " + f.Kind + " file came, which has no rows to read",
			Hint: "Set format = \"raw\" to keep it as it is, or have it made anew with -replace.",
		}
	}
	if len(f.Members) == 0 {
		r.warn("the archive has no sheets")
	}
	for _, m := range f.Members {
		if m.Rows() == nil {
			r.warn(fmt.Sprintf("the archive has a file %q that is no sheet; it is kept as it came", transport.Clean(m.Stem+"."+m.Ext, 80)))
		}
	}
	return nil
}

// note keeps what the manifest tells about a piece.
func (r *reader) note(i *info) {
	add := func(key, value string) {
		if value == "" || len(r.meta[key])+len(value) > longestNote {
			return
		}
		if r.meta[key] != "" {
			r.meta[key] += "\n"
		}
		r.meta[key] += value
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	if strings.Count(r.meta[metaRequested], "\n")+1 > r.at && r.meta[metaRequested] != "" {
		return // it was downloaded again
	}
	add(metaRequested, stamp(i.Requested))
	add(metaFinished, stamp(i.Finished))
	in := input(r.t, r.pieces[r.at].period)
	if in.BusinessID = r.p.business; in.BusinessID == "" {
		if shops, ok := r.p.shops.Known(); ok && len(shops) > 0 {
			in.BusinessID = string(shops[0].Business.ID)
		}
	}
	if req, err := methods.Build(in); err == nil {
		add(metaRequest, string(req.Body))
	}
}

// Conclude implements [export.Concluder].
func (r *reader) Conclude(v *export.Version) {
	if len(r.meta) > 0 {
		v.Meta = r.meta
	}
}

// drop closes the open file.
func (r *reader) drop() error {
	if r.body != nil {
		_ = r.body.Close()
		r.body = nil
	}
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return f.Close()
}

// Warnings implements [export.Reader].
func (r *reader) Warnings() []string { return r.warnings }

// Close implements [export.Reader].
func (r *reader) Close() error {
	if r.end == nil {
		r.end = &providers.Error{Kind: providers.Invalid, Op: "read the report", Message: "it was closed"}
	}
	return r.drop()
}

// download is a file that was downloaded.
type download struct {
	*archive.File
	bytes providers.Scratch
	size  int64
}

// Close removes the file.
func (d *download) Close() error { return d.bytes.Close() }

// download gets a file from a link into a temporary file and opens it. The link is a
// credential: no message and no log has it.
func (p *provider) download(ctx context.Context, op, link string) (_ *download, err error) {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil {
		return nil, &providers.Error{Kind: providers.Protocol, Op: op, Message: "the service gives a link that is no address"}
	}
	if err := p.trusted(u); err != nil {
		return nil, &providers.Error{Kind: providers.Protocol, Op: op, Message: err.Error(), Hint: "Check download_hosts in the provider block."}
	}
	s, err := p.files.Open(ctx, &transport.Call{Op: op, Method: http.MethodGet, Link: u, Trust: p.trusted, Repeatable: true})
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // what is wrong with the body was said by Read
	if p.scratch == nil {
		return nil, errors.New("there is no place for temporary files")
	}
	f, err := p.scratch()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	n, err := io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{io.LimitReader(s, p.maxFile+1)}, make([]byte, copyBuffer))
	if err != nil {
		return nil, err
	}
	if n > p.maxFile {
		return nil, &archive.BadError{
			Why: fmt.Sprintf("the file has more than %d MiB", p.maxFile>>20), Hint: "Raise max_file_size in the provider block if the report is that large.",
		}
	}
	a, err := archive.Open(f, n, p.maxFile)
	if err != nil {
		return nil, err
	}
	return &download{a, f, n}, nil
}

// trusted refuses a link to a host that files are not to come from.
func (p *provider) trusted(u *url.URL) error {
	if err := transport.CheckLink(u); err != nil {
		return err
	}
	if transport.IsLoopback(u.Hostname()) && !transport.IsLoopback(p.base.Hostname()) {
		return errors.New("the link leads to this machine itself")
	}
	if len(p.hosts) == 0 {
		return nil
	}
	host := strings.ToLower(u.Hostname())
	for _, h := range p.hosts {
		if h = strings.ToLower(strings.TrimPrefix(h, "*.")); host == h || strings.HasSuffix(host, "."+h) {
			return nil
		}
	}
	return fmt.Errorf("the file is on the host %q, which download_hosts does not name", transport.Clean(host, 100))
}
