package market

import (
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/market/methods"
	"reportsync/internal/schema"
)

// The names of the types.
const (
	providerName  = "yandex_market"
	typeReport    = "yandex_market_report"
	dataCampaigns = "yandex_market_campaigns"
)

// onNoDataError makes a period without data an error.
const onNoDataError = "error"

// subscriptionAuto asks the service for the plan of the cabinet.
const subscriptionAuto = "auto"

// Type returns the provider as it is registered.
func Type() *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: providerName,
			Description: "A seller's cabinet on Yandex Market. Reports are made when they are asked for, " +
				"within an allowance that all shops of the cabinet share.",
			Body:    providerBody(),
			Exports: []schema.Export{reportExport()},
			Data:    []schema.Data{campaignsData()},
		},
		Exports:   map[string]providers.ExportType{typeReport: {Policy: policy, Validate: validate}},
		Configure: configure,
	}
}

func providerBody() schema.Body {
	common := providers.CommonAttributes(providers.Defaults{
		BaseURL: "https://api.partner.market.yandex.ru", BaseURLEnv: "YANDEX_MARKET_BASE_URL",
		BaseURLExample: `"https://api.partner.market.yandex.net"`,
		BaseURLNote:    "Sellers of Market Yandex Go have another one, which ends in .net.",
		// A cabinet may ask how far its reports are 100 times a minute.
		RequestsPerSecond: 1.5, MaxInFlight: 3, Timeout: "60s", MaxRetries: 4,
		PollInterval: "5s", PollTimeout: "15m",
	})
	own := []schema.Attribute{
		{
			Name: "api_key", Type: cty.String, Sensitive: true, Env: "YANDEX_MARKET_API_KEY", Example: "var.market_key",
			Description: "An Api-Key token of the cabinet, with the scope all-methods:read-only or those of the reports wanted.",
		},
		{
			Name: "oauth_token", Type: cty.String, Sensitive: true, Env: "YANDEX_MARKET_OAUTH_TOKEN", Example: "var.market_oauth",
			Description: "An OAuth token instead of a key. The service calls them outdated; set business_id with it, or the limits are those without a subscription.",
		},
		{
			Name: "business_id", Type: cty.String, Example: `"987654"`,
			Description: "The cabinet, for reports whose params name neither cabinet nor shop. Without it the cabinet that the key belongs to is looked up once in a run.",
		},
		{
			Name: "subscription", Type: cty.String, Enum: []string{subscriptionAuto, "none", "light", "medium"}, Default: cty.StringVal(subscriptionAuto), Example: `"medium"`,
			Description: "The cabinet's subscription, which decides how often reports can be asked for and how far back. auto asks the service once in a run.",
		},
		{
			Name: "generation_interval", Type: cty.String, Duration: true, Example: `"5m"`,
			Description: "The shortest time between two generations of the same report, instead of that of the table. What the service says goes before it.",
		},
		{
			Name: "max_file_size", Type: cty.Number, Default: cty.NumberIntVal(8192), Example: "1024",
			Description: "How large a file may be, downloaded or unpacked, in MiB.",
		},
		{
			Name: "download_hosts", Type: cty.List(cty.String), Example: `["yandex.net", "yandexcloud.net"]`,
			Description: "Domains that files may be downloaded from, with those below them; any host with https by default. The token is sent to none of them.",
		},
	}
	return schema.Body{Attributes: append(own, common...), ExactlyOne: [][]string{{"api_key", "oauth_token"}}}
}

func reportExport() schema.Export {
	return schema.Export{
		Type: typeReport,
		Description: "A report or a document. Each version is one that the service makes when it is asked: for the periods of a period block, or a new one when " +
			"`every` says so. A report has a file for each of its sheets.",
		Formats: []string{string(export.FormatCSV), string(export.FormatJSONL), string(export.FormatRaw)},
		Body: schema.Body{Attributes: []schema.Attribute{
			{
				Name: "report", Type: cty.String, Required: true, Identity: true, Example: `"united_orders"`,
				Description: "The name of a report or document, as listed below, or custom.",
			},
			{
				Name: "params", Type: cty.DynamicPseudoType, Late: true, Identity: true, Example: `{ campaign_id = "12345" }`,
				Description: "What the report is asked with: an object of the fields listed below. Ids can be numbers or text. A period block fills in the fields of a period; " +
					"period.* can be used where another way of asking is wanted.",
			},
			{
				Name: "request_path", Type: cty.String, Identity: true, Example: `"/v2/reports/new-one/generate"`,
				Description: "The path of a custom report.",
			},
			{
				Name: "body", Type: cty.DynamicPseudoType, Late: true, Identity: true, Example: `{ businessId = 987654, dateFrom = period.start, dateTo = period.last }`,
				Description: "The body of a custom report: an object that is sent as it is.",
			},
			{
				Name: "language", Type: cty.String, Enum: []string{"RU", "EN"}, Identity: true, Example: `"EN"`,
				Description: "The language of texts, for reports that have one; RU by default.",
			},
			{
				Name: "source_type", Type: cty.String, Enum: []string{"SELLER", "ADVERTISER"}, Identity: true, Example: `"ADVERTISER"`,
				Description: "As whom to ask, for reports that have it. The service takes SELLER by default.",
			},
			{
				Name: "service_format", Type: cty.String, Enum: []string{"csv", "json", "xlsx"}, Identity: true, Example: `"json"`,
				Description: "What the service is asked for. The three name columns differently. Without it csv, and xlsx where format is raw.",
			},
			{
				Name: "on_no_data", Type: cty.String, Enum: []string{"empty", onNoDataError}, Default: cty.StringVal("empty"), Example: `"error"`,
				Description: "What a period is that the service has no data for: empty, a version without rows, or an error.",
			},
			{
				Name: "on_schema_change", Type: cty.String, Default: cty.StringVal(string(export.WarnOfChange)), Example: `"fail"`,
				Enum: []string{string(export.WarnOfChange), string(export.RefuseChange), string(export.OverlookChange)},
				Description: "What to do when a sheet has gained or lost columns: warn says which, fail does not accept the version, ignore says nothing. " +
					"The service changes columns several times a month.",
			},
		}},
		Result: map[string]schema.Result{
			"request_id": {Type: cty.String, Description: "The id that the service gave the newest report."},
		},
		Reference: methods.Reference(),
	}
}

var campaignObject = cty.Object(map[string]cty.Type{
	"id": cty.String, "name": cty.String, "business_id": cty.String, "business_name": cty.String, "placement_type": cty.String,
	"api_availability": cty.String, "available": cty.Bool,
})

func campaignsData() schema.Data {
	return schema.Data{
		Type:        dataCampaigns,
		Description: "The shops (campaigns) that the token can see, by id.",
		Body: schema.Body{Attributes: []schema.Attribute{
			{
				Name: "name_regex", Type: cty.String, Example: `"^Toys"`,
				Description: "Keeps the shops whose name matches the regular expression (RE2).",
			},
			{
				Name: "placement_types", Type: cty.List(cty.String), Example: `["FBY", "FBS"]`,
				Description: "Keeps the shops of these work models: FBY, FBS, DBS, LAAS.",
			},
			{
				Name: "available_only", Type: cty.Bool, Default: cty.True, Example: "false",
				Description: "Leaves out shops whose API is switched off, from which no report can be had.",
			},
		}},
		Result: map[string]schema.Result{"campaigns": {
			Type:        cty.List(campaignObject),
			Description: "Objects with id, name, business_id, business_name, placement_type, api_availability and available, all text but the last.",
		}},
	}
}

func policy(args schema.Values) export.Policy {
	p := export.Policy{
		Source: export.SourceGenerate, Unlisted: true, Zone: methods.Zone(),
		SchemaChange: export.SchemaChange(args.String("on_schema_change")),
	}
	if args.String("report") == methods.Custom {
		p.Periods = true // its body says how
		return p
	}
	if m, ok := methods.Find(args.String("report")); ok && len(m.Periods) > 0 {
		p.Periods, p.PeriodUnits, p.MaxMonths, p.PeriodFields = true, m.Units(), m.MaxMonths, m.PeriodFields(args["params"])
	}
	return p
}

// input is what an instance says, without what only its account knows.
func input(t providers.Target, period *export.Period) *methods.Input {
	a := t.Args
	return &methods.Input{
		Report: a.String("report"), Params: a["params"], Path: a.String("request_path"), Body: a["body"],
		Raw: t.Format == export.FormatRaw, File: map[string]string{"csv": "CSV", "json": "JSON", "xlsx": "FILE"}[a.String("service_format")],
		Language: a.String("language"), SourceType: a.String("source_type"), Cut: t.Cut != nil, Period: period,
	}
}

func validate(t providers.Target) []providers.Problem {
	if !t.Args.Has("report") {
		return nil // not known yet
	}
	in := input(t, nil)
	in.AnyBusiness = true
	return methods.Check(in)
}
