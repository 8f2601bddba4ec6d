package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// settle takes over the policy of the export type. A period block without a time zone
// of its own has that of the service, wherever its days are spoken of.
func (in *instance) settle(p export.Policy) {
	in.policy = p
	c := in.cfg.Period
	if c == nil || c.Zone != nil || p.Zone == nil {
		return
	}
	zoned := *c
	zoned.Zone = p.Zone
	zoned.From, zoned.Until = sameDay(c.From, zoned.Zone), sameDay(c.Until, zoned.Zone)
	in.cfg.Period = &zoned
}

// sameDay is the same reading of calendar and clock in another time zone.
func sameDay(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() || t.Location() != time.UTC {
		return t // a moment that was written with its zone
	}
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, zone)
}

// checkPeriod refuses a period block that the export cannot be cut by.
func (in *instance) checkPeriod() hcl.Diagnostics {
	c := in.cfg.Period
	if c == nil {
		return nil
	}
	refuse := func(summary, detail string, args ...any) hcl.Diagnostics {
		return hcl.Diagnostics{problem(plan.Problem{Attribute: "period", Summary: summary, Detail: fmt.Sprintf(detail, args...)}, in)}
	}
	p := &in.policy
	if name := in.filled(p.PeriodFields); name != "" {
		return refuse("Period is given twice", "params.%s is filled in by the period block. Remove one of the two.", name)
	}
	switch {
	case !p.Periods:
		return refuse("Period cannot be used here",
			"Versions of %s cannot be asked for by a period here; the service decides what a version covers. Remove the block.", in.cfg.Address.Type)
	case len(p.PeriodUnits) > 0 && !slices.Contains(p.PeriodUnits, c.Every):
		return refuse("Period cannot be cut this way",
			"This report is asked for by %s, not by %s. Set every to that.", list(p.PeriodUnits), c.Every)
	case p.MaxMonths > 0 && months(c.Every) > p.MaxMonths:
		return refuse("Period is too long",
			"This report covers at most %d months at once. Set every to something shorter; periods are fetched one by one all the same.", p.MaxMonths)
	}
	return nil
}

// filled returns the first of the fields that params sets.
func (in *instance) filled(fields []string) string {
	params, ok := in.cfg.Args["params"]
	if !ok || params == cty.NilVal || !params.IsKnown() || params.IsNull() || !params.Type().IsObjectType() {
		return ""
	}
	for _, name := range fields {
		if params.Type().HasAttribute(name) {
			if v := params.GetAttr(name); !v.IsKnown() || !v.IsNull() {
				return name
			}
		}
	}
	return ""
}

func months(u export.Unit) int {
	switch u {
	case export.Quarter:
		return 3
	case export.Year:
		return 12
	}
	return 1
}

func list(units []export.Unit) string {
	words := make([]string, len(units))
	for i, u := range units {
		words[i] = string(u)
	}
	return strings.Join(words, " or ")
}
