package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
	"reportsync/internal/schema"
)

const (
	pathReports = "/v3/entities/report/"
	pathSearch  = "/v3/entities/report/_search"
	// pages is where people find a report.
	pages = "https://tracker.yandex.ru/pages/reports/"
	// longName is from where the service may cut a name; no limit is documented.
	longName = 255
)

// entity is a report as the service shows it.
type entity struct {
	ID      text   `json:"id"`
	ShortID text   `json:"shortId"`
	Version text   `json:"version"`
	Created moment `json:"createdAt"`
	Author  struct {
		ID       text   `json:"id"`
		Passport text   `json:"passportUid"`
		Cloud    text   `json:"cloudUid"`
		Display  string `json:"display"`
	} `json:"createdBy"`
	// Fields are what was asked for, where the service shows it.
	Fields *struct {
		Summary    json.RawMessage `json:"summary"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"fields"`
	Attachments []attachment `json:"attachments"`
}

// isBy reports whether one of the ids is the author's. That of a report whose author
// is named in a way that cannot be compared may be anybody.
func (e *entity) isBy(ids []string, authorKnown bool) bool {
	for _, id := range []text{e.Author.ID, e.Author.Passport, e.Author.Cloud} {
		if id != "" && slices.Contains(ids, string(id)) {
			return true
		}
	}
	return !authorKnown && e.Author.Passport == "" && e.Author.Cloud == ""
}

// summary is the name, where the service shows it.
func (e *entity) summary() (string, bool) {
	if e.Fields == nil || blank(e.Fields.Summary) {
		return "", false
	}
	var s string
	return s, json.Unmarshal(e.Fields.Summary, &s) == nil
}

// version is the report as a version.
func (e *entity) version(meta map[string]string) export.Version {
	m := map[string]string{metaURL: pages + string(e.ID), metaID: string(e.ID), metaShort: string(e.ShortID), metaAuthor: string(e.Author.ID)}
	for k, v := range meta {
		m[k] = v
	}
	return export.Version{ID: string(e.ID), CreatedAt: e.Created.Time, CreatedRaw: e.Created.raw, Meta: m}
}

// order is an order of rows.
type order struct {
	By  string `json:"orderBy"`
	Asc bool   `json:"orderAsc"`
}

// body is what a report is created from.
type body struct {
	Summary    string `json:"summary"`
	Parameters struct {
		Type   string         `json:"type"`
		Format string         `json:"format"`
		Filter map[string]any `json:"filter"`
		Fields []string       `json:"fields"`
	} `json:"parameters"`
}

// bodyOf is the body that the arguments ask for.
func bodyOf(args schema.Values, marker string) (*body, error) {
	b := &body{Summary: strings.TrimSpace(args.String("summary"))}
	if args.Bool("marker") {
		b.Summary += " " + mark(marker)
	}
	b.Parameters.Type = "issueFilterExport"
	b.Parameters.Format = args.String("report_format")
	b.Parameters.Fields = args.Strings("fields")
	f := map[string]any{}
	switch {
	case args.Has("query"):
		f["query"] = args.String("query")
	case args.Has("filter_id"):
		n, err := strconv.ParseInt(args.String("filter_id"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("filter_id: %w", err)
		}
		f["filterId"] = n
	case args.Has("filter"):
		o, err := object(args["filter"])
		if err != nil {
			return nil, err
		}
		f["filter"] = o
	}
	if s := sortsOf(args); len(s) > 0 {
		f["sorts"] = s
	}
	b.Parameters.Filter = f
	return b, nil
}

func sortsOf(args schema.Values) []order {
	var out []order
	if !args.Has("sort") {
		return nil
	}
	for _, v := range args["sort"].AsValueSlice() {
		s := schema.Values(v.AsValueMap())
		out = append(out, order{By: s.String("by"), Asc: s.Bool("ascending")})
	}
	return out
}

// mark is what a report is recognised by.
func mark(marker string) string { return "[rs:" + marker + "]" }

func validateReport(t providers.Target) []providers.Problem {
	args := t.Args
	p := &problems{args: args}
	p.noPeriod(t.Cut != nil)
	p.selection()
	p.columns()
	if args.Has("summary") {
		switch name := strings.TrimSpace(args.String("summary")); {
		case name == "":
			p.Add("summary", badValue, "summary must not be empty.")
		case len([]rune(name)) > longName:
			p.Add("summary", badValue, "summary has %d characters; keep to %d, since the service's limit is not known.", len([]rune(name)), longName)
		}
	}
	list := sortsOf(args)
	for _, s := range list {
		if strings.TrimSpace(s.By) == "" {
			p.Add("sort", badValue, "by must be the key of a field.")
		}
	}
	if len(list) > 0 && sorts(args.String("query")) {
		p.Add("sort", "Two orders", "The query has a \"Sort By\", and there is a sort block; which of them counts is not known. Keep one.")
	}
	return p.Problems
}

// observeReport finds out which of the reports that we know exist, or whether there is
// one with our mark.
func (p *provider) observeReport(ctx context.Context, t providers.Target) (*providers.Observation, error) {
	o := &providers.Observation{Requests: 1, Resolved: map[string]string{}}
	if t.Args.Has("filter_id") {
		f, err := p.savedFilter(ctx, t.Args.String("filter_id"))
		if err != nil {
			return nil, err
		}
		o.Resolved[metaFilter] = f.hash()
	}
	var newest *export.KnownVersion
	var shown *entity
	for i := range t.Known {
		k := &t.Known[i]
		if !k.Object || k.Status == export.Abandoned {
			continue
		}
		e, err := p.exists(ctx, k.ID)
		if err != nil {
			return nil, err
		}
		if e == nil {
			newest = nil
			continue
		}
		o.Versions, newest, shown = append(o.Versions, k.Version), k, e
	}
	switch {
	case newest != nil:
		return o, p.drift(ctx, t, newest, shown, o)
	case len(t.Known) == 0 && t.Args.Bool("adopt") && t.Args.Bool("marker"):
		return o, p.recognise(ctx, t, o)
	}
	return o, nil
}

// exists asks for a report by its id, the documented way; nil if there is none.
func (p *provider) exists(ctx context.Context, id string) (*entity, error) {
	found, err := p.search(ctx, map[string]any{"id": id}, 1, 1)
	if err != nil {
		return nil, err
	}
	for i := range found.Values {
		if string(found.Values[i].ID) == id {
			return &found.Values[i], nil
		}
	}
	return nil, nil
}

// recognise looks for a report with our mark, for a state that knows none.
func (p *provider) recognise(ctx context.Context, t providers.Target, o *providers.Observation) error {
	list, err := p.own(ctx, "", time.Time{})
	if err != nil || len(list) == 0 {
		return err
	}
	if _, err := p.shownAll(ctx, list); err != nil {
		return err
	}
	var found []entity
	for i := range list {
		if name, ok := list[i].summary(); ok && strings.HasSuffix(strings.TrimSpace(name), mark(t.Marker)) {
			found = append(found, list[i])
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		meta, err := p.meta(ctx, t, o.Resolved)
		if err != nil {
			return err
		}
		o.Versions = append(o.Versions, found[0].version(meta))
		return nil
	}
	return &providers.Error{
		Kind: providers.Refused, Op: "look for the report", Message: fmt.Sprintf("%d reports have the mark %s: %s", len(found), mark(t.Marker), listed(found)),
		Hint: "Choose one of them with an import block, and delete the others on their pages.",
	}
}

// listed names reports for people.
func listed(list []entity) string {
	var out []string
	for i := range list {
		e := &list[i]
		out = append(out, fmt.Sprintf("%s of %s by %s (%s%s)", e.ID, e.Created.UTC().Format(time.RFC3339), transport.Clean(e.Author.Display, 60), pages, e.ID))
		if i == 9 && len(list) > 10 {
			return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", len(list)-10)
		}
	}
	return strings.Join(out, ", ")
}

// meta is what a report keeps for later runs.
func (p *provider) meta(ctx context.Context, t providers.Target, resolved map[string]string) (map[string]string, error) {
	m, err := p.mine(ctx)
	if err != nil {
		return nil, err
	}
	b, err := bodyOf(t.Args, t.Marker)
	if err != nil {
		return nil, err
	}
	m[metaSent] = canonical(b)
	if h := resolved[metaFilter]; h != "" {
		m[metaFilter] = h
	}
	return m, nil
}

// linkPattern is what people call a report.
var linkPattern = regexp.MustCompile(`^(?:https?://[^/]+/(?:[^?#]*/)?reports/)?([0-9a-f]{24}|[0-9]{1,12})/?$`)

// Lookup implements [providers.Creator]: by id, short id, or the link to the page.
func (p *provider) Lookup(ctx context.Context, t providers.Target, id string) (export.Version, error) {
	m := linkPattern.FindStringSubmatch(strings.TrimSpace(id))
	if m == nil {
		return export.Version{}, &providers.Error{
			Kind: providers.Invalid, Op: "look for the report", Message: fmt.Sprintf("%q is neither a report's id (24 hex digits), nor its short number, nor the link to its page", transport.Clean(id, 200)),
		}
	}
	filter := map[string]any{"id": m[1]}
	if len(m[1]) < 24 {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return export.Version{}, fmt.Errorf("look for report %s: %w", m[1], err)
		}
		filter = map[string]any{"shortId": n}
	}
	found, err := p.search(ctx, filter, 1, scanPage)
	if err != nil {
		return export.Version{}, err
	}
	if len(found.Values) != 1 {
		return export.Version{}, &providers.Error{
			Kind: providers.NotFound, Op: "look for the report", Message: fmt.Sprintf("there is no report %s that the user can see", m[1]),
			Hint: "Reports belong to the user who created them; check the id and the token.",
		}
	}
	meta, err := p.meta(ctx, t, t.Resolved)
	if err != nil {
		return export.Version{}, err
	}
	delete(meta, metaSent) // it has another origin
	return found.Values[0].version(meta), nil
}

// Delete implements [providers.Creator]. That the service can delete reports is not
// documented.
func (p *provider) Delete(ctx context.Context, _ providers.Target, v export.Version) (providers.Deletion, error) {
	if org := v.Meta[metaOrg]; org != "" && org != p.org {
		return providers.Deletion{Refused: fmt.Sprintf("it is in the organisation %s, and the provider is configured for %s", org, p.org)}, nil
	}
	del := request{op: "delete report " + v.ID, method: http.MethodDelete, path: pathReports + url.PathEscape(v.ID)}
	_, err := p.do(ctx, del)
	if statusOf(err) == http.StatusPreconditionRequired {
		e, lerr := p.exists(ctx, v.ID)
		if lerr != nil {
			return providers.Deletion{}, lerr
		}
		if e == nil {
			return providers.Deletion{}, nil
		}
		del.header = http.Header{"If-Match": {strconv.Quote(string(e.Version))}}
		_, err = p.do(ctx, del)
	}
	switch statusOf(err) {
	case http.StatusNotFound, http.StatusGone:
		return providers.Deletion{}, nil
	case http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusPreconditionFailed,
		http.StatusUnprocessableEntity, http.StatusLocked, http.StatusPreconditionRequired:
		e, _ := errors.AsType[*providers.Error](err)
		return providers.Deletion{Refused: fmt.Sprintf("%s (HTTP %d)", e.Message, e.Status)}, nil
	}
	return providers.Deletion{}, err
}
