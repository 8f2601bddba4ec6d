package schema

import (
	"math/big"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
)

// Values are the decoded arguments of a block: every attribute and block of its
// schema is present, null where it was not set, marks removed. Accessors return
// zero values for what is null or absent, because decoding has already refused
// what is wrong.
type Values map[string]cty.Value

func (v Values) usable(name string) (cty.Value, bool) {
	val, ok := v[name]
	if !ok || val == cty.NilVal || !val.IsKnown() || val.IsNull() {
		return cty.NilVal, false
	}
	return val, true
}

// Has reports whether the argument is set and known.
func (v Values) Has(name string) bool {
	_, ok := v.usable(name)
	return ok
}

// String returns a string argument.
func (v Values) String(name string) string {
	val, ok := v.usable(name)
	if !ok || val.Type() != cty.String {
		return ""
	}
	return val.AsString()
}

// Bool returns a bool argument.
func (v Values) Bool(name string) bool {
	val, ok := v.usable(name)
	return ok && val.Type() == cty.Bool && val.True()
}

// Int returns a number argument, cut to an int.
func (v Values) Int(name string) int {
	val, ok := v.usable(name)
	if !ok || val.Type() != cty.Number {
		return 0
	}
	n, _ := val.AsBigFloat().Int64()
	return int(n)
}

// Float returns a number argument.
func (v Values) Float(name string) float64 {
	val, ok := v.usable(name)
	if !ok || val.Type() != cty.Number {
		return 0
	}
	f, _ := new(big.Float).Set(val.AsBigFloat()).Float64()
	return f
}

// Duration returns an argument that the schema marks as a duration.
func (v Values) Duration(name string) time.Duration {
	d, err := export.ParseDuration(v.String(name))
	if err != nil {
		return 0
	}
	return d
}

// Object returns a nested block that is not repeated, or nil.
func (v Values) Object(name string) Values {
	val, ok := v.usable(name)
	if !ok || !val.Type().IsObjectType() {
		return nil
	}
	return Values(val.AsValueMap())
}

// Strings returns a list or set of strings.
func (v Values) Strings(name string) []string {
	val, ok := v.usable(name)
	if !ok || !val.CanIterateElements() {
		return nil
	}
	var out []string
	for it := val.ElementIterator(); it.Next(); {
		if _, e := it.Element(); e.IsKnown() && !e.IsNull() && e.Type() == cty.String {
			out = append(out, e.AsString())
		}
	}
	return out
}
