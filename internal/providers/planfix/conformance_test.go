package planfix

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers/providertest"
	"reportsync/internal/schema"
)

func TestConformance(t *testing.T) {
	for _, inFlight := range []int64{1, 3} {
		t.Run(fmt.Sprint(inFlight), func(t *testing.T) {
			providertest.Run(t, providertest.Harness{New: func(t *testing.T) *providertest.Fixture { return conforming(t, inFlight) }})
		})
	}
}

func conforming(t *testing.T, inFlight int64) *providertest.Fixture {
	t.Helper()
	s := newService(t)
	s.on(routeReports, ok(`{"result":"success","reports":[{"id":26000,"name":"Sales"}]}`))
	s.on(routeSaves, ok(`{"result":"success","saves":[{"id":5388,"chunksCount":3},{"id":5387,"chunks":1}]}`))
	long := strings.Repeat("x", 5000)
	whole := chunk(0, header("A", "B"), normal("1", long), normal("2", long))
	s.on(routeChunk(0), ok(whole))
	s.on(routeChunk(1), ok(chunk(1, normal("3", long))))
	s.on(routeChunk(2), ok(chunk(2, normal("4", long, "more"))))
	p, _ := account(t, s, map[string]cty.Value{"max_in_flight": cty.NumberIntVal(inFlight)})
	echo := "the token " + testToken + "\x1b[31m is\r\nrefused"
	refuse := func(a answer) func() { return func() { s.every(a) } }
	return &providertest.Fixture{
		Provider: p, Target: target(nil), Secrets: []string{testToken},
		Data: map[string]schema.Values{dataReports: {}, dataSaves: {"report_id": str("26000")}},
		CutBody: func() {
			s.on(routeChunk(0), cut(200, whole, len(whole)-2000), ok(whole))
		},
		Hang: func() { s.every(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }) },
		Refuse: map[string]func(){
			"token":        refuse(fail(401, 1, echo)),
			"scope":        refuse(fail(405, 5, echo)),
			"code 0":       refuse(fail(500, 0, echo)),
			"no report":    refuse(fail(400, 9000, echo)),
			"quota":        refuse(fail(400, 22, echo)),
			"unknown code": refuse(fail(418, 12345, echo)),
			"page":         refuse(jsonAnswer(404, "<html>"+echo)),
			"plain text":   refuse(jsonAnswer(200, echo)),
			"gateway":      refuse(jsonAnswer(502, echo)),
			"redirect":     refuse(withHeader("Location", "https://x.example/?t="+testToken, jsonAnswer(302, echo))),
			"reset":        refuse(reset),
			"cut short":    refuse(ok(`{"result":"success","x":"` + testToken)),
			"another list": refuse(ok(`{"result":"success","other":[]}`)),
			"bad gzip":     refuse(withHeader("Content-Encoding", "gzip", ok(echo))),
		},
	}
}
