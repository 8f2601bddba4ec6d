package planfix

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reportsync/internal/sandbox/sim/simtest"
)

const (
	generateSales = "/planfix/rest/report/26000/generate"
	generatePay   = "/planfix/rest/report/26052/generate"
	statusOf      = "/planfix/rest/report/status/"
)

// start starts a generation and returns its request id.
func (a *account) start(path string) string {
	a.t.Helper()
	id, _ := a.ask("POST", path, "").succeeds(http.StatusCreated).doc["requestId"].(string)
	return id
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	request := a.start(generatePay)
	if !regexp.MustCompile(`^[A-Za-z0-9]{32}$`).MatchString(request) {
		t.Errorf("request id %q", request)
	}
	if !a.Last.Generated {
		t.Error("the generation was not counted")
	}
	for _, slash := range []string{"", "/", ""} {
		a.Clock.Advance(10 * time.Second)
		a.ask("GET", statusOf+request+slash, "").is(200, `{"result":"success","status":"in_progress"}`)
	}
	if got := a.saveIDs("26052"); len(got) != 0 {
		t.Errorf("the save is there before it is ready: %v", got)
	}
	a.Clock.Advance(10 * time.Second)
	ids := a.saveIDs("26052")
	if len(ids) != 1 {
		t.Fatalf("saves %v", ids)
	}
	a.ask("GET", statusOf+request, "").
		is(200, fmt.Sprintf(`{"result":"success","status":"ready","save":{"id":%d,"name":"Generated report save","reportId":26052}}`, ids[0]))
	data := fmt.Sprintf("/planfix/rest/report/26052/save/%d/data?chunk=0", ids[0])
	a.ask("POST", data, "").succeeds(200)

	a.Clock.Advance(24 * time.Hour)
	if got := a.saveIDs("26052"); len(got) != 0 {
		t.Errorf("a generated save lives longer than a day: %v", got)
	}
	a.ask("POST", data, "").fails(400, "9000")
	a.ask("GET", statusOf+request, "").fails(400, "9003")
}

func TestGenerateOneAtATime(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	request := a.start(generateSales)
	for _, path := range []string{generateSales, generatePay} {
		a.ask("POST", path, "").is(403, `{"result":"fail","code":9002,"error":"Report already in progress by requestId - `+request+`"}`)
	}
	a.Clock.Advance(50 * time.Second)
	a.ask("POST", generatePay, "").fails(403, "9004")
	a.Clock.Advance(10*time.Minute - 60*time.Second)
	a.ask("POST", generatePay, "").fails(403, "9004")
	a.Clock.Advance(10 * time.Second)
	if again := a.start(generatePay); again == request {
		t.Error("two generations have one request id")
	}
}

func TestGenerateIsRefused(t *testing.T) {
	t.Parallel()
	small := newAccount(t, "", Options{SmallTariff: true})
	small.ask("POST", generateSales, "").fails(403, "9001")
	a := newAccount(t, "", Options{})
	a.ask("GET", statusOf+strings.Repeat("x", 32), "").is(400, `{"result":"fail","code":9003,"error":"Request id does not exist"}`)
	request := a.start(generateSales)
	a.ask("GET", statusOf+request, "", simtest.Play("generation-error")).is(200, `{"result":"success","status":"error"}`)
}

func TestGenerationOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var request string
	t.Run("first process", func(t *testing.T) {
		request = newAccount(t, dir, Options{}).start(generatePay)
	})
	t.Run("second process", func(t *testing.T) {
		a := newAccount(t, dir, Options{})
		a.ask("POST", generatePay, "").fails(403, "9002")
		a.ask("GET", statusOf+request, "").is(200, `{"result":"success","status":"in_progress"}`)
		a.Clock.Advance(time.Minute)
		a.ask("POST", generatePay, "").fails(403, "9004")
		if got := a.saveIDs("26052"); len(got) != 1 {
			t.Errorf("saves %v", got)
		}
	})
}

func TestMemoryForgetsOldGenerations(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	var requests []string
	for range 4 {
		requests = append(requests, a.start(generatePay))
		a.Clock.Advance(13 * time.Hour)
	}
	var kept []string
	if err := a.svc.memory.View(func(m *memory) {
		for _, g := range m.Generations {
			kept = append(kept, g.Request)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(kept, requests[2:]) {
		t.Errorf("kept %v of %v", kept, requests)
	}
}
