package config

import (
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/schema"
)

// CommonExport describes the arguments and blocks that every export has, beside
// those of its type. The values format may have are the type's.
var CommonExport = schema.Body{
	Attributes: []schema.Attribute{
		{Name: "enabled", Type: cty.Bool, Default: cty.True, Description: "Whether anything is done for the export. A disabled one pauses: nothing is asked, fetched, pruned or forgotten.", Example: "enabled = var.nightly"},
		{Name: "format", Type: cty.String, Description: "The format of the files: csv, jsonl, or raw for the bytes as the service sent them. Without it, the first that the type allows.", Example: `format = "jsonl"`},
		{Name: pathArgument, Type: cty.String, Late: true, Description: "Where a version is written, below the export root: a template, evaluated for each version. Without it, TYPE.NAME/VERSION.EXT.", Example: `path = "weekly/${version.date}.csv"`},
		{Name: "every", Type: cty.String, Duration: true, Description: "Take a new version when the newest is older than this. Without it, a version that must be asked for is taken once.", Example: `every = "24h"`},
		{Name: "min_rows", Type: cty.Number, Description: "Refuse a version with fewer rows.", Example: "min_rows = 100"},
		{Name: "max_shrink", Type: cty.Number, Description: "Refuse a version that has lost more than this share of the rows of the one before, between 0 and 1: 0.5 is half.", Example: "max_shrink = 0.5"},
	},
	Blocks: []schema.Block{
		{Name: "retention", Description: "Which local versions stay. Without the block, all.", Body: schema.Body{Attributes: []schema.Attribute{
			{Name: "keep_last", Type: cty.Number, Description: "Keep that many of the newest versions."},
			{Name: "keep_daily", Type: cty.Number, Description: "Keep the newest version of each of that many days."},
			{Name: "keep_weekly", Type: cty.Number, Description: "Keep the newest version of each of that many weeks."},
			{Name: "keep_monthly", Type: cty.Number, Description: "Keep the newest version of each of that many months."},
			{Name: "keep_yearly", Type: cty.Number, Description: "Keep the newest version of each of that many years."},
			{Name: "keep_within", Type: cty.String, Duration: true, Description: "Keep versions that are at most this much older than the newest.", Example: `keep_within = "90d"`},
		}}},
		{Name: "period", Description: "Cut the export into closed periods and fill those that are missing.", Body: schema.Body{Attributes: []schema.Attribute{
			{Name: "every", Type: cty.String, Required: true, Enum: []string{"day", "week", "month", "quarter", "year"}, Description: "The length of a period."},
			{Name: "from", Type: cty.String, Description: "The first day that periods cover: a day (2025-04-24), a month (2025-04), a year (2025), or a moment as RFC 3339.", Example: `from = "2025-01-01"`},
			{Name: "until", Type: cty.String, Description: "The first day that periods no longer cover, written like from.", Example: `until = "2026-01-01"`},
			{Name: "lag", Type: cty.String, Duration: true, Description: "How long after its end a period is due.", Example: `lag = "6h"`},
			{Name: "settle", Type: cty.String, Duration: true, Description: "Ask again for periods that ended less than this ago; a file is replaced only if its content differs.", Example: `settle = "3d"`},
			{Name: "timezone", Type: cty.String, Description: "The time zone in which days begin. Without it, the one that the service counts days in, or UTC.", Example: `timezone = "Europe/Moscow"`},
		}}},
		{Name: "csv", Description: "How CSV files are written.", Rendering: true, Body: schema.Body{Attributes: []schema.Attribute{
			{Name: "delimiter", Type: cty.String, Default: cty.StringVal(","), Description: "The character between cells."},
			{Name: "bom", Type: cty.Bool, Default: cty.False, Description: "Whether a byte order mark comes first, for spreadsheets that need one."},
			{Name: "escape_formulas", Type: cty.Bool, Default: cty.False, Description: "Whether cells that a spreadsheet would run get an apostrophe in front."},
		}}},
	},
}

// CommonResults are the attributes of every export that expressions can read.
var CommonResults = map[string]schema.Result{
	"id":       {Type: cty.String, Description: "The address of the export."},
	"versions": {Type: cty.DynamicPseudoType, Description: "The versions that are held, old to new; each is an object like latest."},
	"latest":   {Type: cty.DynamicPseudoType, Description: "The newest version: id, name, created_at, period, rows, path, sha256, columns, and files with path, sheet, size, rows, sha256 and columns of each; path, sha256 and columns are those of its only file. When there is no version, they are null or empty."},
}

const pathArgument = "path"

// exportCommon is what is decoded with an export; the path is evaluated later.
var exportCommon = func() *schema.Body {
	b := CommonExport
	b.Attributes = nil
	for _, a := range CommonExport.Attributes {
		if a.Name != pathArgument {
			b.Attributes = append(b.Attributes, a)
		}
	}
	return &b
}()
