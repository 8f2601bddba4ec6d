package tracker

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// column is a column of issues.
type column struct {
	name  string // as it was asked for
	field string // as it is called in an issue
	part  string // of an object: id or key; empty for what people see of it
}

// standard are the columns of an export that names none.
var standard = []string{
	"id", "key", "queue", "type", "status", "priority", "resolution", "summary", "description", "author", "assignee", "created", "updated", "resolved",
	"deadline", "start", "end", "tags", "components", "fixVersions", "sprint", "project", "epic", "parent", "followers", "storyPoints",
	"originalEstimation", "estimation", "spent", "votes", "version",
}

// columnsOf are the columns that the arguments ask for; id always comes first.
func columnsOf(args schema.Values) []column {
	names := args.Strings("fields")
	if len(names) == 0 {
		names = standard
	}
	names = append([]string{"id"}, slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "id" })...)
	out := make([]column, len(names))
	for i, name := range names {
		c := column{name: name, field: name}
		for _, part := range []string{"id", "key", "display"} {
			if field, ok := strings.CutSuffix(name, "."+part); ok {
				c.field, c.part = field, part
			}
		}
		if alias, ok := aliases[c.field]; ok {
			c.field = alias
		}
		out[i] = c
	}
	return out
}

// asked are the fields to ask the service for.
func asked(columns []column) string {
	names := []string{"id", "key", "version", "updatedAt"}
	for _, c := range columns {
		if !slices.Contains(names, c.field) {
			names = append(names, c.field)
		}
	}
	return strings.Join(names, ",")
}

func validateIssues(t providers.Target) []providers.Problem {
	args := t.Args
	p := &problems{args: args}
	p.noPeriod(t.Cut != nil)
	p.selection()
	p.columns()
	for _, name := range args.Strings("include") {
		if name != changelog {
			p.Add("include", badValue, "include: %q is not known; %q is.", name, changelog)
		}
	}
	if args.Has("max_missing") && args.Float("max_missing") < 0 {
		p.Add("max_missing", badValue, "max_missing = %g must not be negative.", args.Float("max_missing"))
	}
	if args.String("sync") != syncIncremental {
		return p.Problems
	}
	if sorts(args.String("query")) {
		p.Add("query", "Order not possible", "An incremental export has an order of its own. Remove the \"Sort By\" from the query.")
	}
	if args.Has("filter") {
		for _, name := range []string{"updated", "updatedAt"} {
			if _, ok := args["filter"].AsValueMap()[name]; ok {
				p.Add("filter", "Condition not possible", "An incremental export has a condition on %s of its own. Remove it from filter, or use sync = %q.", name, syncFull)
			}
		}
	}
	return p.Problems
}

// selection says which issues are meant, in one of three ways, or by a saved filter
// whose content cannot be read.
type selection struct {
	query  string
	filter json.RawMessage
	queue  string
	saved  int64
}

// selectionOf is the selection of the arguments, with the content of a saved filter in
// place of its number: only that can be scrolled.
func (p *provider) selectionOf(ctx context.Context, args schema.Values) (*selection, error) {
	switch {
	case args.Has("query"):
		return &selection{query: args.String("query")}, nil
	case args.Has("queue"):
		return &selection{queue: args.String("queue")}, nil
	case args.Has("filter"):
		o, err := object(args["filter"])
		return &selection{filter: o}, err
	}
	f, err := p.savedFilter(ctx, args.String("filter_id"))
	switch {
	case err != nil:
		return nil, err
	case strings.TrimSpace(f.Query) != "":
		return &selection{query: f.Query}, nil
	case !blank(f.Filter):
		return &selection{filter: f.Filter}, nil
	}
	var n int64
	if _, err := fmt.Sscan(args.String("filter_id"), &n); err != nil {
		return nil, fmt.Errorf("filter_id: %w", err)
	}
	return &selection{saved: n}, nil
}

// body is what a search is asked with.
func (s *selection) body() map[string]any {
	switch {
	case s.query != "":
		return map[string]any{"query": s.query}
	case s.queue != "":
		return map[string]any{"queue": s.queue}
	case s.filter != nil:
		return map[string]any{"filter": s.filter}
	}
	return map[string]any{"filterId": s.saved}
}

// key is another one for every selection.
func (s *selection) key() string {
	return strings.Join([]string{s.query, s.queue, string(s.filter)}, "\x00")
}

// counted is what to count with; false if it cannot be counted.
func (s *selection) counted() (map[string]any, bool) {
	switch {
	case s.query != "":
		return map[string]any{"query": unsorted(s.query)}, true
	case s.queue != "":
		return map[string]any{"query": "Queue: " + quoted(s.queue)}, true
	case s.filter != nil:
		return map[string]any{"filter": s.filter}, true
	}
	return nil, false
}

// changed selects, of the same issues, those that have changed since a moment. The
// time zone of moments in queries is not documented, so hours before now are asked for
// where the query language can be used, and a day more elsewhere.
func (s *selection) changed(since, now time.Time) *selection {
	hours := int(now.Sub(since)/time.Hour) + 3 // rounded up, and two for clocks that differ
	condition := fmt.Sprintf(`Updated: >= now() - %dh "Sort By": Updated ASC`, hours)
	switch {
	case s.query != "":
		return &selection{query: "(" + unsorted(s.query) + ") AND " + condition}
	case s.queue != "":
		return &selection{query: "Queue: " + quoted(s.queue) + " AND " + condition}
	case s.filter != nil:
		var members map[string]json.RawMessage
		if json.Unmarshal(s.filter, &members) != nil {
			return nil
		}
		from, _ := json.Marshal(map[string]string{"from": since.Add(-24 * time.Hour).Format(time.DateOnly)}) // of plain text
		members["updated"] = from
		b, _ := json.Marshal(members) // of raw JSON that was valid
		return &selection{filter: b}
	}
	return nil
}

// counts are those of selections, by what they were counted with.
type counts struct {
	mu   sync.Mutex
	made map[string]count
}

type count struct {
	n  int
	at time.Time
}

// countFresh is how long a count of the plan says how many issues there are before a
// reading: counting is what a search costs the service.
const countFresh = time.Minute

// count is how many issues there are, -1 if that cannot be told.
func (p *provider) count(ctx context.Context, s *selection) (int, error) {
	body, ok := s.counted()
	if !ok {
		return -1, nil
	}
	n := -1
	_, err := p.read(ctx, request{op: "count issues", method: http.MethodPost, path: "/v3/issues/_count", body: body}, &n)
	if err == nil {
		p.counted.mu.Lock()
		defer p.counted.mu.Unlock()
		if p.counted.made == nil {
			p.counted.made = map[string]count{}
		}
		p.counted.made[s.key()] = count{n, p.clock.Now()}
	}
	return n, err
}

// countBefore is the count before a reading: one that was made a moment ago, or a new
// one. It serves one reading only.
func (p *provider) countBefore(ctx context.Context, s *selection) (int, error) {
	p.counted.mu.Lock()
	c, ok := p.counted.made[s.key()]
	delete(p.counted.made, s.key())
	p.counted.mu.Unlock()
	if age := p.clock.Now().Sub(c.at); ok && age >= 0 && age < countFresh {
		return c.n, nil
	}
	return p.count(ctx, s)
}

// observeIssues checks the columns and tells how many requests a reading takes.
func (p *provider) observeIssues(ctx context.Context, t providers.Target) (*providers.Observation, error) {
	o := &providers.Observation{Requests: 3}
	c, err := p.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	if unknown := c.unknown(columnsOf(t.Args)); len(unknown) > 0 {
		text := refuseUnknown(c, unknown)
		if t.Args.Bool("strict_fields") {
			return nil, &providers.Error{
				Kind: providers.Invalid, Op: "check fields", Message: text,
				Hint: "The data source yandex_tracker_fields lists what there is. With strict_fields = false an unknown column stays empty.",
			}
		}
		o.Warnings = append(o.Warnings, text)
	}
	s, err := p.selectionOf(ctx, t.Args)
	if err != nil {
		return nil, err
	}
	n, err := p.count(ctx, s)
	if err != nil {
		return nil, err
	}
	if t.Args.String("sync") == syncIncremental && len(t.Known) > 0 {
		return o, nil
	}
	o.Requests += max(n, 0) / pageSize
	if slices.Contains(t.Args.Strings("include"), changelog) {
		o.Requests += max(n, 0)
	}
	return o, nil
}
