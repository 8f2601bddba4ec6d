package planfixxml

import (
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// methodPattern is what the names of methods look like.
var methodPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*\.[A-Za-z][A-Za-z0-9]*$`)

// elementPattern is what the name of an element may look like.
var elementPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// filledIn are the parameters that no configuration gives.
var filledIn = []string{"account", "sid", "signature", "pageCurrent", "pageSize"}

// methodOf is the method that the arguments ask for.
func methodOf(args schema.Values) Method {
	if m := find(args.String("method")); m != nil {
		return *m
	}
	m := Method{
		Name: args.String("method"), List: args.String("list_element"), Item: args.String("item_element"), Key: "id", Style: Pages, Total: true,
	}
	if args.Has("key") {
		m.Key = args.String("key")
	}
	if args.Has("paged") && !args.Bool("paged") {
		m.Style = Once
	}
	return m
}

func validate(t providers.Target) []providers.Problem {
	args := t.Args
	v := &validation{args: args}
	if t.Cut != nil {
		v.Add("", "Period not possible", "Lists of the XML API are not cut into periods. Remove the period block; use every for regular readings, and params for a window.")
	}
	if !args.Has("method") {
		return v.Problems // not known yet
	}
	v.method()
	v.params()
	v.columns()
	v.sync()
	return v.Problems
}

type validation struct {
	args schema.Values
	providers.Problems
}

func (v *validation) method() {
	name := v.args.String("method")
	own := []string{"list_element", "item_element", "key", "paged"}
	switch {
	case find(name) != nil:
		for _, a := range own {
			if v.args.Has(a) {
				v.Add(a, "Argument not needed", "How the answers of %s look is known; remove %s.", name, a)
			}
		}
	case !methodPattern.MatchString(name):
		v.Add("method", "Value not allowed", "method = %q must be the name of a method, such as \"task.getList\".", name)
	case similar(name) != "":
		v.Add("method", "Value not allowed", "There is no method %q. Did you mean %q?", name, similar(name))
	default:
		for _, a := range own[:2] {
			if val := v.args[a]; val != cty.NilVal && !val.IsKnown() {
				continue
			}
			if !elementPattern.MatchString(v.args.String(a)) {
				v.Add("method", "Method not known", "%s is not in the table of methods. If it exists, say how its answer looks: list_element is the element "+
					"around the list, item_element the one around each item.", name)
				return
			}
		}
	}
}

func (v *validation) params() {
	val, ok := v.args["params"]
	if !ok || val == cty.NilVal || val.IsNull() || !val.IsKnown() {
		val = cty.EmptyObjectVal
		if ok && v.args["params"] != cty.NilVal && !v.args["params"].IsKnown() {
			return
		}
	}
	if !isMap(val.Type()) {
		v.Add("params", "Value not allowed", "params must be an object such as { target = \"all\" }, not %s.", val.Type().FriendlyName())
		return
	}
	for name := range val.AsValueMap() {
		if slices.Contains(filledIn, name) {
			v.Add("params", "Parameter is filled in", "params.%s is filled in for each request; remove it.", name)
		}
	}
	if err := checkParams("params", val); err != nil {
		v.Add("params", "Value not allowed", "%s.", err)
		return
	}
	m := methodOf(v.args)
	if len(m.OneOf) == 0 || !val.IsWhollyKnown() {
		return
	}
	given := 0
	for _, path := range m.OneOf {
		if has(val, strings.Split(path, ".")) {
			given++
		}
	}
	switch {
	case given == 1:
		if n := values(val, strings.Split(m.OneOf[0], ".")); m.Most > 0 && n > m.Most {
			v.Add("params", "Too many values", "params.%s has %d values; the service takes up to %d at once. Split them with for_each = { for i, ids in chunklist(…, %d) : tostring(i) => ids }.", m.OneOf[0], n, m.Most, m.Most)
		}
	case len(m.OneOf) == 1:
		v.Add("params", "Parameter is missing", "%s needs params.%s.", m.Name, m.OneOf[0])
	default:
		v.Add("params", "Parameters do not fit", "%s needs exactly one of params.%s; %d are given.", m.Name, strings.Join(m.OneOf, ", params."), given)
	}
}

// values is how many values a parameter has.
func values(val cty.Value, path []string) int {
	if !has(val, path) {
		return 0
	}
	for _, name := range path {
		val = val.AsValueMap()[name]
	}
	if isList(val.Type()) {
		return val.LengthInt()
	}
	return 1
}

// has reports whether a parameter is given.
func has(val cty.Value, path []string) bool {
	for _, name := range path {
		if val.IsNull() || !isMap(val.Type()) {
			return false
		}
		next, ok := val.AsValueMap()[name]
		if !ok {
			return false
		}
		val = next
	}
	return !val.IsNull()
}

func (v *validation) columns() {
	seen := map[string]bool{}
	for _, f := range v.args.Strings("fields") {
		switch {
		case strings.TrimSpace(f) != f || f == "" || strings.HasPrefix(f, ".") || strings.HasSuffix(f, ".") || strings.Contains(f, ".."):
			v.Add("fields", "Value not allowed", "fields: %q is not a path such as \"owner.name\".", f)
		case seen[f]:
			v.Add("fields", "Value not allowed", "fields: %q is there twice.", f)
		}
		seen[f] = true
	}
	if val, ok := v.args["fields"]; ok && val != cty.NilVal && val.IsKnown() && !val.IsNull() && val.LengthInt() == 0 {
		v.Add("fields", "Value not allowed", "fields is empty; name at least one, or leave it out for all.")
	}
}

func (v *validation) sync() {
	if v.args.String("sync") != syncIncremental {
		return
	}
	m := methodOf(v.args)
	if m.Changes == NoChanges {
		var can []string
		for _, o := range Methods {
			if o.Changes != NoChanges {
				can = append(can, o.Name)
			}
		}
		v.Add("sync", "Not possible with this method", "%s cannot be asked for changes; those that can are %s. Use sync = %q.", m.Name, strings.Join(can, ", "), syncFull)
		return
	}
	if fields := v.args.Strings("fields"); len(fields) > 0 && !slices.Contains(fields, m.Key) {
		v.Add("fields", "Key is missing", "An incremental export matches rows by %q, which must be among fields.", m.Key)
	}
	if m.Changes == ByDateField && !v.args.Has("date_field") && (v.args["date_field"] == cty.NilVal || v.args["date_field"].IsKnown()) {
		v.Add("date_field", "Argument is missing", "date_field must be the id of the date field by which %s is asked for changes; analitic.getOptions lists the fields.", m.Name)
	}
}
