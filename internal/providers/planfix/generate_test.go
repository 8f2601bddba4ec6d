package planfix

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

const (
	created  = `{"result":"success","requestId":"REQ1"}`
	busyText = "Report already in progress by requestId - REQ1"
)

func TestGenerate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer answer
		id     string
		kind   providers.Kind
	}{
		{"created", jsonAnswer(201, created), "REQ1", ""},
		{"ok", ok(created), "REQ1", ""},
		{"busy", fail(403, 9002, busyText), "", providers.Busy},
		{"busy with a good status", fail(200, 9002, busyText), "", providers.Busy},
		{"too soon", fail(403, 9004, "Too often"), "", providers.TooSoon},
		{"tariff", fail(403, 9001, "Report billing error"), "", providers.Refused},
		{"tariff as a server error", fail(500, 9001, "Report billing error"), "", providers.Refused},
		{"no report", fail(400, 9000, "Report not found by id 26000"), "", providers.NotFound},
		{"scope", fail(405, 5, "Scope"), "", providers.Permission},
		{"token", fail(401, 1, "Token"), "", providers.Auth},
		{"quota", fail(400, 22, "Limit"), "", providers.Quota},
		{"quota with requests left", withHeader("X-RateLimit-Remaining", "5", fail(400, 22, "Limit")), "", providers.Quota},
		{"429", jsonAnswer(429, ""), "", providers.TooSoon},
		{"wrong path", jsonAnswer(404, "<html>"), "", providers.Protocol},
		{"invalid", fail(400, 41, "Value"), "", providers.Invalid},
		// Whatever leaves open whether a generation was started:
		{"code 0", fail(500, 0, "Rest API error"), "", providers.Uncertain},
		{"code 0 for a bad request", fail(400, 0, "Rest API error"), "", providers.Uncertain},
		{"unknown server error", jsonAnswer(500, "oops"), "", providers.Uncertain},
		{"gateway timeout", jsonAnswer(504, "<html>"), "", providers.Uncertain},
		{"connection lost", reset, "", providers.Uncertain},
		{"answer cut", cut(201, created, 12), "", providers.Uncertain},
		{"answer cut short", jsonAnswer(201, created[:20]), "", providers.Uncertain},
		{"no id", jsonAnswer(201, `{"result":"success"}`), "", providers.Uncertain},
		{"not JSON", jsonAnswer(201, "<html>"), "", providers.Uncertain},
		{"a failure without a code", ok(`{"result":"fail"}`), "", providers.Uncertain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.on(routeGenerate, tt.answer)
			p, _ := account(t, s, nil)
			id, err := p.Generate(t.Context(), target(nil), nil)
			if id != tt.id || providers.KindOf(err) != tt.kind {
				t.Errorf("id %q, error %v (%s)", id, err, providers.KindOf(err))
			}
			if n := s.count(routeGenerate); n != 1 {
				t.Errorf("the call was made %d times", n)
			}
			e, _ := asError(err)
			switch tt.kind {
			case providers.Busy:
				if e.RequestID != "REQ1" {
					t.Errorf("the running request is %q", e.RequestID)
				}
			case providers.TooSoon:
				if e.RetryAfter <= 0 {
					t.Error("there is no time to wait")
				}
			}
			if e != nil && (e.Hint == "" && tt.kind != providers.Invalid || e.Op == "") {
				t.Errorf("operation %q, hint %q", e.Op, e.Hint)
			}
		})
	}
}

func TestTooSoonWaits(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"": 10*time.Minute + 30*time.Second, "90": 90 * time.Second} {
		s := newService(t)
		s.on(routeGenerate, withHeader("Retry-After", header, fail(403, 9004, "Too often")))
		p, _ := account(t, s, nil)
		_, err := p.Generate(t.Context(), target(nil), nil)
		if e, _ := asError(err); e == nil || e.RetryAfter != want {
			t.Errorf("Retry-After %q: %v", header, err)
		}
	}
}

// A request that cannot have been sent leaves nothing open.
func TestGenerateUnsent(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	s := newService(t)
	p, _ := account(t, s, map[string]cty.Value{"base_url": str("http://" + address + "/rest")})
	_, err = p.Generate(t.Context(), target(nil), nil)
	if providers.KindOf(err) != providers.Transient || !strings.Contains(providers.HintOf(err), "base_url") {
		t.Errorf("error = %v (%s)", err, providers.KindOf(err))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, _ = account(t, s, nil)
	if _, err = p.Generate(ctx, target(nil), nil); providers.KindOf(err) != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before it was sent: %v (%s)", err, providers.KindOf(err))
	}
	if n := s.count(routeGenerate); n != 0 {
		t.Errorf("the call was made %d times", n)
	}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	ready := ok(`{"result":"success","status":"ready","save":{"id":5388,"name":"Generated","reportId":26000}}`)
	listed := ok(`{"result":"success","saves":[{"id":5388,"reportId":26000,"name":"Generated","chunksCount":3}]}`)
	tests := []struct {
		name          string
		status, saves answer
		want          providers.Progress
		kind          providers.Kind
	}{
		{name: "in progress", status: ok(`{"result":"success","status":"in_progress"}`), want: providers.Progress{State: providers.Running, Detail: "in_progress"}},
		{name: "an unknown word", status: ok(`{"result":"success","status":"queued"}`), want: providers.Progress{State: providers.Running, Detail: "queued"}},
		{name: "error", status: ok(`{"result":"success","status":"error"}`), want: providers.Progress{State: providers.Failed, Detail: "error"}},
		{name: "failed", status: ok(`{"result":"success","status":"Failed"}`), want: providers.Progress{State: providers.Failed, Detail: "Failed"}},
		{name: "ready", status: ready, saves: listed, want: providers.Progress{
			State: providers.Ready, Detail: "ready", Version: &export.Version{ID: "5388", Name: "Generated", Parts: 3},
		}},
		{name: "ready but not listed", status: ready, saves: ok(noSaves), want: providers.Progress{
			State: providers.Ready, Detail: "ready", Version: &export.Version{ID: "5388", Name: "Generated"},
		}},
		{
			name: "of another report", status: ok(`{"result":"success","status":"ready","save":{"id":1,"reportId":26001}}`),
			want: providers.Progress{State: providers.Foreign, Detail: "ready"},
		},
		{name: "unknown to the service", status: fail(400, 9003, "Request id does not exist"), want: providers.Progress{State: providers.Lost, Detail: "unknown to the service"}},
		{name: "no save", status: ok(`{"result":"success","status":"ready"}`), kind: providers.Protocol},
		{name: "no status", status: ok(`{"result":"success"}`), kind: providers.Protocol},
		{name: "token", status: fail(401, 1, "Token"), kind: providers.Auth},
		{name: "the list fails", status: ready, saves: fail(500, 0, "Rest API error"), kind: providers.Transient},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.on(routeStatus, tt.status)
			if tt.saves != nil {
				s.on(routeSaves, tt.saves)
			}
			p, _ := account(t, s, nil)
			got, err := p.Poll(t.Context(), target(nil), export.Request{ID: "REQ1"})
			if providers.KindOf(err) != tt.kind || tt.kind == "" && err != nil {
				t.Fatalf("error = %v (%s)", err, providers.KindOf(err))
			}
			if tt.kind != "" {
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("progress (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	saves := func(ids string) answer {
		return ok(`{"result":"success","saves":[` + ids + `]}`)
	}
	old := saves(`{"id":5388,"chunksCount":1}`)
	tests := []struct {
		name      string
		after     string
		age       time.Duration
		saves     answer
		generate  answer
		want      providers.Reconciled
		kind      providers.Kind
		generates int
	}{
		{
			name: "it has finished", after: "5388", age: time.Hour, saves: saves(`{"id":5388,"chunksCount":1},{"id":10000,"chunksCount":2}`),
			want: providers.Reconciled{Outcome: providers.FoundVersion, Version: &export.Version{ID: "10000", Parts: 2}},
		},
		{
			name: "it has finished and is the first", age: time.Second, saves: old,
			want: providers.Reconciled{Outcome: providers.FoundVersion, Version: &export.Version{ID: "5388", Parts: 1}},
		},
		{
			name: "it may be on its way still", after: "5388", age: 5 * time.Second, saves: old,
			want: providers.Reconciled{Outcome: providers.Undecided, Wait: 10 * time.Second},
		},
		{
			name: "it runs", after: "5388", age: time.Minute, saves: old, generate: fail(403, 9002, busyText), generates: 1,
			want: providers.Reconciled{Outcome: providers.FoundRequest, RequestID: "REQ1"},
		},
		{
			name: "something runs without a name", after: "5388", age: time.Minute, saves: old, generate: fail(403, 9002, "Report already in progress"), generates: 1,
			want: providers.Reconciled{Outcome: providers.Undecided, Wait: time.Minute},
		},
		{
			name: "it has just ended and is not listed yet", after: "5388", age: time.Minute, saves: old, generate: fail(403, 9004, "Too often"), generates: 1,
			want: providers.Reconciled{Outcome: providers.Undecided, Wait: time.Minute},
		},
		{
			name: "it never began", after: "5388", age: time.Minute, saves: old, generate: jsonAnswer(201, created), generates: 1,
			want: providers.Reconciled{Outcome: providers.FoundRequest, RequestID: "REQ1", Started: true},
		},
		{
			name: "long ago", after: "5388", age: 48 * time.Hour, saves: old, generate: jsonAnswer(201, created), generates: 1,
			want: providers.Reconciled{Outcome: providers.FoundRequest, RequestID: "REQ1", Started: true},
		},
		{
			name: "an older save only", after: "10000", age: time.Minute, saves: saves(`{"id":9999}`), generate: fail(403, 9002, busyText), generates: 1,
			want: providers.Reconciled{Outcome: providers.FoundRequest, RequestID: "REQ1"},
		},
		{name: "lost again", after: "5388", age: time.Minute, saves: old, generate: reset, generates: 1, kind: providers.Uncertain},
		{name: "tariff", after: "5388", age: time.Minute, saves: old, generate: fail(403, 9001, "Billing"), generates: 1, kind: providers.Refused},
		{name: "the list is refused", after: "5388", age: time.Minute, saves: fail(401, 1, "Token"), kind: providers.Auth},
		{name: "the list fails", after: "5388", age: time.Minute, saves: jsonAnswer(503, ""), kind: providers.Transient},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.on(routeSaves, tt.saves)
			if tt.generate != nil {
				s.on(routeGenerate, tt.generate)
			}
			p, clk := account(t, s, nil)
			in := export.Intent{Kind: export.IntentGenerate, StartedAt: clk.Now().Add(-tt.age), After: tt.after}
			got, err := p.Reconcile(t.Context(), target(nil), in)
			if providers.KindOf(err) != tt.kind || tt.kind == "" && err != nil {
				t.Fatalf("error = %v (%s)", err, providers.KindOf(err))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" && tt.kind == "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if n := s.count(routeGenerate); n != tt.generates {
				t.Errorf("%d calls, want %d", n, tt.generates)
			}
		})
	}
}

// The service as far as generations go: it starts one at a time, refuses a second
// for ten minutes, and lists the save when the generation has ended.
type slotService struct {
	*service
	clk     *leaping
	started int
	at      time.Time
	takes   time.Duration
}

func (s *slotService) generate(answers bool) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		now := s.clk.Now()
		switch {
		case s.started > 0 && now.Sub(s.at) < s.takes:
			fail(403, 9002, busyText)(w, r)
		case s.started > 0 && now.Sub(s.at) < 10*time.Minute:
			fail(403, 9004, "Too often")(w, r)
		default:
			s.started++
			s.at = now
			if answers {
				jsonAnswer(201, created)(w, r)
				return
			}
			reset(w, r)
		}
	}
}

func (s *slotService) list(w http.ResponseWriter, r *http.Request) {
	if s.started > 0 && s.clk.Now().Sub(s.at) >= s.takes+time.Minute { // listed a little later
		ok(`{"result":"success","saves":[{"id":1},{"id":2,"chunksCount":1}]}`)(w, r)
		return
	}
	ok(`{"result":"success","saves":[{"id":1}]}`)(w, r)
}

// However the answer to the one call was lost, and however long it took until
// somebody asks what became of it: there is one generation, and it is found.
func TestOneGeneration(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{10 * time.Second, 2 * time.Minute, 15 * time.Minute} {
		for _, pause := range []time.Duration{0, 20 * time.Second, 5 * time.Minute, time.Hour} {
			base := newService(t)
			p, clk := account(t, base, nil)
			s := &slotService{service: base, clk: clk, takes: takes}
			s.on(routeSaves, s.list)
			s.on(routeGenerate, s.generate(false), s.generate(true))
			in := export.Intent{Kind: export.IntentGenerate, StartedAt: clk.Now(), After: "1"}
			if _, err := p.Generate(t.Context(), target(nil), nil); providers.KindOf(err) != providers.Uncertain {
				t.Fatalf("error = %v", err)
			}
			_ = clk.Sleep(t.Context(), pause)
			var got providers.Reconciled
			for range 40 {
				var err error
				if got, err = p.Reconcile(t.Context(), target(nil), in); err != nil {
					t.Fatal(err)
				}
				if got.Outcome != providers.Undecided {
					break
				}
				_ = clk.Sleep(t.Context(), got.Wait)
			}
			if s.started != 1 || got.Started || got.RequestID != "REQ1" && (got.Version == nil || got.Version.ID != "2") {
				t.Errorf("takes %s, asked after %s: %d generations, outcome %+v", takes, pause, s.started, got)
			}
		}
	}
}
