package tracker

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/schema"
)

// aliases are the names that fields have in issues, by those that they have elsewhere.
var aliases = map[string]string{
	"created": "createdAt", "updated": "updatedAt", "resolved": "resolvedAt", "author": "createdBy", "modifier": "updatedBy",
}

// always are what every issue can have, whatever the catalogue says.
var always = []string{
	"id", "key", "version", "self", "summary", "description", "status", "previousStatus", "type", "priority", "resolution", "queue", "assignee", "parent",
	"epic", "followers", "sprint", "components", "fixVersions", "tags", "aliases", "project", "votes", "storyPoints", "originalEstimation", "estimation",
	"spent", "start", "end", "deadline", "favorite", "lastCommentUpdatedAt", "createdAt", "updatedAt", "resolvedAt", "createdBy", "updatedBy", "resolvedBy",
}

// localPattern is what the local fields of queues are called.
var localPattern = regexp.MustCompile(`^[0-9a-f]{24}--\w+$`)

// field is an entry of the catalogue.
type field struct {
	ID     text   `json:"id"`
	Key    string `json:"key"`
	Name   string `json:"name"`
	Schema struct {
		Type  string `json:"type"`
		Items string `json:"items"`
	} `json:"schema"`
	local bool
}

// catalogue are the global fields.
type catalogue struct {
	list  []field
	known map[string]bool
}

// catalogue is read once in a run.
func (p *provider) catalogue(ctx context.Context) (*catalogue, error) {
	return p.fields.Get(func() (*catalogue, error) {
		c := &catalogue{known: map[string]bool{}}
		if _, err := p.read(ctx, request{op: "read the catalogue of fields", method: http.MethodGet, path: "/v3/fields", large: true}, &c.list); err != nil {
			return nil, err
		}
		for i := range c.list {
			c.known[string(c.list[i].ID)], c.known[c.list[i].Key] = true, true
		}
		for _, name := range always {
			c.known[name] = true
		}
		for name := range aliases {
			c.known[name] = true
		}
		return c, nil
	})
}

// unknown are the columns that no field has.
func (c *catalogue) unknown(columns []column) []string {
	var out []string
	for _, col := range columns {
		if !c.known[col.field] && !c.known[col.name] && !localPattern.MatchString(col.field) {
			out = append(out, col.name)
		}
	}
	return out
}

// similar is the known field that differs from a name in the case of letters only.
func (c *catalogue) similar(name string) string {
	for k := range c.known {
		if strings.EqualFold(k, name) && k != name {
			return k
		}
	}
	return ""
}

func (p *provider) readFields(ctx context.Context, args schema.Values) (cty.Value, error) {
	c, err := p.catalogue(ctx)
	if err != nil {
		return cty.NilVal, err
	}
	list := c.list
	if queue := args.String("queue"); queue != "" {
		var local []field
		_, err := p.read(ctx, request{
			op: "read the fields of the queue " + queue, method: http.MethodGet, path: "/v3/queues/" + url.PathEscape(queue) + "/localFields",
		}, &local)
		if err != nil {
			return cty.NilVal, err
		}
		for i := range local {
			local[i].local = true
		}
		list = append(list[:len(list):len(list)], local...)
	}
	vals := make([]cty.Value, 0, len(list))
	for i := range list {
		f := &list[i]
		vals = append(vals, cty.ObjectVal(map[string]cty.Value{
			"id": cty.StringVal(string(f.ID)), "key": cty.StringVal(f.Key), "name": cty.StringVal(f.Name),
			"type": orNull(f.Schema.Type), "items": orNull(f.Schema.Items), "local": cty.BoolVal(f.local),
		}))
	}
	return cty.ObjectVal(map[string]cty.Value{"fields": listOf(fieldObject, vals)}), nil
}

func orNull(s string) cty.Value {
	if s == "" {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(s)
}

func listOf(t cty.Type, vals []cty.Value) cty.Value {
	if len(vals) == 0 {
		return cty.ListValEmpty(t)
	}
	return cty.ListVal(vals)
}

func (p *provider) readReports(ctx context.Context) (cty.Value, error) {
	list, err := p.own(ctx, "", parseTime(""))
	if err != nil {
		return cty.NilVal, err
	}
	if _, err := p.shownAll(ctx, list); err != nil {
		return cty.NilVal, err
	}
	vals := make([]cty.Value, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		e := &list[i]
		name, ok := e.summary()
		summary := cty.NullVal(cty.String)
		if ok {
			summary = cty.StringVal(name)
		}
		created := cty.NullVal(cty.String)
		if !e.Created.IsZero() {
			created = cty.StringVal(e.Created.Format("2006-01-02T15:04:05Z07:00"))
		}
		vals = append(vals, cty.ObjectVal(map[string]cty.Value{
			"id": cty.StringVal(string(e.ID)), "short_id": cty.StringVal(string(e.ShortID)), "summary": summary, "created_at": created,
			"created_by": cty.StringVal(e.Author.Display), "url": cty.StringVal(pages + string(e.ID)),
		}))
	}
	return cty.ObjectVal(map[string]cty.Value{"reports": listOf(reportObject, vals)}), nil
}

// refuseUnknown is the error about columns that no field has.
func refuseUnknown(c *catalogue, unknown []string) string {
	text := fmt.Sprintf("the catalogue of fields has no %s", strings.Join(unknown, ", "))
	if s := c.similar(unknown[0]); s != "" {
		text += fmt.Sprintf(" (did you mean %s?)", s)
	}
	return text
}
