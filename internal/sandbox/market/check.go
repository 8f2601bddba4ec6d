package market

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ask is what a report is asked for, as far as its data depends on it.
type ask struct {
	Shops []int64 `json:"shops"`
	// From and To are the first and the last day, as dates.
	From string `json:"from"`
	To   string `json:"to"`
	// Whole is set for months, whose data appears some days after their end.
	Whole bool `json:"whole,omitempty"`
	// Only is a part of the data that was asked for, "" for all.
	Only string `json:"only,omitempty"`
}

// check reads a body and refuses what the service refuses.
func (s *Service) check(op *operation, business string, raw []byte, now time.Time) (*ask, *refusal) {
	body := map[string]any{}
	if len(raw) > 0 {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&body); err != nil || dec.More() {
			return nil, bad("JSON: the body cannot be read")
		}
	} else if !op.Bare {
		return nil, bad("JSON: the body is missing")
	}
	if ref := op.Body.check("", body); ref != nil {
		return nil, ref
	}
	for name, v := range body {
		if v == nil {
			delete(body, name)
		}
	}
	if strings.Contains(op.Path, "{businessId}") {
		if _, err := strconv.ParseInt(business, 10, 64); err != nil {
			return nil, bad("Type mismatch for businessId")
		}
		body["businessId"] = json.Number(business)
	}
	if ref := op.rules(body); ref != nil {
		return nil, ref
	}
	a := &ask{}
	if ref := s.whose(op, body, a); ref != nil {
		return nil, ref
	}
	if ref := s.when(op, body, a, now); ref != nil {
		return nil, ref
	}
	if v, ok := body["returnType"].(string); ok {
		a.Only = v
	}
	return a, nil
}

// check holds a value against its node.
func (n *node) check(path string, v any) *refusal {
	if v == nil {
		if n.Null || path == "" {
			return nil
		}
		return missing(path)
	}
	mismatch := func() *refusal { return bad("Illegal input at '%s': type mismatch", path) }
	switch n.Type {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			return mismatch()
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			child, known := n.Has[name]
			if !known {
				return bad("JSON: unknown property '%s'", name)
			}
			at := name
			if path != "" {
				at = path + "." + name
			}
			if ref := child.check(at, m[name]); ref != nil {
				return ref
			}
		}
		for _, name := range n.Needs {
			if _, ok := m[name]; !ok {
				if path != "" {
					name = path + "." + name
				}
				return missing(name)
			}
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			return mismatch()
		}
		if n.From != nil && int64(len(list)) < *n.From || n.To != nil && int64(len(list)) > *n.To {
			return bad("'%s': size must be between %d and %d", path, deref(n.From, 0), deref(n.To, 1<<31-1))
		}
		seen := map[string]bool{}
		for i, e := range list {
			if ref := n.Of.check(fmt.Sprintf("%s[%d]", path, i), e); ref != nil {
				return ref
			}
			if text := fmt.Sprint(e); n.Distinct && seen[text] {
				return bad("'%s' must only contain unique elements", path)
			} else {
				seen[text] = true
			}
		}
	case "int32", "int64":
		num, ok := v.(json.Number)
		if !ok {
			return mismatch()
		}
		bits := 64
		if n.Type == "int32" {
			bits = 32
		}
		i, err := strconv.ParseInt(num.String(), 10, bits)
		switch {
		case err != nil:
			return mismatch()
		case n.From != nil && i < *n.From:
			return bad("'%s' must be greater than or equal to %d", path, *n.From)
		case n.To != nil && i > *n.To:
			return bad("'%s' must be less than or equal to %d", path, *n.To)
		}
	case "bool":
		if _, ok := v.(bool); !ok {
			return mismatch()
		}
	default:
		text, ok := v.(string)
		if !ok {
			return mismatch()
		}
		return n.text(path, text)
	}
	return nil
}

func deref(p *int64, otherwise int64) int64 {
	if p == nil {
		return otherwise
	}
	return *p
}

func (n *node) text(path, text string) *refusal {
	size := int64(utf8.RuneCountInString(text))
	layouts := map[string]string{"date": time.DateOnly, "moment": time.RFC3339}
	if layout := layouts[n.Type]; layout != "" {
		if _, err := time.Parse(layout, text); err != nil {
			return bad("Type mismatch for '%s': %q", path, text)
		}
	}
	switch {
	case len(n.In) > 0 && !slices.Contains(n.In, text):
		return bad("Illegal input at '%s': %q is none of %s", path, text, strings.Join(n.In, ", "))
	case n.From != nil && size < *n.From, n.To != nil && size > *n.To:
		return bad("'%s': size must be between %d and %d", path, deref(n.From, 0), deref(n.To, 1<<31-1))
	case n.SKU && (strings.TrimSpace(text) == "" || strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && unicode.IsControl(r) })):
		return bad("'%s' must match the pattern of an offer id", path)
	}
	return nil
}

// rules checks which fields go together.
func (o *operation) rules(body map[string]any) *refusal {
	has := func(name string) bool { _, ok := body[name]; return ok }
	chosen := 0
	for _, group := range o.Rules.One {
		if !slices.ContainsFunc(group, has) {
			continue
		}
		chosen++
		for _, name := range group {
			if !has(name) {
				return missing(name)
			}
		}
	}
	if len(o.Rules.One) > 0 && chosen != 1 {
		return bad("Exactly one of %v must be specified", o.Rules.One)
	}
	if len(o.Rules.Some) > 0 && !slices.ContainsFunc(o.Rules.Some, has) {
		return bad("At least one of %v must be specified", o.Rules.Some)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Rules.With)) {
		for _, other := range o.Rules.With[name] {
			if has(name) && !has(other) {
				return bad("'%s' can only be used with '%s'", name, other)
			}
		}
	}
	if o.Name == "closure_documents_detalization" && body["contractType"] == "MARKETING" {
		return bad("Illegal input at 'contractType': MARKETING is not supported any more")
	}
	if infos, ok := body["barcodeOfferInfos"].([]any); ok && o.Rules.Barcodes > 0 {
		var sum int64
		for _, e := range infos {
			sum += number(e.(map[string]any)["barcodeCount"])
		}
		if sum > o.Rules.Barcodes {
			return bad("The number of barcodes must be less than or equal to %d", o.Rules.Barcodes)
		}
	}
	return nil
}

func number(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}

// whose finds the shops.
func (s *Service) whose(op *operation, body map[string]any, a *ask) *refusal {
	var wanted []int64
	if id, ok := body["campaignId"]; ok {
		wanted = []int64{number(id)}
		if op.Name == "goods_prices" && s.opt.is(swPrices, "default") {
			return bad("Only default prices are used for this business, use businessId")
		}
	}
	if list, ok := body["campaignIds"].([]any); ok {
		for _, e := range list {
			wanted = append(wanted, number(e))
		}
	}
	if id, ok := body["businessId"]; ok && number(id) != businessID {
		return refuse(403, "FORBIDDEN", "No access to business: %d", number(id))
	}
	for _, id := range wanted {
		c := shopOf(id)
		switch {
		case c == nil:
			return refuse(403, "FORBIDDEN", "No access to campaigns: %d", id)
		case c.availability != "AVAILABLE":
			return refuse(403, "API_DISABLED", "API for campaign %d disabled: %s", id, c.availability)
		case !op.takes(c):
			return bad("Campaign type is not allowed. Allowed campaign types: %s", strings.Join(op.Models, ", "))
		}
		a.Shops = append(a.Shops, id)
	}
	if len(wanted) == 0 {
		for i := range shops {
			if shops[i].availability == "AVAILABLE" && op.takes(&shops[i]) {
				a.Shops = append(a.Shops, shops[i].id)
			}
		}
	}
	return nil
}

// when finds the days.
func (s *Service) when(op *operation, body map[string]any, a *ask, now time.Time) *refusal {
	today := day(now)
	date := func(t time.Time) string { return t.Format(time.DateOnly) }
	month := func(y, m int64) (first, last time.Time) {
		first = time.Date(int(y), time.Month(m), 1, 0, 0, 0, 0, moscow)
		return first, first.AddDate(0, 1, -1)
	}
	switch from, ok := body["dateFrom"].(string); {
	case ok:
		to := body["dateTo"].(string)
		first, _ := time.ParseInLocation(time.DateOnly, from, moscow)
		last, _ := time.ParseInLocation(time.DateOnly, to, moscow)
		if last.Before(first) {
			return bad("'dateTo' must be greater than or equal to 'dateFrom'")
		}
		if n := op.Rules.Months; n > 0 && !last.Before(first.AddDate(0, n, 0)) {
			return bad("The period must be less than or equal to %d months", n)
		}
		if ref := s.history(op, first, now); ref != nil {
			return ref
		}
		a.From, a.To = from, to
	case body["monthOfYear"] != nil:
		m := body["monthOfYear"].(map[string]any)
		first, last := month(number(m["year"]), number(m["month"]))
		a.From, a.To, a.Whole = date(first), date(last), true
	case body["yearFrom"] != nil:
		first, _ := month(number(body["yearFrom"]), number(body["monthFrom"]))
		_, last := month(number(body["yearTo"]), number(body["monthTo"]))
		if last.Before(first) {
			return bad("the last month is before the first")
		}
		a.From, a.To = date(first), date(last)
	case body["year"] != nil:
		first, last := month(number(body["year"]), number(body["month"]))
		a.From, a.To, a.Whole = date(first), date(last), true
	case body["reportDate"] != nil:
		t, _ := time.ParseInLocation(time.DateOnly, body["reportDate"].(string), moscow)
		a.From = date(t.AddDate(0, 0, -1))
		a.To = a.From
	case body["date"] != nil:
		t, _ := time.ParseInLocation(time.DateOnly, body["date"].(string), moscow)
		if ref := s.history(op, t, now); ref != nil {
			return ref
		}
		a.From, a.To = date(t), date(t)
	case body["bankOrderDateTime"] != nil:
		t, _ := time.Parse(time.RFC3339, body["bankOrderDateTime"].(string))
		a.From = date(t.In(moscow))
		a.To = a.From
	default:
		a.From = date(today.AddDate(0, 0, -1))
		a.To = a.From
	}
	return nil
}

// history refuses what is too long ago for the subscription.
func (s *Service) history(op *operation, first, now time.Time) *refusal {
	days := op.Days[0]
	if s.opt.is(swPlan, "MEDIUM") {
		days = op.Days[1]
	}
	if days == 0 || !first.Before(day(now).AddDate(0, 0, -days)) {
		return nil
	}
	if days == 400 {
		return bad("You cannot request data older than 400 days (dateFrom)")
	}
	return bad("Without subscription, you cannot request data older than %d days (dateFrom)", days)
}
