package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// shop is a model of a service that makes reports about windows of days. Each kind
// of report may be started once in two minutes, so many run at once, and a report
// holds no more than so many days.
type shop struct {
	mu      sync.Mutex
	clock   clock.Clock
	active  int
	maxDays int
	empty   map[string]bool // days without data
	late    map[string]bool // days that may get data later
	version map[string]int  // by day: how often its rows have changed
	fails   int             // so many generations fail in passing

	starts     map[string]time.Time
	reports    map[string]*shopReport
	asked      []string // windows, in order
	violations []string
	calls      int
	onCall     func(name string) error
	lost       bool // the next answer is lost

	// daily is how many requests the account may make in a day; 0 is no limit.
	daily    int
	requests map[string]int // by day
}

type shopReport struct {
	kind   string
	window export.Period
	ready  time.Time
	fails  bool
}

func newShop(c clock.Clock) *shop {
	return &shop{
		clock: c, active: 1, maxDays: 1000, empty: map[string]bool{}, late: map[string]bool{}, version: map[string]int{},
		starts: map[string]time.Time{}, reports: map[string]*shopReport{}, requests: map[string]int{},
	}
}

const shopInterval = 2 * time.Minute

func shopType(s *shop) *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: "shop",
			Exports: []schema.Export{{
				Type: "shop_report", Formats: []string{"csv"},
				Body: schema.Body{Attributes: []schema.Attribute{
					{Name: "kind", Type: cty.String, Default: cty.StringVal("sales"), Identity: true},
					{Name: "params", Type: cty.DynamicPseudoType},
				}},
			}},
		},
		Exports: map[string]providers.ExportType{"shop_report": {Policy: func(schema.Values) export.Policy {
			return export.Policy{Source: export.SourceGenerate, Periods: true, PeriodUnits: []export.Unit{export.Day, export.Month, export.Year}, MaxMonths: 3, PeriodFields: []string{"date_from"}}
		}}},
		Configure: func(providers.ConfigureRequest) (providers.Provider, error) { return &shopProvider{s}, nil },
	}
}

type shopProvider struct{ *shop }

func (p *shopProvider) Account() string { return "shop:one" }

func (p *shopProvider) Limits() providers.Limits {
	return providers.Limits{MaxInFlight: 3, ActiveGenerations: p.active, PollTimeout: 15 * time.Minute, PollIntervals: []time.Duration{5 * time.Second}, DailyRequests: p.daily}
}

// request is a request as the transport makes it: the run is asked first.
func (p *shopProvider) request(ctx context.Context) error {
	if admit := providers.TraceOf(ctx).Admit; admit != nil {
		if err := admit(); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests[p.clock.Now().UTC().Format(time.DateOnly)]++
	return nil
}

func (p *shopProvider) Slot(t providers.Target) providers.Slot {
	return providers.Slot{Limit: "generation:" + t.Args.String("kind"), Interval: shopInterval}
}

func (p *shopProvider) Observe(ctx context.Context, _ providers.Target) (*providers.Observation, error) {
	return &providers.Observation{Earliest: p.clock.Now().AddDate(0, 0, -90)}, errors.Join(ctx.Err(), p.call("observe"))
}

func (p *shopProvider) call(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.onCall != nil {
		return p.onCall(name)
	}
	return nil
}

func (p *shopProvider) Generate(_ context.Context, t providers.Target, w *export.Period) (string, error) {
	if err := p.call("generate"); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now, kind := p.clock.Now(), t.Args.String("kind")
	running := 0
	for _, r := range p.reports {
		if now.Before(r.ready) {
			running++
		}
	}
	switch {
	case now.Sub(p.starts[kind]) < shopInterval:
		p.violations = append(p.violations, "too soon: "+kind)
		return "", &providers.Error{Kind: providers.TooSoon, RetryAfter: shopInterval}
	case running >= p.active:
		p.violations = append(p.violations, "too many: "+kind)
		return "", &providers.Error{Kind: providers.Busy}
	}
	p.starts[kind] = now
	p.asked = append(p.asked, w.Name)
	id := fmt.Sprintf("r%d", len(p.asked))
	p.reports[id] = &shopReport{kind: kind, window: *w, ready: now.Add(20 * time.Second), fails: p.fails > 0}
	p.fails = max(p.fails-1, 0)
	if p.lost {
		p.lost = false
		return "", &providers.Error{Kind: providers.Uncertain, Message: "the connection broke"}
	}
	return id, nil
}

func (p *shopProvider) Poll(ctx context.Context, _ providers.Target, req export.Request) (providers.Progress, error) {
	if err := errors.Join(ctx.Err(), p.call("poll")); err != nil {
		return providers.Progress{}, err
	}
	if err := p.request(ctx); err != nil {
		return providers.Progress{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.reports[req.ID]
	switch {
	case r == nil:
		return providers.Progress{State: providers.Lost}, nil
	case p.clock.Now().Before(r.ready):
		return providers.Progress{State: providers.Running}, nil
	case r.fails:
		return providers.Progress{State: providers.Failed, Detail: "FAILED", Again: true}, nil
	case len(p.days(r.window)) > p.maxDays:
		return providers.Progress{State: providers.TooLarge}, nil
	}
	v := &export.Version{ID: req.ID, Empty: true}
	for _, d := range p.days(r.window) {
		v.Empty = v.Empty && p.empty[d]
		v.Provisional = v.Provisional || p.late[d]
	}
	return providers.Progress{State: providers.Ready, Version: v}, nil
}

// days are the days of a window.
func (p *shopProvider) days(w export.Period) []string {
	var out []string
	for t := w.Start; t.Before(w.End); t = t.AddDate(0, 0, 1) {
		out = append(out, t.Format(time.DateOnly))
	}
	return out
}

func (p *shopProvider) Reconcile(_ context.Context, _ providers.Target, in export.Intent) (providers.Reconciled, error) {
	if err := p.call("reconcile"); err != nil {
		return providers.Reconciled{}, err
	}
	if wait := in.StartedAt.Add(shopInterval).Sub(p.clock.Now()); wait > 0 {
		return providers.Reconciled{Outcome: providers.Undecided, Wait: wait}, nil
	}
	return providers.Reconciled{Outcome: providers.NotStarted}, nil
}

func (p *shopProvider) Open(_ context.Context, _ providers.Target, v export.Version) (export.Reader, error) {
	if err := p.call("open"); err != nil {
		return nil, err
	}
	return &shopReader{p: p, v: v}, nil
}

// shopReader gives a part for each piece: a row for each day.
type shopReader struct {
	p    *shopProvider
	v    export.Version
	next int
}

func (r *shopReader) Next(ctx context.Context) (*export.Part, error) {
	r.next++
	return r.Again(ctx)
}

func (r *shopReader) Again(ctx context.Context) (*export.Part, error) {
	if r.next > len(r.v.Pieces) {
		return nil, io.EOF
	}
	if err := errors.Join(ctx.Err(), r.p.call("part")); err != nil {
		return nil, err
	}
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	piece := r.v.Pieces[r.next-1]
	report := r.p.reports[piece.RequestID]
	if report == nil {
		return nil, &providers.Error{Kind: providers.Gone, Message: "Report not found."}
	}
	var b strings.Builder
	for _, d := range r.p.days(report.window) {
		if !r.p.empty[d] {
			fmt.Fprintf(&b, "%s/%d\n", d, r.p.version[d])
		}
	}
	body := strings.NewReader(b.String())
	return &export.Part{Index: r.next - 1, Ext: "txt", Body: body, Rows: func(rd io.Reader) export.Rows { return &lines{r: rd} }}, nil
}

func (r *shopReader) Warnings() []string { return nil }
func (r *shopReader) Close() error       { return nil }
