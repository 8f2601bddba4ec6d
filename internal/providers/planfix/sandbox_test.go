package planfix

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/providers/providertest"
	"reportsync/internal/providers/providertest/insandbox"
	"reportsync/internal/sandbox"
	"reportsync/internal/schema"
)

// The provider and the simulator were written apart from the same facts. Here each
// shows what the other has misread.
func TestConformanceAgainstSandbox(t *testing.T) {
	providertest.Run(t, providertest.Harness{New: func(t *testing.T) *providertest.Fixture {
		a := insandbox.Start(t, Type(), sandbox.Options{}, "", nil)
		return &providertest.Fixture{
			Provider: a.Provider, Secrets: []string{a.Args["token"].AsString()},
			Target: providers.Target{Type: "planfix_report", Args: schema.Values{"report_id": cty.StringVal("26021")}},
			Data:   map[string]schema.Values{"planfix_reports": {}, "planfix_saves": {"report_id": cty.StringVal("26000")}},
		}
	}})
}
