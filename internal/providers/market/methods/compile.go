package methods

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
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
	in  *Input
	m   *Method
	req Request
	providers.Problems
	unknown bool
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
		c.Add("params", "Request too large", "It would have %d bytes; the service takes at most %d. Cut the lists into several exports.", len(c.req.Body), maxBody)
	}
	return c, c.Problems
}

func (c *compiler) noReport() {
	if name := nearest(c.in.Report, Names()); name != "" {
		c.Add("report", "Unknown report", "There is no report %q. Did you mean %q?", c.in.Report, name)
		return
	}
	c.Add("report", "Unknown report", "There is no report %q. There are %s, and custom with request_path and body for one that is newer than this list.",
		c.in.Report, strings.Join(Names(), ", "))
}

// pathPattern is what the path of a generate method looks like.
var pathPattern = regexp.MustCompile(`^/v\d+(/[A-Za-z0-9_.-]+)+$`)

func (c *compiler) custom() {
	in := c.in
	if _, ok := in.given(in.Params); ok {
		c.Add("params", "Argument not possible here", "A custom report has a body of its own: move the fields there, by the names that the service gives them.")
	}
	switch {
	case !pathPattern.MatchString(in.Path):
		c.Add("request_path", "Value not allowed", "request_path = %q must be the path of a method with its version, such as \"/v2/reports/new-one/generate\".", in.Path)
	case !strings.Contains(in.Path, "/reports/") || !strings.HasSuffix(in.Path, "/generate"):
		// Other methods that end in generate change something in the cabinet.
		c.Add("request_path", "Value not allowed", "request_path = %q must be that of a report: /vN/…/reports/…/generate.", in.Path)
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
		c.Add("body", "Value not allowed", "body must be an object.")
	default:
		text, err := ctyjson.Marshal(body, body.Type())
		if err != nil {
			c.Add("body", "Value not allowed", "body cannot be written as JSON: %s.", err)
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
		c.Add("service_format", "Format not possible here", "A workbook is kept as it comes: set format = \"raw\", or ask the service for csv or json.")
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
	if c.unknown || len(c.Problems) > 0 {
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
		c.Add("request_path", "Argument not needed", "The path of %s is known; remove request_path.", m.Name)
	}
	if _, ok := in.given(in.Body); ok {
		c.Add("body", "Argument not needed", "The fields of %s go into params; remove body.", m.Name)
	}
	switch {
	case in.Language != "" && !m.Language:
		c.Add("language", "Argument not possible here", "%s has no language; remove it.", m.Name)
	case m.Language && in.Language == "":
		c.req.Query.Set("language", "RU") // the service's own default is not documented
	case m.Language:
		c.req.Query.Set("language", in.Language)
	}
	switch {
	case in.SourceType != "" && !m.SourceType:
		c.Add("source_type", "Argument not possible here", "%s has no source_type; remove it.", m.Name)
	case in.SourceType != "":
		c.req.Query.Set("sourceType", in.SourceType)
	}
	switch {
	case m.Kind == Report:
		c.req.Query.Set("format", c.format())
	case in.File != "":
		c.Add("service_format", "Argument not possible here", "%s is a document, which comes in one format only; remove service_format.", m.Name)
	case !in.Raw:
		c.Add("format", "Format not possible here", "%s is a document, which is kept as it comes: set format = \"raw\".", m.Name)
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
		c.Add("params", "Value not allowed", "params must be an object.")
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
				c.Add("params", "Period is given twice", "params.%s is filled in by the period block. Remove one of the two.", name)
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
			c.Add("params", "Unknown parameter", "%s has no params.%s. Did you mean %s?", c.m.Name, name, near)
		} else {
			c.Add("params", "Unknown parameter", "%s has no params.%s. It has %s.", c.m.Name, name, strings.Join(known, ", "))
		}
	}
}

// groups checks which fields go together.
func (c *compiler) groups() {
	if c.unknownParams() {
		return
	}
	set := func(name string) bool { _, ok := c.values[name]; return ok }
	if len(c.m.ExactlyOne) > 0 {
		c.exactlyOne(set)
	}
	if some := c.m.AtLeastOne; len(some) > 0 && !slices.ContainsFunc(some, set) {
		c.Add("params", "Parameter missing", "%s needs at least one of %s in params.", c.m.Name, or(some))
	}
	for _, name := range slices.Sorted(maps.Keys(c.m.Requires)) {
		for _, other := range c.m.Requires[name] {
			if set(name) && !set(other) {
				c.Add("params", "Parameters do not go together", "params.%s needs params.%s.", name, other)
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
			c.Add("params", "Parameter missing", "%s needs params.%s: %s.%s", c.m.Name, f.Name, lower(f.About), hint)
		}
	}
}

func (c *compiler) exactlyOne(set func(string) bool) {
	var names, used []string
	for _, group := range c.m.ExactlyOne {
		names = append(names, strings.Join(group, " with "))
		if !slices.ContainsFunc(group, set) {
			continue
		}
		used = append(used, strings.Join(group, " with "))
		for _, name := range group {
			if !set(name) {
				c.Add("params", "Parameter missing", "params.%s goes together with params.%s.", group[slices.IndexFunc(group, set)], name)
			}
		}
	}
	switch {
	case len(used) > 1:
		c.Add("params", "Parameters exclude each other", "%s takes only one of %s in params, and has %s.", c.m.Name, or(names), strings.Join(used, " and "))
	case len(used) == 0 && c.m.periodOf(c.m.ExactlyOne[0][0]) != nil:
		c.Add("params", "Parameter missing", "%s needs one of %s in params, or a period block.", c.m.Name, or(names))
	case len(used) == 0:
		hint := ""
		if c.m.has(businessID) {
			hint = " The cabinet can also be set as business_id in the provider block."
		}
		c.Add("params", "Parameter missing", "%s needs one of %s in params.%s", c.m.Name, or(names), hint)
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
		c.Add("params", "Value not allowed", "params.barcode_offer_infos asks for %d barcodes; a file holds at most %d.", sum, c.m.MaxCopies)
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
