package providers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

var defaults = providers.Defaults{
	BaseURL: "https://service.example", RequestsPerSecond: 2, MaxInFlight: 3,
	Timeout: "60s", MaxRetries: 4, PollInterval: "4s", PollTimeout: "15m",
}

func decoded(set map[string]cty.Value) schema.Values {
	out := schema.Values{}
	for _, a := range providers.CommonAttributes(defaults) {
		if out[a.Name] = a.Default; a.Default == cty.NilVal {
			out[a.Name] = cty.NullVal(a.Type)
		}
		if v, ok := set[a.Name]; ok {
			out[a.Name] = v
		}
	}
	return out
}

func TestCommonAttributes(t *testing.T) {
	t.Parallel()
	for _, a := range providers.CommonAttributes(defaults) {
		if a.Description == "" || !strings.HasSuffix(strings.TrimSpace(a.Description), ".") {
			t.Errorf("%s is not described: %q", a.Name, a.Description)
		}
		if a.Default != cty.NilVal && !a.Default.Type().Equals(a.Type) {
			t.Errorf("the default of %s is no %s", a.Name, a.Type.FriendlyName())
		}
	}
	s, err := providers.ReadSettings(decoded(nil))
	if err != nil {
		t.Fatal(err)
	}
	if s.Spacing() != 500*time.Millisecond {
		t.Errorf("spacing = %s", s.Spacing())
	}
	want := providers.Limits{
		MaxInFlight: 3, RequestsPerSecond: 2, GenerationInterval: time.Minute, PollTimeout: 15 * time.Minute,
		PollIntervals: []time.Duration{4 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second},
	}
	if diff := cmp.Diff(want, s.Limits(time.Minute)); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

func TestReadSettingsRefuses(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]cty.Value{
		"requests_per_second": cty.NumberIntVal(0), "max_in_flight": cty.NumberIntVal(0), "max_retries": cty.NumberIntVal(-1),
		"timeout": cty.StringVal("0s"), "poll_interval": cty.StringVal("x"), "poll_timeout": cty.NullVal(cty.String),
	} {
		if _, err := providers.ReadSettings(decoded(map[string]cty.Value{name: v})); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
