package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// board is a model of a service on which reports are objects. It makes two of them
// when it is asked twice.
type board struct {
	mu      sync.Mutex
	clock   clock.Clock
	objects map[string]*boardObject
	created int
	// blind: marks cannot be read back. refuses: nothing can be deleted. files: the
	// file of an object can be downloaded.
	blind, refuses, files bool
	lost                  bool
	drift                 string
	calls                 int
	onCall                func(name string) error
}

type boardObject struct {
	version export.Version
	marker  string
	query   string
}

func newBoard(c clock.Clock) *board { return &board{clock: c, objects: map[string]*boardObject{}} }

func (b *board) call(name string) error {
	b.calls++
	if b.onCall != nil {
		return b.onCall(name)
	}
	return nil
}

func (b *board) ids() []string {
	var out []string
	for id := range b.objects {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func boardType(b *board) *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: "board",
			Exports: []schema.Export{{
				Type: "board_report", Formats: []string{"csv", "raw"},
				Body: schema.Body{Attributes: []schema.Attribute{
					{Name: "query", Type: cty.String, Required: true, Identity: true},
					{Name: "download", Type: cty.String, Default: cty.StringVal("never")},
					{Name: "on_destroy", Type: cty.String},
				}},
				Result: map[string]schema.Result{"url": {Type: cty.String}, "report_id": {Type: cty.String}},
			}},
		},
		Exports: map[string]providers.ExportType{"board_report": {Policy: func(a schema.Values) export.Policy {
			try := a.String("download") == "try"
			return export.Policy{Source: export.SourceCreate, NoFiles: !try, TryFiles: try}
		}}},
		Configure: func(providers.ConfigureRequest) (providers.Provider, error) { return &boardProvider{b}, nil },
	}
}

type boardProvider struct{ *board }

func (p *boardProvider) Account() string          { return "board:one" }
func (p *boardProvider) Limits() providers.Limits { return providers.Limits{MaxInFlight: 2} }

func (p *boardProvider) Observe(ctx context.Context, t providers.Target) (*providers.Observation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := errors.Join(ctx.Err(), p.call("observe")); err != nil {
		return nil, err
	}
	o := &providers.Observation{}
	if p.drift != "" {
		o.Drift = []string{p.drift}
	}
	for _, id := range p.ids() {
		obj := p.objects[id]
		known := slices.ContainsFunc(t.Known, func(k export.KnownVersion) bool { return k.ID == id })
		if known || !p.blind && obj.marker == t.Marker {
			o.Versions = append(o.Versions, obj.version)
		}
	}
	return o, nil
}

func (p *boardProvider) Create(_ context.Context, t providers.Target) (export.Version, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call("create"); err != nil {
		return export.Version{}, err
	}
	p.created++
	id := fmt.Sprintf("o%02d", p.created)
	v := export.Version{ID: id, CreatedAt: p.clock.Now(), Meta: map[string]string{"url": "https://board.example/" + id}}
	p.objects[id] = &boardObject{version: v, marker: t.Marker, query: t.Args.String("query")}
	if p.lost {
		p.lost = false
		return export.Version{}, &providers.Error{Kind: providers.Uncertain, Message: "the connection broke"}
	}
	return v, nil
}

func (p *boardProvider) FindCreated(_ context.Context, t providers.Target, in export.Intent) (providers.Reconciled, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call("find"); err != nil {
		return providers.Reconciled{}, err
	}
	if p.blind {
		return providers.Reconciled{Outcome: providers.Undecided}, nil
	}
	for _, id := range p.ids() {
		if obj := p.objects[id]; obj.marker == t.Marker && !obj.version.CreatedAt.Before(in.StartedAt) && id > in.After {
			return providers.Reconciled{Outcome: providers.FoundVersion, Version: &obj.version}, nil
		}
	}
	return providers.Reconciled{Outcome: providers.NotStarted}, nil
}

func (p *boardProvider) Lookup(_ context.Context, _ providers.Target, id string) (export.Version, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	obj := p.objects[strings.TrimPrefix(id, "https://board.example/")]
	if obj == nil {
		return export.Version{}, &providers.Error{Kind: providers.NotFound, Op: "look up report", Message: "there is no report " + id}
	}
	return obj.version, nil
}

func (p *boardProvider) Delete(_ context.Context, _ providers.Target, v export.Version) (providers.Deletion, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call("delete"); err != nil {
		return providers.Deletion{}, err
	}
	if p.refuses {
		return providers.Deletion{Refused: "405 method not allowed"}, nil
	}
	delete(p.objects, v.ID)
	return providers.Deletion{}, nil
}

func (p *boardProvider) Open(_ context.Context, _ providers.Target, v export.Version) (export.Reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call("open"); err != nil {
		return nil, err
	}
	if !p.files {
		return nil, &providers.Error{Kind: providers.Refused, Op: "download report", Message: "the service hands out no file"}
	}
	return &boardReader{id: v.ID}, nil
}

type boardReader struct {
	id   string
	done bool
}

func (r *boardReader) Next(ctx context.Context) (*export.Part, error) {
	if r.done {
		return nil, io.EOF
	}
	r.done = true
	return r.Again(ctx)
}

func (r *boardReader) Again(context.Context) (*export.Part, error) {
	return &export.Part{Ext: "xlsx", Body: strings.NewReader("PK " + r.id)}, nil
}

func (r *boardReader) Warnings() []string { return nil }
func (r *boardReader) Close() error       { return nil }
