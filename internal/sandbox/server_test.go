package sandbox_test

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/sandbox"
	"reportsync/internal/sandbox/planfix"
)

const (
	ping     = "/ping"
	sales    = "/report/26000/save/list"
	data     = "/report/26000/save/5322/data?chunk=1"
	generate = "/report/26052/generate"
)

func TestStart(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	c.ok("GET", ping)
	if got := c.srv.Credentials(provider); got["base_url"] != c.srv.URL(provider) || got["token"] == "" {
		t.Errorf("credentials %v", got)
	}
	if c.srv.URL("elsewhere") != "" || c.srv.Credentials("elsewhere") != nil {
		t.Error("the sandbox simulates what it does not know")
	}
	status, _, _, err := c.askURL("GET", "http://"+c.srv.Addr()+"/other/rest/ping")
	if err != nil || status != http.StatusNotFound {
		t.Errorf("an unknown service: %d, %v", status, err)
	}
	if err := c.srv.Close(); err != nil {
		t.Error(err)
	}
	if _, _, _, err := c.ask("GET", ping); err == nil {
		t.Error("answers after it was closed")
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := start(t, sandbox.Options{})
	for want, o := range map[string]sandbox.Options{
		"loopback addresses only":                   {Addr: "0.0.0.0:0"},
		`address "192.0.2.1:80"`:                    {Addr: "192.0.2.1:80"},
		`address ":8080"`:                           {Addr: ":8080"},
		"speed -1: give a factor":                   {Speed: -1},
		"speed NaN":                                 {Speed: math.NaN()},
		"listen on " + taken.srv.Addr():             {Addr: taken.srv.Addr()},
		"make the sandbox's folder":                 {Dir: filepath.Join(file, "x")},
		"planfix sandbox: options {Lax:false Daily": {Planfix: planfix.Options{DailyQuota: -1}},
	} {
		srv, err := sandbox.Start(t.Context(), o)
		if err == nil {
			_ = srv.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestServerListensWhereItIsTold(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Addr: "localhost:0"})
	c.ok("GET", ping)
}

// A web page may resolve its own name to a loopback address.
func TestServerAnswersLoopbackNamesOnly(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+c.srv.Addr()+"/_sandbox/advance?d=1h", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example.org"
	resp, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestRestartKeepsTheWorld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var before sandbox.Stats
	var listed string
	t.Run("first", func(t *testing.T) {
		c := start(t, sandbox.Options{Dir: dir})
		c.ok("POST", generate)
		c.srv.Advance(3 * time.Hour)
		listed = c.ok("POST", sales)
		before = c.stats()
	})
	t.Run("second", func(t *testing.T) {
		c := start(t, sandbox.Options{Dir: dir, Seed: 99})
		after := c.stats()
		if diff := cmp.Diff(before.Services, after.Services); diff != "" {
			t.Error(diff)
		}
		if after.Virtual.Before(before.Virtual) || after.Virtual.Sub(before.Virtual) > time.Minute {
			t.Errorf("the clock showed %v and shows %v", before.Virtual, after.Virtual)
		}
		if got := c.ok("POST", sales); got != listed {
			t.Errorf("the saves were %s and are %s", listed, got)
		}
		if got := c.ok("POST", "/report/26052/save/list"); !strings.Contains(got, `"id"`) {
			t.Errorf("the generated save is gone: %s", got)
		}
		if got := c.stats().Services[provider]; got.Generations != 1 || got.Requests["generate"] != 1 {
			t.Errorf("counts %+v", got)
		}
	})
}

// A process that is killed closes nothing: what it wrote with each request is all
// there is.
func TestKillKeepsTheWorld(t *testing.T) {
	t.Parallel()
	dir, killed := t.TempDir(), t.TempDir()
	c := start(t, sandbox.Options{Dir: dir, Faults: faults(t, "lost-answer:generate:1")})
	if _, _, _, err := c.ask("POST", generate); err == nil {
		t.Fatal("the answer was not lost")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "memory.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(killed, "memory.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}

	again := start(t, sandbox.Options{Dir: killed})
	if got := again.stats().Services[provider]; got.Requests["generate"] != 1 || got.Generations != 1 || got.Faults["lost-answer"] != 1 {
		t.Errorf("counts %+v", got)
	}
	_, _, body, err := again.ask("POST", generate)
	if err != nil || !strings.Contains(body, `"code":9002`) || !strings.Contains(body, "by requestId - ") {
		t.Errorf("a generation that was started before the kill is not known: %s, %v", body, err)
	}
	again.srv.Advance(time.Minute)
	if got := again.ok("POST", "/report/26052/save/list"); !strings.Contains(got, `"id"`) {
		t.Errorf("the save was never made: %s", got)
	}
}

func TestTwoSandboxesShareAMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := start(t, sandbox.Options{Dir: dir}), start(t, sandbox.Options{Dir: dir})
	a.ok("POST", generate)
	if _, _, body, err := b.ask("POST", generate); err != nil || !strings.Contains(body, `"code":9002`) {
		t.Errorf("the other sandbox knows of no generation: %s, %v", body, err)
	}
	for range 5 {
		a.ok("GET", ping)
		b.ok("GET", ping)
	}
	if got := a.stats().Services[provider]; got.Total() != 12 || got.Requests["ping"] != 10 {
		t.Errorf("counts %+v", got)
	}
}

func TestClockHurriesForItsOwnProcess(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Speed: 36_000})
	began := c.srv.Clock().Now()
	if err := c.srv.Clock().Sleep(t.Context(), 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	if passed := c.srv.Clock().Now().Sub(began); passed < 10*time.Minute {
		t.Errorf("slept ten minutes and %v have passed", passed)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	control := "http://" + c.srv.Addr() + "/_sandbox"
	if got := c.srv.Describe().Control; got != control+"/" {
		t.Errorf("described as %s", got)
	}
	get := func(method, path string, into any) int {
		t.Helper()
		status, _, body, err := c.askURL(method, control+path)
		if err != nil {
			t.Fatal(err)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(body), into); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
		}
		return status
	}
	var before, after struct {
		Virtual time.Time
		Speed   float64
	}
	get("GET", "/clock", &before)
	get("POST", "/advance?d=90m", &after)
	if d := after.Virtual.Sub(before.Virtual); d < 90*time.Minute || d > 91*time.Minute || after.Speed != 1 {
		t.Errorf("advanced by %v at speed %v", d, after.Speed)
	}
	c.ok("GET", ping)
	var st sandbox.Stats
	get("GET", "/stats", &st)
	if got := st.Services[provider].Requests["ping"]; got != 1 {
		t.Errorf("%d requests for ping", got)
	}
	for _, wrong := range []string{"POST /advance", "POST /advance?d=-1h", "POST /advance?d=x"} {
		method, path, _ := strings.Cut(wrong, " ")
		if status := get(method, path, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", wrong, status)
		}
	}
	for _, wrong := range []string{"GET /advance?d=1h", "GET /", "POST /stats", "GET /x"} {
		method, path, _ := strings.Cut(wrong, " ")
		if status := get(method, path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, status)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	ordered := faults(t, "reset:data:2")
	c := start(t, sandbox.Options{Faults: ordered})
	d := c.srv.Describe()
	if diff := cmp.Diff(ordered, d.Faults); diff != "" {
		t.Error(diff)
	}
	if len(d.Services) == 0 || d.Services[0].Provider != provider || d.Address != c.srv.Addr() {
		t.Fatalf("%+v", d)
	}
	s := d.Services[0]
	got := make(map[string]string)
	for _, a := range s.Block {
		got[a.Name] = a.Value
	}
	if diff := cmp.Diff(c.srv.Credentials(provider), got); diff != "" {
		t.Errorf("the block to paste and the credentials differ: %s", diff)
	}
	for _, k := range append(s.Faults, d.CommonFaults...) {
		if _, err := sandbox.ParseFaults(k.Name); err != nil || k.Doc == "" {
			t.Errorf("fault %+v: %v", k, err)
		}
	}
	for _, e := range s.Endpoints {
		if _, err := sandbox.ParseFaults("slow:" + e); err != nil {
			t.Error(err)
		}
	}
}

// Requests that are refused without the service being asked are no requests.
func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Faults: faults(t, "500:ping:1")})
	c.ask("GET", ping)
	c.ok("GET", ping)
	c.ok("POST", generate)
	c.ask("POST", generate)
	c.ask("POST", "/nothing")
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), "GET", c.srv.URL(provider)+ping, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.http.Do(r) // without a token
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	got := c.stats().Services[provider]
	got.Day = ""
	want := got
	want.Requests = map[string]int{"ping": 3, "generate": 2, "unknown": 1}
	want.Refusals = map[string]int{"0": 1, "9002": 1, "1": 1}
	want.Faults = map[string]int{"500": 1}
	want.Violations, want.Generations, want.Today = nil, 1, 4
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A sandbox that cannot keep its memory says so and carries nothing out.
func TestLostFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "sandbox")
	srv, err := sandbox.Start(t.Context(), sandbox.Options{Dir: dir, Speed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, srv: srv, http: &http.Client{Transport: &http.Transport{}}}
	defer c.http.CloseIdleConnections()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	status, _, body, err := c.ask("POST", generate)
	if err != nil || status != http.StatusInternalServerError || !strings.Contains(body, "the sandbox is broken: ") {
		t.Errorf("%d %s, %v", status, body, err)
	}
	if err := srv.Close(); err == nil {
		t.Error("the memory is lost and nobody says so")
	}
}

func BenchmarkRequest(b *testing.B) {
	for name, dir := range map[string]string{"memory": "", "folder": b.TempDir()} {
		b.Run(name, func(b *testing.B) {
			srv, err := sandbox.Start(b.Context(), sandbox.Options{Dir: dir, Planfix: planfix.Options{Reports: 1000, Lax: true, DailyQuota: math.MaxInt}})
			if err != nil {
				b.Fatal(err)
			}
			defer srv.Close()
			hc := &http.Client{Transport: &http.Transport{}}
			defer hc.CloseIdleConnections()
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), "POST", srv.URL(provider)+sales, http.NoBody)
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+srv.Credentials(provider)["token"])
				resp, err := hc.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
					b.Fatal(resp.Status, err)
				}
				resp.Body.Close()
			}
		})
	}
}
