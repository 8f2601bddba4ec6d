package methods

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// spec is the vendor's description, as decoded JSON.
type spec map[string]any

// openAPI reads the vendor's own description of the service, of which the tests only
// know where it is.
func openAPI(t *testing.T) spec {
	t.Helper()
	const env = "REPORTSYNC_MARKET_OPENAPI"
	path := os.Getenv(env)
	if path == "" {
		t.Skip("set " + env + " to the path of the vendor's OpenAPI file to hold all requests against it")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	typ, err := ctyyaml.ImpliedType(text)
	if err != nil {
		t.Fatal(err)
	}
	v, err := ctyyaml.Unmarshal(text, typ)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	var s spec
	if err := json.Unmarshal(asJSON, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s spec) resolve(v any) map[string]any {
	m, _ := v.(map[string]any)
	for {
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		var at any = map[string]any(s)
		for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[step]
		}
		m, _ = at.(map[string]any)
	}
}

// check holds a value against a schema. Unknown properties are wrong.
func (s spec) check(where string, schema any, v any) []string {
	m := s.resolve(schema)
	var wrong []string
	fail := func(format string, a ...any) { wrong = append(wrong, where+": "+fmt.Sprintf(format, a...)) }
	for _, part := range list(m["allOf"]) {
		wrong = append(wrong, s.check(where, part, v)...)
	}
	if enum := list(m["enum"]); len(enum) > 0 && !slices.Contains(enum, v) {
		fail("%v is none of %v", v, enum)
	}
	number := func(name string) (float64, bool) { n, ok := m[name].(float64); return n, ok }
	switch m["type"] {
	case "object":
		object, ok := v.(map[string]any)
		if !ok {
			fail("no object")
			break
		}
		props, _ := m["properties"].(map[string]any)
		for name, member := range object {
			if props[name] == nil {
				fail("unknown property %s", name)
				continue
			}
			wrong = append(wrong, s.check(where+"."+name, props[name], member)...)
		}
		for _, name := range list(m["required"]) {
			if _, ok := object[name.(string)]; !ok {
				fail("%s is missing", name)
			}
		}
	case "array":
		items, ok := v.([]any)
		if !ok {
			fail("no array")
			break
		}
		if n, ok := number("minItems"); ok && len(items) < int(n) {
			fail("too few items")
		}
		if n, ok := number("maxItems"); ok && len(items) > int(n) {
			fail("too many items")
		}
		for i, e := range items {
			wrong = append(wrong, s.check(fmt.Sprintf("%s[%d]", where, i), m["items"], e)...)
		}
	case "integer":
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) {
			fail("%v is no integer", v)
		}
		if low, ok := number("minimum"); ok && (n < low || m["exclusiveMinimum"] == true && n == low) {
			fail("%v is too small", n)
		}
		if high, ok := number("maximum"); ok && n > high {
			fail("%v is too large", n)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			fail("no boolean")
		}
	case "string":
		text, ok := v.(string)
		if !ok {
			fail("%v is no string", v)
			break
		}
		if n, ok := number("minLength"); ok && len([]rune(text)) < int(n) {
			fail("too short")
		}
		if n, ok := number("maxLength"); ok && len([]rune(text)) > int(n) {
			fail("too long")
		}
		layouts := map[any]string{"date": time.DateOnly, "date-time": time.RFC3339}
		if layout := layouts[m["format"]]; layout != "" {
			if _, err := time.Parse(layout, text); err != nil {
				fail("%v", err)
			}
		}
	}
	return wrong
}

func list(v any) []any { l, _ := v.([]any); return l }

// checkRequest holds a whole request against the operation of its path.
func (s spec) checkRequest(r *Request, template string) []string {
	paths, _ := s["paths"].(map[string]any)
	item := s.resolve(paths[template])
	op := s.resolve(item["post"])
	if len(op) == 0 {
		return []string{"there is no POST " + template}
	}
	pattern := regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(template, `\d+`) + "$")
	var wrong []string
	if !pattern.MatchString(r.Path) {
		wrong = append(wrong, "the path is "+r.Path)
	}
	params := map[string]any{}
	for _, p := range append(list(item["parameters"]), list(op["parameters"])...) {
		m := s.resolve(p)
		if m["in"] == "query" {
			params[m["name"].(string)] = m["schema"]
		}
	}
	for name, values := range r.Query {
		if params[name] == nil {
			wrong = append(wrong, "unknown query parameter "+name)
			continue
		}
		wrong = append(wrong, s.check("query."+name, params[name], values[0])...)
	}
	body := s.resolve(op["requestBody"])
	if r.Body == nil {
		if body["required"] == true {
			wrong = append(wrong, "the body is missing")
		}
		return wrong
	}
	content, _ := body["content"].(map[string]any)
	media, _ := content["application/json"].(map[string]any)
	var v any
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return append(wrong, err.Error())
	}
	return append(wrong, s.check("body", media["schema"], v)...)
}

// Every way to ask for every method is what the vendor describes: with as little as
// possible, with everything, in each of the exclusive ways, and by a period.
func TestRequestsAgainstOpenAPI(t *testing.T) {
	s := openAPI(t)
	requests := 0
	for _, m := range All() {
		for _, in := range ways(m) {
			r, err := Build(&in)
			if err != nil {
				t.Errorf("%s: %v", m.Name, err)
				continue
			}
			requests++
			for _, w := range s.checkRequest(r, m.Path) {
				t.Errorf("%s %s %s: %s", m.Name, r.Query.Encode(), r.Body, w)
			}
		}
	}
	t.Logf("%d requests", requests)
	if requests < 100 {
		t.Errorf("only %d requests", requests)
	}
}

// ways are the inputs that together produce all that a method can be asked.
func ways(m *Method) []Input {
	groups := m.ExactlyOne
	if len(groups) == 0 {
		groups = [][]string{nil}
	}
	var out []Input
	for _, group := range groups {
		for _, all := range []bool{false, true} {
			values := map[string]cty.Value{}
			for _, f := range m.Fields {
				exclusive := inGroups(m, f.Name)
				needed := f.Required || slices.Contains(group, f.Name)
				optional := all && !exclusive && f.Use == "" && fits(m, f.Name, group)
				if needed || optional {
					values[f.Name] = sample(f)
				}
			}
			if len(m.AtLeastOne) > 0 {
				f := field(m.Fields, m.AtLeastOne[0])
				values[f.Name] = sample(f)
			}
			in := Input{Report: m.Name, Raw: m.Kind == Document, Params: cty.ObjectVal(values)}
			out = append(out, in)
			if m.Language {
				in.Language = "EN"
				out = append(out, in)
			}
			if m.SourceType {
				in.SourceType = "ADVERTISER"
				out = append(out, in)
			}
			if m.Kind == Report {
				in.Raw = true
				out = append(out, in)
			}
			for _, layout := range m.Layouts {
				values["format"] = cty.StringVal(layout)
				in.Params = cty.ObjectVal(values)
				out = append(out, in)
			}
		}
	}
	if len(m.Periods) > 0 {
		values := map[string]cty.Value{}
		for _, f := range m.Fields {
			if f.Required && m.periodOf(f.Name) == nil || f.Name == campaignID {
				values[f.Name] = sample(f)
			}
		}
		w := month(2025, 2)
		if u := m.Units(); len(u) == 1 && u[0] == "day" {
			w.End = w.Start.AddDate(0, 0, 1)
		}
		out = append(out, Input{Report: m.Name, BusinessID: "12", Raw: m.Kind == Document, Params: cty.ObjectVal(values), Period: w})
	}
	return out
}

func inGroups(m *Method, name string) bool {
	return slices.ContainsFunc(m.ExactlyOne, func(g []string) bool { return slices.Contains(g, name) })
}

// fits reports whether a field that needs others has them in the group.
func fits(m *Method, name string, group []string) bool {
	for _, needs := range m.Requires[name] {
		if inGroups(m, needs) && !slices.Contains(group, needs) {
			return false
		}
	}
	return true
}

func sample(f *Field) cty.Value {
	switch f.Type {
	case "int":
		n := int64(7)
		if f.Max != nil {
			n = *f.Max
		}
		return cty.NumberIntVal(n)
	case "bool":
		return cty.True
	case "date":
		return cty.StringVal("2025-02-03")
	case "date-time":
		return cty.StringVal("2025-02-03T10:00:00+03:00")
	case "list":
		return cty.TupleVal([]cty.Value{sample(f.Items)})
	case "object":
		values := map[string]cty.Value{}
		for _, k := range f.Fields {
			values[k.Name] = sample(k)
		}
		return cty.ObjectVal(values)
	}
	if len(f.Enum) > 0 {
		return cty.StringVal(f.Enum[0])
	}
	return cty.StringVal("a name")
}
