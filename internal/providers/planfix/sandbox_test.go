package planfix

import (
	"net/http"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/providers/providertest"
	"reportsync/internal/sandbox"
	"reportsync/internal/schema"
)

// The provider and the simulator were written apart from the same facts. Here each
// shows what the other has misread.
func TestConformanceAgainstSandbox(t *testing.T) {
	providertest.Run(t, providertest.Harness{New: func(t *testing.T) *providertest.Fixture {
		s, err := sandbox.Start(t.Context(), sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			stats, err := s.Stats()
			if err != nil {
				t.Error(err)
			}
			if n := stats.Services["planfix"].Violations; len(n) != 0 {
				t.Errorf("the service's limits were broken: %v", n)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		args := schema.Values{}
		for _, a := range Type().Schema.Body.Attributes {
			args[a.Name] = a.Default
		}
		for name, value := range s.Credentials("planfix") {
			args[name] = cty.StringVal(value)
		}
		p, err := Type().Configure(providers.ConfigureRequest{Args: args, Transport: transport, Clock: s.Clock(), UserAgent: "reportsync/test"})
		if err != nil {
			t.Fatal(err)
		}
		return &providertest.Fixture{
			Provider: p, Secrets: []string{args["token"].AsString()},
			Target: providers.Target{Type: "planfix_report", Args: schema.Values{"report_id": cty.StringVal("26021")}},
			Data:   map[string]schema.Values{"planfix_reports": {}, "planfix_saves": {"report_id": cty.StringVal("26000")}},
		}
	}})
}
