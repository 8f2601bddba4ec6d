package market

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/providers/market/methods"
)

// fillers are values for fields that a report needs and that there is no better guess
// for.
var fillers = map[string]string{"grouping": "OFFERS", "attribution_type": "CLICKS", "detalization_level": "MONTH", "contract_type": "INCOME"}

// Discover implements [providers.Discoverer]. Any report can be asked for at any time:
// what it lists is each report once for the cabinet, or for each shop of a work model
// that has it, by month where it has periods.
func (p *provider) Discover(ctx context.Context) ([]providers.Discovered, error) {
	shops, err := p.campaigns(ctx)
	if err != nil {
		return nil, err
	}
	cabinet, err := p.cabinet(ctx)
	if err != nil {
		return nil, err
	}
	var scopes []string
	if p.apiKey {
		scopes, _ = p.keyScopes(ctx) // without them all are listed
	}
	var out []providers.Discovered
	for _, m := range methods.All() {
		if m.Kind != methods.Report || len(scopes) > 0 && !m.Allows(scopes) {
			continue
		}
		if !m.NeedsShop() {
			if d, ok := discovered(m, m.Title, map[string]cty.Value{"business_id": cty.StringVal(cabinet)}); ok {
				out = append(out, d)
			}
			continue
		}
		for i := range shops {
			c := &shops[i]
			if !c.available() || !m.For(c.Placement) {
				continue
			}
			if d, ok := discovered(m, m.Title+", "+c.name(), map[string]cty.Value{"campaign_id": cty.StringVal(string(c.ID))}); ok {
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// discovered is a report that can be declared with no more than what is known here.
func discovered(m *methods.Method, name string, params map[string]cty.Value) (providers.Discovered, bool) {
	for _, f := range m.Fields {
		if v, ok := fillers[f.Name]; ok && f.Required {
			params[f.Name] = cty.StringVal(v)
		}
	}
	in := methods.Input{Report: m.Name, Params: cty.ObjectVal(params), Cut: len(m.Periods) > 0}
	d := providers.Discovered{Type: typeReport, Name: name, Args: []providers.Argument{providers.Text("report", m.Name), {Name: "params", Value: in.Params}}}
	switch units := m.Units(); {
	case len(methods.Check(&in)) > 0:
		in.Cut = false // a day's stock needs a shop; without a period it is today's
		if len(methods.Check(&in)) > 0 {
			return d, false
		}
	case in.Cut && len(units) == 1:
		d.Args = append(d.Args, period(string(units[0])))
	case in.Cut:
		d.Args = append(d.Args, period("month"))
	}
	if !in.Cut {
		d.Args = append(d.Args, providers.Text("every", "24h"))
	}
	return d, true
}

func period(every string) providers.Argument {
	return providers.Argument{Name: "period", Block: true, Value: cty.ObjectVal(map[string]cty.Value{"every": cty.StringVal(every)})}
}
