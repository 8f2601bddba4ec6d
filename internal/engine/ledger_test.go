package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// ledger is a model of a service with a list that is read page by page. A day has
// only so many pages.
type ledger struct {
	mu      sync.Mutex
	rows    []string // "id,text", in order of id
	changed []string // rows that changed since the last reading, asked for by increments
	gone    bool     // an increment tells which keys are left
	pages   int      // asked for
	left    int      // pages until the day's quota is used up, -1: no limit
	onPage  func(page int) error
	breaks  int // bodies that break off
	kept    int // parts that the last Open was given
	based   string
}

const ledgerPage = 3

func ledgerType(l *ledger) *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: "ledger",
			Exports: []schema.Export{{
				Type: "ledger_list", Formats: []string{"csv", "jsonl", "raw"},
				Body: schema.Body{Attributes: []schema.Attribute{
					{Name: "list", Type: cty.String, Required: true, Identity: true},
					{Name: "every", Type: cty.String},
				}},
			}},
		},
		Exports: map[string]providers.ExportType{"ledger_list": {Policy: func(schema.Values) export.Policy {
			return export.Policy{Source: export.SourceRead}
		}}},
		Configure: func(providers.ConfigureRequest) (providers.Provider, error) { return &ledgerProvider{l}, nil },
	}
}

type ledgerProvider struct{ *ledger }

func (p *ledgerProvider) Account() string          { return "ledger:one" }
func (p *ledgerProvider) Limits() providers.Limits { return providers.Limits{MaxInFlight: 1} }

func (p *ledgerProvider) Observe(ctx context.Context, _ providers.Target) (*providers.Observation, error) {
	return &providers.Observation{Requests: len(p.rows)/ledgerPage + 1}, ctx.Err()
}

func (p *ledgerProvider) Open(_ context.Context, t providers.Target, _ export.Version) (export.Reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept, p.based = len(t.Kept), ""
	r := &ledgerReader{p: p, list: p.rows, kept: t.Kept}
	if t.Base != nil {
		p.based = t.Base.ID
		r.list, r.changes, r.keys = p.changed, true, p.gone
	}
	return r, nil
}

type ledgerReader struct {
	p       *ledgerProvider
	list    []string
	kept    []export.KeptPart
	next    int
	changes bool
	keys    bool
}

func (r *ledgerReader) Next(ctx context.Context) (*export.Part, error) {
	r.next++
	return r.Again(ctx)
}

func (r *ledgerReader) Again(ctx context.Context) (*export.Part, error) {
	from := (r.next - 1) * ledgerPage
	part := &export.Part{Index: r.next - 1, Ext: "txt", Key: "id", Rows: decodeLedger, Keep: true}
	if r.changes {
		part.Kind = export.PartChanges
	}
	switch {
	case r.next <= len(r.kept):
		body, err := r.kept[r.next-1].Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(body)
		part.Keep, part.Body = false, bytes.NewReader(text)
		return part, errors.Join(err, body.Close())
	case from > 0 && from >= len(r.list):
		if !r.keys {
			return nil, io.EOF
		}
		r.keys = false
		var ids []string
		for _, row := range r.p.rows {
			id, _, _ := strings.Cut(row, ",")
			ids = append(ids, id)
		}
		part.Kind, part.Keep, part.Body = export.PartKeys, false, strings.NewReader(strings.Join(append(ids, "end"), "\n"))
		return part, nil
	}
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	if r.p.left == 0 {
		return nil, &providers.Error{Kind: providers.Quota, Op: "read page", Message: "the day's requests are used up"}
	}
	r.p.left--
	r.p.pages++
	if r.p.onPage != nil {
		if err := r.p.onPage(r.next); err != nil {
			return nil, err
		}
	}
	text := strings.Join(r.list[from:min(from+ledgerPage, len(r.list))], "\n") + "\n"
	if r.p.breaks > 0 {
		r.p.breaks--
		part.Body = io.MultiReader(strings.NewReader(text), brokenReader{})
		return part, ctx.Err()
	}
	part.Body = strings.NewReader(text + "end")
	return part, ctx.Err()
}

func (r *ledgerReader) Warnings() []string { return nil }
func (r *ledgerReader) Close() error       { return nil }

// Conclude implements [export.Concluder].
func (r *ledgerReader) Conclude(v *export.Version) {
	v.Meta = map[string]string{"rows": fmt.Sprint(len(r.list))}
}

// ledgerRows decodes lines of cells; the last line must be "end".
type ledgerRows struct {
	body  io.Reader
	lines []string
}

func decodeLedger(body io.Reader) export.Rows { return &ledgerRows{body: body} }

func (r *ledgerRows) Columns() []export.Column { return export.UniqueColumns([]string{"id", "text"}) }

func (r *ledgerRows) Next() ([][]byte, error) {
	if r.lines == nil {
		text, err := io.ReadAll(r.body)
		if err != nil {
			return nil, err
		}
		r.lines = strings.Split(string(text), "\n")
	}
	line := r.lines[0]
	r.lines = r.lines[1:]
	switch line {
	case "end":
		return nil, io.EOF
	case "":
		return r.Next()
	}
	var cells [][]byte
	for _, c := range strings.Split(line, ",") {
		cells = append(cells, []byte(c))
	}
	return cells, nil
}
