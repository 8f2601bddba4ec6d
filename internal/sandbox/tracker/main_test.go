package tracker

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/sandbox/sim"
	"reportsync/internal/sandbox/sim/simtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// org is a simulated organisation behind a real HTTP server.
type org struct {
	*simtest.Served
	t   *testing.T
	svc *Service
}

// newOrg opens an organisation of few issues with the given switches.
func newOrg(t *testing.T, set ...string) *org {
	t.Helper()
	return openOrg(t, "", Options{Issues: 300, Set: switched(set)})
}

// frozen opens an organisation where nothing happens.
func frozen(t *testing.T, set ...string) *org {
	t.Helper()
	return openOrg(t, "", Options{Issues: 300, Still: true, Set: switched(set)})
}

func switched(set []string) map[string]string {
	m := map[string]string{}
	for _, s := range set {
		name, value, _ := strings.Cut(s, "=")
		m[name] = value
	}
	return m
}

// openOrg opens an organisation whose memory is in dir, or nowhere.
func openOrg(t *testing.T, dir string, o Options) *org {
	t.Helper()
	served, svc := simtest.Serve(t, simtest.Still{}, dir, Provider, func(env sim.Env) (*Service, error) { return New(env, o) })
	return &org{served, t, svc}
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
}

func as(token string) simtest.Change { return simtest.With("Authorization", "OAuth "+token) }

var english = simtest.With("Accept-Language", "en")

// ask sends a request a second after the last, with the good token and a JSON body
// if there is one.
func (g *org) ask(method, path, body string, changes ...simtest.Change) *answer {
	g.t.Helper()
	g.Clock.Advance(time.Second)
	return g.askNow(method, path, body, changes...)
}

func (g *org) askNow(method, path, body string, changes ...simtest.Change) *answer {
	g.t.Helper()
	usual := []simtest.Change{as(goodToken), simtest.With("X-Org-Id", orgID)}
	came := g.Ask(method, "/"+Provider+path, body, append(usual, changes...)...)
	return &answer{t: g.t, status: came.Status, header: came.Header, raw: came.Raw}
}

func (g *org) get(path string, changes ...simtest.Change) *answer {
	g.t.Helper()
	return g.ask("GET", path, "", changes...)
}

func (g *org) post(path, body string, changes ...simtest.Change) *answer {
	g.t.Helper()
	return g.ask("POST", path, body, changes...)
}

// ok checks that the status is a success.
func (a *answer) ok() *answer {
	a.t.Helper()
	if a.status/100 != 2 {
		a.t.Fatalf("got %d %.400s", a.status, a.raw)
	}
	return a
}

// fails checks the status and that the body is an error as the service words it,
// about a parameter if one is named.
func (a *answer) fails(status int, param string) *answer {
	a.t.Helper()
	var body struct {
		Errors     map[string]string `json:"errors"`
		Messages   []string          `json:"errorMessages"`
		StatusCode int               `json:"statusCode"`
	}
	err := json.Unmarshal([]byte(a.raw), &body)
	_, named := body.Errors[param]
	if a.status != status || err != nil || body.StatusCode != status || len(body.Messages) != 1 || param != "" && !named {
		a.t.Errorf("got %d %.400s\nwant %d about %q", a.status, a.raw, status, param)
	}
	return a
}

// object decodes the body.
func (a *answer) object() map[string]any {
	a.t.Helper()
	return decodeAs[map[string]any](a)
}

// rows decodes the body as a list.
func (a *answer) rows() []map[string]any {
	a.t.Helper()
	return decodeAs[[]map[string]any](a)
}

func decodeAs[T any](a *answer) T {
	a.t.Helper()
	a.ok()
	var v T
	if err := json.Unmarshal([]byte(a.raw), &v); err != nil {
		a.t.Fatalf("%v in %.400s", err, a.raw)
	}
	return v
}

// texts are the values of one member of each row.
func texts(rows []map[string]any, member string) []string {
	list := []string{}
	for _, r := range rows {
		s, _ := r[member].(string)
		list = append(list, s)
	}
	return list
}

// linked is the query of the Link header's next address; nil if there is none.
func (a *answer) linked() url.Values {
	a.t.Helper()
	h := a.header.Get("Link")
	if h == "" {
		return nil
	}
	address, rest, ok := strings.Cut(strings.TrimPrefix(h, "<"), ">")
	_, query, found := strings.Cut(address, "?")
	if !ok || !found || rest != `; rel="next"` || !strings.HasPrefix(address, "api.tracker.yandex.net/v") {
		a.t.Fatalf("Link: %s", h)
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		a.t.Fatal(err)
	}
	return v
}

// q quotes a text for JSON.
func q(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func query(s string) string { return `{"query":` + q(s) + `}` }
