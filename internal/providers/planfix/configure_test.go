package planfix

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

func TestConfigure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		set     map[string]cty.Value
		account string
		err     string
	}{
		{"account", map[string]cty.Value{"account": str("Acme")}, "planfix:acme.planfix.com", ""},
		{"address", map[string]cty.Value{"base_url": str("https://crm.acme.example:8443/rest/")}, "planfix:crm.acme.example:8443", ""},
		{"neither", nil, "", "PLANFIX_BASE_URL"},
		{"an address as account", map[string]cty.Value{"account": str("acme.planfix.com")}, "", "base_url"},
		{"plain http", map[string]cty.Value{"base_url": str("http://acme.planfix.com/rest")}, "", "https"},
		{"no token", map[string]cty.Value{"account": str("acme"), "token": cty.NullVal(cty.String)}, "", "PLANFIX_TOKEN"},
		{"a token with a line break", map[string]cty.Value{"account": str("acme"), "token": str(testToken + "\n")}, "", "copy it again"},
		{"pace", map[string]cty.Value{"account": str("acme"), "requests_per_second": cty.NumberIntVal(-1)}, "", "requests_per_second"},
		{"interval", map[string]cty.Value{"account": str("acme"), "generation_interval": str("soon")}, "", "generation_interval"},
		{"certificates", map[string]cty.Value{"account": str("acme"), "ca_file": str("ca.pem")}, "", "ca_file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			set := map[string]cty.Value{"token": str(testToken)}
			for k, v := range tt.set {
				set[k] = v
			}
			typ := Type()
			p, err := typ.Configure(providers.ConfigureRequest{Args: arguments(typ.Schema.Body, set), Transport: http.DefaultTransport})
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), testToken) {
					t.Fatalf("error = %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if p.Account() != tt.account {
				t.Errorf("account = %s", p.Account())
			}
			want := providers.Limits{
				MaxInFlight: 1, RequestsPerSecond: 0.95, GenerationInterval: 10*time.Minute + 30*time.Second, PollTimeout: 15 * time.Minute,
				PollIntervals: []time.Duration{3 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second},
			}
			if diff := cmp.Diff(want, p.Limits()); diff != "" {
				t.Errorf("limits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		mode, versions string
		want           export.Policy
	}{
		{"saved", "all", export.Policy{Source: export.SourceMirror}},
		{"saved", "latest", export.Policy{Source: export.SourceMirror, Newest: 1}},
		{"saved", "5", export.Policy{Source: export.SourceMirror, Newest: 5}},
		{"generate", "all", export.Policy{Source: export.SourceGenerate}},
		{"auto", "latest", export.Policy{Source: export.SourceAuto, Newest: 1}},
	}
	for _, tt := range tests {
		args := target(map[string]cty.Value{"mode": str(tt.mode), "versions": str(tt.versions)}).Args
		if got := Type().Exports[typeReport].Policy(args); !cmp.Equal(got, tt.want) {
			t.Errorf("%s, %s: %+v", tt.mode, tt.versions, got)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ attribute, value string }{
		{"report_id", "26000"}, {"report_id", "9223372036854775807"}, {"versions", "3"}, {"report_name", "Sales"},
	} {
		if got := validateReport(target(map[string]cty.Value{tt.attribute: str(tt.value)})); len(got) != 0 {
			t.Errorf("%s = %q: %v", tt.attribute, tt.value, got)
		}
	}
	for _, tt := range []struct{ attribute, value string }{
		{"report_id", ""},
		{"report_id", "0"},
		{"report_id", "-1"},
		{"report_id", "026"},
		{"report_id", "Weekly"},
		{"report_id", "1/../2"},
		{"report_id", "9223372036854775808"},
		{"versions", "0"},
		{"versions", "none"},
		{"versions", "1.5"},
		{"report_name", ""},
	} {
		got := validateReport(target(map[string]cty.Value{tt.attribute: str(tt.value)}))
		if len(got) != 1 || got[0].Attribute != tt.attribute || got[0].Detail == "" {
			t.Errorf("%s = %q: %v", tt.attribute, tt.value, got)
		}
	}
}

// What the reference pages and the decoder rely on.
func TestSchema(t *testing.T) {
	t.Parallel()
	s := Type().Schema
	bodies := map[string]schema.Body{"provider": s.Body}
	for _, e := range s.Exports {
		bodies[e.Type] = e.Body
		if Type().Exports[e.Type].Policy == nil || e.Description == "" || len(e.Formats) == 0 {
			t.Errorf("%s is not complete", e.Type)
		}
	}
	for _, d := range s.Data {
		bodies[d.Type] = d.Body
	}
	for name, b := range bodies {
		for _, a := range b.Attributes {
			if a.Description == "" || a.Example == "" {
				t.Errorf("%s.%s has no description or example", name, a.Name)
			}
			if len(a.Enum) > 0 && a.Default != cty.NilVal && !slices.Contains(a.Enum, a.Default.AsString()) {
				t.Errorf("the default of %s.%s is not allowed", name, a.Name)
			}
		}
		for _, group := range b.ExactlyOne {
			for _, n := range group {
				if b.Attribute(n) == nil {
					t.Errorf("%s: the group %v names %q, which is none", name, group, n)
				}
			}
		}
	}
	if a := s.Body.Attribute("token"); !a.Sensitive || a.Env != "PLANFIX_TOKEN" {
		t.Errorf("token = %+v", a)
	}
}
