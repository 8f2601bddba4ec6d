package tracker

import (
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// The names of the types.
const (
	providerName = "yandex_tracker"
	typeReport   = "yandex_tracker_report"
	typeIssues   = "yandex_tracker_issues"
	dataFields   = "yandex_tracker_fields"
	dataReports  = "yandex_tracker_reports"
)

const (
	syncFull        = "full"
	syncIncremental = "incremental"
	tryDownload     = "try"
	changelog       = "changelog"
)

// Type returns the provider as it is registered.
func Type() *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: providerName,
			Description: "An organisation of Yandex Tracker. Reports can be made to exist there; the issues themselves can be read, which is " +
				"the only documented way to own the data.",
			Body:    providerBody(),
			Exports: []schema.Export{reportExport(), issuesExport()},
			Data:    []schema.Data{fieldsData(), reportsData()},
		},
		Exports: map[string]providers.ExportType{
			typeReport: {Policy: reportPolicy, Validate: validateReport},
			typeIssues: {Policy: func(schema.Values) export.Policy { return export.Policy{Source: export.SourceRead} }, Validate: validateIssues},
		},
		Configure: configure,
	}
}

func reportPolicy(args schema.Values) export.Policy {
	try := args.String("download") == tryDownload
	return export.Policy{Source: export.SourceCreate, NoFiles: !try, TryFiles: try}
}

func providerBody() schema.Body {
	common := providers.CommonAttributes(providers.Defaults{
		BaseURL: "https://api.tracker.yandex.net", BaseURLEnv: "YANDEX_TRACKER_BASE_URL", BaseURLExample: `"https://api.tracker.yandex.net"`,
		// The service publishes no limits; these are what careful clients use.
		RequestsPerSecond: 5, MaxInFlight: 2, Timeout: "120s", MaxRetries: 6, PollInterval: "3s", PollTimeout: "15m",
	})
	own := []schema.Attribute{
		{
			Name: "token", Type: cty.String, Required: true, Sensitive: true, Env: "YANDEX_TRACKER_TOKEN", Example: "var.tracker_token",
			Description: "An OAuth token with the scope tracker:read, and tracker:write where reports are created; or an IAM token, which lives for 12 hours at most.",
		},
		{
			Name: "token_type", Type: cty.String, Enum: []string{"oauth", "iam"}, Default: cty.StringVal("oauth"), Env: "YANDEX_TRACKER_TOKEN_TYPE", Example: `"iam"`,
			Description: "What the token is. IAM tokens are for organisations of Yandex Cloud only.",
		},
		{
			Name: "org_id", Type: cty.String, Env: "YANDEX_TRACKER_ORG_ID", Example: `"7012345"`,
			Description: "The id of an organisation of Yandex 360 for Business.",
		},
		{
			Name: "cloud_org_id", Type: cty.String, Env: "YANDEX_TRACKER_CLOUD_ORG_ID", Example: `"bpf00000000000000000"`,
			Description: "The id of an organisation of Yandex Cloud. Where both kinds are linked, use org_id.",
		},
		{
			Name: "language", Type: cty.String, Enum: []string{"ru", "en"}, Default: cty.StringVal("ru"), Example: `"en"`,
			Description: "The language of names that the service translates, such as those of statuses. It is sent with every request, so that files do not depend on the machine.",
		},
		{
			Name: "allow_other_user", Type: cty.Bool, Default: cty.False, Example: "true",
			Description: "Goes on when the token belongs to another user than the one that the state knows. Another user can see other issues.",
		},
	}
	return schema.Body{Attributes: append(own, common...), ExactlyOne: [][]string{{"org_id", "cloud_org_id"}}}
}

// selections are the ways to say which issues are meant.
func selections(identity bool, more ...schema.Attribute) []schema.Attribute {
	return append([]schema.Attribute{
		{
			Name: "query", Type: cty.String, Identity: identity, Example: `"Queue: SUPPORT Resolution: empty()"`,
			Description: "Selects issues in the query language.",
		},
		{
			Name: "filter", Type: cty.DynamicPseudoType, Identity: identity, Example: `{ queue = "SUPPORT", resolution = "empty()" }`,
			Description: "Selects issues by the values of fields.",
		},
		{
			Name: "filter_id", Type: cty.String, Identity: identity, Example: `"101"`,
			Description: "Selects issues by a saved filter.",
		},
	}, more...)
}

func reportExport() schema.Export {
	attrs := []schema.Attribute{
		{
			Name: "summary", Type: cty.String, Required: true, Identity: true, Example: `"Support backlog, weekly"`,
			Description: "The report's name. The service does not make it unique.",
		},
		{
			Name: "report_format", Type: cty.String, Identity: true, Enum: []string{"xlsx", "xml", "csv"}, Default: cty.StringVal("xlsx"), Example: `"csv"`,
			Description: "The format of the file that the service makes.",
		},
		{
			Name: "fields", Type: cty.List(cty.String), Required: true, Identity: true, Example: `["key", "summary", "status", "updated"]`,
			Description: "The columns, by the keys of fields; their order counts.",
		},
	}
	attrs = append(attrs, selections(true)...)
	attrs = append(attrs,
		schema.Attribute{
			Name: "marker", Type: cty.Bool, Identity: true, Default: cty.True, Example: "false",
			Description: "Adds a short mark to the name, [rs:ab12cd34], by which the report is recognised: after an answer that was lost, and when the state was.",
		},
		schema.Attribute{
			Name: "adopt", Type: cty.Bool, Default: cty.True, Example: "false",
			Description: "Looks for a report with the mark before one is created, where the service shows names. One that has another origin is taken over by an import.",
		},
		schema.Attribute{
			Name: "on_destroy", Type: cty.String, Enum: []string{"delete", "forget"}, Default: cty.StringVal("delete"), Example: `"forget"`,
			Description: "What becomes of the report at the end: delete tries to delete it, forget lets it be.",
		},
		schema.Attribute{
			Name: "download", Type: cty.String, Enum: []string{"never", tryDownload}, Default: cty.StringVal("never"), Example: `"try"`,
			Description: "try looks for the file under addresses that are not documented; the service need not have them.",
		},
		schema.Attribute{
			Name: "download_timeout", Type: cty.String, Duration: true, Default: cty.StringVal("2m"), Example: `"10m"`,
			Description: "How long to wait for the file of a report that is being built.",
		})
	return schema.Export{
		Type: typeReport,
		Description: "A report on issues that must exist in Tracker. It is a snapshot of the moment at which it was created. Every change of it is a " +
			"new report, and the old one is deleted, or listed as abandoned where the service does not allow that. `every` makes new snapshots, retention retires old ones.",
		Formats: []string{string(export.FormatRaw)},
		Body: schema.Body{
			Attributes: attrs, ExactlyOne: [][]string{{"query", "filter", "filter_id"}},
			Blocks: []schema.Block{{
				Name: "sort", Repeated: true, Description: "Sorts the rows; several sort by one after the other. A \"Sort By\" in the query excludes it.",
				Body: schema.Body{Attributes: []schema.Attribute{
					{Name: "by", Type: cty.String, Required: true, Identity: true, Example: `"updated"`, Description: "The key of a field."},
					{Name: "ascending", Type: cty.Bool, Default: cty.True, Identity: true, Example: "false", Description: "Whether small values come first."},
				}},
			}},
		},
		Result: map[string]schema.Result{
			"report_id": {Type: cty.String, Description: "The report's id."},
			"url":       {Type: cty.String, Description: "The report's page for people."},
			"short_id":  {Type: cty.String, Description: "The report's short number."},
		},
	}
}

func issuesExport() schema.Export {
	attrs := selections(true, schema.Attribute{
		Name: "queue", Type: cty.String, Identity: true, Example: `"SUPPORT"`, Description: "Selects all issues of a queue.",
	})
	attrs = append(attrs,
		schema.Attribute{
			Name: "fields", Type: cty.List(cty.String), Rendering: true, Example: `["key", "summary", "status", "assignee.id", "updated"]`,
			Description: "The columns, by the keys of fields. An object is shown by what people see of it; .id and .key take that of it instead. " +
				"The column id always comes first. Without it there are the columns that most issues have.",
		},
		schema.Attribute{
			Name: "strict_fields", Type: cty.Bool, Default: cty.True, Example: "false",
			Description: "Refuses columns that the catalogue of fields does not have; otherwise they are a warning.",
		},
		schema.Attribute{
			Name: "sync", Type: cty.String, Enum: []string{syncFull, syncIncremental}, Default: cty.StringVal(syncFull), Example: `"incremental"`,
			Description: "full reads all issues each time. incremental reads those that changed and puts them into a copy of the version before.",
		},
		schema.Attribute{
			Name: "sweep_every", Type: cty.String, Duration: true, Default: cty.StringVal("7d"), Example: `"24h"`,
			Description: "How often an incremental export reads the ids of all issues, to notice those that are gone.",
		},
		schema.Attribute{
			Name: "include", Type: cty.List(cty.String), Rendering: true, Example: `["changelog"]`,
			Description: "changelog adds a second file with a row for each change of an issue. It takes a request for each issue, and later for each that changed.",
		},
		schema.Attribute{
			Name: "max_missing", Type: cty.Number, Example: "0",
			Description: "How many issues fewer than were counted may arrive, because they change meanwhile. " +
				"Without it 5, or 0.5 % of them if that is more, but 100 at most; none when all ids are read to find out which are gone.",
		})
	return schema.Export{
		Type:        typeIssues,
		Description: "The issues themselves, a row each. A version is one reading of them; every asks for new ones.",
		Formats:     []string{string(export.FormatCSV), string(export.FormatJSONL), string(export.FormatRaw)},
		Body:        schema.Body{Attributes: attrs, ExactlyOne: [][]string{{"query", "filter", "filter_id", "queue"}}},
	}
}

var (
	fieldObject = cty.Object(map[string]cty.Type{
		"id": cty.String, "key": cty.String, "name": cty.String, "type": cty.String, "items": cty.String, "local": cty.Bool,
	})
	reportObject = cty.Object(map[string]cty.Type{
		"id": cty.String, "short_id": cty.String, "summary": cty.String, "created_at": cty.String, "created_by": cty.String, "url": cty.String,
	})
)

func fieldsData() schema.Data {
	return schema.Data{
		Type:        dataFields,
		Description: "The catalogue of fields.",
		Body: schema.Body{Attributes: []schema.Attribute{{
			Name: "queue", Type: cty.String, Example: `"SUPPORT"`, Description: "Adds the local fields of a queue.",
		}}},
		Result: map[string]schema.Result{"fields": {
			Type: cty.List(fieldObject), Description: "Objects with id, key, name, type, items (the type of what is in a list, or null) and local.",
		}},
	}
}

func reportsData() schema.Data {
	return schema.Data{
		Type:        dataReports,
		Description: "The reports that the token's user has created, old to new; the newest 200 at most.",
		Result: map[string]schema.Result{"reports": {
			Type: cty.List(reportObject), Description: "Objects with id, short_id, summary (null where the service does not show it), created_at (RFC 3339), created_by and url.",
		}},
	}
}
