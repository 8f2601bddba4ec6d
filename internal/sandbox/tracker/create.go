package tracker

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// parameters are what a report is made of.
type parameters struct {
	Type   string   `json:"type"`
	Format string   `json:"format"`
	Filter rowsOf   `json:"filter"`
	Fields []string `json:"fields"`
}

// rowsOf says which issues are in a report: by one of the first three.
type rowsOf struct {
	Query  *string         `json:"query"`
	Filter json.RawMessage `json:"filter"`
	ID     *int            `json:"filterId"`
	Sorts  []struct {
		By string `json:"orderBy"`
		Up bool   `json:"orderAsc"`
	} `json:"sorts"`
}

var localColumn = regexp.MustCompile(`^[0-9a-f]{24}--\w+$`)

// create answers POST /entities/report/. Nothing makes a report unique: two equal
// requests make two.
func (s *Service) create(in *request) (reply, error) {
	var fields map[string]json.RawMessage
	if found, ref := decode(in.body, "fields", &fields); ref != nil || !found {
		return reply{}, missing("fields", ref)
	}
	r := report{Author: in.token.user}
	if found, ref := decode(fields, "summary", &r.Summary); ref != nil || !found || strings.TrimSpace(r.Summary) == "" {
		return reply{}, missing("summary", ref)
	}
	var p parameters
	if found, ref := decode(fields, "parameters", &p); ref != nil || !found {
		return reply{}, missing("parameters", ref)
	}
	r.Parameters = fields["parameters"]
	if ref := s.check(&p, in); ref != nil {
		return reply{}, ref
	}
	err := s.memory.Update(func(m *memory) error {
		// The service's clock has milliseconds; what is made later comes later.
		r.At = s.env.Clock.Now().UTC()
		if n := len(m.Reports); n > 0 && !r.At.After(m.Reports[n-1].At) {
			r.At = m.Reports[n-1].At.Add(1)
		}
		r.ID = hexID(r.At.Unix(), s.world.seed, forReport, len(m.Reports))
		m.Reports = append(m.Reports, r)
		all := s.all(m, r.At)
		r.short = all[slices.IndexFunc(all, func(other report) bool { return other.ID == r.ID })].short
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	in.call.Generated = true
	in.now = r.At
	o := s.describe(&r, patch{}, in)
	if shown := s.contents(&r, patch{}, in); shown != nil && s.opt.is(swCreate, on) {
		o = append(o, member{"fields", shown})
	}
	a := ok(o)
	if s.opt.is(swStatus, "201") {
		a.status = http.StatusCreated
	}
	return a, nil
}

// missing is the refusal of a member that is wrong in a way that was found, or not
// there.
func missing(name string, ref *refusal) *refusal {
	if ref != nil {
		return ref
	}
	return bad(name, "Параметр обязателен", "The parameter is required")
}

// check refuses parameters that no report can be made from.
func (s *Service) check(p *parameters, in *request) *refusal {
	if p.Type != "issueFilterExport" {
		return bad("parameters.type", "Неизвестное значение", "Unknown value")
	}
	if !slices.Contains([]string{"xlsx", "xml", "csv"}, p.Format) {
		return bad("parameters.format", "Неизвестное значение", "Unknown value")
	}
	if p.Fields != nil && len(p.Fields) == 0 {
		return bad("parameters.fields", "Список пуст", "The list is empty")
	}
	for _, name := range p.Fields {
		if column(name) == nil && !localColumn.MatchString(name) {
			return bad("parameters.fields", "Поле не существует: "+name, "There is no field "+name)
		}
	}
	for _, o := range p.Filter.Sorts {
		if column(o.By) == nil && !localColumn.MatchString(o.By) {
			return bad("parameters.filter.sorts", "Поле не существует: "+o.By, "There is no field "+o.By)
		}
	}
	sel, ref := p.Filter.selection()
	if ref != nil {
		return ref
	}
	_, ref = s.matching(sel, s.world.at(s.world.events(in.now)), in.now, in.token.user)
	if ref != nil && ref.param != "" {
		named := *ref
		named.param = "parameters.filter." + ref.param
		ref = &named
	}
	return ref
}

// selection is the selection of a report's issues: one input, neither none nor two.
func (r *rowsOf) selection() (*selection, *refusal) {
	sel := &selection{}
	var given []string
	if r.Query != nil {
		given, sel.Query = append(given, byQuery), *r.Query
	}
	if r.Filter != nil && string(r.Filter) != "null" {
		given, sel.Filter = append(given, byFilter), r.Filter
	}
	if r.ID != nil {
		given, sel.Saved = append(given, bySaved), *r.ID
	}
	if len(given) != 1 {
		return nil, bad("parameters.filter", "Задайте ровно одно из query, filter и filterId", "Give exactly one of query, filter and filterId")
	}
	sel.Kind = given[0]
	return sel, nil
}
