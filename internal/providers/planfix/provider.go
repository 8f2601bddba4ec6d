package planfix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
	"reportsync/internal/schema"
)

// provider is one account.
type provider struct {
	client  *transport.Client
	clock   clock.Clock
	account string
	limits  providers.Limits
	reports catalog
	// ahead are the places for chunks that are asked for before they are read: as
	// many as requests may be in flight, none when that is one.
	ahead chan struct{}
}

var (
	_ providers.Provider   = (*provider)(nil)
	_ providers.Generator  = (*provider)(nil)
	_ providers.DataReader = (*provider)(nil)
)

// accountPattern is what a sub-domain may look like.
var accountPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

// configure makes an account from the arguments of a provider block.
func configure(req providers.ConfigureRequest) (providers.Provider, error) {
	s, err := providers.ReadSettings(req.Args)
	if err != nil {
		return nil, err
	}
	base, err := baseURL(req.Args)
	if err != nil {
		return nil, err
	}
	token := req.Args.String("token")
	if token == "" {
		return nil, errors.New("token is not set; set it in the provider block or in the environment as PLANFIX_TOKEN")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("token holds spaces or characters that no token has; copy it again")
	}
	interval, err := export.ParseDuration(req.Args.String("generation_interval"))
	if err != nil {
		return nil, fmt.Errorf("generation_interval: %w", err)
	}
	connector, err := transport.Connector(req.Transport, s.CAFile, s.MaxInFlight)
	if err != nil {
		return nil, err
	}
	p := &provider{
		clock: req.Clock, account: "planfix:" + base.Host, limits: s.Limits(interval),
		ahead: make(chan struct{}, aheadPlaces(s.MaxInFlight)),
		client: transport.New(transport.Options{
			Base: connector, Clock: req.Clock, Log: req.Log, BaseURL: base, UserAgent: req.UserAgent,
			Header:  http.Header{"Authorization": {"Bearer " + token}, "Accept": {"application/json"}},
			Secrets: []string{token, "Bearer " + token}, Interval: s.Spacing(), MaxInFlight: s.MaxInFlight, MaxRetries: s.MaxRetries,
			HeaderTimeout: s.Timeout, StallTimeout: s.Timeout, Remaining: remaining,
		}),
	}
	if p.clock == nil {
		p.clock = clock.Wall{}
	}
	p.reports.fetch = p.fetchReports
	return p, nil
}

func baseURL(args schema.Values) (*url.URL, error) {
	account, base := args.String("account"), args.String("base_url")
	switch {
	case base != "": // where both are set, one came from outside and is meant
		u, err := transport.ParseBaseURL(base)
		if err != nil {
			return nil, fmt.Errorf("base_url: %w", err)
		}
		return u, nil
	case account == "":
		return nil, errors.New("set account or base_url, or PLANFIX_BASE_URL in the environment")
	case !accountPattern.MatchString(account):
		return nil, fmt.Errorf("account = %q must be the account's name alone, such as \"acme\"; for a whole address use base_url", account)
	}
	return transport.ParseBaseURL("https://" + account + ".planfix.com/rest")
}

// Account implements [providers.Provider].
func (p *provider) Account() string { return p.account }

// Limits implements [providers.Provider].
func (p *provider) Limits() providers.Limits { return p.limits }

// Observe implements [providers.Provider].
func (p *provider) Observe(ctx context.Context, t providers.Target) (*providers.Observation, error) {
	id, err := p.reportID(ctx, t)
	if err != nil {
		return nil, err
	}
	list, warnings, err := p.saves(ctx, id)
	if err != nil {
		return nil, p.missing(ctx, id, err)
	}
	if len(list) == 0 {
		warnings = append(warnings, fmt.Sprintf("report %s has no saves that the token's user can see; "+
			"for a scheduled report, check that this user is among its recipients", id))
	}
	return &providers.Observation{Versions: list, Resolved: map[string]string{"report_id": id}, Warnings: warnings}, nil
}

// ReadData implements [providers.DataReader].
func (p *provider) ReadData(ctx context.Context, typ string, args schema.Values) (cty.Value, error) {
	switch typ {
	case dataReports:
		return p.readReports(ctx, args)
	case dataSaves:
		return p.readSaves(ctx, args)
	}
	return cty.NilVal, fmt.Errorf("provider planfix has no data source %s", typ)
}

// request is one call as this package makes it.
type request struct {
	op, method, path string
	query            url.Values
	body             any
	once             bool // must not be repeated
	judge            transport.Judge
}

func (r *request) call() (*transport.Call, error) {
	c := &transport.Call{Op: r.op, Method: r.method, Path: r.path, Query: r.query, Repeatable: !r.once, Judge: r.judge}
	if c.Judge == nil {
		c.Judge = judge
	}
	if r.body != nil {
		body, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.op, err)
		}
		c.Body, c.Header = body, http.Header{"Content-Type": {"application/json"}}
	}
	return c, nil
}

// read makes a call that is safe to repeat and decodes its answer into out.
func (p *provider) read(ctx context.Context, r request, out any) error {
	c, err := r.call()
	if err != nil {
		return err
	}
	a, err := p.client.Do(ctx, c)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return p.odd(r.op, a, "the answer has another shape than expected: "+plainly(err).Error())
	}
	return nil
}

// odd is the error of an answer that is not what the service is known to send.
func (p *provider) odd(op string, a *transport.Answer, what string) error {
	if text := transport.Snippet(a.Body); text != "" {
		what += " (" + text + ")"
	}
	return &providers.Error{
		Kind: providers.Protocol, Op: op, Status: a.Status, Message: p.client.Redactor().Redact(what),
		Hint: "The service's API may have changed; look for a newer version of reportsync.",
	}
}

// listTime is how a moment looks to expressions.
func listTime(t time.Time) cty.Value {
	if t.IsZero() {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(t.UTC().Format(time.RFC3339))
}

func aheadPlaces(inFlight int) int {
	if inFlight == 1 {
		return 0
	}
	return inFlight
}
