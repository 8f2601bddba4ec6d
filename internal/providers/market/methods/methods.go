// Package methods knows the generate methods of the Yandex Market Partner API for
// reports and documents: their fields, limits and rules, and how a call is made from
// what an export block says. It talks to nobody.
//
// The table follows the service's public description as of August 2026. A rejected
// call costs as much of the allowance as a good one, so that everything that can be
// known beforehand is checked here.
package methods

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agext/levenshtein"

	"reportsync/internal/export"
)

// Custom is the name of a report that is not in the table: the block says the path
// and the body itself.
const Custom = "custom"

// The kinds of methods.
const (
	Report   = "report"
	Document = "document"
)

// Subscription levels of a cabinet, as the service names them.
const (
	None   = "NONE"
	Light  = "LIGHT"
	Medium = "MEDIUM"
)

// Method is one generate method.
type Method struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Kind  string `json:"kind"`
	// Path has {businessId} in it where the cabinet is named by the path.
	Path string `json:"path"`
	// File is the extension of a document; empty where the service does not say.
	File string `json:"file"`
	// Language and SourceType tell whether the method has these parameters.
	Language   bool `json:"language"`
	SourceType bool `json:"source_type"`
	// Layouts are the values of params.format, the page of documents that have one.
	Layouts []string `json:"layouts"`
	Fields  []*Field `json:"fields"`
	// Periods are the ways in which a period can be asked for; the first is what a
	// period block fills in.
	Periods    []Period            `json:"periods"`
	ExactlyOne [][]string          `json:"exactly_one"`
	AtLeastOne []string            `json:"at_least_one"`
	Requires   map[string][]string `json:"requires"`
	// MaxMonths is the longest span of dates, 0 where none is stated.
	MaxMonths int `json:"max_months"`
	// MaxCopies is how many barcodes a file can hold.
	MaxCopies int64 `json:"max_copies"`
	// Limit is how many generations may be started in a window of time without a
	// subscription and with LIGHT; Medium with MEDIUM.
	Limit  Limit `json:"limit"`
	Medium Limit `json:"medium"`
	// History is how far back may be asked, in days; 0 where no cap is stated.
	History struct {
		Days       int `json:"days"`
		MediumDays int `json:"medium_days"`
	} `json:"history"`
	// Models are the work models of shops that the method is for.
	Models []string `json:"models"`
	// Scopes of an API key, any one of which is enough.
	Scopes []string `json:"scopes"`
	// Sheets are stems of files seen in reports: a hint, nothing more.
	Sheets []string `json:"sheets"`
	Notes  []string `json:"notes"`
}

// Limit is a number of generations in a window of time.
type Limit struct {
	Requests int `json:"requests"`
	Seconds  int `json:"seconds"`
}

// Interval is the time between two generations that keeps the limit, and the window
// itself where it holds more than a person asks for.
func (l Limit) Interval() time.Duration {
	if l.Requests <= 0 {
		return 0
	}
	return time.Duration(l.Seconds) * time.Second / time.Duration(l.Requests)
}

// String says the limit in words.
func (l Limit) String() string {
	if l.Seconds == 3600 {
		return fmt.Sprintf("%d an hour", l.Requests)
	}
	return fmt.Sprintf("%d in %d min", l.Requests, l.Seconds/60)
}

// The ways in which methods ask for a period.
const (
	byDates    = "dates"     // first and last day
	byMonth    = "month"     // one month
	byMonths   = "months"    // first and last month
	byDay      = "day"       // one day
	byDayAfter = "day_after" // the day after the one that is wanted
)

// Period is a way to ask for a period, and the fields it takes.
type Period struct {
	Mode   string   `json:"mode"`
	Fields []string `json:"fields"`
}

// Field is a field of a request's body.
type Field struct {
	// Name is the field in a configuration, Wire in the request.
	Name string `json:"name"`
	Wire string `json:"wire"`
	// Type is int, bool, string, date, date-time, list or object.
	Type      string            `json:"type"`
	Bits      int               `json:"bits"`
	Required  bool              `json:"required"`
	Enum      []string          `json:"enum"`
	Withdrawn map[string]string `json:"withdrawn"`
	Min       *int64            `json:"min"`
	Max       *int64            `json:"max"`
	MinLength int               `json:"min_length"`
	MaxLength int               `json:"max_length"`
	// SKU marks a seller's own product id.
	SKU      bool `json:"sku"`
	MinItems int  `json:"min_items"`
	MaxItems int  `json:"max_items"`
	Unique   bool `json:"unique"`
	// Use names the field to use instead of a deprecated one.
	Use    string   `json:"use"`
	About  string   `json:"about"`
	Items  *Field   `json:"items"`
	Fields []*Field `json:"fields"`
}

//go:embed methods.json
var table []byte

// All returns the methods in the order of their names.
var All = sync.OnceValue(func() []*Method {
	var list []*Method
	if err := json.Unmarshal(table, &list); err != nil {
		panic("methods.json: " + err.Error()) // it is part of the program
	}
	for _, m := range list {
		if strings.Contains(m.Path, cabinet) {
			one := int64(1)
			m.Fields = append([]*Field{{
				Name: businessID, Type: "int", Required: true, Min: &one, About: "Cabinet (business) id, a part of the path",
			}}, m.Fields...)
		}
	}
	return list
})

const (
	cabinet    = "{businessId}"
	businessID = "business_id"
	campaignID = "campaign_id"
)

// Find returns the method of that name.
func Find(name string) (*Method, bool) {
	for _, m := range All() {
		if m.Name == name {
			return m, true
		}
	}
	return nil, false
}

// Names returns the names of all methods.
func Names() []string {
	var out []string
	for _, m := range All() {
		out = append(out, m.Name)
	}
	return out
}

// field returns the field of that name, or nil.
func field(list []*Field, name string) *Field {
	for _, f := range list {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// nearest returns the name that is most like another one, "" if none is.
func nearest(name string, known []string) string {
	best, score := "", 0.6
	lower := strings.ToLower(snake(name))
	for _, k := range known {
		if s := levenshtein.Match(lower, strings.ToLower(k), nil); s > score {
			best, score = k, s
		}
	}
	return best
}

// snake is a name as configurations write it.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		if r == '-' {
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Window returns how many generations may be started in which time.
func (m *Method) Window(subscription string) Limit {
	if subscription == Medium {
		return m.Medium
	}
	return m.Limit
}

// HistoryDays is how far back may be asked, in days; 0 where no cap is known.
func (m *Method) HistoryDays(subscription string) int {
	if subscription == Medium {
		return m.History.MediumDays
	}
	return m.History.Days
}

// Earliest is the first day that may still be asked for, with a day of slack because
// the service's clock decides; zero where no cap is known.
func (m *Method) Earliest(subscription string, now time.Time) time.Time {
	days := m.HistoryDays(subscription)
	if days == 0 {
		return time.Time{}
	}
	y, mo, d := now.In(Zone()).Date()
	return time.Date(y, mo, d-days+1, 0, 0, 0, 0, Zone())
}

// Units are the lengths that periods can have, nil for any; MaxMonths bounds them.
func (m *Method) Units() []export.Unit {
	if len(m.Periods) == 0 {
		return nil
	}
	switch m.Periods[0].Mode {
	case byMonth:
		return []export.Unit{export.Month}
	case byDay, byDayAfter:
		return []export.Unit{export.Day}
	case byMonths:
		return []export.Unit{export.Month, export.Quarter, export.Year}
	}
	return nil
}

// Halves reports whether a period can be asked for in halves.
func (m *Method) Halves() bool { return len(m.Periods) > 0 && m.Periods[0].Mode == byDates }

// Final reports whether what the method says about a period that is over stays as it
// is: closing documents and monthly sales appear some days after the month.
func (m *Method) Final() bool {
	return len(m.Periods) == 0 || m.Periods[0].Mode != byMonth
}

// NeedsShop reports whether the method is about one shop.
func (m *Method) NeedsShop() bool {
	f := field(m.Fields, campaignID)
	return f != nil && f.Required
}

// For reports whether the method is for shops of a work model, as lists of shops name
// it: Express shops are FBS there.
func (m *Method) For(model string) bool { return slices.Contains(m.Models, model) }

// Allows reports whether one of the scopes of a key is enough.
func (m *Method) Allows(scopes []string) bool {
	return slices.ContainsFunc(m.Scopes, func(s string) bool { return slices.Contains(scopes, s) })
}

// Zone is where the service's days begin. It is not documented; the service is at
// home in Moscow.
var Zone = sync.OnceValue(func() *time.Location {
	if z, err := time.LoadLocation("Europe/Moscow"); err == nil {
		return z
	}
	return time.FixedZone("Europe/Moscow", 3*60*60)
})

// has reports whether the method has a field.
func (m *Method) has(name string) bool { return field(m.Fields, name) != nil }

// periodOf returns the way of asking that takes the field, nil if none does.
func (m *Method) periodOf(name string) *Period {
	for i := range m.Periods {
		if slices.Contains(m.Periods[i].Fields, name) {
			return &m.Periods[i]
		}
	}
	return nil
}
