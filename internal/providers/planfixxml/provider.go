package planfixxml

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// provider is one account.
type provider struct {
	client  *transport.Client
	clock   clock.Clock
	account string // as requests name it
	key     string // as limits are counted by it
	limits  providers.Limits
	zone    *time.Location // nil: times stay as they come
	session *session       // nil when a token is used
	noticed atomic.Bool
}

var (
	_ providers.Provider   = (*provider)(nil)
	_ providers.Examiner   = (*provider)(nil)
	_ providers.Discoverer = (*provider)(nil)
)

// accountPattern is what the name of an account may look like.
var accountPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

// configure makes an account from the arguments of a provider block.
func configure(req providers.ConfigureRequest) (providers.Provider, error) {
	s, err := providers.ReadSettings(req.Args)
	if err != nil {
		return nil, err
	}
	if req.Args.String("base_url") == "" {
		return nil, errors.New("base_url is not set, nor PLANFIX_XML_URL in the environment; " + regions)
	}
	base, err := transport.ParseBaseURL(req.Args.String("base_url"))
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	account := req.Args.String("account")
	if !accountPattern.MatchString(account) {
		return nil, fmt.Errorf("account = %q must be the account's name alone, such as \"acme\"", account)
	}
	apiKey, token, login, password := req.Args.String("api_key"), req.Args.String("token"), req.Args.String("login"), req.Args.String("password")
	switch {
	case apiKey == "":
		return nil, errors.New("api_key is not set; set it in the provider block or in the environment as PLANFIX_XML_API_KEY")
	case token != "" && (login != "" || password != ""):
		return nil, errors.New("both token and login are set, perhaps one of them by the environment (PLANFIX_XML_TOKEN, PLANFIX_XML_LOGIN); keep one way to log in")
	case token == "" && (login == "" || password == ""):
		return nil, errors.New("set token, or login and password, in the provider block or in the environment (PLANFIX_XML_TOKEN, PLANFIX_XML_LOGIN, PLANFIX_XML_PASSWORD)")
	case strings.Contains(apiKey, ":"):
		return nil, errors.New("api_key holds a colon, which no key has; the token is an argument of its own")
	}
	var zone *time.Location
	if name := req.Args.String("timezone"); name != "" {
		if zone, err = time.LoadLocation(name); err != nil {
			return nil, fmt.Errorf("timezone = %q is not known; use a name such as \"Europe/Moscow\"", name)
		}
	}
	quota := req.Args.Int("daily_quota")
	if quota < 0 {
		return nil, fmt.Errorf("daily_quota = %d must not be negative; 0 counts nothing", quota)
	}
	connector, err := transport.Connector(req.Transport, s.CAFile, s.MaxInFlight)
	if err != nil {
		return nil, err
	}
	authorization := basic(apiKey, token)
	p := &provider{
		clock: req.Clock, account: account, key: "planfix_xml:" + base.Host + "/" + strings.ToLower(account), limits: s.Limits(0), zone: zone,
		client: transport.New(transport.Options{
			Base: connector, Clock: req.Clock, Log: req.Log, BaseURL: base, UserAgent: req.UserAgent,
			Header: http.Header{
				"Authorization": {authorization}, "Accept": {"application/xml"}, "Content-Type": {"application/xml; charset=utf-8"},
			},
			Secrets: []string{authorization, apiKey, token, password}, Interval: s.Spacing(), MaxInFlight: s.MaxInFlight, MaxRetries: s.MaxRetries,
			HeaderTimeout: s.Timeout, StallTimeout: s.Timeout, Remaining: remaining,
		}),
	}
	p.limits.DailyRequests, p.limits.QuotaZone = quota, zone
	if p.clock == nil {
		p.clock = clock.Wall{}
	}
	if token == "" {
		p.session = &session{login: login, password: password}
	}
	return p, nil
}

// Account implements [providers.Provider].
func (p *provider) Account() string { return p.key }

// Limits implements [providers.Provider].
func (p *provider) Limits() providers.Limits { return p.limits }

const legacy = "The XML API is an older one that the service keeps but does not develop; where a report over REST will do, prefer the provider planfix."

// Observe implements [providers.Provider]. It asks nothing: requests are counted, and
// a list is either read or not.
func (p *provider) Observe(ctx context.Context, t providers.Target) (*providers.Observation, error) {
	o := &providers.Observation{Requests: 1}
	for i := range t.Known {
		if k := &t.Known[i]; k.Rows > 0 && methodOf(t.Args).Style != Once && t.Args.String("sync") != syncIncremental {
			o.Requests = int(k.Rows)/pageSize + 1
		}
	}
	if len(t.Known) == 0 && !p.noticed.Swap(true) { // who has versions was told
		o.Warnings = []string{legacy}
	}
	return o, context.Cause(ctx)
}

// Examine implements [providers.Examiner].
func (p *provider) Examine(ctx context.Context) ([]string, error) {
	const method = "user.getList"
	body, err := p.call(ctx, "ask for the number of users", method, []element{number("pageCurrent", 0)})
	if e, ok := errors.AsType[*providers.Error](err); ok && e.Code == "0020" {
		return []string{"the credentials are good; the token may not use " + method}, nil
	}
	if err != nil {
		return nil, err
	}
	pg, err := parsePage(body, "users", "user")
	if err != nil {
		return nil, p.odd("ask for the number of users", err)
	}
	found := []string{"account " + p.account}
	if pg.total >= 0 {
		found = append(found, fmt.Sprintf("%d users", pg.total))
	}
	return found, nil
}

// Discover implements [providers.Discoverer]: the lists that need no parameters, the
// records of each handbook, and the data of each kind of analytics. It takes two
// requests of the day's quota.
func (p *provider) Discover(ctx context.Context) ([]providers.Discovered, error) {
	var out []providers.Discovered
	for _, m := range Methods {
		if len(m.OneOf) > 0 || m.Changes == ByPeriod || m.Item == "" || !strings.HasSuffix(m.Name, ".getList") {
			continue
		}
		out = append(out, providers.Discovered{Type: typeList, Name: m.List, Args: []providers.Argument{providers.Text("method", m.Name)}})
	}
	for _, of := range []struct{ list, method, param string }{
		{"handbook.getList", "handbook.getRecords", "handbook"},
		{"analitic.getList", "analitic.getDataByCondition", "analitic"},
	} {
		found, err := p.things(ctx, of.list)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			params := cty.ObjectVal(map[string]cty.Value{of.param: cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal(t.child("id").value())})})
			out = append(out, providers.Discovered{Type: typeList, Name: transport.Clean(t.child("name").value(), 100), Args: []providers.Argument{
				providers.Text("method", of.method), {Name: "params", Value: params},
			}})
		}
	}
	return out, nil
}

// things are the items of a list that comes in one answer, as far as they have an id.
// What the token may not use has none.
func (p *provider) things(ctx context.Context, method string) ([]*node, error) {
	m, op := find(method), "list what "+method+" has"
	body, err := p.call(ctx, op, method, nil)
	if e, ok := errors.AsType[*providers.Error](err); ok && e.Code == "0020" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	pg, err := parsePage(body, m.List, m.Item)
	if err != nil {
		return nil, p.odd(op, err)
	}
	return slices.DeleteFunc(pg.items, func(n *node) bool { return n.child("id").value() == "" }), nil
}

// Open implements [providers.Provider].
func (p *provider) Open(_ context.Context, t providers.Target, v export.Version) (export.Reader, error) {
	return newReader(p, t, v)
}

// odd is the error of an answer that is not what the service is known to send.
func (p *provider) odd(op string, err error) error {
	return &providers.Error{
		Kind: providers.Protocol, Op: op, Message: p.client.Redactor().Redact(transport.Clean(err.Error(), 500)),
		Hint: "The service's API may have changed, or a proxy on the way changes answers; look for a newer version of reportsync.",
	}
}
