package market

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"go.uber.org/goleak"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/market/methods"
	"reportsync/internal/providers/providertest"
	"reportsync/internal/providers/providertest/insandbox"
	"reportsync/internal/sandbox"
	simulated "reportsync/internal/sandbox/market"
	"reportsync/internal/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cabinet is a provider in a sandbox.
type cabinet struct {
	*insandbox.Account
	t testing.TB
	p *provider
}

func inSandbox(t testing.TB, faults string, set map[string]string, more schema.Values) *cabinet {
	t.Helper()
	a := insandbox.Start(t, Type(), sandbox.Options{Market: simulated.Options{Set: set}}, faults, more)
	return &cabinet{a, t, a.Provider.(*provider)}
}

func str(s string) cty.Value { return cty.StringVal(s) }

func object(pairs ...any) cty.Value {
	m := map[string]cty.Value{}
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			m[pairs[i].(string)] = str(v)
		case int:
			m[pairs[i].(string)] = cty.NumberIntVal(int64(v))
		case cty.Value:
			m[pairs[i].(string)] = v
		}
	}
	return cty.ObjectVal(m)
}

// target is an export of a report; a pair is an argument.
func target(report string, params cty.Value, format export.Format, pairs ...string) providers.Target {
	args := schema.Values{}
	exp := reportExport()
	for _, a := range exp.Body.Attributes {
		args[a.Name] = a.Default
		if a.Default == cty.NilVal {
			args[a.Name] = cty.NullVal(a.Type)
		}
	}
	args["report"], args["params"] = str(report), params
	for i := 0; i < len(pairs); i += 2 {
		args[pairs[i]] = str(pairs[i+1])
	}
	return providers.Target{Type: typeReport, Args: args, Format: format}
}

var none = cty.NullVal(cty.DynamicPseudoType)

// lastMonth is a period that is over for long enough.
func (c *cabinet) period(unit export.Unit, ago time.Duration) *export.Period {
	cut := export.Cut{Every: unit, Zone: methods.Zone()}
	p := cut.Period(c.Server.Clock().Now().Add(-ago))
	return &p
}

// generate asks for a report and waits for its end.
func (c *cabinet) generate(t providers.Target, p *export.Period) (providers.Progress, export.Request, error) {
	c.t.Helper()
	ctx := c.t.Context()
	if p != nil {
		t.Cut = &export.Cut{Every: export.Month}
	}
	id, err := c.p.Generate(ctx, t, p)
	if err != nil {
		return providers.Progress{}, export.Request{}, err
	}
	r := export.Request{ID: id, StartedAt: c.Server.Clock().Now(), Period: p}
	for {
		if err := c.Server.Clock().Sleep(ctx, 10*time.Second); err != nil {
			c.t.Fatal(err)
		}
		g, err := c.p.Poll(ctx, t, r)
		if err != nil || g.State != providers.Running {
			return g, r, err
		}
	}
}

// content is what a version has: rows by sheet, and documents.
type content struct {
	rows     map[string]int
	columns  map[string][]string
	files    []string
	warnings []string
	meta     map[string]string
}

func (c *cabinet) read(t providers.Target, v export.Version) (*content, error) {
	c.t.Helper()
	return readAll(c.t.Context(), c.p, t, v)
}

func readAll(ctx context.Context, p *provider, t providers.Target, v export.Version) (_ *content, err error) {
	r, err := p.Open(ctx, t, v)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	out := &content{rows: map[string]int{}, columns: map[string][]string{}}
	for {
		part, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			out.warnings = r.Warnings()
			done := v
			r.(export.Concluder).Conclude(&done)
			out.meta = done.Meta
			return out, nil
		}
		for try := 0; err == nil; try++ {
			if err = out.take(part); err == nil || try == 3 || providers.KindOf(err) != providers.Transient {
				break
			}
			part, err = r.Again(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (c *content) take(part *export.Part) error {
	if part.Rows == nil {
		b, err := io.ReadAll(part.Body)
		c.files = append(c.files, fmt.Sprintf("%s %d %.4s", part.Ext, len(b), b))
		return err
	}
	rows := part.Rows(part.Body)
	n := 0
	for {
		cells, err := rows.Next()
		if err != nil {
			c.columns[part.Sheet] = nil
			for _, col := range rows.Columns() {
				c.columns[part.Sheet] = append(c.columns[part.Sheet], col.Name)
			}
			if errors.Is(err, io.EOF) {
				c.rows[part.Sheet] += n
				return nil
			}
			return err
		}
		if len(bytes.Join(cells, nil)) == 0 {
			return errors.New("an empty row")
		}
		n++
	}
}

func (c *content) total() int {
	n := 0
	for _, k := range c.rows {
		n += k
	}
	return n
}

// needed are params that the methods cannot do without.
var needed = map[string]cty.Value{
	"competitors_position":           object("category_id", 5),
	"shelf_statistics":               object("attribution_type", "CLICKS"),
	"shows_boost":                    object("attribution_type", "SHOWS"),
	"shows_sales":                    object("grouping", "CATEGORIES"),
	"key_indicators":                 object("detalization_level", "MONTH"),
	"documents_labels":               object("order_ids", cty.TupleVal([]cty.Value{str("5")}), "format", "A9"),
	"documents_shipment_list":        object("campaign_id", "20002", "shipment_id", "8"),
	"documents_barcodes":             object("campaign_id", "20001", "barcode_format", "F_58_40", "supply_request_id", "4"),
	"stocks_on_warehouses":           object("campaign_id", "20001"),
	"closure_documents_detalization": object("campaign_id", "20001", "contract_type", "OUTCOME"),
}

// Every method is understood by a service that takes nothing it should not take.
func TestMethodsInSandbox(t *testing.T) {
	t.Parallel()
	c := inSandbox(t, "", nil, nil)
	for _, m := range methods.All() {
		params, ok := needed[m.Name]
		if !ok {
			params = cty.EmptyObjectVal
			if m.NeedsShop() {
				params = object("campaign_id", "20001")
			}
		}
		format := export.FormatCSV
		if m.Kind == methods.Document {
			format = export.FormatRaw
		}
		tg := target(m.Name, params, format)
		var p *export.Period
		if units := m.Units(); len(m.Periods) > 0 {
			unit := export.Month
			if len(units) > 0 {
				unit = units[0]
			}
			p = c.period(unit, 45*24*time.Hour)
			tg.Cut = &export.Cut{Every: unit}
		}
		if problems := validate(tg); len(problems) > 0 {
			t.Errorf("%s: %v", m.Name, problems)
		}
		if _, err := c.p.Observe(t.Context(), tg); err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		g, _, err := c.generate(tg, p)
		if err != nil || g.State != providers.Ready {
			t.Errorf("%s: %v %v", m.Name, g, err)
			continue
		}
		got, err := c.read(tg, *g.Version)
		switch {
		case err != nil:
			t.Errorf("%s: %v", m.Name, err)
		case m.Kind == methods.Report && got.total() == 0, m.Kind == methods.Document && len(got.files) != 1:
			t.Errorf("%s: %v", m.Name, got)
		case got.meta[metaRequested] == "" || got.meta[metaFinished] == "" || len(params.Type().AttributeTypes()) > 0 && got.meta[metaRequest] == "":
			t.Errorf("%s: %v", m.Name, got.meta)
		}
	}
	if n := c.Counts(); len(n.Refusals) > 0 || n.Generations != len(methods.All()) || n.Requests["settings"] != 1 || n.Requests["auth-token"] != 1 {
		t.Errorf("%+v", n)
	}
}

func TestFormatsInSandbox(t *testing.T) {
	t.Parallel()
	for _, set := range []map[string]string{nil, {"bom": "on", "json-shape": "array"}} {
		c := inSandbox(t, "", set, nil)
		rows := map[string]int{}
		for _, of := range []string{"csv", "json"} {
			tg := target("united_orders", none, export.FormatJSONL, "service_format", of)
			p := c.period(export.Month, 45*24*time.Hour)
			g, _, err := c.generate(tg, p)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.read(tg, *g.Version)
			if err != nil {
				t.Fatal(err)
			}
			rows[of] = got.total()
			first := got.columns["orders_and_offers_transactions"]
			if want := map[string]string{"csv": "ORDER_ID", "json": "orderId"}[of]; !slices.Contains(first, want) || strings.HasPrefix(first[0], "\ufeff") {
				t.Errorf("%s: %q", of, first)
			}
			if err := c.Server.Clock().Sleep(t.Context(), 2*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if rows["csv"] == 0 || rows["csv"] != rows["json"] {
			t.Errorf("%v", rows)
		}
	}
	c := inSandbox(t, "", nil, nil)
	for of, want := range map[string]string{"xlsx": "xlsx", "csv": "zip"} {
		tg := target("goods_prices", none, export.FormatRaw, "service_format", of)
		g, _, err := c.generate(tg, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.read(tg, *g.Version)
		if err != nil || len(got.files) != 1 || !strings.HasPrefix(got.files[0], want+" ") || !strings.HasSuffix(got.files[0], "PK\x03\x04") {
			t.Errorf("%s: %+v, %v", of, got, err)
		}
		if of == "xlsx" { // rows were wanted after all
			_, err := c.read(target("goods_prices", none, export.FormatCSV), *g.Version)
			if err == nil || !strings.Contains(err.Error(), "no rows to read") {
				t.Errorf("a workbook as rows: %v", err)
			}
		}
		if err := c.Server.Clock().Sleep(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
}

// How a generation ends, in all words that the service has for it.
func TestEndsInSandbox(t *testing.T) {
	t.Parallel()
	orders := target("united_orders", none, export.FormatCSV)
	strict := target("united_orders", none, export.FormatCSV, "on_no_data", "error")
	months := target("goods_realization", object("campaign_id", "20001"), export.FormatCSV)
	for _, e := range []struct {
		fault  string
		t      providers.Target
		state  providers.GenerationState
		empty  bool
		again  bool
		prov   bool
		detail string // in Detail or Err
	}{
		{"fails", orders, providers.Failed, false, true, false, "FAILED"},
		{"stuck", orders, providers.Failed, false, true, false, "pending for 15m0s"},
		{"too-large", orders, providers.TooLarge, false, false, false, "TOO_LARGE"},
		{"too-large", months, providers.Failed, false, false, false, "Narrow params down"},
		{"not-found", orders, providers.Failed, false, false, false, "Check the ids"},
		{"partly-found", orders, providers.Ready, false, false, false, "RESOURCE_NOT_FOUND"},
		{"no-file", orders, providers.Ready, true, false, false, "DONE"},
		{"late-file", orders, providers.Ready, false, false, false, "DONE"},
		{"no-data", orders, providers.Ready, true, false, false, "NO_DATA"},
		{"no-data", months, providers.Ready, true, false, true, "NO_DATA"},
		{"no-data", strict, providers.Failed, false, false, false, `on_no_data = "empty"`},
		{"no-data-status", orders, providers.Ready, true, false, false, "NO_DATA"},
		{"no-data-done", orders, providers.Ready, true, false, false, "NO_DATA"},
		{"no-data-done", strict, providers.Failed, false, false, false, "no data for it"},
		{"odd-status", orders, providers.Ready, false, false, false, "DONE"},
		{"forget", orders, providers.Lost, false, false, false, "unknown"},
	} {
		t.Run(e.fault, func(t *testing.T) {
			t.Parallel()
			c := inSandbox(t, e.fault+":generate:1", nil, nil)
			g, _, err := c.generate(e.t, c.period(export.Month, 45*24*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			detail := g.Detail
			if g.Err != nil {
				detail += g.Err.Error() + g.Err.Hint
			}
			if g.State != e.state || g.Again != e.again || !strings.Contains(detail, e.detail) {
				t.Errorf("got %+v, %q", g, detail)
			}
			if (g.Warning != "") != (e.fault == "no-file") {
				t.Errorf("warning %q", g.Warning)
			}
			if g.Version != nil && (g.Version.Empty != e.empty || g.Version.Provisional != e.prov) {
				t.Errorf("got %+v", g.Version)
			}
			if e.fault == "partly-found" {
				got, err := c.read(e.t, *g.Version)
				if err != nil || len(got.warnings) != 1 || !strings.Contains(got.warnings[0], "RESOURCE_NOT_FOUND") {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
}

// When nothing has ever had data, that is told.
func TestNothingButEmptyPeriods(t *testing.T) {
	t.Parallel()
	c := inSandbox(t, "no-data:generate", nil, nil)
	tg := target("united_orders", none, export.FormatCSV)
	for range 2 {
		tg.Known = append(tg.Known, export.KnownVersion{Version: export.Version{ID: "x", Empty: true}, Status: export.Kept})
	}
	g, _, err := c.generate(tg, c.period(export.Month, 45*24*time.Hour))
	if err != nil || !strings.Contains(g.Warning, "as for all 2 before it") {
		t.Errorf("%+v, %v", g, err)
	}
}

// Downloads that are not what they should be: once is healed with another link, always
// is an error with nothing taken, and never a second generation.
func TestDownloadsInSandbox(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"login-page":   "web page",
		"half-file":    "cut off or damaged",
		"wrong-file":   "no archive",
		"expired-link": "HTTP 403",
		"bad-checksum": "cut off or damaged",
		"truncate":     "cut off or damaged",
		"reset":        "broke off",
		"lost-answer":  "broke off",
		"502-html":     "HTTP 502",
		"html-404":     "HTTP 404",
		"zip-slip":     "has a path",
		"zip-bomb":     "more than 500 times",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			dangerous := fault == "zip-slip" || fault == "zip-bomb"
			for _, which := range []string{":1", ""} {
				c := inSandbox(t, fault+":download"+which, nil, nil)
				tg := target("goods_prices", none, export.FormatCSV)
				g, _, err := c.generate(tg, nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.read(tg, *g.Version)
				switch {
				case which == ":1" && !dangerous:
					if err != nil || got.total() == 0 {
						t.Errorf("once: %v, %v", got, err)
					}
				case err == nil || !strings.Contains(err.Error(), want):
					t.Errorf("got %v, want %q", err, want)
				case strings.Contains(fmt.Sprintf("%+v %s", err, providers.HintOf(err)), "signature="):
					t.Errorf("the link shows in %v", err)
				}
				if k := providers.KindOf(err); k == providers.Gone || k == providers.NotFound || k == providers.Permission {
					t.Errorf("%v is of the kind %s", err, k)
				}
				if n := c.Counts(); n.Generations != 1 || n.Requests["download"] > 12 {
					t.Errorf("%+v", n)
				}
			}
		})
	}
}

func TestRefusalsInSandbox(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]struct {
		kind providers.Kind
		text string
	}{
		"420-parallel": {providers.TooSoon, "max_in_flight"},
		"420-resource": {providers.TooSoon, "allowance"},
		"420-active":   {providers.Busy, "as many reports in progress"},
		"market-423":   {providers.Transient, "run again in some hours"},
		"brown-out":    {providers.Transient, "retiring this method"},
		"api-disabled": {providers.Refused, "Switch the API of the shop on"},
		"error-200":    {providers.Refused, "Something went wrong"},
		"market-500":   {providers.Uncertain, "asked again after the window"},
		"late-500":     {providers.Uncertain, "asked again after the window"},
		"lost-answer":  {providers.Uncertain, "the answer was lost"},
		"502-html":     {providers.Uncertain, "asked again after the window"},
		"html-404":     {providers.Protocol, "base_url"},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			c := inSandbox(t, fault+":generate:1", nil, nil)
			_, err := c.p.Generate(t.Context(), target("goods_prices", none, export.FormatCSV), nil)
			if providers.KindOf(err) != want.kind || !strings.Contains(err.Error()+" "+providers.HintOf(err), want.text) {
				t.Errorf("got %s, %v, %s", providers.KindOf(err), err, providers.HintOf(err))
			}
			if e, ok := errors.AsType[*providers.Error](err); ok && want.kind == providers.TooSoon && (e.RetryAfter <= 0 || e.RetryAfter > 3*time.Minute) {
				t.Errorf("come back after %s", e.RetryAfter)
			}
			if strings.HasPrefix(fault, "420") && !strings.Contains(err.Error(), "traceparent 00-") {
				t.Errorf("no support id in %v", err)
			}
		})
	}
}

// What the service says about its windows is passed on.
func TestAllowanceInSandbox(t *testing.T) {
	t.Parallel()
	c := inSandbox(t, "", nil, nil)
	allowed := map[string]time.Time{}
	ctx := providers.WithTrace(t.Context(), &providers.Trace{Allowed: func(limit string, at time.Time) { allowed[limit] = at }})
	tg := target("goods_prices", none, export.FormatCSV)
	before := c.Server.Clock().Now()
	if _, err := c.p.Generate(ctx, tg, nil); err != nil {
		t.Fatal(err)
	}
	at := allowed[c.p.Slot(tg).Limit]
	end := before.Truncate(2 * time.Minute).Add(2 * time.Minute)
	if at.Before(end) || at.After(end.Add(10*time.Second)) {
		t.Errorf("may start at %s, the window ends at %s", at, end)
	}
	labels := target("documents_labels", object("order_ids", cty.TupleVal([]cty.Value{str("5")})), export.FormatRaw)
	if err := c.Server.Clock().Sleep(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := c.p.Generate(ctx, labels, nil); err != nil {
		t.Fatal(err)
	}
	if at := allowed[c.p.Slot(labels).Limit]; at.After(c.Server.Clock().Now()) {
		t.Errorf("with 999 left, the next may start at %s only", at)
	}
}

func TestObserveInSandbox(t *testing.T) {
	t.Parallel()
	orders := target("united_orders", object("date_from", "2020-01-01", "date_to", "2020-01-02"), export.FormatCSV)
	for _, e := range []struct {
		name string
		set  map[string]string
		args schema.Values
		t    providers.Target
		kind providers.Kind
		want string
	}{
		{"too long ago", nil, nil, orders, providers.Invalid, "last 90 days"},
		{"scopes", nil, schema.Values{"api_key": str("ACMA:sandbox-reviews:0003")}, target("goods_prices", none, export.FormatCSV), providers.Permission, "needs one of"},
		{"revoked", nil, schema.Values{"api_key": str("ACMA:sandbox-revoked:0004")}, target("goods_prices", none, export.FormatCSV), providers.Auth, "revoked"},
		{"shop is off", nil, nil, target("goods_movement", object("campaign_id", "20005", "date_from", "2026-01-01", "date_to", "2026-01-02"), export.FormatCSV), providers.Refused, "DISABLED_BY_INACTIVITY"},
		{"no such shop", nil, nil, target("united_orders", object("campaign_ids", cty.TupleVal([]cty.Value{str("77")})), export.FormatCSV), providers.NotFound, "no shop 77"},
		{"unknown plan", map[string]string{"subscription": "HUGE"}, nil, target("goods_prices", none, export.FormatCSV), "", `"HUGE", which is not known`},
		{"plan as configured", nil, schema.Values{"subscription": str("medium")}, target("goods_prices", none, export.FormatCSV), "", ""},
		{"cabinet is looked up", nil, schema.Values{"business_id": cty.NullVal(cty.String)}, target("goods_prices", none, export.FormatCSV), "", ""},
		{"OAuth", nil, schema.Values{"api_key": cty.NullVal(cty.String), "oauth_token": str("sandbox-market-oauth")}, target("goods_prices", none, export.FormatCSV), "", ""},
	} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			c := inSandbox(t, "", e.set, e.args)
			o, err := c.p.Observe(t.Context(), e.t)
			var text string
			if err != nil {
				text = err.Error()
			} else {
				text = strings.Join(o.Warnings, "\n")
			}
			if providers.KindOf(err) != e.kind || !strings.Contains(text, e.want) {
				t.Errorf("got %v, %q", err, text)
			}
			if strings.Contains(text, "ACMA:sandbox") {
				t.Errorf("the key shows in %q", text)
			}
			if e.kind == "" {
				if _, err := c.p.Generate(t.Context(), e.t, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestExamineAndDiscover(t *testing.T) {
	t.Parallel()
	c := inSandbox(t, "", nil, schema.Values{"api_key": str("ACMA:sandbox-money:0002")})
	found, err := c.p.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(found, "\n")
	for _, want := range []string{"4 of 5 shops can be used", "finance-and-accounting", "not allowed with them: ", "goods_feedback", "subscription LIGHT", "shop 20005"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if err := c.p.ExamineTarget(t.Context(), target("goods_feedback", none, export.FormatCSV)); providers.KindOf(err) != providers.Permission {
		t.Errorf("a report without its scope: %v", err)
	}
	if err := c.p.ExamineTarget(t.Context(), target("goods_prices", none, export.FormatCSV)); err != nil {
		t.Error(err)
	}
	list, err := c.p.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, d := range list {
		seen[d.Args[0].Value.AsString()]++
		tg := target(d.Args[0].Value.AsString(), d.Args[1].Value, export.FormatCSV)
		if slices.ContainsFunc(d.Args, func(a providers.Argument) bool { return a.Block }) {
			tg.Cut = &export.Cut{Every: export.Month}
		}
		if p := validate(tg); len(p) > 0 {
			t.Errorf("%s: %v", d.Name, p)
		}
	}
	if seen["goods_realization"] != 3 || seen["goods_turnover"] != 1 || seen["united_orders"] != 1 || seen["goods_feedback"] != 0 {
		t.Errorf("%v", seen)
	}
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	c := inSandbox(t, "", nil, nil)
	for _, e := range []struct {
		args schema.Values
		want string
	}{
		{schema.Values{"available_only": cty.True}, "20001 20002 20003 20004"},
		{schema.Values{"available_only": cty.False}, "20001 20002 20003 20004 20005"},
		{schema.Values{"name_regex": str("fb"), "placement_types": cty.ListVal([]cty.Value{str("FBS")})}, "20002"},
		{schema.Values{"name_regex": str("none such")}, ""},
	} {
		v, err := c.p.ReadData(t.Context(), dataCampaigns, e.args)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for it := v.GetAttr("campaigns").ElementIterator(); it.Next(); {
			_, s := it.Element()
			ids = append(ids, s.GetAttr("id").AsString())
		}
		if got := strings.Join(ids, " "); got != e.want {
			t.Errorf("got %q, want %q", got, e.want)
		}
	}
	if n := c.Counts().Requests["campaigns"]; n != 3 {
		t.Errorf("%d pages were read", n)
	}
}

// A version of several pieces is one set of sheets.
func TestPiecesInSandbox(t *testing.T) {
	t.Parallel()
	c := inSandbox(t, "new-columns:download:2-2", nil, nil)
	tg := target("united_returns", none, export.FormatCSV)
	whole := c.period(export.Month, 45*24*time.Hour)
	first, second, _ := whole.Halves()
	v := export.Version{ID: whole.Name, Period: whole}
	var want int
	for _, p := range []*export.Period{whole, &first, &second} {
		g, r, err := c.generate(tg, p)
		if err != nil {
			t.Fatal(err)
		}
		if p == whole {
			got, err := c.read(tg, *g.Version)
			if err != nil {
				t.Fatal(err)
			}
			want = got.total()
		} else {
			v.Pieces = append(v.Pieces, export.Piece{RequestID: r.ID, Period: *p})
		}
		if err := c.Server.Clock().Sleep(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.read(tg, v)
	if err != nil || got.total() != want || want == 0 {
		t.Fatalf("%v, want %d: %v", got, want, err)
	}
	if cols := got.columns["returns_ready_for_pickup"]; len(cols) != 10 {
		t.Errorf("%v", cols)
	}
	if n := strings.Count(got.meta[metaRequest], "\n"); n != 1 {
		t.Errorf("%q", got.meta[metaRequest])
	}
}

func TestConformanceAgainstSandbox(t *testing.T) {
	providertest.Run(t, providertest.Harness{New: func(t *testing.T) *providertest.Fixture {
		c := inSandbox(t, "", nil, nil)
		tg := target("goods_prices", none, export.FormatCSV)
		g, _, err := c.generate(tg, nil)
		if err != nil {
			t.Fatal(err)
		}
		return &providertest.Fixture{
			Provider: c.p, Secrets: []string{c.Args["api_key"].AsString()}, Reading: true, Made: g.Version, Target: tg, Data: map[string]schema.Values{dataCampaigns: {}},
		}
	}})
}
