package planfix

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

const (
	pageSize = 100
	// maxPages bounds a list that never ends.
	maxPages = 10_000
)

// report is one report as listed.
type report struct{ id, name string }

func (r report) String() string { return fmt.Sprintf("%s (%s)", r.id, r.name) }

// page is what lists are asked with.
type page struct {
	Offset   int    `json:"offset"`
	PageSize int    `json:"pageSize"`
	Fields   string `json:"fields"`
}

// fetchReports reads the list of reports, by id. The service tells neither a
// total nor a next page: a page that is not full is the last.
func (p *provider) fetchReports(ctx context.Context) ([]report, error) {
	const op = "read report list"
	var out []report
	seen := map[string]bool{}
	for n := range maxPages {
		var answer struct {
			Reports json.RawMessage `json:"reports"`
		}
		r := request{op: op, method: http.MethodPost, path: "/report/list", body: page{n * pageSize, pageSize, "id,name"}}
		if err := p.read(ctx, r, &answer); err != nil {
			return nil, err
		}
		var list []struct {
			ID   scalar `json:"id"`
			Name scalar `json:"name"`
		}
		if err := unmarshalList(answer.Reports, &list); err != nil {
			return nil, p.shape(op, "reports", err)
		}
		fresh := 0
		for _, item := range list {
			if !item.ID.set {
				return nil, p.shape(op, "reports", fmt.Errorf("a report has no id"))
			}
			if !seen[item.ID.text] {
				seen[item.ID.text] = true
				fresh++
				out = append(out, report{item.ID.text, item.Name.text})
			}
		}
		if len(list) < pageSize || fresh == 0 {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b report) int { return compareIDs(a.id, b.id) })
	return out, nil
}

// Discover lists the reports that the token may read.
func (p *provider) Discover(ctx context.Context) ([]providers.Discovered, error) {
	reports, err := p.fetchReports(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]providers.Discovered, len(reports))
	for i, r := range reports {
		out[i] = providers.Discovered{Type: typeReport, Name: r.name, Args: []providers.Argument{providers.Text("report_id", r.id)}}
	}
	return out, nil
}

// Examine reads one line of the list of reports, which needs the scope that
// everything else needs.
func (p *provider) Examine(ctx context.Context) ([]string, error) {
	const op = "read report list"
	var answer struct {
		Reports json.RawMessage `json:"reports"`
	}
	r := request{op: op, method: http.MethodPost, path: "/report/list", body: page{0, 1, "id,name"}}
	if err := p.read(ctx, r, &answer); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := unmarshalList(answer.Reports, &list); err != nil {
		return nil, p.shape(op, "reports", err)
	}
	if len(list) == 0 {
		return []string{"the token is accepted, but no report is visible to its user: share the reports with that user"}, nil
	}
	return []string{"the token is accepted and may read reports"}, nil
}

// compareIDs orders ids as the numbers they are.
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// unmarshalList decodes a list that must be there.
func unmarshalList(raw json.RawMessage, out any) error {
	if raw == nil {
		return errMissing
	}
	return json.Unmarshal(raw, out)
}

// shape is the error of an answer whose list is not as expected.
func (p *provider) shape(op, key string, err error) error {
	return &providers.Error{
		Kind: providers.Protocol, Op: op, Message: p.client.Redactor().Redact(fmt.Sprintf("the answer's %q cannot be used: %s", key, plainly(err))),
		Hint: "The service's API may have changed; look for a newer version of reportsync.",
	}
}

// reportID is the id of the report that a target is about.
func (p *provider) reportID(ctx context.Context, t providers.Target) (string, error) {
	if id := t.Resolved["report_id"]; id != "" {
		return id, nil
	}
	if id := t.Args.String("report_id"); id != "" {
		return id, nil
	}
	name := t.Args.String("report_name")
	list, err := p.reports.get(ctx)
	if err != nil {
		return "", err
	}
	var found []report
	for _, r := range list {
		if r.name == name {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 1:
		return found[0].id, nil
	case 0:
		return "", &providers.Error{
			Kind: providers.NotFound, Op: "find report by name",
			Message: p.client.Redactor().Redact(fmt.Sprintf("no report named %q is visible to the token's user", name)),
			Hint:    suggestion(name, list),
		}
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.id
	}
	return "", &providers.Error{
		Kind: providers.Invalid, Op: "find report by name",
		Message: fmt.Sprintf("%d reports are named %q: %s", len(found), name, strings.Join(ids, ", ")),
		Hint:    "Use report_id with one of these ids.",
	}
}

// missing explains why the saves of a report cannot be listed: a report that is
// in no list may exist all the same.
func (p *provider) missing(ctx context.Context, id string, err error) error {
	if providers.KindOf(err) != providers.NotFound {
		return err
	}
	e := &providers.Error{Kind: providers.NotFound, Op: "read saves of report " + id, Code: "9000", Err: err}
	name, lookErr := p.lookUp(ctx, id)
	if lookErr == nil {
		e.Kind, e.Code = providers.Permission, ""
		e.Message = fmt.Sprintf("the report exists (%s), but its saves are not visible to the token's user", name)
		e.Hint = "Make the token's user a recipient of the report's schedule."
		return e
	}
	e.Message = "the report does not exist or is not visible to the token's user"
	e.Hint = "Check report_id, and which user the token belongs to."
	if list, err := p.reports.get(ctx); err == nil && len(list) > 0 {
		e.Hint += " Visible are for example: " + listing(list, 5) + "."
	}
	return e
}

// lookUp reads a report's definition and returns its name. The vendor's document
// calls the wrapper report; one client reads repost since its first version.
func (p *provider) lookUp(ctx context.Context, id string) (string, error) {
	op := "read report " + id
	type definition struct {
		ID   scalar `json:"id"`
		Name scalar `json:"name"`
	}
	var answer struct {
		Report *definition `json:"report"`
		Repost *definition `json:"repost"`
	}
	r := request{op: op, method: http.MethodGet, path: "/report/" + id, query: map[string][]string{"fields": {"id,name"}}}
	if err := p.read(ctx, r, &answer); err != nil {
		return "", err
	}
	d := cmp.Or(answer.Report, answer.Repost)
	if d == nil || !d.ID.set {
		return "", p.shape(op, "report", errMissing)
	}
	return d.Name.text, nil
}

// readReports is the data source planfix_reports.
func (p *provider) readReports(ctx context.Context, args schema.Values) (cty.Value, error) {
	re, err := regexp.Compile(args.String("name_regex"))
	if err != nil {
		return cty.NilVal, fmt.Errorf("name_regex: %w", err)
	}
	list, err := p.reports.get(ctx)
	if err != nil {
		return cty.NilVal, err
	}
	var out []cty.Value
	for _, r := range list {
		if re.MatchString(r.name) {
			out = append(out, cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal(r.id), "name": cty.StringVal(r.name)}))
		}
	}
	return object("reports", reportObject, out), nil
}

func object(name string, element cty.Type, list []cty.Value) cty.Value {
	v := cty.ListValEmpty(element)
	if len(list) > 0 {
		v = cty.ListVal(list)
	}
	return cty.ObjectVal(map[string]cty.Value{name: v})
}
