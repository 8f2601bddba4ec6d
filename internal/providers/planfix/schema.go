package planfix

import (
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// The names of the types.
const (
	typeReport  = "planfix_report"
	dataReports = "planfix_reports"
	dataSaves   = "planfix_saves"
)

// The modes of an export.
const (
	modeSaved    = "saved"
	modeGenerate = "generate"
	modeAuto     = "auto"
)

// rowsAll keeps rows of every type.
const rowsAll = "all"

// Type returns the provider as it is registered.
func Type() *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: "planfix",
			Description: "An account of Planfix over its REST API. Every call runs with the rights and in the time zone of the user " +
				"behind the token. The API is part of paid plans; generating reports is part of the largest one.",
			Body:    providerBody(),
			Exports: []schema.Export{reportExport()},
			Data:    []schema.Data{reportsData(), savesData()},
		},
		Exports: map[string]providers.ExportType{
			typeReport: {Policy: policy, Validate: validateReport},
		},
		Configure: configure,
	}
}

func providerBody() schema.Body {
	common := providers.CommonAttributes(providers.Defaults{
		BaseURLEnv: "PLANFIX_BASE_URL", BaseURLExample: `"https://acme.planfix.com/rest"`,
		BaseURLNote: "For accounts with a domain of their own it is https://DOMAIN/rest.",
		// The documented limit is one request a second; 0.95 leaves a margin for
		// what the network does to the spacing.
		RequestsPerSecond: 0.95, MaxInFlight: 1,
		// Some lists are known to take 40 to 49 seconds.
		Timeout: "120s", MaxRetries: 4,
		PollInterval: "3s", PollTimeout: "15m",
	})
	own := []schema.Attribute{
		{
			Name: "account", Type: cty.String, Example: `"acme"`,
			Description: "The account's name: \"acme\" stands for https://acme.planfix.com/rest. For other domains set base_url.",
		},
		{
			Name: "token", Type: cty.String, Required: true, Sensitive: true, Env: "PLANFIX_TOKEN", Example: "var.planfix_token",
			Description: "A token made in the account's settings under API access, REST API, with the scope report_readonly.",
		},
		{
			Name: "generation_interval", Type: cty.String, Duration: true, Default: cty.StringVal("10m30s"), Example: `"15m"`,
			Description: "The shortest time between the starts of two generations of the account. The service allows one in ten minutes.",
		},
	}
	return schema.Body{
		Attributes: append(own, common...),
		ExactlyOne: [][]string{{"account", "base_url"}},
	}
}

func reportExport() schema.Export {
	return schema.Export{
		Type: typeReport,
		Description: "A report. Its versions are the saves that the service keeps: made by a schedule, by people, or by a generation " +
			"asked for here. Cell text is kept as the report shows it. Grouped reports are best ungrouped for exporting.",
		Formats: []string{string(export.FormatCSV), string(export.FormatJSONL), string(export.FormatRaw)},
		Body: schema.Body{
			ExactlyOne: [][]string{{"report_id", "report_name"}},
			Attributes: []schema.Attribute{
				{
					Name: "report_id", Type: cty.String, Identity: true, Example: `"26000"`,
					Description: "The report's id, as in the browser's address bar.",
				},
				{
					Name: "report_name", Type: cty.String, Identity: true, Example: `"Weekly sales"`,
					Description: "The report's name, which must be the only one of that name visible to the token's user.",
				},
				{
					Name: "mode", Type: cty.String, Enum: []string{modeSaved, modeGenerate, modeAuto}, Default: cty.StringVal(modeSaved), Example: `"generate"`,
					Description: "Where versions come from: saved mirrors the saves that exist; generate asks the service for new ones; auto takes a save " +
						"that is younger than every, and asks for one otherwise.",
				},
				{
					Name: "versions", Type: cty.String, Default: cty.StringVal("all"), Example: `"latest"`,
					Description: "Which saves are mirrored: all, latest, or a number of the newest.",
				},
				{
					Name: "rows", Type: cty.String, Enum: []string{"normal", rowsAll}, Default: cty.StringVal("normal"), Rendering: true, Example: `"all"`,
					Description: "Which rows are kept: normal keeps rows of the type Normal at any depth; all keeps every row and adds the columns " +
						"row_type and depth after the report's own.",
				},
				{
					Name: "include_links", Type: cty.Bool, Default: cty.False, Rendering: true, Example: "true",
					Description: "Adds a column \"TITLE (link)\" for each column, at the end, with the address that the cell links to.",
				},
				{
					Name: "include_hidden", Type: cty.Bool, Default: cty.True, Rendering: true, Example: "false",
					Description: "Keeps columns that the report hides.",
				},
			},
		},
		Result: map[string]schema.Result{
			"report_id":  {Type: cty.String, Description: "The report's id, also where it was declared by name."},
			"request_id": {Type: cty.String, Description: "The id of the generation that made the newest version, if one was asked for."},
		},
	}
}

func reportsData() schema.Data {
	return schema.Data{
		Type:        dataReports,
		Description: "The reports visible to the token's user, by id.",
		Body: schema.Body{Attributes: []schema.Attribute{{
			Name: "name_regex", Type: cty.String, Example: `"^Weekly"`,
			Description: "Keeps the reports whose name matches the regular expression (RE2).",
		}}},
		Result: map[string]schema.Result{"reports": {
			Type:        cty.List(reportObject),
			Description: "Objects with id and name, both text.",
		}},
	}
}

func savesData() schema.Data {
	return schema.Data{
		Type:        dataSaves,
		Description: "The saves of a report that are shared with the token's user, old to new.",
		Body: schema.Body{Attributes: []schema.Attribute{{
			Name: "report_id", Type: cty.String, Required: true, Example: `"26000"`,
			Description: "The report's id.",
		}}},
		Result: map[string]schema.Result{"saves": {
			Type:        cty.List(saveObject),
			Description: "Objects with id, name, created_at (RFC 3339, null if unknown) and parts (chunks, 0 if unknown).",
		}},
	}
}

var (
	reportObject = cty.Object(map[string]cty.Type{"id": cty.String, "name": cty.String})
	saveObject   = cty.Object(map[string]cty.Type{"id": cty.String, "name": cty.String, "created_at": cty.String, "parts": cty.Number})
)
