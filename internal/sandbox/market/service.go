package market

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"reportsync/internal/sandbox/sim"
)

const (
	// maxParallel is how many requests may be in flight.
	maxParallel = 4
	maxBody     = 512_000
	linkLife    = time.Hour
	reportLife  = 24 * time.Hour
	// stuckLife is how long a report that hangs counts as one in progress.
	stuckLife = 10 * time.Minute
)

// Service is the simulated cabinet.
type Service struct {
	env    sim.Env
	opt    settings
	memory *sim.Cell[memory]
	flying atomic.Int32
}

var _ sim.Service = (*Service)(nil)

// New returns a cabinet with the memory, the clock and the profile of env.
func New(env sim.Env, o Options) (*Service, error) {
	set, err := o.settle(env.Profile)
	if err != nil {
		return nil, err
	}
	return &Service{env: env, opt: set, memory: sim.NewCell[memory](env.Memory, Provider)}, nil
}

// memory is what has happened to the cabinet.
type memory struct {
	Reports []report          `json:"reports,omitempty"`
	Windows map[string]window `json:"windows,omitempty"`
	Links   int               `json:"links,omitempty"`
}

// window is how much of an allowance is used.
type window struct {
	Until time.Time `json:"until"`
	Used  int       `json:"used"`
}

// report is one that was asked for.
type report struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Format string    `json:"format"`
	Source string    `json:"source,omitempty"`
	Ask    ask       `json:"ask"`
	At     time.Time `json:"at"`
	Ready  time.Time `json:"ready"`
	// Fault decides how it ends; Looks is how often it was looked at when done.
	Fault string `json:"fault,omitempty"`
	Looks int    `json:"looks,omitempty"`
}

// Info implements [sim.Service].
func (s *Service) Info() sim.Info { return Info() }

// request is a request on its way.
type request struct {
	*http.Request
	path     string
	endpoint string
	call     *sim.Call
	now      time.Time
	key      *key
}

func route(method, path string) string {
	path = strings.TrimPrefix(path, "/"+Provider)
	post := method == http.MethodPost
	switch {
	case post && path == "/v2/auth/token":
		return endToken
	case post && strings.HasPrefix(path, "/v2/businesses/") && strings.HasSuffix(path, "/settings"):
		return endSettings
	case method == http.MethodGet && path == "/v2/campaigns":
		return endCampaigns
	case method == http.MethodGet && strings.HasPrefix(path, "/v2/reports/info/"):
		return endInfo
	case method == http.MethodGet && strings.HasPrefix(path, "/files/"):
		return endDownload
	}
	if op, _ := operationAt(path); op != nil && post {
		return endGenerate
	}
	return sim.Unknown
}

// Classify implements [sim.Service].
func (s *Service) Classify(r *http.Request) (endpoint string, charged bool) {
	return route(r.Method, r.URL.Path), false
}

// ServeHTTP implements [http.Handler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := &request{
		Request: r, path: strings.TrimPrefix(r.URL.Path, "/"+Provider), endpoint: route(r.Method, r.URL.Path),
		call: sim.CallOf(r.Context()), now: s.env.Clock.Now(),
	}
	var a reply
	err := s.answer(in, &a)
	if ref, ok := errors.AsType[*refusal](err); ok {
		a.refused(ref)
		in.call.Refusal = strconv.Itoa(ref.status)
		err = nil
	}
	if err == nil {
		if in.endpoint != endDownload {
			a.set("Traceparent", fmt.Sprintf("00-%032x-%016x-01", in.now.UnixNano(), len(in.path)))
		}
		err = a.send(w, in.endpoint != endDownload)
	}
	if err != nil {
		s.env.Log.Warn("sandbox: answer a request", slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
}

func (s *Service) answer(in *request, a *reply) error {
	if in.endpoint == endDownload {
		return s.download(in, a)
	}
	if n := s.flying.Add(1); n > maxParallel {
		defer s.flying.Add(-1)
		in.call.Violation = sim.Parallel
		return refuse(calm, "LIMIT_EXCEEDED", "Hit rate limit of %d parallel requests", maxParallel)
	}
	defer s.flying.Add(-1)
	if s.opt.Latency > 0 {
		if err := s.env.Wall.Sleep(in.Context(), s.opt.Latency); err != nil {
			return err
		}
	}
	if err := s.authorize(in); err != nil {
		return err
	}
	if in.endpoint == sim.Unknown {
		if route(http.MethodPost, in.path) != sim.Unknown || route(http.MethodGet, in.path) != sim.Unknown {
			return refuse(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Method Not Allowed")
		}
		return refuse(http.StatusNotFound, "NOT_FOUND", "Resource not found")
	}
	if err := s.spend(in, a); err != nil {
		return err
	}
	if err := s.misbehave(in); err != nil {
		return err
	}
	switch in.endpoint {
	case endToken:
		return s.token(in, a)
	case endSettings:
		return s.settings(in, a)
	case endCampaigns:
		return s.campaigns(in, a)
	case endInfo:
		return s.info(in, a)
	}
	return s.generate(in, a)
}

func (s *Service) misbehave(in *request) error {
	switch in.call.Fault {
	case faultParallel:
		return refuse(calm, "LIMIT_EXCEEDED", "Hit rate limit of %d parallel requests", maxParallel)
	case faultActive:
		return refuse(calm, "LIMIT_EXCEEDED", "Active reports limit exceeded: %d", s.most())
	case faultError:
		return refuse(http.StatusInternalServerError, "INTERNAL_ERROR", "")
	case faultMove:
		return refuse(http.StatusLocked, "LOCKED", "Business is in migration")
	case faultBrownOut:
		return refuse(http.StatusForbidden, "NO_ACCESS_BY_DEPRECATION_POLICY", "The method is deprecated and is occasionally forbidden")
	case faultDisabled:
		return refuse(http.StatusForbidden, "API_DISABLED", "API for campaign 20001 disabled by inactivity")
	case faultInner:
		return refuse(http.StatusOK, "INTERNAL_ERROR", "Something went wrong")
	}
	return nil
}

func (s *Service) authorize(in *request) error {
	api, bearer := in.Header.Values("Api-Key"), in.Header.Values("Authorization")
	denied := func(text string) error { return refuse(http.StatusUnauthorized, "UNAUTHORIZED", "%s", text) }
	if len(api)+len(bearer) != 1 {
		return denied("Api-Key token is not specified")
	}
	token, isBearer := "", len(bearer) == 1
	if isBearer {
		token = strings.TrimPrefix(bearer[0], "Bearer ")
	} else if token = api[0]; !strings.HasPrefix(token, "ACMA:") {
		return denied("Api-Key token prefix is invalid")
	}
	i := slices.IndexFunc(keys, func(k key) bool { return k.token == token && k.bearer == isBearer })
	if i < 0 {
		return denied("Api-Key token is invalid")
	}
	if in.key = &keys[i]; in.key.refusal != "" {
		return denied(in.key.refusal)
	}
	if h := in.Header.Get("X-Business-Id"); h != "" && h != strconv.Itoa(businessID) {
		return bad("Incorrect X-Business-Id header value")
	}
	if sign := in.Header.Get("X-Market-Integration"); len(sign) > 100 {
		return bad("X-Market-Integration: size must be between 0 and 100")
	}
	return nil
}

// allowance is the limit that a request is counted by.
func (s *Service) allowance(in *request) (name string, requests, seconds int) {
	switch in.endpoint {
	case endToken, endSettings:
		return in.endpoint, 100, 3600
	case endCampaigns:
		return in.endpoint, 1000, 3600
	case endInfo:
		return in.endpoint, 100, 60
	}
	op, _ := operationAt(in.path)
	w := op.Window
	if s.opt.is(swPlan, "MEDIUM") {
		return op.Name, w[2], w[3]
	}
	return op.Name, w[0], w[1]
}

// spend counts a request by its allowance. Windows are aligned to the clock; refused
// requests count as well.
func (s *Service) spend(in *request, a *reply) error {
	name, most, seconds := s.allowance(in)
	var w window
	over := false
	err := s.memory.Update(func(m *memory) error {
		if m.Windows == nil {
			m.Windows = map[string]window{}
		}
		w = m.Windows[name]
		if !in.now.Before(w.Until) {
			length := time.Duration(seconds) * time.Second
			w = window{Until: in.now.Truncate(length).Add(length)}
		}
		if in.call.Fault == faultWindow {
			w.Used = most // somebody else has used it
		}
		if over = w.Used >= most; !over {
			w.Used++
		}
		m.Windows[name] = w
		return nil
	})
	if err != nil {
		return err
	}
	if s.opt.is(swHeaders, on) {
		a.set("X-RateLimit-Resource-Limit", strconv.Itoa(most))
		a.set("X-RateLimit-Resource-Remaining", strconv.Itoa(most-w.Used))
		a.set("X-RateLimit-Resource-Until", w.Until.UTC().Format(http.TimeFormat))
	}
	if !over {
		return nil
	}
	if in.call.Fault != faultWindow {
		in.call.Violation = "allowance"
	}
	return refuse(calm, "LIMIT_EXCEEDED", "Hit rate limit of %d requests per %d seconds for resource %s", most, seconds, name)
}

// most is how many reports may be in progress.
func (s *Service) most() int {
	if s.opt.is(swPlan, "MEDIUM") {
		return 10
	}
	return 1
}

func (s *Service) token(in *request, a *reply) error {
	if in.key.bearer {
		return bad("Api-Key token is not specified")
	}
	keep(a, result(object{"apiKey": object{"name": "sandbox", "authScopes": in.key.scopes}}))
	return nil
}

// keep takes over an answer, but for the headers that are set.
func keep(a *reply, from reply) {
	a.status, a.value, a.raw, a.kind = from.status, from.value, from.raw, from.kind
}

func (s *Service) settings(in *request, a *reply) error {
	id := strings.TrimSuffix(strings.TrimPrefix(in.path, "/v2/businesses/"), "/settings")
	if id != strconv.Itoa(businessID) {
		return refuse(http.StatusForbidden, "FORBIDDEN", "No access to business: %s", id)
	}
	keep(a, result(object{
		"subscriptionLevel": s.opt.switches[swPlan], "info": object{"name": businessName},
		"settings": object{"onlyDefaultPrice": s.opt.is(swPrices, "default")}, "traits": []string{},
	}))
	return nil
}

func (s *Service) campaigns(in *request, a *reply) error {
	q := in.URL.Query()
	limit := 10
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return bad("limit: must be between 1 and 100")
		}
		limit = n
	}
	limit = min(limit, max(s.opt.number(swPage), 1))
	from := 0
	if token := q.Get("pageToken"); token != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "page-"))
		if err != nil || n < 1 || n >= len(shops) || !strings.HasPrefix(token, "page-") {
			return bad("Invalid page token")
		}
		from = n
	}
	list := []object{}
	for _, c := range shops[from:min(from+limit, len(shops))] {
		list = append(list, object{
			"id": c.id, "domain": c.name, "business": object{"id": businessID, "name": businessName},
			"placementType": c.placement, "apiAvailability": c.availability,
		})
	}
	paging := object{}
	if from+limit < len(shops) {
		paging["nextPageToken"] = "page-" + strconv.Itoa(from+limit)
	}
	keep(a, reply{status: http.StatusOK, value: object{"campaigns": list, "paging": paging}})
	return nil
}
