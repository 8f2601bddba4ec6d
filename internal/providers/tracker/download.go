package tracker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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
	"reportsync/internal/providers/transport"
)

// attachment is a file of a report.
type attachment struct {
	ID      text   `json:"id"`
	Name    string `json:"name"`
	Content string `json:"content"`
	Created moment `json:"createdAt"`
	Size    int64  `json:"size"`
}

// download gets the file of a report from addresses that are not documented. It has a
// single part.
type download struct {
	p        *provider
	report   string
	format   string
	patience time.Duration

	body io.ReadCloser
	done error
	got  bool
}

var _ export.Reader = (*download)(nil)

// Next implements [export.Reader].
func (d *download) Next(ctx context.Context) (*export.Part, error) {
	switch {
	case d.done != nil:
		return nil, d.done
	case d.got:
		d.done = io.EOF
		return nil, io.EOF
	}
	d.got = true
	return d.Again(ctx)
}

// Again implements [export.Reader].
func (d *download) Again(ctx context.Context) (*export.Part, error) {
	if err := d.Close(); err != nil {
		return nil, err
	}
	d.done = nil
	body, err := d.wait(ctx)
	if err != nil {
		d.done = err
		return nil, err
	}
	d.body = body
	return &export.Part{Ext: d.format, Body: body}, nil
}

// wait looks for the file until it is there, or patience ends.
func (d *download) wait(ctx context.Context) (io.ReadCloser, error) {
	began := d.p.clock.Now()
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		body, err := d.look(ctx)
		if body != nil || err != nil {
			return body, err
		}
		if d.p.clock.Now().Sub(began) >= d.patience {
			return nil, d.none(fmt.Sprintf("the file has not appeared within %s", d.patience))
		}
		if err := d.p.clock.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// none is the error of a file that the service does not hand out.
func (d *download) none(why string) error {
	return &providers.Error{
		Kind: providers.Refused, Op: "get the file of report " + d.report, Message: why,
		Hint: "Download it by hand from " + pages + d.report + ", or read the issues themselves with yandex_tracker_issues.",
	}
}

// look asks both addresses once; nil if the file is not there yet.
func (d *download) look(ctx context.Context) (io.ReadCloser, error) {
	path := pathReports + url.PathEscape(d.report)
	refused := ""
	for _, r := range []request{
		{op: "look for the report's file", method: http.MethodGet, path: path + "/attachments"},
		{op: "look for the report's file", method: http.MethodGet, path: path, query: url.Values{"expand": {"attachments"}}},
	} {
		s, err := d.p.client.Open(ctx, &transport.Call{Op: r.op, Method: r.method, Path: r.path, Query: r.query, Repeatable: true, Judge: judge})
		switch statusOf(err) {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
			refused = fmt.Sprintf("the service does not hand out the files of reports (HTTP %d)", statusOf(err))
			continue
		}
		if err != nil {
			return nil, err
		}
		if kind := s.Header.Get("Content-Type"); !strings.Contains(kind, "json") {
			return d.checked(s, -1)
		}
		files, err := listOfFiles(s)
		switch {
		case err != nil:
			return nil, d.p.odd(r.op, &transport.Answer{Status: s.Status}, "the answer has another shape than expected")
		case files == nil:
			refused = "the service does not name the files of reports"
		case len(files) == 0:
			return nil, nil // it is being built
		default:
			return d.fetch(ctx, files)
		}
	}
	return nil, d.none(refused)
}

// listOfFiles reads either form of an answer; nil if it names no files at all.
func listOfFiles(s *transport.Stream) ([]attachment, error) {
	body, err := io.ReadAll(io.LimitReader(s, 4<<20))
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	if body = space(body); len(body) == 0 {
		return nil, nil
	}
	if body[0] == '[' {
		list := []attachment{}
		err := json.Unmarshal(body, &list)
		return list, err
	}
	var e entity
	err = json.Unmarshal(body, &e)
	return e.Attachments, err
}

// fetch gets the newest file. The token goes to the API's own host and to no other.
func (d *download) fetch(ctx context.Context, files []attachment) (io.ReadCloser, error) {
	f := slices.MaxFunc(files, func(a, b attachment) int { return a.Created.Compare(b.Created.Time) })
	address := f.Content
	if !strings.Contains(address, "://") {
		address = "https://" + address // it comes without
	}
	u, err := url.Parse(address)
	if err != nil || !strings.EqualFold(u.Host, d.p.base.Host) || !strings.HasPrefix(u.Path, d.p.base.Path+"/") {
		host := ""
		if err == nil {
			host = u.Host
		}
		return nil, d.none(fmt.Sprintf("the file is on the host %q, which is not that of the API and gets no token", transport.Clean(host, 100)))
	}
	s, err := d.p.client.Open(ctx, &transport.Call{
		Op: "get the file of report " + d.report, Method: http.MethodGet, Path: strings.TrimPrefix(u.EscapedPath(), d.p.base.EscapedPath()), Query: u.Query(),
		Repeatable: true, Judge: judge,
	})
	if err != nil {
		return nil, err
	}
	return d.checked(s, f.Size)
}

// file is a body that must have the size that was told.
type file struct {
	io.Reader
	io.Closer
	want, have int64
}

// Read implements [io.Reader].
func (f *file) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	f.have += int64(n)
	if errors.Is(err, io.EOF) && f.want >= 0 && f.have != f.want {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// checked makes sure that a file is what it should be.
func (d *download) checked(s *transport.Stream, size int64) (io.ReadCloser, error) {
	if size == 0 {
		size = -1 // it was not told
	}
	r := bufio.NewReaderSize(s, 64<<10)
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, s.Close())
	}
	page := bytes.HasPrefix(bytes.ToLower(head), []byte("<htm")) || bytes.HasPrefix(head, []byte("<!DO"))
	if page || d.format == "xlsx" && !bytes.HasPrefix(head, []byte("PK")) || d.format == "xml" && !bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff"), []byte("<")) {
		_ = s.Close()
		return nil, d.none(fmt.Sprintf("what came is not a file of the kind %s", d.format))
	}
	return &file{Reader: r, Closer: s, want: size}, nil
}

// Warnings implements [export.Reader].
func (d *download) Warnings() []string { return nil }

// Close implements [export.Reader].
func (d *download) Close() error {
	if d.done == nil {
		d.done = &providers.Error{Kind: providers.Invalid, Op: "get the report's file", Message: "it was closed"}
	}
	if d.body == nil {
		return nil
	}
	body := d.body
	d.body = nil
	return body.Close()
}
