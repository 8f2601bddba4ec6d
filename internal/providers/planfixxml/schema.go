package planfixxml

import (
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

const typeList = "planfix_xml_list"

// The kinds of readings.
const (
	syncFull        = "full"
	syncIncremental = "incremental"
)

// Type returns the provider as it is registered.
func Type() *providers.Type {
	return &providers.Type{
		Schema: schema.Provider{
			Name: "planfix_xml",
			Description: "An account of Planfix over its older XML API, which the vendor supports but does not develop any further. " +
				"It has no reports: what it has are lists. Where a report over REST will do, prefer the provider planfix.",
			Body:    providerBody(),
			Exports: []schema.Export{listExport()},
		},
		Exports:   map[string]providers.ExportType{typeList: {Policy: policy, Validate: validate}},
		Configure: configure,
	}
}

func policy(schema.Values) export.Policy { return export.Policy{Source: export.SourceRead} }

func providerBody() schema.Body {
	common := providers.CommonAttributes(providers.Defaults{
		BaseURLEnv: "PLANFIX_XML_URL", BaseURLExample: `"https://api.planfix.com/xml/"`,
		BaseURLNote: "Each region has its own: https://api.planfix.com/xml/ (Europe), https://api-sg.planfix.com/xml/ (Asia), " +
			"https://api-us.planfix.com/xml/ (America), https://apiru.planfix.ru/xml/ (Russia).",
		// The documented limit is one request a second; the answer to more of them is
		// not, and looks like the end of the day's quota.
		RequestsPerSecond: 0.95, MaxInFlight: 1, Timeout: "120s", MaxRetries: 4, PollInterval: "3s", PollTimeout: "15m",
	})
	common[0].Required = true
	own := []schema.Attribute{
		{
			Name: "account", Type: cty.String, Required: true, Env: "PLANFIX_XML_ACCOUNT", Example: `"acme"`,
			Description: "The account's name: the first part of its address, without the rest.",
		},
		{
			Name: "api_key", Type: cty.String, Required: true, Sensitive: true, Env: "PLANFIX_XML_API_KEY", Example: "var.planfix_api_key",
			Description: "The key of the application, from the account's settings.",
		},
		{
			Name: "token", Type: cty.String, Sensitive: true, Env: "PLANFIX_XML_TOKEN", Example: "var.planfix_xml_token",
			Description: "A token of a user, which can be restricted to the methods that are used. It is preferred to login and password.",
		},
		{
			Name: "login", Type: cty.String, Env: "PLANFIX_XML_LOGIN", Example: `"robot"`,
			Description: "The login of a user, for accounts without tokens. A session is kept in memory only.",
		},
		{
			Name: "password", Type: cty.String, Sensitive: true, Env: "PLANFIX_XML_PASSWORD", Example: "var.planfix_password",
			Description: "The password that belongs to login.",
		},
		{
			Name: "daily_quota", Type: cty.Number, Default: cty.NumberIntVal(20_000), Example: "50000",
			Description: "How many requests a day the account may make: 20,000, 50,000 or 100,000, depending on the tariff. Once they are used up a " +
				"run stops, and the next day's goes on from there. Set it lower to leave some to others; 0 counts nothing.",
		},
		{
			Name: "timezone", Type: cty.String, Example: `"Europe/Moscow"`,
			Description: "The time zone of the user behind the credentials. Moments in the service's own fields are then written in RFC 3339 with " +
				"their offset, and dates as 2025-02-28; without it they stay as they come, 28-02-2025 17:09. The day's quota begins anew at midnight there.",
		},
	}
	return schema.Body{Attributes: append(own, common...), AtMostOne: [][]string{{"token", "login"}, {"token", "password"}}}
}

func listExport() schema.Export {
	return schema.Export{
		Type: typeList,
		Description: "A list of the XML API, all pages of it. A version is one reading of the list; every asks for new ones. Items become rows, " +
			"and their elements columns that are named by their paths.",
		Formats:   []string{string(export.FormatCSV), string(export.FormatJSONL), string(export.FormatRaw)},
		Reference: "### Methods\n\n" + methodTable(),
		Body: schema.Body{
			Attributes: []schema.Attribute{
				{
					Name: "method", Type: cty.String, Required: true, Identity: true, Example: `"task.getList"`,
					Description: "The list method. One that is not in the table of methods needs list_element and item_element.",
				},
				{
					Name: "params", Type: cty.DynamicPseudoType, Identity: true, Example: `{ target = "all" }`,
					Description: "The parameters of the method: an object whose members become elements. A list repeats its element, true and false " +
						"become 1 and 0. Account, session and paging are filled in.",
				},
				{
					Name: "fields", Type: cty.List(cty.String), Rendering: true, Example: `["id", "title", "owner.name", "customData.Next contact"]`,
					Description: "The columns, as paths into an item. The values of an element that is there several times are joined by \"; \". " +
						"Without it every element that holds a value is a column, in the order in which they first appear.",
				},
				{
					Name: "text", Type: cty.Bool, Default: cty.False, Rendering: true, Example: "true",
					Description: "Takes what custom fields show to people (548 min) instead of their value (548).",
				},
				{
					Name: "list_element", Type: cty.String, Identity: true, Example: `"invoices"`,
					Description: "The element around the list, for a method that is not in the table.",
				},
				{
					Name: "item_element", Type: cty.String, Identity: true, Example: `"invoice"`,
					Description: "The element around each item, for a method that is not in the table.",
				},
				{
					Name: "key", Type: cty.String, Identity: true, Example: `"id"`,
					Description: "The element that tells items apart, for a method that is not in the table; \"id\" if it is not set.",
				},
				{
					Name: "paged", Type: cty.Bool, Identity: true, Example: "false",
					Description: "Whether a method that is not in the table is asked page by page; true if it is not set.",
				},
				{
					Name: "sync", Type: cty.String, Enum: []string{syncFull, syncIncremental}, Default: cty.StringVal(syncFull), Example: `"incremental"`,
					Description: "full reads the whole list each time. incremental reads what has changed and puts it into a copy of the version " +
						"before, for methods that can be asked for changes.",
				},
				{
					Name: "full_every", Type: cty.String, Duration: true, Default: cty.StringVal("7d"), Example: `"30d"`,
					Description: "How often an incremental export reads the whole list all the same: items that were deleted, or that the filters do not " +
						"find any more, are noticed only then.",
				},
				{
					Name: "overlap", Type: cty.String, Duration: true, Example: `"14d"`,
					Description: "How far before the last reading an incremental one begins. Without it a day for tasks, a minute for comments, 7 days for analytics.",
				},
				{
					Name: "change_filter", Type: cty.String, Enum: []string{"38", "79"}, Default: cty.StringVal("38"), Identity: true, Example: `"79"`,
					Description: "The filter that finds changed tasks: 38 by their last change, 79 by their last change or comment.",
				},
				{
					Name: "date_field", Type: cty.String, Identity: true, Example: `"743"`,
					Description: "The id of the date field by which analytics are asked for incrementally.",
				},
			},
		},
	}
}
