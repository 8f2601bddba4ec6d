package methods

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
)

// Input is what an export block says, and what is known of its account.
type Input struct {
	// Report is the name of a method, or [Custom].
	Report string
	// Params is an object; it may be null, and parts of it unknown.
	Params cty.Value
	// BusinessID is the provider's cabinet: it stands in where the params name
	// neither cabinet nor shop. AnyBusiness says that it is not known yet.
	BusinessID  string
	AnyBusiness bool
	// Path and Body are what a custom report is asked for by.
	Path string
	Body cty.Value
	// Raw keeps the file as it comes instead of reading rows.
	Raw bool
	// File is the format to ask the service for: CSV, JSON or FILE, a workbook. Empty is
	// FILE for raw files and CSV for rows, which is what comes fastest.
	File string
	// Language and SourceType are empty when the block does not say.
	Language, SourceType string
	// Cut says that the block is cut into periods, Period which one is asked for.
	Cut    bool
	Period *export.Period
	// Subscription is empty when it is not known. Now is zero when how far back may
	// be asked is not to be checked.
	Subscription string
	Now          time.Time
}

// own returns a member of params, if it is given.
func (in *Input) own(name string) (cty.Value, bool) {
	p := in.Params
	if p == cty.NilVal || !p.IsKnown() || p.IsNull() || !p.Type().IsObjectType() || !p.Type().HasAttribute(name) {
		return cty.NilVal, false
	}
	v := p.GetAttr(name)
	return v, !v.IsKnown() || !v.IsNull()
}

// filled is the way of asking that a period block fills in. It is nil if there is no
// block, or if the params choose another way.
func (m *Method) filled(in *Input) *Period {
	if !in.Cut && in.Period == nil || len(m.Periods) == 0 {
		return nil
	}
	first := &m.Periods[0]
	for _, group := range m.ExactlyOne {
		if group[0] == first.Fields[0] || m.periodOf(group[0]) == nil {
			continue
		}
		for _, name := range group {
			if _, ok := in.own(name); ok {
				return nil
			}
		}
	}
	return first
}

// PeriodFields are the members of params that a period block fills in.
func (m *Method) PeriodFields(params cty.Value) []string {
	if p := m.filled(&Input{Params: params, Cut: true}); p != nil {
		return p.Fields
	}
	return nil
}

// window are the values that a period has in the fields.
func (p *Period) window(w *export.Period) map[string]cty.Value {
	out := map[string]cty.Value{}
	if w == nil {
		for _, name := range p.Fields {
			out[name] = cty.DynamicVal
		}
		return out
	}
	day := func(t time.Time) cty.Value { return cty.StringVal(t.Format(time.DateOnly)) }
	number := func(n int) cty.Value { return cty.NumberIntVal(int64(n)) }
	last := w.End.AddDate(0, 0, -1)
	switch p.Mode {
	case byDates:
		out[p.Fields[0]], out[p.Fields[1]] = day(w.Start), day(last)
	case byMonth:
		year, month := number(w.Start.Year()), number(int(w.Start.Month()))
		if len(p.Fields) == 1 {
			out[p.Fields[0]] = cty.ObjectVal(map[string]cty.Value{"year": year, "month": month})
		} else {
			out[p.Fields[0]], out[p.Fields[1]] = year, month
		}
	case byMonths:
		out[p.Fields[0]], out[p.Fields[1]] = number(w.Start.Year()), number(int(w.Start.Month()))
		out[p.Fields[2]], out[p.Fields[3]] = number(last.Year()), number(int(last.Month()))
	case byDay:
		out[p.Fields[0]] = day(w.Start)
	case byDayAfter:
		out[p.Fields[0]] = day(w.End)
	}
	return out
}

// describe says how a period is asked for.
func (p *Period) describe() string {
	switch p.Mode {
	case byDates:
		return "dates"
	case byMonth:
		return "one month"
	case byMonths:
		return "months"
	case byDay:
		return "one day"
	case byDayAfter:
		return "one day (the service is asked for the day after it)"
	}
	return fmt.Sprintf("%v", p.Fields)
}
