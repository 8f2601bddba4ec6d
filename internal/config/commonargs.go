package config

import (
	"math/big"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // time zones must be known on machines that have no list of them
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// common are the common arguments of an export.
type common struct {
	enabled   bool
	format    export.Format
	csv       export.CSVOptions
	retention export.Retention
	every     time.Duration
	period    *export.Cut
	minRows   int64
	maxShrink float64
}

// common reads the common arguments; once for all instances when none of them
// refers to each.
func (x *expansion) common(a *arguments) (*common, hcl.Diagnostics) {
	if x.sharedCommon != nil {
		return x.sharedCommon, nil
	}
	s := x.b.args.shape
	v, shareable := schema.Values{}, true
	for i := range s.attrs {
		if s.attrs[i].common {
			put(v, s.attrs[i].Name, a.attrs[i].value)
			shareable = shareable && x.sharedAttrs[i] != nil
		}
	}
	var csv, retention, period schema.Values
	for i := range s.blocks {
		if !s.blocks[i].common {
			continue
		}
		shareable = shareable && x.sharedBlocks[i] != nil
		switch fields := a.blocks[i].fields; s.blocks[i].Name {
		case "csv":
			csv = fields
		case "retention":
			retention = fields
		case "period":
			period = fields
		}
	}
	r := &commonReader{b: x.b}
	c := &common{
		enabled:   !v.Has("enabled") || v.Bool("enabled"),
		format:    r.format(v),
		csv:       r.csv(csv),
		retention: r.retention(retention),
		every:     duration(v, "every"),
		period:    r.period(period),
		minRows:   int64(r.count(v, "min_rows", "")),
		maxShrink: r.share(v, "max_shrink"),
	}
	if _, err := export.ParseDuration(v.String("every")); v.Has("every") && c.every <= 0 && err == nil {
		r.refuse("every", "every must be longer than nothing.")
	}
	if shareable {
		x.sharedCommon = c
	}
	return c, r.diags
}

// put adds what is not null.
func put(v schema.Values, name string, val cty.Value) {
	if !val.IsNull() {
		v[name] = val
	}
}

// duration spares arguments that are not set the parsing of nothing, which makes
// an error to throw away.
func duration(v schema.Values, name string) time.Duration {
	if !v.Has(name) {
		return 0
	}
	return v.Duration(name)
}

// commonReader checks ranges that a schema cannot say.
type commonReader struct {
	b     *block
	diags hcl.Diagnostics
}

const outOfRange = "Value out of range"

func (r *commonReader) refuse(name, detail string, args ...any) {
	r.diags = append(r.diags, diag(r.b.args.rangeOf(name), outOfRange, detail, args...))
}

func (r *commonReader) format(v schema.Values) export.Format {
	if !v.Has("format") {
		if len(r.b.formats) > 0 {
			return export.Format(r.b.formats[0])
		}
		return export.FormatCSV
	}
	name := v.String("format")
	if len(r.b.formats) > 0 && !slices.Contains(r.b.formats, name) {
		r.diags = append(r.diags, diag(r.b.args.rangeOf("format"), "Value not allowed", "The format of %s must be %s, not %q.%s",
			r.b.addr.Type, listing(quoted(r.b.formats), "or"), name, didYouMean(name, r.b.formats)))
	}
	return export.Format(name)
}

func (r *commonReader) csv(v schema.Values) export.CSVOptions {
	if v == nil {
		return export.CSVOptions{}
	}
	out := export.CSVOptions{BOM: v.Bool("bom"), EscapeFormulas: v.Bool("escape_formulas")}
	if !v.Has("delimiter") {
		return out
	}
	text := v.String("delimiter")
	c, n := utf8.DecodeRuneInString(text)
	if n == 0 || n != len(text) || c == utf8.RuneError || slices.Contains([]rune{'"', '\n', '\r', 0}, c) {
		r.refuse("csv.delimiter", "The delimiter must be a single character, and not a quote or a line break; it is %q. A tab is written \"\\t\".", text)
		return out
	}
	if c != ',' {
		out.Delimiter = c // a comma is the zero value
	}
	return out
}

func (r *commonReader) retention(v schema.Values) export.Retention {
	if v == nil {
		return export.Retention{}
	}
	return export.Retention{
		KeepLast: r.count(v, "keep_last", "retention."), KeepDaily: r.count(v, "keep_daily", "retention."),
		KeepWeekly: r.count(v, "keep_weekly", "retention."), KeepMonthly: r.count(v, "keep_monthly", "retention."),
		KeepYearly: r.count(v, "keep_yearly", "retention."), KeepWithin: duration(v, "keep_within"),
	}
}

// maxCount is far more rows or versions than there are.
const maxCount = 1 << 40

// count reads a whole number that is not negative. block is the block that it
// stands in, with a dot behind.
func (r *commonReader) count(v schema.Values, name, block string) int {
	if !v.Has(name) {
		return 0
	}
	n := v[name].AsBigFloat()
	if !n.IsInt() || n.Sign() < 0 || n.Cmp(big.NewFloat(maxCount)) > 0 {
		r.refuse(block+name, "%s must be a whole number that is not negative; it is %s.", name, n.Text('g', 10))
		return 0
	}
	return v.Int(name)
}

// share reads a number between 0 and 1.
func (r *commonReader) share(v schema.Values, name string) float64 {
	if !v.Has(name) {
		return 0
	}
	n := v[name].AsBigFloat()
	if n.Sign() < 0 || n.Cmp(big.NewFloat(1)) > 0 {
		r.refuse(name, "%s is a share between 0 and 1; it is %s. 0.5 refuses a version with less than half the rows.", name, n.Text('g', 10))
		return 0
	}
	return v.Float(name)
}

func (r *commonReader) period(v schema.Values) *export.Cut {
	if v == nil {
		return nil
	}
	p := &export.Cut{Every: export.Unit(v.String("every")), Lag: duration(v, "lag"), Settle: duration(v, "settle")}
	zoned := time.UTC
	if name := v.String("timezone"); name != "" {
		loc, err := zone(name)
		if err != nil || name == "Local" {
			r.refuse("period.timezone", "There is no time zone %q; write a name such as \"Europe/Moscow\" or \"UTC\".", name)
			return p
		}
		p.Zone, zoned = loc, loc
	}
	p.From = r.day(v, "from", zoned)
	p.Until = r.day(v, "until", zoned)
	if !p.From.IsZero() && !p.Until.IsZero() && !p.From.Before(p.Until) {
		r.refuse("period.from", "from must be before until.")
	}
	return p
}

// day reads the beginning of a day, month or year in the time zone, or a moment.
func (r *commonReader) day(v schema.Values, name string, loc *time.Location) time.Time {
	text := v.String(name)
	if !v.Has(name) {
		return time.Time{}
	}
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			return t
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.refuse("period."+name, "%s is %q; write a day (2025-04-24), a month (2025-04), a year (2025) or a moment (2025-04-24T00:00:00Z).", name, text)
	}
	return t
}

// zones remembers time zones, which are read from files.
var zones sync.Map

// zone returns a time zone by name.
func zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, loc)
	return loc, nil
}

// zone is the time zone that the instance's periods are cut in.
func (i *Instance) zone() *time.Location {
	if i.Period != nil && i.Period.Zone != nil {
		return i.Period.Zone
	}
	return time.UTC
}
