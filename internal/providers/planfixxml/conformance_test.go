package planfixxml

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers/providertest"
	"reportsync/internal/providers/providertest/insandbox"
	"reportsync/internal/sandbox"
	"reportsync/internal/schema"
)

func conforming(t *testing.T) *providertest.Fixture {
	t.Helper()
	s := newService(t)
	var first, second strings.Builder
	for i := range 130 {
		b := &first
		if i >= 100 {
			b = &second
		}
		fmt.Fprintf(b, "<task><id>%d</id><title>%s</title></task>", i+1, strings.Repeat("x", 100))
	}
	list := func(items string, n int) answer {
		return says(fmt.Sprintf(`<tasks totalCount="130" count="%d">%s</tasks>`, n, items))
	}
	byPage := func(w http.ResponseWriter, r *http.Request) {
		asked := s.requests()
		if strings.Contains(asked[len(asked)-1], "<pageCurrent>2<") {
			list(second.String(), 30)(w, r)
			return
		}
		list(first.String(), 100)(w, r)
	}
	s.next(byPage)
	p := account(t, s, nil)
	echo := "the token " + testToken + " is refused"
	basicHeader := basic(testKey, testToken)
	refuse := func(a answer) func() { return func() { s.next(a) } }
	return &providertest.Fixture{
		Provider: p, Target: of("task.getList"), Reading: true, Secrets: []string{testToken, testKey, basicHeader},
		Hang: func() { s.next(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }) },
		Refuse: map[string]func(){
			"key":         refuse(refuses("0001", echo)),
			"token":       refuse(refuses("0012", "&#x9b;31m"+echo)),
			"quota":       refuse(refuses("0007", echo)),
			"busy":        refuse(refuses("3014", echo)),
			"five digits": refuse(refuses("10001", echo)),
			"unknown":     refuse(refuses("7777", echo)),
			"no code":     refuse(refuses("", echo)),
			"status":      refuse(status(200, "application/xml", `<response status="maybe">`+echo+`</response>`)),
			"gateway":     refuse(status(502, "text/html", "<html>"+echo)),
			"page":        refuse(status(200, "text/html", "<html>"+echo)),
			"plain text":  refuse(status(200, "text/plain", echo)),
			"empty":       refuse(status(200, "application/xml", "")),
			"another":     refuse(says("<projects totalCount='0'/>")),
			"foreign":     refuse(status(200, "application/xml", `<?xml version="1.0" encoding="windows-1251"?><response status="ok"/>`)),
			"charset":     refuse(status(200, "application/xml; charset=windows-1251", `<response status="ok"/>`)),
			"cut":         refuse(status(200, "application/xml", `<?xml version="1.0"?><response status="ok"><tasks><task><id>1`)),
			"bad XML":     refuse(says("<tasks><task><id>1 & 2</id></task></tasks>")),
			"entities":    refuse(says("<tasks><task><id>&bomb;</id></task></tasks>")),
			"doctype":     refuse(status(200, "application/xml", `<!DOCTYPE x [<!ENTITY a "b">]><response status="ok"><tasks totalCount="0"/></response>`)),
			"reset":       refuse(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
			"deep":        refuse(says("<tasks><task>" + strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000) + "</task></tasks>")),
		},
	}
}

func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Harness{New: conforming})
}

// The provider and the simulator know the service from the same pages. Here each
// shows what the other has misread.
func TestConformanceAgainstSandbox(t *testing.T) {
	providertest.Run(t, providertest.Harness{New: func(t *testing.T) *providertest.Fixture {
		p, _, args := inSandbox(t, "", sandbox.Options{}, nil)
		return &providertest.Fixture{
			Provider: p, Secrets: []string{args["token"].AsString()}, Reading: true, Target: of("task.getList"),
		}
	}})
}

// inSandbox makes a provider for a sandbox, whose limits must not be broken.
func inSandbox(t testing.TB, faults string, o sandbox.Options, more map[string]cty.Value) (*provider, *sandbox.Server, schema.Values) {
	t.Helper()
	a := insandbox.Start(t, Type(), o, faults, more)
	return a.Provider.(*provider), a.Server, a.Args
}
