package tracker

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

func str(s string) cty.Value { return cty.StringVal(s) }

func list(texts ...string) cty.Value {
	var out []cty.Value
	for _, s := range texts {
		out = append(out, str(s))
	}
	return cty.ListVal(out)
}

// arguments are those given, and the defaults of the type for the rest.
func arguments(typ string, given map[string]cty.Value) schema.Values {
	out := schema.Values{}
	for _, e := range Type().Schema.Exports {
		if e.Type != typ {
			continue
		}
		for _, a := range e.Body.Attributes {
			out[a.Name] = a.Default
		}
	}
	for k, v := range given {
		out[k] = v
	}
	return out
}

func report(given map[string]cty.Value) providers.Target {
	all := map[string]cty.Value{"summary": str("Backlog"), "fields": list("key", "status"), "query": str("Queue: SUPPORT")}
	for k, v := range given {
		all[k] = v
	}
	return providers.Target{Type: typeReport, Args: arguments(typeReport, all), Marker: "12345678"}
}

func sortBy(by string) cty.Value {
	return cty.ListVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"by": str(by), "ascending": cty.False})})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		typ   string
		given map[string]cty.Value
		want  string
	}{
		{"report", typeReport, map[string]cty.Value{"summary": str("x"), "fields": list("key"), "query": str("Queue: A")}, ""},
		{"no name", typeReport, map[string]cty.Value{"summary": str("  "), "fields": list("key")}, "summary must not be empty"},
		{"long name", typeReport, map[string]cty.Value{"summary": str(strings.Repeat("я", 256)), "fields": list("key")}, "256 characters"},
		{"no fields", typeReport, map[string]cty.Value{"summary": str("x"), "fields": cty.ListValEmpty(cty.String)}, "fields is empty"},
		{"field twice", typeReport, map[string]cty.Value{"summary": str("x"), "fields": list("key", "key")}, "there twice"},
		{"bad filter", typeReport, map[string]cty.Value{"summary": str("x"), "fields": list("key"), "filter_id": str("-5")}, "number of a saved filter"},
		{"two orders", typeReport, map[string]cty.Value{
			"summary": str("x"), "fields": list("key"), "query": str(`Queue: A "sort by": Updated`), "sort": sortBy("updated"),
		}, "Keep one"},
		{"sort by nothing", typeReport, map[string]cty.Value{"summary": str("x"), "fields": list("key"), "sort": sortBy("")}, "by must be"},
		{"empty query", typeIssues, map[string]cty.Value{"query": str(" ")}, "query is empty"},
		{"queue", typeIssues, map[string]cty.Value{"queue": str("A B")}, "key of a queue"},
		{"filter is text", typeIssues, map[string]cty.Value{"filter": str("x")}, "must be an object"},
		{"empty filter", typeIssues, map[string]cty.Value{"filter": cty.EmptyObjectVal}, "filter is empty"},
		{"order of one's own", typeIssues, map[string]cty.Value{"query": str(`A: B "Sort By": Key`), "sync": str("incremental")}, "Remove the \"Sort By\""},
		{"order in a full reading", typeIssues, map[string]cty.Value{"query": str(`A: B "Sort By": Key`)}, ""},
		{"condition on updated", typeIssues, map[string]cty.Value{"filter": cty.ObjectVal(map[string]cty.Value{"updated": str("x")}), "sync": str("incremental")}, "of its own"},
		{"include", typeIssues, map[string]cty.Value{"queue": str("A"), "include": list("comments")}, `"comments" is not known`},
		{"missing", typeIssues, map[string]cty.Value{"queue": str("A"), "max_missing": cty.NumberIntVal(-1)}, "must not be negative"},
		{"unknown", typeIssues, map[string]cty.Value{"query": cty.UnknownVal(cty.String), "sync": str("incremental")}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check := validateIssues
			if c.typ == typeReport {
				check = validateReport
			}
			var texts []string
			for _, p := range check(providers.Target{Args: arguments(c.typ, c.given)}) {
				texts = append(texts, p.Detail)
			}
			all := strings.Join(texts, "\n")
			if (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
				t.Errorf("got %q, want %q", all, c.want)
			}
			if got := check(providers.Target{Args: arguments(c.typ, c.given), Cut: &export.Cut{}}); len(got) != len(texts)+1 {
				t.Errorf("with a period block: %v", got)
			}
		})
	}
}

func TestConfigureRefuses(t *testing.T) {
	t.Parallel()
	null := cty.NullVal(cty.String)
	for name, c := range map[string]struct {
		given map[string]cty.Value
		want  string
	}{
		"plain http":   {map[string]cty.Value{"base_url": str("http://api.tracker.yandex.net")}, "base_url"},
		"no token":     {map[string]cty.Value{"token": null}, "YANDEX_TRACKER_TOKEN"},
		"word before":  {map[string]cty.Value{"token": str("OAuth y0_x")}, "without the word"},
		"two":          {map[string]cty.Value{"cloud_org_id": str("b")}, "keep one"},
		"none":         {map[string]cty.Value{"org_id": null}, "YANDEX_TRACKER_CLOUD_ORG_ID"},
		"odd id":       {map[string]cty.Value{"org_id": str("a b")}, "no id has"},
		"iam in a 360": {map[string]cty.Value{"token_type": str("iam")}, "cloud_org_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := schema.Values{}
			for _, a := range Type().Schema.Body.Attributes {
				args[a.Name] = a.Default
			}
			args["token"], args["org_id"], args["cloud_org_id"] = str("t"), str("7"), null
			for k, v := range c.given {
				args[k] = v
			}
			if _, err := Type().Configure(providers.ConfigureRequest{Args: args}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	if got := quoted(`a "b" \c`); got != `"a \"b\" \\c"` {
		t.Errorf("%s", got)
	}
	for query, want := range map[string]string{
		`Queue: A "Sort By": Updated DESC, Key ASC`: "Queue: A", "Queue: A\n\"sort by\" : Key": "Queue: A", `Summary: "sort by"`: `Summary: "sort by"`,
	} {
		if got := unsorted(query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}
