package methods

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/providers"
)

// workbook is the file format of an XLSX workbook.
const workbook = "FILE"

// maxBody is how large a request may be, in bytes.
const maxBody = 512_000

// Request is a call that starts a generation: all but host and credentials.
type Request struct {
	// Path is escaped and begins with a slash.
	Path  string
	Query url.Values
	// Body is nil for a method that was given no field.
	Body []byte
}

// Check returns what is wrong with an input, as far as that can be known. What is not
// known is taken to be right.
func Check(in *Input) []providers.Problem {
	_, problems := compile(in)
	return problems
}

// Build returns the call. It refuses what [Check] refuses, and what is not known.
func Build(in *Input) (*Request, error) {
	c, problems := compile(in)
	if len(problems) > 0 {
		p := problems[0]
		return nil, &providers.Error{Kind: providers.Invalid, Op: "make the request for " + in.Report, Message: p.Summary + ": " + p.Detail}
	}
	if c.unknown {
		return nil, &providers.Error{Kind: providers.Invalid, Op: "make the request for " + in.Report, Message: "some of its params are not known yet"}
	}
	return &c.req, nil
}

// compiler checks an input and makes the request at the same time, so that the two
// cannot disagree.
type compiler struct {
	in       *Input
	m        *Method
	req      Request
	problems []providers.Problem
	unknown  bool
	// values are the members of the body before they are checked.
	values map[string]cty.Value
}

func compile(in *Input) (*compiler, []providers.Problem) {
	c := &compiler{in: in, req: Request{Query: url.Values{}}}
	switch m, ok := Find(in.Report); {
	case in.Report == Custom:
		c.custom()
	case !ok:
		c.noReport()
	default:
		c.m = m
		c.method()
	}
	if len(c.req.Body) > maxBody {
		c.add("params", "Request too large", "It would have %d bytes; the service takes at most %d. Cut the lists into several exports.", len(c.req.Body), maxBody)
	}
	return c, c.problems
}

func (c *compiler) add(attribute, summary, format string, a ...any) {
	c.problems = append(c.problems, providers.Problem{Attribute: attribute, Summary: summary, Detail: fmt.Sprintf(format, a...)})
}

func (c *compiler) noReport() {
	if name := nearest(c.in.Report, Names()); name != "" {
		c.add("report", "Unknown report", "There is no report %q. Did you mean %q?", c.in.Report, name)
		return
	}
	c.add("report", "Unknown report", "There is no report %q. There are %s, and custom with request_path and body for one that is newer than this list.",
		c.in.Report, strings.Join(Names(), ", "))
}

// pathPattern is what the path of a generate method looks like.
var pathPattern = regexp.MustCompile(`^/v\d+(/[A-Za-z0-9_.-]+)+$`)

func (c *compiler) custom() {
	in := c.in
	if _, ok := in.given(in.Params); ok {
		c.add("params", "Argument not possible here", "A custom report has a body of its own: move the fields there, by the names that the service gives them.")
	}
	switch {
	case !pathPattern.MatchString(in.Path):
		c.add("request_path", "Value not allowed", "request_path = %q must be the path of a method with its version, such as \"/v2/reports/new-one/generate\".", in.Path)
	case !strings.Contains(in.Path, "/reports/") || !strings.HasSuffix(in.Path, "/generate"):
		// Other methods that end in generate change something in the cabinet.
		c.add("request_path", "Value not allowed", "request_path = %q must be that of a report: /vN/…/reports/…/generate.", in.Path)
	}
	c.req.Path = in.Path
	c.req.Query.Set("format", c.format())
	if in.Language != "" {
		c.req.Query.Set("language", in.Language)
	}
	if in.SourceType != "" {
		c.req.Query.Set("sourceType", in.SourceType)
	}
	body, ok := in.given(in.Body)
	switch {
	case !ok:
	case !body.IsWhollyKnown():
		c.unknown = true
	case !body.Type().IsObjectType() && !body.Type().IsMapType():
		c.add("body", "Value not allowed", "body must be an object.")
	default:
		text, err := ctyjson.Marshal(body, body.Type())
		if err != nil {
			c.add("body", "Value not allowed", "body cannot be written as JSON: %s.", err)
		}
		c.req.Body = text
	}
}

// given returns an argument if it is set.
func (in *Input) given(v cty.Value) (cty.Value, bool) {
	return v, v != cty.NilVal && (!v.IsKnown() || !v.IsNull())
}

// format is the file format to ask for.
func (c *compiler) format() string {
	switch {
	case c.in.File == workbook && !c.in.Raw:
		c.add("service_format", "Format not possible here", "A workbook is kept as it comes: set format = \"raw\", or ask the service for csv or json.")
	case c.in.File != "":
		return c.in.File
	case c.in.Raw:
		return workbook
	}
	return "CSV"
}

func (c *compiler) method() {
	c.arguments()
	c.gather()
	c.misspelt()
	c.groups()
	c.body()
	c.span()
	c.agree()
	c.history()
	c.copies()
	if c.unknown || len(c.problems) > 0 {
		return
	}
	if id, ok := c.values[businessID]; ok && strings.Contains(c.m.Path, cabinet) {
		n, _ := whole(id)
		c.req.Path = strings.Replace(c.m.Path, cabinet, strconv.FormatInt(n, 10), 1)
	} else {
		c.req.Path = c.m.Path
	}
}

// arguments checks those beside params, and sets the query.
func (c *compiler) arguments() {
	in, m := c.in, c.m
	if in.Path != "" {
		c.add("request_path", "Argument not needed", "The path of %s is known; remove request_path.", m.Name)
	}
	if _, ok := in.given(in.Body); ok {
		c.add("body", "Argument not needed", "The fields of %s go into params; remove body.", m.Name)
	}
	switch {
	case in.Language != "" && !m.Language:
		c.add("language", "Argument not possible here", "%s has no language; remove it.", m.Name)
	case m.Language && in.Language == "":
		c.req.Query.Set("language", "RU") // the service's own default is not documented
	case m.Language:
		c.req.Query.Set("language", in.Language)
	}
	switch {
	case in.SourceType != "" && !m.SourceType:
		c.add("source_type", "Argument not possible here", "%s has no source_type; remove it.", m.Name)
	case in.SourceType != "":
		c.req.Query.Set("sourceType", in.SourceType)
	}
	switch {
	case m.Kind == Report:
		c.req.Query.Set("format", c.format())
	case in.File != "":
		c.add("service_format", "Argument not possible here", "%s is a document, which comes in one format only; remove service_format.", m.Name)
	case !in.Raw:
		c.add("format", "Format not possible here", "%s is a document, which is kept as it comes: set format = \"raw\".", m.Name)
	}
}

// gather collects the members of the body from params, the period and the provider.
func (c *compiler) gather() {
	c.values = map[string]cty.Value{}
	p := c.in.Params
	switch {
	case p == cty.NilVal || p.IsKnown() && p.IsNull():
	case !p.IsKnown():
		c.unknown = true
	case !p.Type().IsObjectType() && !p.Type().IsMapType():
		c.add("params", "Value not allowed", "params must be an object.")
	default:
		for name, v := range p.AsValueMap() {
			if !v.IsKnown() || !v.IsNull() && !isEmptyList(v) {
				c.values[name] = v
			}
		}
	}
	if w := c.m.filled(c.in); w != nil {
		for name, v := range w.window(c.in.Period) {
			if _, ok := c.values[name]; ok {
				c.add("params", "Period is given twice", "params.%s is filled in by the period block. Remove one of the two.", name)
			}
			c.values[name] = v
		}
	}
	_, business := c.values[businessID]
	_, shop := c.values[campaignID]
	if business || !c.m.has(businessID) || shop && !c.both() {
		return
	}
	switch {
	case c.in.BusinessID != "":
		c.values[businessID] = cty.StringVal(c.in.BusinessID)
	case c.in.AnyBusiness && c.unknownParams():
	case c.in.AnyBusiness:
		c.values[businessID] = cty.UnknownVal(cty.String)
	}
}

// both reports whether cabinet and shop may be named at the same time.
func (c *compiler) both() bool {
	for _, group := range c.m.ExactlyOne {
		if slices.Contains(group, businessID) || slices.Contains(group, campaignID) {
			return false
		}
	}
	return true
}

func (c *compiler) unknownParams() bool {
	p := c.in.Params
	return p != cty.NilVal && !p.IsKnown()
}

// isEmptyList reports whether a list has nothing in it: it counts as not given.
func isEmptyList(v cty.Value) bool {
	t := v.Type()
	return (t.IsTupleType() || t.IsListType() || t.IsSetType()) && v.LengthInt() == 0
}

// misspelt names the params that the method does not have.
func (c *compiler) misspelt() {
	var known []string
	for _, f := range c.m.Fields {
		known = append(known, f.Name)
	}
	if len(c.m.Layouts) > 0 {
		known = append(known, "format")
	}
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		if slices.Contains(known, name) {
			continue
		}
		delete(c.values, name)
		if near := nearest(name, known); near != "" {
			c.add("params", "Unknown parameter", "%s has no params.%s. Did you mean %s?", c.m.Name, name, near)
		} else {
			c.add("params", "Unknown parameter", "%s has no params.%s. It has %s.", c.m.Name, name, strings.Join(known, ", "))
		}
	}
}

// groups checks which fields go together.
func (c *compiler) groups() {
	if c.unknownParams() {
		return
	}
	set := func(name string) bool { _, ok := c.values[name]; return ok }
	chosen := map[string]bool{}
	if len(c.m.ExactlyOne) > 0 {
		c.exactlyOne(set, chosen)
	}
	if some := c.m.AtLeastOne; len(some) > 0 && !slices.ContainsFunc(some, set) {
		c.add("params", "Parameter missing", "%s needs at least one of %s in params.", c.m.Name, or(some))
	}
	for _, name := range slices.Sorted(maps.Keys(c.m.Requires)) {
		for _, other := range c.m.Requires[name] {
			if set(name) && !set(other) {
				c.add("params", "Parameters do not go together", "params.%s needs params.%s.", name, other)
			}
		}
	}
	for _, f := range c.m.Fields {
		if f.Required && !set(f.Name) {
			hint := ""
			switch {
			case f.Name == businessID:
				hint = " Set it there, or business_id in the provider block."
			case c.m.periodOf(f.Name) != nil:
				hint = " Set it there, or add a period block."
			}
			c.add("params", "Parameter missing", "%s needs params.%s: %s.%s", c.m.Name, f.Name, lower(f.About), hint)
		}
	}
}

func (c *compiler) exactlyOne(set func(string) bool, chosen map[string]bool) {
	var names, used []string
	for _, group := range c.m.ExactlyOne {
		names = append(names, strings.Join(group, " with "))
		if !slices.ContainsFunc(group, set) {
			continue
		}
		used = append(used, strings.Join(group, " with "))
		for _, name := range group {
			chosen[name] = true
			if !set(name) {
				c.add("params", "Parameter missing", "params.%s goes together with params.%s.", group[slices.IndexFunc(group, set)], name)
			}
		}
	}
	switch {
	case len(used) > 1:
		c.add("params", "Parameters exclude each other", "%s takes only one of %s in params, and has %s.", c.m.Name, or(names), strings.Join(used, " and "))
	case len(used) == 0 && c.m.periodOf(c.m.ExactlyOne[0][0]) != nil:
		c.add("params", "Parameter missing", "%s needs one of %s in params, or a period block.", c.m.Name, or(names))
	case len(used) == 0:
		hint := ""
		if c.m.has(businessID) {
			hint = " The cabinet can also be set as business_id in the provider block."
		}
		c.add("params", "Parameter missing", "%s needs one of %s in params.%s", c.m.Name, or(names), hint)
	}
}

// body checks all values and writes the body in the order of the table.
func (c *compiler) body() {
	if v, ok := c.values["format"]; ok && len(c.m.Layouts) > 0 {
		f := &Field{Name: "format", Type: "string", Enum: c.m.Layouts}
		if b := c.value(f, v, "params.format"); b != nil {
			c.req.Query.Set("format", strings.Trim(string(b), `"`))
		}
	}
	b := c.members(c.m.Fields, c.values, "params")
	if len(b) > len("{}") {
		c.req.Body = b
	}
}

// members writes an object.
func (c *compiler) members(fields []*Field, values map[string]cty.Value, where string) []byte {
	b := []byte{'{'}
	for _, f := range fields {
		v, ok := values[f.Name]
		if !ok {
			continue
		}
		text := c.value(f, v, where+"."+f.Name)
		if text == nil || f.Wire == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, f.Wire), ':')
		b = append(b, text...)
	}
	return append(b, '}')
}

// value checks one value and writes it; nil if it is wrong or not known.
func (c *compiler) value(f *Field, v cty.Value, where string) []byte {
	if f.Use != "" {
		c.add("params", "Parameter is deprecated", "%s is deprecated by the service; use %s.", where, f.Use)
		return nil
	}
	if !v.IsKnown() {
		c.unknown = true
		return nil
	}
	if v.IsNull() {
		c.add("params", "Value not allowed", "%s must not be null.", where)
		return nil
	}
	switch f.Type {
	case "int":
		return c.integer(f, v, where)
	case "bool":
		b, err := convert.Convert(v, cty.Bool)
		if err != nil {
			c.add("params", "Value not allowed", "%s must be true or false.", where)
			return nil
		}
		return strconv.AppendBool(nil, b.True())
	case "list":
		return c.list(f, v, where)
	case "object":
		return c.object(f, v, where)
	}
	return c.text(f, v, where)
}

func (c *compiler) integer(f *Field, v cty.Value, where string) []byte {
	n, ok := whole(v)
	switch {
	case !ok || f.Bits == 32 && n != int64(int32(n)):
		c.add("params", "Value not allowed", "%s = %s must be a whole number.", where, show(v))
		return nil
	case f.Min != nil && n < *f.Min, f.Max != nil && n > *f.Max:
		switch {
		case f.Max == nil:
			c.add("params", "Value not allowed", "%s = %d must be at least %d.", where, n, *f.Min)
		case f.Min == nil:
			c.add("params", "Value not allowed", "%s = %d must be at most %d.", where, n, *f.Max)
		default:
			c.add("params", "Value not allowed", "%s = %d must be from %d to %d.", where, n, *f.Min, *f.Max)
		}
		return nil
	}
	return strconv.AppendInt(nil, n, 10)
}

// whole reads a number, or digits: ids are text in configurations.
func whole(v cty.Value) (int64, bool) {
	switch {
	case !v.IsKnown() || v.IsNull():
	case v.Type() == cty.Number:
		if n, acc := v.AsBigFloat().Int64(); acc == big.Exact {
			return n, true
		}
	case v.Type() == cty.String:
		n, err := strconv.ParseInt(v.AsString(), 10, 64)
		return n, err == nil && !strings.HasPrefix(v.AsString(), "+")
	}
	return 0, false
}

// show writes a value for a message.
func show(v cty.Value) string {
	if s, err := convert.Convert(v, cty.String); err == nil && s.IsKnown() && !s.IsNull() {
		text := s.AsString()
		if len(text) > 60 {
			text = text[:60] + "…"
		}
		return strconv.Quote(text)
	}
	return v.Type().FriendlyName()
}

func (c *compiler) text(f *Field, v cty.Value, where string) []byte {
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		c.add("params", "Value not allowed", "%s must be a string.", where)
		return nil
	}
	text := s.AsString()
	n := utf8.RuneCountInString(text)
	switch {
	case len(f.Enum) > 0 && !slices.Contains(f.Enum, text):
		if why := f.Withdrawn[text]; why != "" {
			c.add("params", "Value not allowed", "%s = %q was withdrawn by the service; %s.", where, text, why)
			return nil
		}
		hint := ""
		if near := nearest(text, f.Enum); near != "" {
			hint = fmt.Sprintf(" Did you mean %q?", near)
		}
		c.add("params", "Value not allowed", "%s = %q must be %s.%s", where, text, or(f.Enum), hint)
		return nil
	case f.Type == "date":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			c.add("params", "Value not allowed", "%s = %q must be a day as YYYY-MM-DD.", where, text)
			return nil
		}
	case f.Type == "date-time":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			c.add("params", "Value not allowed", "%s = %q must be a moment with its offset, as 2025-04-24T06:10:00+03:00.", where, text)
			return nil
		}
	case text == "":
		c.add("params", "Value not allowed", "%s is empty; leave it out.", where)
		return nil
	case n < f.MinLength || f.MaxLength > 0 && n > f.MaxLength:
		c.add("params", "Value not allowed", "%s has %d characters; there may be %d to %d.", where, n, f.MinLength, f.MaxLength)
		return nil
	case f.SKU && (strings.TrimSpace(text) == "" || strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && unicode.IsControl(r) })):
		c.add("params", "Value not allowed", "%s = %s must be a seller's SKU: not only spaces, and no control characters.", where, show(s))
		return nil
	case !utf8.ValidString(text):
		c.add("params", "Value not allowed", "%s is not text.", where)
		return nil
	}
	b, err := json.Marshal(text)
	if err != nil {
		return nil
	}
	return b
}

func (c *compiler) list(f *Field, v cty.Value, where string) []byte {
	t := v.Type()
	if !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
		c.add("params", "Value not allowed", "%s must be a list, in brackets.", where)
		return nil
	}
	n := v.LengthInt()
	if n < f.MinItems || f.MaxItems > 0 && n > f.MaxItems {
		c.add("params", "Value not allowed", "%s has %d items; there may be at most %d. Cut the list into several exports.", where, n, f.MaxItems)
		return nil
	}
	b := []byte{'['}
	seen := map[string]bool{}
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, e := it.Element()
		text := c.value(f.Items, e, fmt.Sprintf("%s[%d]", where, i))
		if text == nil {
			continue
		}
		if f.Unique && seen[string(text)] {
			c.add("params", "Value not allowed", "%s has %s twice.", where, text)
			continue
		}
		seen[string(text)] = true
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, text...)
	}
	return append(b, ']')
}

func (c *compiler) object(f *Field, v cty.Value, where string) []byte {
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		c.add("params", "Value not allowed", "%s must be an object, in braces.", where)
		return nil
	}
	values := v.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if field(f.Fields, name) == nil {
			var known []string
			for _, k := range f.Fields {
				known = append(known, k.Name)
			}
			c.add("params", "Unknown parameter", "%s has no %s. It has %s.", where, name, strings.Join(known, ", "))
		}
	}
	for _, k := range f.Fields {
		if _, ok := values[k.Name]; k.Required && !ok {
			c.add("params", "Parameter missing", "%s needs %s: %s.", where, k.Name, lower(k.About))
		}
	}
	return c.members(f.Fields, values, where)
}

// span checks the order and the length of a range.
func (c *compiler) span() {
	from, last, ok := c.dates()
	switch {
	case !ok:
	case last.Before(from):
		c.add("params", "Dates in the wrong order", "params.date_to = %s comes before params.date_from = %s.", last.Format(time.DateOnly), from.Format(time.DateOnly))
	case c.m.MaxMonths > 0 && last.AddDate(0, 0, 1).After(from.AddDate(0, c.m.MaxMonths, 0)):
		c.add("params", "Period is too long", "%s covers at most %d months at once, and %s to %s is longer. A period block cuts it into pieces.",
			c.m.Name, c.m.MaxMonths, from.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	var n [4]int64
	for i, name := range []string{"year_from", "month_from", "year_to", "month_to"} {
		v, set := c.values[name]
		if !set {
			return
		}
		if n[i], ok = whole(v); !ok {
			return
		}
	}
	if n[2]*12+n[3] < n[0]*12+n[1] {
		c.add("params", "Months in the wrong order", "year_to and month_to come before year_from and month_from.")
	}
}

// agree refuses a month that was written down where a period block asks for others.
func (c *compiler) agree() {
	if c.in.Period == nil || c.m.filled(c.in) != nil {
		return
	}
	for i := range c.m.Periods {
		w := &c.m.Periods[i]
		for name, want := range w.window(c.in.Period) {
			have, ok := c.values[name]
			if !ok || !have.IsWhollyKnown() || !want.IsWhollyKnown() || same(have, want) {
				continue
			}
			c.add("params", "Period does not agree", "params.%s is not of the period %s. Write it with period.year and period.month.", name, c.in.Period.Name)
			return
		}
	}
}

// same compares numbers, dates and months.
func same(a, b cty.Value) bool {
	if a.Type().IsObjectType() && b.Type().IsObjectType() {
		for name, v := range b.AsValueMap() {
			if !a.Type().HasAttribute(name) || !same(a.GetAttr(name), v) {
				return false
			}
		}
		return true
	}
	if n, ok := whole(a); ok {
		m, _ := whole(b)
		return n == m
	}
	return a.RawEquals(b)
}

// dates returns first and last day, if both are given and known.
func (c *compiler) dates() (from, last time.Time, ok bool) {
	from, ok = c.date("date_from")
	if !ok {
		return from, last, false
	}
	last, ok = c.date("date_to")
	return from, last, ok
}

func (c *compiler) date(name string) (time.Time, bool) {
	v, ok := c.values[name]
	if !ok || !v.IsKnown() || v.IsNull() || v.Type() != cty.String || !c.m.has(name) {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(time.DateOnly, v.AsString(), Zone())
	return t, err == nil
}

// history checks how far back is asked for.
func (c *compiler) history() {
	if c.in.Now.IsZero() || c.in.Subscription == "" {
		return
	}
	earliest := c.m.Earliest(c.in.Subscription, c.in.Now)
	for _, name := range []string{"date_from", "date"} {
		if t, ok := c.date(name); ok && t.Before(earliest) {
			hint := "A MEDIUM subscription reaches further back."
			if c.in.Subscription == Medium {
				hint = "No subscription reaches further back."
			}
			c.add("params", "Too long ago", "params.%s = %s: with the subscription %s, %s can be asked for the last %d days, that is from %s on. %s",
				name, t.Format(time.DateOnly), c.in.Subscription, c.m.Name, c.m.HistoryDays(c.in.Subscription), earliest.Format(time.DateOnly), hint)
		}
	}
}

// copies checks how many barcodes a file would have.
func (c *compiler) copies() {
	v, ok := c.values["barcode_offer_infos"]
	if c.m.MaxCopies == 0 || !ok || !v.IsWhollyKnown() || v.IsNull() || !v.CanIterateElements() {
		return
	}
	var sum int64
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if e.IsNull() || !e.Type().IsObjectType() || !e.Type().HasAttribute("barcode_count") {
			return
		}
		n, _ := whole(e.GetAttr("barcode_count"))
		sum += n
	}
	if sum > c.m.MaxCopies {
		c.add("params", "Value not allowed", "params.barcode_offer_infos asks for %d barcodes; a file holds at most %d.", sum, c.m.MaxCopies)
	}
}

func or(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// lower is a sentence's beginning within another one.
func lower(s string) string {
	if s == "" {
		return "it is required"
	}
	return strings.ToLower(s[:1]) + s[1:]
}
