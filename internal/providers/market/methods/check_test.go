package methods

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/export"
)

// params reads JSON as a configuration's object.
func params(t testing.TB, text string) cty.Value {
	t.Helper()
	if text == "" {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	typ, err := ctyjson.ImpliedType([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := ctyjson.Unmarshal([]byte(text), typ)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func month(y int, m time.Month) *export.Period {
	c := export.Cut{Every: export.Month, Zone: Zone()}
	p := c.Period(time.Date(y, m, 5, 0, 0, 0, 0, Zone()))
	return &p
}

func TestBuild(t *testing.T) {
	day := &export.Period{Name: "2025-02-28", Start: time.Date(2025, 2, 28, 0, 0, 0, 0, Zone()), End: time.Date(2025, 3, 1, 0, 0, 0, 0, Zone())}
	for _, c := range []struct {
		name string
		in   Input
		json string
		want string // path?query body
	}{
		{
			"dates of a period",
			Input{Report: "united_orders", BusinessID: "987", Period: month(2025, 2)},
			`{"campaign_ids":["1","2"],"promo_id":"x"}`,
			`/v2/reports/united-orders/generate?format=CSV&language=RU {"businessId":987,"dateFrom":"2025-02-01","dateTo":"2025-02-28","campaignIds":[1,2],"promoId":"x"}`,
		},
		{
			"month of a period",
			Input{Report: "goods_realization", Period: month(2025, 12), Raw: true},
			`{"campaign_id":5}`,
			`/v2/reports/goods-realization/generate?format=FILE {"campaignId":5,"year":2025,"month":12}`,
		},
		{
			"nested month",
			Input{Report: "marketing_detalization", BusinessID: "7", Period: month(2026, 6), SourceType: "ADVERTISER"},
			``,
			`/v1/businesses/7/reports/marketing-detalization/generate?format=CSV&sourceType=ADVERTISER {"monthOfYear":{"year":2026,"month":6}}`,
		},
		{
			"day after",
			Input{Report: "stocks_on_warehouses", BusinessID: "7", Period: day},
			`{"campaign_id":"5"}`,
			`/v2/reports/stocks-on-warehouses/generate?format=CSV {"campaignId":5,"reportDate":"2025-03-01"}`,
		},
		{
			"the day itself",
			Input{Report: "goods_turnover", Period: day},
			`{"campaign_id":"5"}`,
			`/v2/reports/goods-turnover/generate?format=CSV {"campaignId":5,"date":"2025-02-28"}`,
		},
		{
			"months by expressions of the period",
			Input{Report: "united_marketplace_services", BusinessID: "7", Period: month(2025, 2), Language: "EN"},
			`{"year_from":"2025","month_from":"02","year_to":"2025","month_to":"02","inns":["7700000000"]}`,
			`/v2/reports/united-marketplace-services/generate?format=CSV&language=EN {"businessId":7,"yearFrom":2025,"monthFrom":2,"yearTo":2025,"monthTo":2,"inns":["7700000000"]}`,
		},
		{"nothing to say", Input{Report: "stocks", BusinessID: "7"}, `{"category_ids":[]}`, `/v3/businesses/7/reports/stocks/generate?format=CSV `},
		{
			"a document",
			Input{Report: "documents_labels", BusinessID: "7", Raw: true},
			`{"order_ids":[1],"format":"A4"}`,
			`/v2/reports/documents/labels/generate?format=A4 {"businessId":7,"orderIds":[1]}`,
		},
		{
			"a shop goes before the provider's cabinet",
			Input{Report: "shows_sales", BusinessID: "7"},
			`{"campaign_id":3,"date_from":"2025-01-01","date_to":"2025-01-31","grouping":"OFFERS"}`,
			`/v2/reports/shows-sales/generate?format=CSV {"campaignId":3,"dateFrom":"2025-01-01","dateTo":"2025-01-31","grouping":"OFFERS"}`,
		},
		{
			"barcodes",
			Input{Report: "documents_barcodes", Raw: true},
			`{"campaign_id":3,"barcode_format":"F_30_20","barcode_offer_infos":[{"offer_id":"a b","barcode_count":100}]}`,
			`/v1/reports/documents/barcodes/generate? {"campaignId":3,"barcodeFormat":"F_30_20","barcodeOfferInfos":[{"offerId":"a b","barcodeCount":100}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.Params = params(t, c.json)
			r, err := Build(&c.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%s?%s %s", r.Path, r.Query.Encode(), r.Body); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCustom(t *testing.T) {
	in := Input{Report: Custom, Path: "/v4/reports/tomorrow/generate", Body: params(t, `{"someThing":[1,"x"]}`), Language: "EN"}
	r, err := Build(&in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%s?%s %s", r.Path, r.Query.Encode(), r.Body), `/v4/reports/tomorrow/generate?format=CSV&language=EN {"someThing":[1,"x"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, path := range []string{"", "reports/x/generate", "/reports/x/generate", "/v2/reports/../generate?x=1", "/v1/businesses/1/offer-mappings/barcodes/generate"} {
		if Check(&Input{Report: Custom, Path: path}) == nil {
			t.Errorf("request_path = %q was taken", path)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		in   Input
		json string
		want string
	}{
		{"misspelt report", Input{Report: "united_order"}, ``, `Did you mean "united_orders"?`},
		{"report as the service writes it", Input{Report: "united-netting"}, ``, `Did you mean "united_netting"?`},
		{"no such report", Input{Report: "weather"}, ``, "custom with request_path"},
		{"camel case", Input{Report: "united_orders", BusinessID: "1"}, `{"dateFrom":"2025-01-01","date_to":"2025-01-02"}`, "Did you mean date_from?"},
		{"unknown field", Input{Report: "stocks", BusinessID: "1"}, `{"zzzzz":1}`, "It has business_id, category_ids, has_stocks, partner_warehouse_ids."},
		{"no cabinet", Input{Report: "goods_feedback"}, ``, "business_id in the provider block"},
		{"neither cabinet nor shop", Input{Report: "goods_prices"}, ``, "one of business_id or campaign_id"},
		{"both", Input{Report: "goods_prices"}, `{"business_id":1,"campaign_id":2}`, "only one of business_id or campaign_id"},
		{"no period", Input{Report: "united_orders", BusinessID: "1"}, ``, "or add a period block"},
		{"half a pair", Input{Report: "united_netting", BusinessID: "1"}, `{"date_from":"2025-01-01"}`, "params.date_from goes together with params.date_to"},
		{"two ways", Input{Report: "united_netting", BusinessID: "1"}, `{"date_from":"2025-01-01","date_to":"2025-01-02","month_of_year":{"year":2025,"month":1}}`, "takes only one of"},
		{"no way", Input{Report: "united_netting", BusinessID: "1"}, ``, "or a period block"},
		{"twice", Input{Report: "united_orders", BusinessID: "1", Cut: true}, `{"date_from":"2025-01-01"}`, "filled in by the period block"},
		{"wrong month", Input{Report: "united_netting", BusinessID: "1", Period: month(2025, 2)}, `{"month_of_year":{"year":2025,"month":1}}`, "not of the period 2025-02"},
		{"payment order and period", Input{Report: "united_netting", BusinessID: "1", Cut: true}, `{"bank_order_id":1,"bank_order_date_time":"2025-01-01T00:00:00Z"}`, "takes only one of"},
		{"deprecated", Input{Report: "united_netting", BusinessID: "1"}, `{"date_time_from":"x","date_from":"2025-01-01","date_to":"2025-01-02"}`, "use date_from"},
		{"withdrawn", Input{Report: "closure_documents_detalization", Period: month(2026, 1)}, `{"campaign_id":1,"contract_type":"MARKETING"}`, "use the report marketing_detalization"},
		{"requires", Input{Report: "stocks_on_warehouses"}, `{"campaign_id":1,"campaign_ids":[2]}`, "params.campaign_ids needs params.business_id"},
		{"at least one", Input{Report: "documents_shipment_list", Raw: true}, `{"campaign_id":1}`, "at least one of shipment_id or order_ids"},
		{"too long", Input{Report: "united_netting", BusinessID: "1"}, `{"date_from":"2025-01-01","date_to":"2025-04-01"}`, "at most 3 months"},
		{"backwards", Input{Report: "united_returns", BusinessID: "1"}, `{"date_from":"2025-01-02","date_to":"2025-01-01"}`, "comes before"},
		{"months backwards", Input{Report: "united_marketplace_services", BusinessID: "1"}, `{"year_from":2025,"month_from":2,"year_to":2025,"month_to":1}`, "come before"},
		{"no day", Input{Report: "goods_turnover"}, `{"campaign_id":1,"date":"2025-02-30"}`, "must be a day as YYYY-MM-DD"},
		{"no moment", Input{Report: "united_netting", BusinessID: "1"}, `{"bank_order_id":1,"bank_order_date_time":"2025-01-01"}`, "with its offset"},
		{"enumeration", Input{Report: "shows_sales", BusinessID: "1", Cut: true}, `{"grouping":"offers"}`, `Did you mean "OFFERS"?`},
		{"number", Input{Report: "goods_movement", Cut: true}, `{"campaign_id":1.5}`, "must be a whole number"},
		{"range", Input{Report: "goods_movement", Cut: true}, `{"campaign_id":0}`, "must be at least 1"},
		{"month 13", Input{Report: "goods_realization"}, `{"campaign_id":1,"year":2025,"month":13}`, "must be from 1 to 12"},
		{"32 bits", Input{Report: "sales_geography", BusinessID: "1", Cut: true}, `{"category_ids":[3000000000]}`, "must be a whole number"},
		{"twice in a list", Input{Report: "sales_geography", BusinessID: "1", Cut: true}, `{"category_ids":[1,"1"]}`, "has 1 twice"},
		{"not a list", Input{Report: "sales_geography", BusinessID: "1", Cut: true}, `{"category_ids":1}`, "must be a list"},
		{"too many", Input{Report: "documents_labels", BusinessID: "1", Raw: true}, `{"order_ids":[` + strings.TrimSuffix(strings.Repeat("1,", 1001), ",") + `]}`, "1001 items"},
		{"spaces only", Input{Report: "goods_movement", Cut: true}, `{"campaign_id":1,"shop_sku":"  "}`, "not only spaces"},
		{"control characters", Input{Report: "goods_movement", Cut: true}, `{"campaign_id":1,"shop_sku":"a\u0000"}`, "no control characters"},
		{"long text", Input{Report: "goods_movement", Cut: true}, `{"campaign_id":1,"shop_sku":"` + strings.Repeat("я", 256) + `"}`, "256 characters"},
		{"too many barcodes", Input{Report: "documents_barcodes", Raw: true}, `{"campaign_id":1,"barcode_format":"F_30_20","barcode_offer_infos":[` +
			strings.TrimSuffix(strings.Repeat(`{"offer_id":"a","barcode_count":100},`, 16), ",") + `]}`, "1600 barcodes"},
		{"no object", Input{Report: "closure_documents", Raw: true}, `{"campaign_id":1,"month_of_year":"2025-01"}`, "must be an object"},
		{"member missing", Input{Report: "closure_documents", Raw: true}, `{"campaign_id":1,"month_of_year":{"year":2025}}`, "needs month"},
		{"member unknown", Input{Report: "closure_documents", Raw: true}, `{"campaign_id":1,"month_of_year":{"year":2025,"month":1,"day":1}}`, "has no day"},
		{"rows of a document", Input{Report: "closure_documents", Cut: true}, `{"campaign_id":1}`, `set format = "raw"`},
		{"rows of a workbook", Input{Report: "goods_feedback", BusinessID: "1", File: "FILE"}, ``, `set format = "raw"`},
		{"format of a document", Input{Report: "documents_labels", BusinessID: "1", Raw: true, File: "CSV"}, `{"order_ids":[1]}`, "remove service_format"},
		{"language", Input{Report: "goods_feedback", BusinessID: "1", Language: "EN"}, ``, "has no language"},
		{"source type", Input{Report: "goods_feedback", BusinessID: "1", SourceType: "SELLER"}, ``, "has no source_type"},
		{"layout", Input{Report: "documents_labels", BusinessID: "1", Raw: true}, `{"order_ids":[1],"format":"CSV"}`, "A9_HORIZONTALLY"},
		{"path", Input{Report: "goods_feedback", BusinessID: "1", Path: "/v2/x"}, ``, "remove request_path"},
		{"too long ago", Input{Report: "united_orders", BusinessID: "1", Subscription: None, Now: at}, `{"date_from":"2025-11-30","date_to":"2025-12-02"}`, "from 2025-12-02 on. A MEDIUM"},
		{
			"too long ago with MEDIUM",
			Input{Report: "shows_boost", BusinessID: "1", Subscription: Medium, Now: at},
			`{"date_from":"2024-11-30","date_to":"2024-12-02","attribution_type":"SHOWS"}`, "last 400 days",
		},
		{"too large", Input{Report: "sales_geography", BusinessID: "1", Cut: true, Period: month(2025, 1)}, `{"offer_ids":[` + long() + `]}`, "at most 512000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.Params = params(t, c.json)
			var all []string
			for _, p := range Check(&c.in) {
				all = append(all, p.Summary+": "+p.Detail)
			}
			if !strings.Contains(strings.Join(all, "\n"), c.want) {
				t.Errorf("got %q, want %q", all, c.want)
			}
			if _, err := Build(&c.in); err == nil {
				t.Error("the request was made all the same")
			}
		})
	}
}

// long are a thousand long names.
func long() string {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf(`"%s%03d"`, strings.Repeat("😀", 250), i))
	}
	return strings.Join(names, ",")
}

func TestUnknownIsTakenToBeRight(t *testing.T) {
	in := Input{Report: "united_orders", AnyBusiness: true, Cut: true, Params: cty.ObjectVal(map[string]cty.Value{"campaign_ids": cty.UnknownVal(cty.List(cty.String))})}
	if p := Check(&in); len(p) != 0 {
		t.Error(p)
	}
	if _, err := Build(&in); err == nil {
		t.Error("a request was made of what is not known")
	}
	in.Params = cty.UnknownVal(cty.DynamicPseudoType)
	if p := Check(&in); len(p) != 0 {
		t.Error(p)
	}
}

func TestTable(t *testing.T) {
	reports, documents := 0, 0
	for i, m := range All() {
		if i > 0 && All()[i-1].Name >= m.Name {
			t.Errorf("%s is out of order", m.Name)
		}
		derived := strings.NewReplacer("-", "_", "/", "_").Replace(strings.TrimSuffix(m.Path[strings.Index(m.Path, "/reports/")+len("/reports/"):], "/generate"))
		if derived != m.Name {
			t.Errorf("%s has the path %s", m.Name, m.Path)
		}
		if m.Kind == Document {
			documents++
		} else {
			reports++
		}
		if m.Limit.Interval() <= 0 || m.Medium.Interval() <= 0 || len(m.Scopes) == 0 || len(m.Models) == 0 {
			t.Errorf("%s lacks limits, scopes or models", m.Name)
		}
	}
	if reports != 22 || documents != 4 {
		t.Errorf("%d reports and %d documents", reports, documents)
	}
	if m, _ := Find("shows_sales"); m.Window(None).Interval() != 10*time.Minute || m.Window(Medium).Interval() != 6*time.Minute || m.Window(Light).Interval() != 10*time.Minute {
		t.Error("the windows of shows_sales are wrong")
	}
}

func TestReferenceNamesEverything(t *testing.T) {
	text := Reference()
	for _, m := range All() {
		for _, want := range append([]string{"### `" + m.Name + "`", m.Path}, m.Scopes...) {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s", m.Name, want)
			}
		}
	}
}

// Whatever is checked and found good can be built, and the other way round.
func TestCheckAgreesWithBuild(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	good := 0
	for range 20_000 {
		m := All()[r.IntN(len(All()))]
		in := Input{Report: m.Name, BusinessID: []string{"", "5"}[r.IntN(2)], Raw: m.Kind == Document, Params: randomParams(r, m)}
		if r.IntN(2) == 0 {
			in.Period = month(2025, time.Month(1+r.IntN(12)))
		}
		problems := Check(&in)
		req, err := Build(&in)
		if (err == nil) != (len(problems) == 0) {
			t.Fatalf("%s %#v: %v, but %v", m.Name, in.Params, problems, err)
		}
		if err == nil {
			good++
			if len(req.Body) > 0 && !json.Valid(req.Body) {
				t.Fatalf("%s: %s", m.Name, req.Body)
			}
		}
	}
	if good < 100 {
		t.Errorf("only %d were good", good)
	}
}

func randomParams(r *rand.Rand, m *Method) cty.Value {
	values := map[string]cty.Value{}
	for _, f := range m.Fields {
		if r.IntN(3) == 0 || f.Required && r.IntN(4) > 0 {
			values[f.Name] = randomValue(r, f)
		}
	}
	return cty.ObjectVal(values)
}

func randomValue(r *rand.Rand, f *Field) cty.Value {
	if r.IntN(30) == 0 {
		return []cty.Value{cty.StringVal(""), cty.NumberFloatVal(0.5), cty.EmptyTupleVal, cty.EmptyObjectVal, cty.True, cty.NullVal(cty.String)}[r.IntN(6)]
	}
	switch f.Type {
	case "int":
		return cty.NumberIntVal(int64(r.IntN(12) + 1))
	case "bool":
		return cty.BoolVal(r.IntN(2) == 0)
	case "date":
		return cty.StringVal(fmt.Sprintf("2025-01-%02d", r.IntN(28)+1))
	case "date-time":
		return cty.StringVal("2025-01-01T00:00:00+03:00")
	case "list":
		var items []cty.Value
		for range r.IntN(3) {
			items = append(items, randomValue(r, f.Items))
		}
		return cty.TupleVal(items)
	case "object":
		values := map[string]cty.Value{}
		for _, k := range f.Fields {
			values[k.Name] = randomValue(r, k)
		}
		return cty.ObjectVal(values)
	}
	if len(f.Enum) > 0 {
		return cty.StringVal(f.Enum[r.IntN(len(f.Enum))])
	}
	return cty.StringVal("x")
}

func FuzzBuild(f *testing.F) {
	f.Add("united_orders", `{"date_from":"2025-01-01","date_to":"2025-01-02","campaign_ids":["1",2]}`)
	f.Add("documents_barcodes", `{"campaign_id":1,"barcode_format":"F_30_20","barcode_offer_infos":[{"offer_id":"a","barcode_count":1}]}`)
	f.Add("closure_documents", `{"campaign_id":"1","month_of_year":{"year":2025,"month":1},"contract_types":["INCOME"]}`)
	f.Add("custom", `[]`)
	f.Fuzz(func(t *testing.T, report, text string) {
		typ, err := ctyjson.ImpliedType([]byte(text))
		if err != nil {
			return
		}
		v, err := ctyjson.Unmarshal([]byte(text), typ)
		if err != nil {
			return
		}
		in := Input{Report: report, Params: v, BusinessID: "1", Raw: true, Period: month(2025, 2), Body: v, Path: "/v2/reports/x/generate"}
		if req, err := Build(&in); err == nil && len(req.Body) > 0 && !json.Valid(req.Body) {
			t.Errorf("%s", req.Body)
		}
	})
}
