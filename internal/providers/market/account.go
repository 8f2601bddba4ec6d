package market

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/providers/market/methods"
	"reportsync/internal/providers/transport"
	"reportsync/internal/schema"
)

// subscription is the plan of a cabinet.
type subscription struct {
	level   string
	warning string
}

// subscription returns the cabinet's plan. What cannot be found out counts as none.
func (p *provider) subscription(ctx context.Context) (subscription, error) {
	if p.plan != "" {
		return subscription{level: p.plan}, nil
	}
	return p.level.Get(func() (subscription, error) {
		fallback := func(err error) (subscription, error) {
			switch providers.KindOf(err) {
			case providers.Permission, providers.NotFound, providers.Refused, providers.Invalid:
				return subscription{level: methods.None, warning: fmt.Sprintf(
					"the cabinet's subscription cannot be found out (%s), so that its limits are taken to be those without one; set subscription in the provider block", err)}, nil
			}
			return subscription{}, err
		}
		id, err := p.cabinet(ctx)
		if err != nil {
			return fallback(err)
		}
		var answer struct {
			Level string `json:"subscriptionLevel"`
		}
		err = p.read(ctx, call{op: "ask for the cabinet's subscription", method: http.MethodPost, path: "/v2/businesses/" + id + "/settings"}, &answer)
		if err != nil {
			return fallback(err)
		}
		switch level := strings.ToUpper(answer.Level); level {
		case methods.None, methods.Light, methods.Medium:
			return subscription{level: level}, nil
		default:
			return subscription{level: methods.None, warning: fmt.Sprintf(
				"the cabinet has the subscription %q, which is not known here; its limits are taken to be those without one", transport.Clean(answer.Level, 40))}, nil
		}
	})
}

// keyScopes are the scopes of the key, as the service's pages spell them.
func (p *provider) keyScopes(ctx context.Context) ([]string, error) {
	return p.scopes.Get(func() ([]string, error) {
		var answer struct {
			Key struct {
				Scopes []string `json:"authScopes"`
			} `json:"apiKey"`
		}
		err := p.read(ctx, call{op: "ask for the scopes of the key", method: http.MethodPost, path: "/v2/auth/token"}, &answer)
		var out []string
		for _, s := range answer.Key.Scopes {
			out = append(out, spelt(transport.Clean(s, 100)))
		}
		return out, err
	})
}

// spelt is the name of a scope as in the documentation: all-methods:read-only for
// ALL_METHODS_READ_ONLY.
func spelt(scope string) string {
	name, readOnly := strings.CutSuffix(strings.ToUpper(scope), "_READ_ONLY")
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	if readOnly {
		name += ":read-only"
	}
	return name
}

// allowed refuses a report that the key has no scope for. What cannot be found out is
// left to the service.
func (p *provider) allowed(ctx context.Context, m *methods.Method) error {
	if !p.apiKey {
		return nil
	}
	scopes, err := p.keyScopes(ctx)
	if err != nil {
		if k := providers.KindOf(err); k == providers.Auth || k == "" {
			return err
		}
		return nil
	}
	if len(scopes) == 0 || m.Allows(scopes) {
		return nil
	}
	return &providers.Error{
		Kind: providers.Permission, Op: "check the scopes of the key",
		Message: fmt.Sprintf("the key has the scopes %s, and %s needs one of %s", strings.Join(scopes, ", "), m.Name, strings.Join(m.Scopes, ", ")),
		Hint:    "Add one of them to the key in the cabinet; that takes up to ten minutes. all-methods:read-only is enough for everything.",
	}
}

// campaign is a shop.
type campaign struct {
	ID           number `json:"id"`
	Domain       string `json:"domain"`
	Placement    string `json:"placementType"`
	Availability string `json:"apiAvailability"`
	Business     struct {
		ID   number `json:"id"`
		Name string `json:"name"`
	} `json:"business"`
}

func (c *campaign) available() bool { return c.Availability == "AVAILABLE" || c.Availability == "" }

func (c *campaign) name() string { return transport.Clean(c.Domain, 100) }

// number is an id, which is a number in the service's answers.
type number string

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" {
		return nil
	}
	if !idPattern.MatchString(text) {
		return fmt.Errorf("%.40s is no id", text)
	}
	*n = number(text)
	return nil
}

const maxPages = 1000

// campaigns lists all shops, once in a run.
func (p *provider) campaigns(ctx context.Context) ([]campaign, error) {
	return p.shops.Get(func() ([]campaign, error) {
		out := []campaign{}
		seen := map[string]bool{}
		for token := ""; ; {
			q := url.Values{"limit": {"100"}}
			if token != "" {
				q.Set("pageToken", token)
			}
			const op = "list the shops"
			a, err := p.do(ctx, call{op: op, method: http.MethodGet, path: "/v2/campaigns", query: q})
			if err != nil {
				return nil, err
			}
			var page struct {
				Campaigns *[]campaign `json:"campaigns"`
				Paging    struct {
					Next string `json:"nextPageToken"`
				} `json:"paging"`
			}
			if err := json.Unmarshal(a.Body, &page); err != nil || page.Campaigns == nil {
				return nil, p.odd(op, a, "the answer is no list of shops")
			}
			out = append(out, *page.Campaigns...)
			if token = page.Paging.Next; token == "" {
				break
			}
			if seen[token] || len(seen) == maxPages {
				return nil, p.odd(op, a, "the list of shops has no end")
			}
			seen[token] = true
		}
		slices.SortFunc(out, func(a, b campaign) int {
			if len(a.ID) != len(b.ID) {
				return len(a.ID) - len(b.ID)
			}
			return strings.Compare(string(a.ID), string(b.ID))
		})
		return slices.CompactFunc(out, func(a, b campaign) bool { return a.ID == b.ID }), nil
	})
}

// cabinet is the cabinet's id: as configured, or the only one that the token can see.
func (p *provider) cabinet(ctx context.Context) (string, error) {
	if p.business != "" {
		return p.business, nil
	}
	shops, err := p.campaigns(ctx)
	if err != nil {
		return "", err
	}
	var ids []string
	for i := range shops {
		if id := string(shops[i].Business.ID); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 1 {
		return ids[0], nil
	}
	what := "the token can see no shop, and with it no cabinet"
	if len(ids) > 1 {
		what = "the token can see several cabinets: " + strings.Join(ids, ", ")
	}
	return "", &providers.Error{Kind: providers.Invalid, Op: "find the cabinet", Message: what, Hint: "Set business_id in the provider block."}
}

// open refuses a shop that the service would not answer for.
func (p *provider) open(ctx context.Context, t providers.Target) error {
	ids := shopsOf(t.Args["params"])
	if len(ids) == 0 {
		return nil
	}
	shops, err := p.campaigns(ctx)
	if err != nil {
		if k := providers.KindOf(err); k == providers.Auth || k == "" {
			return err
		}
		return nil // left to the service
	}
	for _, id := range ids {
		i := slices.IndexFunc(shops, func(c campaign) bool { return string(c.ID) == id })
		if i < 0 {
			return &providers.Error{
				Kind: providers.NotFound, Op: "look for the shop", Message: fmt.Sprintf("the token can see no shop %s", id),
				Hint: "The id is that of the API (campaign), not the number that the cabinet shows." + examples(shops),
			}
		}
		if c := &shops[i]; !c.available() {
			return &providers.Error{
				Kind: providers.Refused, Op: "look at the shop", Message: fmt.Sprintf("the API of shop %s (%s) is off: %s", id, c.name(), c.Availability),
				Hint: "Switch it on in the cabinet, or leave the shop out: data.yandex_market_campaigns lists those that can be used.",
			}
		}
	}
	return nil
}

// examples names some shops.
func examples(shops []campaign) string {
	var parts []string
	for i := range shops[:min(len(shops), 3)] {
		parts = append(parts, fmt.Sprintf("%s (%s)", shops[i].ID, shops[i].name()))
	}
	if len(parts) == 0 {
		return ""
	}
	return " Visible are for example " + strings.Join(parts, ", ") + "."
}

// shopsOf are the shops that params name, as far as they are known.
func shopsOf(params cty.Value) []string {
	if params == cty.NilVal || !params.IsKnown() || params.IsNull() || !params.Type().IsObjectType() {
		return nil
	}
	var out []string
	add := func(v cty.Value) {
		switch {
		case !v.IsKnown() || v.IsNull():
		case v.Type() == cty.String:
			out = append(out, v.AsString())
		case v.Type() == cty.Number:
			out = append(out, v.AsBigFloat().Text('f', 0))
		}
	}
	if params.Type().HasAttribute("campaign_id") {
		add(params.GetAttr("campaign_id"))
	}
	if params.Type().HasAttribute("campaign_ids") {
		if list := params.GetAttr("campaign_ids"); list.IsKnown() && !list.IsNull() && list.CanIterateElements() {
			for it := list.ElementIterator(); it.Next(); {
				_, e := it.Element()
				add(e)
			}
		}
	}
	return out
}

// ReadData implements [providers.DataReader].
func (p *provider) ReadData(ctx context.Context, typ string, args schema.Values) (cty.Value, error) {
	if typ != dataCampaigns {
		return cty.NilVal, fmt.Errorf("provider %s has no data source %s", providerName, typ)
	}
	pattern, err := regexp.Compile(args.String("name_regex"))
	if err != nil {
		return cty.NilVal, &providers.Error{Kind: providers.Invalid, Op: "read name_regex", Message: err.Error()}
	}
	shops, err := p.campaigns(ctx)
	if err != nil {
		return cty.NilVal, err
	}
	models := args.Strings("placement_types")
	list := []cty.Value{}
	for i := range shops {
		c := &shops[i]
		if !pattern.MatchString(c.Domain) || args.Bool("available_only") && !c.available() || len(models) > 0 && !slices.Contains(models, c.Placement) {
			continue
		}
		list = append(list, cty.ObjectVal(map[string]cty.Value{
			"id": cty.StringVal(string(c.ID)), "name": cty.StringVal(c.name()), "business_id": cty.StringVal(string(c.Business.ID)),
			"business_name": cty.StringVal(transport.Clean(c.Business.Name, 200)), "placement_type": cty.StringVal(transport.Clean(c.Placement, 40)),
			"api_availability": cty.StringVal(transport.Clean(c.Availability, 60)), "available": cty.BoolVal(c.available()),
		}))
	}
	out := cty.ListValEmpty(campaignObject)
	if len(list) > 0 {
		out = cty.ListVal(list)
	}
	return cty.ObjectVal(map[string]cty.Value{"campaigns": out}), nil
}
