package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// service is a model of a service that outlives the runs against it. It allows
// one generation at a time and one in ten minutes, and counts what it is asked.
type service struct {
	mu    sync.Mutex
	clock clock.Clock
	saves []export.Version

	interval   time.Duration
	takes      time.Duration
	lastStart  time.Time
	running    string // request id
	readyAt    time.Time
	made       map[string]export.Version
	nextID     int
	calls      map[string]int
	generated  int
	violations []string

	// loseAnswer makes the next generation start and its answer be lost.
	loseAnswer int
	// observeErr, openErr and generateErr are returned instead of answers.
	observeErr  error
	generateErr error
	openErr     map[string]error
	// cutPart breaks off the body of part n of a version so many times.
	cutPart map[string]int
	rows    map[string]int
	// notes are the argument note by version, as Open was given it.
	notes map[string]string
	// onCall is called before every call, with its name; an error is returned.
	onCall func(name string) error
}

func newService(c clock.Clock, ids ...int) *service {
	s := &service{
		clock: c, interval: 10 * time.Minute, takes: 40 * time.Second, nextID: 100,
		made: map[string]export.Version{}, calls: map[string]int{}, openErr: map[string]error{}, cutPart: map[string]int{}, rows: map[string]int{}, notes: map[string]string{},
	}
	for _, id := range ids {
		s.saves = append(s.saves, export.Version{ID: fmt.Sprint(id), CreatedAt: c.Now().Add(-time.Duration(100-id) * time.Hour), Parts: 2})
	}
	return s
}

func (s *service) call(name string) error {
	s.calls[name]++
	if s.onCall != nil {
		return s.onCall(name)
	}
	return nil
}

// settle lets a generation end whose time has come.
func (s *service) settle() {
	if s.running != "" && !s.clock.Now().Before(s.readyAt) {
		v := export.Version{ID: fmt.Sprint(s.nextID), CreatedAt: s.readyAt, Parts: 2}
		s.nextID++
		s.saves = append(s.saves, v)
		s.made[s.running] = v
		s.running = ""
	}
}

func fakeType(s *service) *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: "fake",
			Body: schema.Body{Attributes: []schema.Attribute{{Name: "token", Type: cty.String, Sensitive: true}}},
			Exports: []schema.Export{{
				Type: "fake_report", Formats: []string{"csv", "jsonl", "raw"},
				Body: schema.Body{Attributes: []schema.Attribute{
					{Name: "report_id", Type: cty.String, Required: true, Identity: true},
					{Name: "mode", Type: cty.String, Default: cty.StringVal("saved")},
					{Name: "note", Type: cty.String, Late: true},
				}},
				Result: map[string]schema.Result{"report_id": {Type: cty.String}},
			}},
			Data: []schema.Data{{Type: "fake_reports", Result: map[string]schema.Result{"reports": {Type: cty.Map(cty.String)}}}},
		},
		Exports: map[string]providers.ExportType{"fake_report": {Policy: func(args schema.Values) export.Policy {
			switch args.String("mode") {
			case "generate":
				return export.Policy{Source: export.SourceGenerate}
			case "auto":
				return export.Policy{Source: export.SourceAuto}
			}
			return export.Policy{Source: export.SourceMirror}
		}}},
		Configure: func(r providers.ConfigureRequest) (providers.Provider, error) {
			if r.Args.String("token") == "bad" {
				return &fakeProvider{service: s, bad: true}, nil
			}
			return &fakeProvider{service: s}, nil
		},
	}
}

type fakeProvider struct {
	*service
	bad bool
}

func (p *fakeProvider) Account() string { return "fake:one" }

func (p *fakeProvider) Limits() providers.Limits {
	return providers.Limits{
		MaxInFlight: 2, GenerationInterval: p.interval, PollTimeout: 15 * time.Minute, PollIntervals: []time.Duration{5 * time.Second},
	}
}

func (p *fakeProvider) Observe(ctx context.Context, _ providers.Target) (*providers.Observation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := errors.Join(ctx.Err(), p.call("observe"), p.observeErr); err != nil {
		return nil, err
	}
	if p.bad {
		return nil, &providers.Error{Kind: providers.Auth, Op: "read save list", Message: "token unknown", Hint: "Check the token."}
	}
	p.settle()
	return &providers.Observation{Versions: slices.Clone(p.saves)}, nil
}

func (p *fakeProvider) ReadData(context.Context, string, schema.Values) (cty.Value, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call("data"); err != nil {
		return cty.NilVal, err
	}
	return cty.ObjectVal(map[string]cty.Value{"reports": cty.MapVal(map[string]cty.Value{"a": cty.StringVal("1"), "b": cty.StringVal("2")})}), nil
}

func (p *fakeProvider) Generate(context.Context, providers.Target, *export.Period) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := errors.Join(p.call("generate"), p.generateErr); err != nil {
		return "", err
	}
	p.settle()
	now := p.clock.Now()
	switch {
	case p.running != "":
		return "", &providers.Error{Kind: providers.Busy, RequestID: p.running}
	case !p.lastStart.IsZero() && now.Sub(p.lastStart) < p.interval:
		p.violations = append(p.violations, "too soon")
		return "", &providers.Error{Kind: providers.TooSoon, RetryAfter: p.interval}
	}
	p.generated++
	p.lastStart, p.readyAt = now, now.Add(p.takes)
	p.running = fmt.Sprintf("req-%d", p.generated)
	if p.loseAnswer > 0 {
		p.loseAnswer--
		return "", &providers.Error{Kind: providers.Uncertain, Message: "the connection broke"}
	}
	return p.running, nil
}

func (p *fakeProvider) Poll(ctx context.Context, _ providers.Target, r export.Request) (providers.Progress, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := errors.Join(ctx.Err(), p.call("poll")); err != nil {
		return providers.Progress{}, err
	}
	p.settle()
	if r.ID == p.running {
		return providers.Progress{State: providers.Running}, nil
	}
	if v, ok := p.made[r.ID]; ok {
		return providers.Progress{State: providers.Ready, Version: &v}, nil
	}
	return providers.Progress{State: providers.Lost}, nil
}

func (p *fakeProvider) Reconcile(ctx context.Context, t providers.Target, in export.Intent) (providers.Reconciled, error) {
	p.mu.Lock()
	p.settle()
	err := p.call("reconcile")
	for _, v := range p.saves {
		if err == nil && (export.Version{ID: in.After}).Compare(v) < 0 {
			p.mu.Unlock()
			return providers.Reconciled{Outcome: providers.FoundVersion, Version: &v}, nil
		}
	}
	p.mu.Unlock()
	if err != nil {
		return providers.Reconciled{}, err
	}
	id, err := p.Generate(ctx, t, nil)
	switch providers.KindOf(err) {
	case "":
		return providers.Reconciled{Outcome: providers.FoundRequest, RequestID: id, Started: true}, nil
	case providers.Busy:
		e, _ := errors.AsType[*providers.Error](err)
		return providers.Reconciled{Outcome: providers.FoundRequest, RequestID: e.RequestID}, nil
	case providers.TooSoon:
		return providers.Reconciled{Outcome: providers.Undecided, Wait: 30 * time.Second}, nil
	}
	return providers.Reconciled{}, err
}

func (p *fakeProvider) Open(_ context.Context, t providers.Target, v export.Version) (export.Reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes[v.ID] = t.Args.String("note")
	if err := errors.Join(p.call("open"), p.openErr[v.ID]); err != nil {
		return nil, err
	}
	rows := 3
	if n, ok := p.rows[v.ID]; ok {
		rows = n
	}
	return &fakeReader{p: p, version: v, rows: rows}, nil
}

// fakeReader serves two parts with a few rows each.
type fakeReader struct {
	p       *fakeProvider
	version export.Version
	rows    int
	next    int
}

func (r *fakeReader) Next(ctx context.Context) (*export.Part, error) {
	if r.next == 2 {
		return nil, io.EOF
	}
	r.next++
	return r.Again(ctx)
}

func (r *fakeReader) Again(ctx context.Context) (*export.Part, error) {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	if err := errors.Join(ctx.Err(), r.p.call("part")); err != nil {
		return nil, err
	}
	i := r.next - 1
	var b strings.Builder
	for n := range r.rows {
		fmt.Fprintf(&b, "%s-%d-%d\n", r.version.ID, i, n)
	}
	var body io.Reader = strings.NewReader(b.String())
	key := fmt.Sprintf("%s/%d", r.version.ID, i)
	if r.p.cutPart[key] > 0 {
		r.p.cutPart[key]--
		body = io.MultiReader(io.LimitReader(body, 4), brokenReader{})
	}
	return &export.Part{Index: i, Ext: "txt", Body: body, Rows: func(rd io.Reader) export.Rows { return &lines{r: rd} }}, nil
}

func (r *fakeReader) Warnings() []string { return nil }
func (r *fakeReader) Close() error       { return nil }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// lines decodes a body of lines into rows of one cell.
type lines struct {
	r    io.Reader
	rest []string
	read bool
}

func (l *lines) Columns() []export.Column { return []export.Column{{Name: "line"}} }

func (l *lines) Next() ([][]byte, error) {
	if !l.read {
		data, err := io.ReadAll(l.r)
		if err != nil {
			return nil, err
		}
		l.read = true
		l.rest = strings.Fields(string(data))
	}
	if len(l.rest) == 0 {
		return nil, io.EOF
	}
	cell := l.rest[0]
	l.rest = l.rest[1:]
	return [][]byte{[]byte(cell)}, nil
}
