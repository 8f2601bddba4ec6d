package funcs

import (
	"fmt"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"reportsync/internal/export"
)

// parseTime reads an RFC 3339 time or a bare date, which is midnight UTC.
func parseTime(s string) (t time.Time, bare bool, err error) {
	if t, err = time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	if t, err = time.Parse(time.RFC3339, s); err == nil {
		return t, false, nil
	}
	return t, false, fmt.Errorf("%q is not a time; write 2006-01-02T15:04:05Z or 2006-01-02", s)
}

var formatDateFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "format", Type: cty.String}, {Name: "time", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		t, _, err := parseTime(args[1].AsString())
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgError(1, err)
		}
		return stdlib.FormatDate(args[0], cty.StringVal(t.Format(time.RFC3339)))
	},
})

// timeAddFunc adds a duration, which may be negative and may use d and w. A bare
// date stays one as long as whole days are added.
var timeAddFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "time", Type: cty.String}, {Name: "duration", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		t, bare, err := parseTime(args[0].AsString())
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgError(0, err)
		}
		text, negative := strings.CutPrefix(args[1].AsString(), "-")
		d, err := export.ParseDuration(text)
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgError(1, err)
		}
		if negative {
			d = -d
		}
		t = t.Add(d)
		if bare && t.Equal(t.Truncate(24*time.Hour)) {
			return cty.StringVal(t.Format(time.DateOnly)), nil
		}
		return cty.StringVal(t.Format(time.RFC3339)), nil
	},
})

var timeCmpFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "time_a", Type: cty.String}, {Name: "time_b", Type: cty.String}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		var times [2]time.Time
		for i := range times {
			t, _, err := parseTime(args[i].AsString())
			if err != nil {
				return cty.UnknownVal(cty.Number), function.NewArgError(i, err)
			}
			times[i] = t
		}
		return cty.NumberIntVal(int64(times[0].Compare(times[1]))), nil
	},
})
