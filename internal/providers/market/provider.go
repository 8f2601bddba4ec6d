package market

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/market/methods"
	"reportsync/internal/providers/transport"
)

// shortestTimeout is how long a call must be given: the service writes a client that
// hangs up earlier into the seller's log as an error.
const shortestTimeout = 30 * time.Second

// provider is one cabinet.
type provider struct {
	client *transport.Client
	files  *transport.Client // for links, which are on other hosts
	clock  clock.Clock
	base   *url.URL
	limits providers.Limits

	business string // as configured
	apiKey   bool   // it is an Api-Key, which can tell its scopes
	plan     string // the subscription as configured, "" for auto
	interval time.Duration
	hosts    []string
	maxFile  int64
	scratch  func() (providers.Scratch, error)

	level  providers.Once[subscription]
	shops  providers.Once[[]campaign]
	scopes providers.Once[[]string]

	mu        sync.Mutex
	estimates map[string]time.Duration // by report id
	hollow    map[string]int           // how often a report was done without a file
}

var (
	_ providers.Provider       = (*provider)(nil)
	_ providers.Generator      = (*provider)(nil)
	_ providers.Paced          = (*provider)(nil)
	_ providers.Estimator      = (*provider)(nil)
	_ providers.Examiner       = (*provider)(nil)
	_ providers.TargetExaminer = (*provider)(nil)
	_ providers.DataReader     = (*provider)(nil)
	_ providers.Discoverer     = (*provider)(nil)
)

// idPattern is what the id of a cabinet or shop looks like.
var idPattern = regexp.MustCompile(`^[1-9]\d{0,18}$`)

// configure makes an account from the arguments of a provider block.
func configure(req providers.ConfigureRequest) (providers.Provider, error) {
	s, err := providers.ReadSettings(req.Args)
	if err != nil {
		return nil, err
	}
	base, err := transport.ParseBaseURL(req.Args.String("base_url"))
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	if s.Timeout < shortestTimeout && base.Scheme == "https" {
		return nil, fmt.Errorf("timeout = %q must be at least %s: the service logs clients that hang up earlier as errors", req.Args.String("timeout"), shortestTimeout)
	}
	p := &provider{
		clock: req.Clock, base: base, limits: s.Limits(0), business: req.Args.String("business_id"), interval: req.Args.Duration("generation_interval"),
		hosts: req.Args.Strings("download_hosts"), maxFile: int64(req.Args.Int("max_file_size")) << 20, scratch: req.Scratch,
		estimates: map[string]time.Duration{}, hollow: map[string]int{},
	}
	if p.clock == nil {
		p.clock = clock.Wall{}
	}
	if p.business != "" && !idPattern.MatchString(p.business) {
		return nil, fmt.Errorf("business_id = %q must be the number of a cabinet", p.business)
	}
	if p.maxFile <= 0 {
		return nil, errors.New("max_file_size must be at least 1 MiB")
	}
	if plan := req.Args.String("subscription"); plan != subscriptionAuto {
		p.plan = strings.ToUpper(plan)
	}
	header, secrets, err := p.credentials(req)
	if err != nil {
		return nil, err
	}
	connector, err := transport.Connector(req.Transport, s.CAFile, s.MaxInFlight)
	if err != nil {
		return nil, err
	}
	o := transport.Options{
		Base: connector, Clock: req.Clock, Log: req.Log, BaseURL: base, UserAgent: req.UserAgent, Header: header, Secrets: secrets,
		Interval: s.Spacing(), MaxInFlight: s.MaxInFlight, MaxRetries: s.MaxRetries, HeaderTimeout: s.Timeout, StallTimeout: s.Timeout,
		OneRequestEach: true, // the service keeps no connection open
	}
	p.client = transport.New(o)
	o.Header, o.Interval, o.MaxRetries = nil, 0, 0 // a broken download begins with another link
	p.files = transport.New(o)
	return p, nil
}

// credentials makes the headers that go with every call.
func (p *provider) credentials(req providers.ConfigureRequest) (h http.Header, secrets []string, err error) {
	key, token := req.Args.String("api_key"), req.Args.String("oauth_token")
	h = http.Header{"Accept": {"application/json"}, "X-Market-Integration": {req.UserAgent}}
	switch {
	case key != "" && token != "":
		return nil, nil, errors.New("both api_key and oauth_token are set, perhaps one of them by the environment " +
			"(YANDEX_MARKET_API_KEY, YANDEX_MARKET_OAUTH_TOKEN); keep one")
	case key == "" && token == "":
		return nil, nil, errors.New("api_key is not set; set it in the provider block or in the environment as YANDEX_MARKET_API_KEY")
	}
	if strings.ContainsFunc(key+token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, nil, errors.New("the token holds spaces or characters that no token has; copy it again, without a word before it")
	}
	if p.apiKey = key != ""; p.apiKey {
		h["Api-Key"] = []string{key}
		return h, []string{key}, nil
	}
	h["Authorization"] = []string{"Bearer " + token}
	if p.business != "" {
		h["X-Business-Id"] = []string{p.business}
	}
	return h, []string{token}, nil
}

// Account implements [providers.Provider].
func (p *provider) Account() string {
	name := providerName + ":" + p.base.Host
	if p.business != "" {
		name += "/" + p.business
	}
	return name
}

// Limits implements [providers.Provider].
func (p *provider) Limits() providers.Limits {
	l := p.limits
	l.ActiveGenerations = 1
	if p.subscribed() == methods.Medium {
		l.ActiveGenerations = 10
	}
	// A generation that hangs is given up here, and asked for again.
	l.PollTimeout += 5 * time.Minute
	return l
}

// subscribed is the subscription as far as it is known.
func (p *provider) subscribed() string {
	if p.plan != "" {
		return p.plan
	}
	if s, ok := p.level.Known(); ok {
		return s.level
	}
	return methods.None
}

// Slot implements [providers.Paced].
func (p *provider) Slot(t providers.Target) providers.Slot {
	name := t.Args.String("report")
	s := providers.Slot{Interval: 2 * time.Minute}
	if m, ok := methods.Find(name); ok {
		s.Interval = m.Window(p.subscribed()).Interval()
	} else {
		name = t.Args.String("request_path")
	}
	s.Limit = "generation:" + name
	if p.interval > 0 {
		s.Interval = p.interval
	}
	return s
}

// Observe implements [providers.Provider]. There is no list of reports: it finds out
// what may be asked for.
func (p *provider) Observe(ctx context.Context, t providers.Target) (*providers.Observation, error) {
	o := &providers.Observation{}
	level, err := p.subscription(ctx)
	if err != nil {
		return nil, err
	}
	if level.warning != "" {
		o.Warnings = append(o.Warnings, level.warning)
	}
	m, ok := methods.Find(t.Args.String("report"))
	if !ok {
		return o, nil
	}
	if err := p.allowed(ctx, m); err != nil {
		return nil, err
	}
	if err := p.open(ctx, t); err != nil {
		return nil, err
	}
	in, err := p.input(ctx, t, nil)
	if err != nil {
		return nil, err
	}
	in.Subscription, in.Now = level.level, p.clock.Now()
	for _, problem := range methods.Check(in) {
		return nil, &providers.Error{Kind: providers.Invalid, Op: "check params", Message: problem.Summary + ": " + problem.Detail}
	}
	o.Earliest = m.Earliest(level.level, p.clock.Now())
	return o, nil
}

// input completes what an instance says with the cabinet.
func (p *provider) input(ctx context.Context, t providers.Target, period *export.Period) (*methods.Input, error) {
	in := input(t, period)
	in.BusinessID = p.business
	if in.BusinessID != "" {
		return in, nil
	}
	in.AnyBusiness = true // does it matter?
	if in.Report == methods.Custom || len(methods.Check(in)) > 0 {
		return in, nil
	}
	in.AnyBusiness = false
	if len(methods.Check(in)) == 0 {
		return in, nil
	}
	id, err := p.cabinet(ctx)
	if err != nil {
		return nil, err
	}
	in.BusinessID = id
	return in, nil
}

// Examine implements [providers.Examiner].
func (p *provider) Examine(ctx context.Context) ([]string, error) {
	var out []string
	if p.apiKey {
		scopes, err := p.keyScopes(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, "scopes of the key: "+strings.Join(scopes, ", "))
		if missing := unreachable(scopes); len(missing) > 0 {
			out = append(out, "not allowed with them: "+strings.Join(missing, ", "))
		}
	}
	shops, err := p.campaigns(ctx)
	if err != nil {
		return nil, err
	}
	open := 0
	for _, c := range shops {
		if c.available() {
			open++
		} else {
			out = append(out, fmt.Sprintf("the API of shop %s (%s) is off: %s", c.ID, c.name(), c.Availability))
		}
	}
	level, err := p.subscription(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, "subscription "+level.level)
	if level.warning != "" {
		out = append(out, level.warning)
	}
	return append([]string{fmt.Sprintf("%d of %d shops can be used", open, len(shops))}, out...), nil
}

// ExamineTarget implements [providers.TargetExaminer]: scopes and shops.
func (p *provider) ExamineTarget(ctx context.Context, t providers.Target) error {
	if m, ok := methods.Find(t.Args.String("report")); ok {
		if err := p.allowed(ctx, m); err != nil {
			return err
		}
	}
	return p.open(ctx, t)
}

// unreachable are the reports that none of the scopes allows.
func unreachable(scopes []string) []string {
	var out []string
	for _, m := range methods.All() {
		if !m.Allows(scopes) {
			out = append(out, m.Name)
		}
	}
	return out
}
