package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config/safepath"
	"reportsync/internal/export"
)

// LateAttribute is an attribute of version or period. These exist only where an
// expression is evaluated for each version: in path, and in arguments whose schema
// says so.
type LateAttribute struct {
	Object, Name string
	Description  string
	// foreign text comes from a service and is made a safe segment in paths.
	foreign bool
	get     func(moment) string
}

// moment is what late attributes are made from.
type moment struct {
	v   export.Version
	loc *time.Location // of the periods
}

// LateAttributes are all attributes of version and period, in the order of the
// reference pages. All are strings; what is not known is "".
var LateAttributes = []LateAttribute{
	{"version", "id", "The service's id of the version.", true, func(m moment) string { return m.v.ID }},
	{"version", "name", "The title that people gave the version, often empty.", true, func(m moment) string { return m.v.Name }},
	{"version", "created_at", "When the service made the version, as RFC 3339 in UTC.", false, created(time.RFC3339)},
	{"version", "date", "The day of created_at, as YYYY-MM-DD.", false, created(time.DateOnly)},
	{"version", "year", "The year of created_at, four digits.", false, created("2006")},
	{"version", "month", "The month of created_at, two digits.", false, created("01")},
	{"version", "day", "The day of created_at, two digits.", false, created("02")},
	{"period", "name", "The period as people write it: 2025-04-24, 2025-W17, 2025-04, 2025-Q2, 2025.", true, periodName},
	{"period", "start", "The first day of the period, as YYYY-MM-DD.", false, start(time.DateOnly)},
	{"period", "end", "The day after the last day of the period, as YYYY-MM-DD.", false, end(0)},
	{"period", "last", "The last day of the period, as YYYY-MM-DD.", false, end(-1)},
	{"period", "year", "The year of the first day, four digits.", false, start("2006")},
	{"period", "month", "The month of the first day, two digits.", false, start("01")},
	{"period", "day", "The day of the first day, two digits.", false, start("02")},
}

func created(layout string) func(moment) string {
	return func(m moment) string {
		if m.v.CreatedAt.IsZero() {
			return ""
		}
		return m.v.CreatedAt.UTC().Format(layout)
	}
}

func periodName(m moment) string {
	if m.v.Period == nil {
		return ""
	}
	return m.v.Period.Name
}

func start(layout string) func(moment) string {
	return func(m moment) string {
		if m.v.Period == nil {
			return ""
		}
		return m.v.Period.Start.In(m.zone()).Format(layout)
	}
}

func end(days int) func(moment) string {
	return func(m moment) string {
		if m.v.Period == nil {
			return ""
		}
		return m.v.Period.End.In(m.zone()).AddDate(0, 0, days).Format(time.DateOnly)
	}
}

func (m moment) zone() *time.Location {
	if m.loc == nil {
		return time.UTC
	}
	return m.loc
}

// lateObjects makes the objects version and period from a function that gives
// each attribute's value.
func lateObjects(value func(*LateAttribute) cty.Value) map[string]cty.Value {
	version, period := make(map[string]cty.Value, 8), make(map[string]cty.Value, 8)
	for i := range LateAttributes {
		a := &LateAttributes[i]
		if a.Object == "version" {
			version[a.Name] = value(a)
		} else {
			period[a.Name] = value(a)
		}
	}
	return map[string]cty.Value{"version": cty.ObjectVal(version), "period": cty.ObjectVal(period)}
}

// values are version and period as they are; in paths, text that is not our
// own is made a safe segment.
func (m moment) values(inPath bool) map[string]cty.Value {
	return lateObjects(func(a *LateAttribute) cty.Value {
		text := a.get(m)
		if inPath && a.foreign && text != "" {
			text = safepath.Segment(text)
		}
		return cty.StringVal(text)
	})
}

var (
	// lateUnknown stands for version and period before there is a version.
	lateUnknown = lateObjects(func(*LateAttribute) cty.Value { return cty.UnknownVal(cty.String) })
	// lateNames stands for them where an argument is shown or compared: as what
	// was written.
	lateNames = lateObjects(func(a *LateAttribute) cty.Value {
		return cty.StringVal("${" + a.Object + "." + a.Name + "}")
	})
	// sample is a version to try paths on before there is one.
	sample = moment{v: export.Version{
		ID: "1", Name: "name", CreatedAt: time.Date(2025, 4, 24, 6, 10, 0, 0, time.UTC),
		Period: &export.Period{
			Name: "2025-04", Start: time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC),
		},
	}}
	sampleInPath = sample.values(true)
)

// lateReference checks a reference to version or period.
func lateReference(t hcl.Traversal, s scope, r *refs) hcl.Diagnostics {
	root := t.RootName()
	if s.allow&usesLate == 0 {
		return hcl.Diagnostics{diag(t.SourceRange(), "Invalid reference",
			"%q is known only when a version is written; it can be used in path and in params.", root)}
	}
	var known []string
	name, ok := attrStep(t, 1)
	for i := range LateAttributes {
		a := &LateAttributes[i]
		if a.Object != root {
			continue
		}
		known = append(known, a.Name)
		if ok && a.Name == name {
			if root == "version" {
				r.uses |= usesVersion
			} else {
				r.uses |= usesPeriod
			}
			return nil
		}
	}
	if !ok {
		return hcl.Diagnostics{diag(t.SourceRange(), "Invalid reference", "%q must be followed by an attribute: %s.", root, listing(known, "or"))}
	}
	return hcl.Diagnostics{diag(t.SourceRange(), "Unknown attribute", "%q has no attribute %q; it has %s.%s",
		root, name, listing(known, "and"), didYouMean(name, known))}
}
