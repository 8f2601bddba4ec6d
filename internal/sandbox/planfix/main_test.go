package planfix

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/clock"
	"reportsync/internal/sandbox/sim"
	"reportsync/internal/sandbox/sim/simtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// account is a simulated account behind a real HTTP server.
type account struct {
	*simtest.Served
	t   *testing.T
	svc *Service
}

// newAccount opens an account whose memory is in dir, or nowhere.
func newAccount(t *testing.T, dir string, o Options) *account {
	t.Helper()
	return newAccountOn(t, simtest.Still{}, dir, o)
}

func newAccountOn(t *testing.T, wall clock.Clock, dir string, o Options) *account {
	t.Helper()
	served, svc := simtest.Serve(t, wall, dir, Provider, func(env sim.Env) (*Service, error) { return New(env, o) })
	return &account{served, t, svc}
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
	doc    map[string]any
}

func as(token string) simtest.Change { return simtest.With("Authorization", "Bearer "+token) }

// ask sends a request a second after the last, with the good token and a JSON body
// if there is one.
func (a *account) ask(method, path, body string, changes ...simtest.Change) *answer {
	a.t.Helper()
	a.Clock.Advance(time.Second)
	return a.askNow(method, path, body, changes...)
}

func (a *account) askNow(method, path, body string, changes ...simtest.Change) *answer {
	a.t.Helper()
	came := a.Ask(method, path, body, append([]simtest.Change{as(goodToken)}, changes...)...)
	got := &answer{t: a.t, status: came.Status, header: came.Header, raw: came.Raw}
	// Data is large and has tests that decode it.
	if strings.HasPrefix(came.Header.Get("Content-Type"), "application/json") && len(got.raw) < 1<<15 {
		dec := json.NewDecoder(strings.NewReader(got.raw))
		dec.UseNumber()
		if err := dec.Decode(&got.doc); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, got.raw)
		}
	}
	return got
}

// is checks the status and the whole body.
func (a *answer) is(status int, body string) {
	a.t.Helper()
	if a.status != status || a.raw != body {
		a.t.Errorf("got %d %.300s\nwant %d %s", a.status, a.raw, status, body)
	}
}

// fails checks that the answer is a refusal with that status and code.
func (a *answer) fails(status int, code string) {
	a.t.Helper()
	text, _ := a.doc["error"].(string)
	n, _ := a.doc["code"].(json.Number)
	if a.status != status || a.doc["result"] != "fail" || n.String() != code || text == "" || len(a.doc) != 3 {
		a.t.Errorf("got %d %.300s\nwant %d with code %s", a.status, a.raw, status, code)
	}
}

// succeeds checks the status and the result.
func (a *answer) succeeds(status int) *answer {
	a.t.Helper()
	if a.status != status || !strings.HasPrefix(a.raw, `{"result":"success"`) {
		a.t.Fatalf("got %d %.300s\nwant %d and success", a.status, a.raw, status)
	}
	return a
}

// list is a list of objects in the answer.
func (a *answer) list(key string) []map[string]any {
	a.t.Helper()
	items, ok := a.doc[key].([]any)
	if !ok {
		a.t.Fatalf("no list %q in %.300s", key, a.raw)
	}
	out := []map[string]any{}
	for _, i := range items {
		out = append(out, i.(map[string]any))
	}
	return out
}

// number is an integer of a JSON object.
func number64(t *testing.T, o map[string]any, key string) int64 {
	t.Helper()
	n, ok := o[key].(json.Number)
	if !ok {
		t.Fatalf("no number %q in %v", key, o)
	}
	i, err := n.Int64()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// saveIDs asks for the saves of a report, in the order in which they come.
func (a *account) saveIDs(report string) []int64 {
	a.t.Helper()
	var ids []int64
	for _, s := range a.ask("POST", "/planfix/rest/report/"+report+"/save/list", "").succeeds(http.StatusOK).list("saves") {
		ids = append(ids, number64(a.t, s, "id"))
	}
	return ids
}
