package tracker

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// sortClause finds "Sort By" at the end of a query.
var sortClause = regexp.MustCompile(`(?is)\s*"sort\s*by"\s*:.*$`)

// sorts reports whether a query says how to sort.
func sorts(query string) bool { return sortClause.MatchString(query) }

// unsorted is a query without saying how to sort.
func unsorted(query string) string { return sortClause.ReplaceAllString(query, "") }

// quoted is text as a value of the query language.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// object is a value of the configuration as JSON.
func object(val cty.Value) (json.RawMessage, error) {
	b, err := ctyjson.Marshal(val, val.Type())
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return b, nil
}

// problems collects what is wrong with arguments.
type problems struct {
	args schema.Values
	providers.Problems
}

const badValue = "Value not allowed"

// selection checks what says which issues are meant.
func (p *problems) selection() {
	if p.args.Has("query") && strings.TrimSpace(p.args.String("query")) == "" {
		p.Add("query", badValue, "query is empty, which would select everything; write a condition, such as \"Queue: SUPPORT\".")
	}
	if p.args.Has("queue") && (strings.TrimSpace(p.args.String("queue")) == "" || strings.ContainsAny(p.args.String("queue"), " /?&")) {
		p.Add("queue", badValue, "queue = %q must be the key of a queue, such as \"SUPPORT\".", p.args.String("queue"))
	}
	if p.args.Has("filter_id") {
		if n, err := strconv.ParseInt(p.args.String("filter_id"), 10, 64); err != nil || n < 1 {
			p.Add("filter_id", badValue, "filter_id = %q must be the number of a saved filter, as in the address of its page.", p.args.String("filter_id"))
		}
	}
	f, ok := p.args["filter"]
	if !ok || f == cty.NilVal || f.IsNull() || !f.IsKnown() {
		return
	}
	switch t := f.Type(); {
	case !t.IsObjectType() && !t.IsMapType():
		p.Add("filter", badValue, "filter must be an object such as { queue = \"SUPPORT\" }, not %s.", t.FriendlyName())
	case f.LengthInt() == 0:
		p.Add("filter", badValue, "filter is empty, which would select everything.")
	}
}

// columns checks a list of fields.
func (p *problems) columns() {
	f, ok := p.args["fields"]
	if !ok || f == cty.NilVal || f.IsNull() || !f.IsKnown() {
		return
	}
	if f.LengthInt() == 0 {
		p.Add("fields", badValue, "fields is empty; name at least one field.")
	}
	seen := map[string]bool{}
	for _, name := range p.args.Strings("fields") {
		switch {
		case strings.TrimSpace(name) != name || name == "" || strings.ContainsAny(name, ", \t\n"):
			p.Add("fields", badValue, "fields: %q cannot be the key of a field.", name)
		case seen[name]:
			p.Add("fields", badValue, "fields: %q is there twice.", name)
		}
		seen[name] = true
	}
}

// noPeriod refuses a period block.
func (p *problems) noPeriod(given bool) {
	if given {
		p.Add("", "Period not possible", "Exports of Tracker are not cut into periods. Remove the period block; use every for regular versions, and a condition on dates in the query.")
	}
}
