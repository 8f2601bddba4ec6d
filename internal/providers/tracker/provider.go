package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
	"reportsync/internal/schema"
)

// provider is one organisation, seen by one user.
type provider struct {
	client *transport.Client
	clock  clock.Clock
	base   *url.URL
	org    string
	limits providers.Limits
	// another is set when the user may be another one than before.
	another bool

	who     providers.Once[*user]
	fields  providers.Once[*catalogue]
	counted counts
	reading support // of a report by its id
	shown   support // of names in the search for reports
}

var (
	_ providers.Provider   = (*provider)(nil)
	_ providers.Creator    = (*provider)(nil)
	_ providers.Discoverer = (*provider)(nil)
	_ providers.Examiner   = (*provider)(nil)
	_ providers.DataReader = (*provider)(nil)
)

// support is whether the service has something that is not documented, as far as this
// run has found out.
type support struct {
	mu sync.Mutex
	no bool
}

func (s *support) missing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.no
}

func (s *support) deny() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.no = true
}

// orgPattern is what the id of an organisation may look like.
var orgPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

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
	token := req.Args.String("token")
	if token == "" {
		return nil, errors.New("token is not set; set it in the provider block or in the environment as YANDEX_TRACKER_TOKEN")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("token holds spaces or characters that no token has; copy it again, without the word before it")
	}
	org, cloud := req.Args.String("org_id"), req.Args.String("cloud_org_id")
	header := http.Header{"Accept": {"application/json"}, "Accept-Language": {req.Args.String("language")}}
	switch {
	case org != "" && cloud != "":
		return nil, errors.New("both org_id and cloud_org_id are set, perhaps one of them by the environment (YANDEX_TRACKER_ORG_ID, YANDEX_TRACKER_CLOUD_ORG_ID); keep one")
	case org != "":
		header["X-Org-Id"] = []string{org}
	case cloud != "":
		header["X-Cloud-Org-Id"] = []string{cloud}
		org = cloud
	default:
		return nil, errors.New("set org_id or cloud_org_id, in the provider block or in the environment (YANDEX_TRACKER_ORG_ID, YANDEX_TRACKER_CLOUD_ORG_ID)")
	}
	if !orgPattern.MatchString(org) {
		return nil, fmt.Errorf("the organisation's id %q has characters that no id has", org)
	}
	authorization := "OAuth " + token
	if req.Args.String("token_type") == "iam" {
		if cloud == "" {
			return nil, errors.New("token_type = \"iam\" needs cloud_org_id: IAM tokens are for organisations of Yandex Cloud only")
		}
		authorization = "Bearer " + token
	}
	header["Authorization"] = []string{authorization}
	connector, err := transport.Connector(req.Transport, s.CAFile, s.MaxInFlight)
	if err != nil {
		return nil, err
	}
	p := &provider{
		clock: req.Clock, base: base, org: org, limits: s.Limits(0), another: req.Args.Bool("allow_other_user"),
		client: transport.New(transport.Options{
			Base: connector, Clock: req.Clock, Log: req.Log, BaseURL: base, UserAgent: req.UserAgent, Header: header,
			Secrets: []string{token, authorization}, Interval: s.Spacing(), MaxInFlight: s.MaxInFlight, MaxRetries: s.MaxRetries,
			HeaderTimeout: s.Timeout, StallTimeout: s.Timeout, MaxRetryAfter: time.Minute,
		}),
	}
	if p.clock == nil {
		p.clock = clock.Wall{}
	}
	return p, nil
}

// Account implements [providers.Provider].
func (p *provider) Account() string { return providerName + ":" + p.base.Host + "/" + p.org }

// Limits implements [providers.Provider].
func (p *provider) Limits() providers.Limits { return p.limits }

// Observe implements [providers.Provider].
func (p *provider) Observe(ctx context.Context, t providers.Target) (*providers.Observation, error) {
	if err := p.sameUser(ctx, t.Known); err != nil {
		return nil, err
	}
	if t.Type == typeReport {
		return p.observeReport(ctx, t)
	}
	return p.observeIssues(ctx, t)
}

// Open implements [providers.Provider].
func (p *provider) Open(_ context.Context, t providers.Target, v export.Version) (export.Reader, error) {
	if t.Type == typeReport {
		return &download{p: p, report: v.ID, format: t.Args.String("report_format"), patience: t.Args.Duration("download_timeout")}, nil
	}
	return newReader(p, t, v), nil
}

// Examine implements [providers.Examiner].
func (p *provider) Examine(ctx context.Context) ([]string, error) {
	me, err := p.me(ctx)
	if err != nil {
		return nil, err
	}
	return []string{"organisation " + p.org, "user " + me.name()}, nil
}

// ReadData implements [providers.DataReader].
func (p *provider) ReadData(ctx context.Context, typ string, args schema.Values) (cty.Value, error) {
	switch typ {
	case dataFields:
		return p.readFields(ctx, args)
	case dataReports:
		return p.readReports(ctx)
	}
	return cty.NilVal, fmt.Errorf("provider %s has no data source %s", providerName, typ)
}

// What is found again of a version in later runs.
const (
	metaOrg    = "organisation"
	metaUser   = "user"
	metaURL    = "url"
	metaShort  = "short_id"
	metaID     = "report_id"
	metaAuthor = "author"
	metaSent   = "sent"        // the fields of the report as they were sent
	metaFilter = "filter_hash" // of the saved filter's content
	metaNewest = "watermark"   // the newest change in the data
	metaSweep  = "swept"       // when all ids were last read
)

// user is who asks.
type user struct {
	Self     string `json:"self"`
	UID      text   `json:"uid"`
	Tracker  text   `json:"trackerUid"`
	Passport text   `json:"passportUid"`
	Cloud    text   `json:"cloudUid"`
	Login    string `json:"login"`
	Display  string `json:"display"`
}

func (u *user) name() string {
	if u.Login != "" {
		return u.Login
	}
	return transport.Clean(u.Display, 100)
}

// ids are all ids that the user may have somewhere.
func (u *user) ids() []string {
	var out []string
	for _, id := range []text{u.Tracker, u.UID, u.Passport, u.Cloud, text(u.Login)} {
		if id != "" {
			out = append(out, string(id))
		}
	}
	return out
}

// authorID is the id by which objects name the user as their author, "" if it is not
// known: the end of the user's own address.
func (u *user) authorID() string { return u.Self[strings.LastIndexByte(u.Self, '/')+1:] }

// me is who asks, found out once in a run.
func (p *provider) me(ctx context.Context) (*user, error) {
	return p.who.Get(func() (*user, error) {
		const op = "ask who the token belongs to"
		var u user
		a, err := p.read(ctx, request{op: op, method: http.MethodGet, path: "/v3/myself"}, &u)
		if err == nil && len(u.ids()) == 0 {
			err = p.odd(op, a, "the answer names no user")
		}
		return &u, err
	})
}

// sameUser refuses to go on with what another organisation or user has begun.
func (p *provider) sameUser(ctx context.Context, known []export.KnownVersion) error {
	me, err := p.me(ctx)
	if err != nil {
		return err
	}
	for i := len(known) - 1; i >= 0; i-- {
		meta := known[i].Meta
		switch {
		case meta[metaOrg] == "":
			continue
		case meta[metaOrg] != p.org:
			return &providers.Error{
				Kind: providers.Refused, Op: "compare with the state",
				Message: fmt.Sprintf("version %s is of the organisation %s, and the provider is configured for %s", known[i].ID, meta[metaOrg], p.org),
				Hint:    "Use a state and a block of its own for each organisation, or forget the old one with `reportsync state rm`.",
			}
		case meta[metaUser] != me.ids()[0] && !p.another:
			return &providers.Error{
				Kind: providers.Refused, Op: "compare with the state",
				Message: fmt.Sprintf("version %s was made by the user %s, and the token belongs to %s (%s), who may see other issues", known[i].ID, meta[metaUser], me.ids()[0], me.name()),
				Hint:    "Use the token of the same user, or set allow_other_user = true in the provider block.",
			}
		}
		return nil
	}
	return nil
}

// mine is what a version keeps of who made it.
func (p *provider) mine(ctx context.Context) (map[string]string, error) {
	me, err := p.me(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{metaOrg: p.org, metaUser: me.ids()[0]}, nil
}

// canonical is JSON with sorted keys.
func canonical(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
