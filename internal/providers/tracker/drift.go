package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// drift finds out whether a report is still what the arguments ask for. What the search
// has shown of it is used where it is enough.
func (p *provider) drift(ctx context.Context, t providers.Target, k *export.KnownVersion, e *entity, o *providers.Observation) error {
	if had, now := k.Meta[metaFilter], o.Resolved[metaFilter]; had != "" && now != "" && had != now {
		o.Drift = append(o.Drift, fmt.Sprintf("the saved filter %s was changed since the report was created", t.Args.String("filter_id")))
	}
	if k.Adopted || k.Meta[metaSent] == "" {
		return nil // it was not made from our arguments
	}
	if e.Fields == nil {
		var err error
		if e, err = p.readBack(ctx, k.ID); err != nil {
			return err
		}
	}
	if e == nil {
		o.Warnings = append(o.Warnings, "the service does not show what the report is made from, so changes of it in Tracker are not noticed")
		return nil
	}
	d := compare(k.Meta[metaSent], e)
	o.Drift, o.Warnings = append(o.Drift, d.differences...), append(o.Warnings, d.doubts...)
	if len(d.unreadable) > 0 {
		o.Warnings = append(o.Warnings, fmt.Sprintf("the service does not show the report's %s, so changes of it in Tracker are not noticed", strings.Join(d.unreadable, " and ")))
	}
	return nil
}

// comparison is what a report differs in from what was sent.
type comparison struct {
	differences []string // it is another report
	doubts      []string // not worth a new report
	unreadable  []string
}

// compare compares a report with what was sent, as far as the service shows it. What
// comes back has another form: plain keys become objects.
func compare(sent string, e *entity) comparison {
	var d comparison
	var want body
	if json.Unmarshal([]byte(sent), &want) != nil {
		return d
	}
	name, ok := e.summary()
	switch {
	case !ok:
		d.unreadable = append(d.unreadable, "name")
	case strings.TrimSpace(name) != strings.TrimSpace(want.Summary):
		d.differences = append(d.differences, fmt.Sprintf("its name is %q", transport.Clean(name, 200)))
	}
	if e.Fields == nil || blank(e.Fields.Parameters) {
		d.unreadable = append(d.unreadable, "parameters")
		return d
	}
	var have any
	if json.Unmarshal(e.Fields.Parameters, &have) != nil {
		d.unreadable = append(d.unreadable, "parameters")
		return d
	}
	var wanted any
	b, _ := json.Marshal(want.Parameters) // it was just decoded
	_ = json.Unmarshal(b, &wanted)
	d.members("", wanted, have)
	return d
}

// members compares the members that were sent. Others are the service's.
func (d *comparison) members(path string, want, have any) {
	w, _ := want.(map[string]any)
	h, ok := have.(map[string]any)
	if !ok {
		d.differences = append(d.differences, fmt.Sprintf("its %s is %s", path, short(have)))
		return
	}
	names := make([]string, 0, len(w))
	for name := range w {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		at := strings.TrimPrefix(path+"."+name, ".")
		got, shown := h[name]
		switch {
		case at == "filter":
			d.members(at, w[name], got)
		case !shown && !empty(w[name]):
			d.unreadable = append(d.unreadable, at)
		case at == "filter.query":
			d.query(w[name], got)
		case !slices.Equal(normal(w[name]), normal(got)):
			d.differences = append(d.differences, fmt.Sprintf("its %s is %s", at, short(got)))
		}
	}
}

// query compares texts of the query language: white space is not worth a new report.
func (d *comparison) query(want, have any) {
	w, _ := want.(string)
	h, _ := have.(string)
	switch {
	case strings.TrimSpace(w) == strings.TrimSpace(h):
	case strings.Join(strings.Fields(w), " ") == strings.Join(strings.Fields(h), " "):
		d.doubts = append(d.doubts, "its query has other white space than the arguments")
	default:
		d.differences = append(d.differences, fmt.Sprintf("its query is %s", short(have)))
	}
}

// normal is a value in a form in which equal ones are equal: an object with an id or a
// key is that, numbers are text, and what is empty is nothing.
func normal(v any) []string {
	var out []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case nil:
		case map[string]any:
			for _, key := range []string{"key", "id"} {
				if id, ok := v[key]; ok && (v["self"] != nil || v["display"] != nil) {
					walk(path, id)
					return
				}
			}
			names := make([]string, 0, len(v))
			for name := range v {
				names = append(names, name)
			}
			sort.Strings(names)
			for _, name := range names {
				walk(path+"."+name, v[name])
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), e)
			}
		case string:
			out = append(out, path+"="+v)
		default:
			b, _ := json.Marshal(v) // it came from JSON
			out = append(out, path+"="+string(b))
		}
	}
	walk("", v)
	return out
}

func empty(v any) bool { return len(normal(v)) == 0 }

func blank(v json.RawMessage) bool {
	return len(v) == 0 || bytes.Equal(v, []byte("null")) || bytes.Equal(v, []byte("{}"))
}

func short(v any) string {
	b, _ := json.Marshal(v) // it came from JSON
	return transport.Clean(string(b), 200)
}
