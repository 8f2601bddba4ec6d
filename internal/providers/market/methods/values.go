package methods

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

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
		c.Add("params", "Parameter is deprecated", "%s is deprecated by the service; use %s.", where, f.Use)
		return nil
	}
	if !v.IsKnown() {
		c.unknown = true
		return nil
	}
	if v.IsNull() {
		c.Add("params", "Value not allowed", "%s must not be null.", where)
		return nil
	}
	switch f.Type {
	case "int":
		return c.integer(f, v, where)
	case "bool":
		b, err := convert.Convert(v, cty.Bool)
		if err != nil {
			c.Add("params", "Value not allowed", "%s must be true or false.", where)
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
		c.Add("params", "Value not allowed", "%s = %s must be a whole number.", where, show(v))
		return nil
	case f.Min != nil && n < *f.Min, f.Max != nil && n > *f.Max:
		switch {
		case f.Max == nil:
			c.Add("params", "Value not allowed", "%s = %d must be at least %d.", where, n, *f.Min)
		case f.Min == nil:
			c.Add("params", "Value not allowed", "%s = %d must be at most %d.", where, n, *f.Max)
		default:
			c.Add("params", "Value not allowed", "%s = %d must be from %d to %d.", where, n, *f.Min, *f.Max)
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
		c.Add("params", "Value not allowed", "%s must be a string.", where)
		return nil
	}
	text := s.AsString()
	n := utf8.RuneCountInString(text)
	switch {
	case len(f.Enum) > 0 && !slices.Contains(f.Enum, text):
		if why := f.Withdrawn[text]; why != "" {
			c.Add("params", "Value not allowed", "%s = %q was withdrawn by the service; %s.", where, text, why)
			return nil
		}
		hint := ""
		if near := nearest(text, f.Enum); near != "" {
			hint = fmt.Sprintf(" Did you mean %q?", near)
		}
		c.Add("params", "Value not allowed", "%s = %q must be %s.%s", where, text, or(f.Enum), hint)
		return nil
	case f.Type == "date":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			c.Add("params", "Value not allowed", "%s = %q must be a day as YYYY-MM-DD.", where, text)
			return nil
		}
	case f.Type == "date-time":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			c.Add("params", "Value not allowed", "%s = %q must be a moment with its offset, as 2025-04-24T06:10:00+03:00.", where, text)
			return nil
		}
	case text == "":
		c.Add("params", "Value not allowed", "%s is empty; leave it out.", where)
		return nil
	case n < f.MinLength || f.MaxLength > 0 && n > f.MaxLength:
		c.Add("params", "Value not allowed", "%s has %d characters; there may be %d to %d.", where, n, f.MinLength, f.MaxLength)
		return nil
	case f.SKU && (strings.TrimSpace(text) == "" || strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && unicode.IsControl(r) })):
		c.Add("params", "Value not allowed", "%s = %s must be a seller's SKU: not only spaces, and no control characters.", where, show(s))
		return nil
	case !utf8.ValidString(text):
		c.Add("params", "Value not allowed", "%s is not text.", where)
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
		c.Add("params", "Value not allowed", "%s must be a list, in brackets.", where)
		return nil
	}
	n := v.LengthInt()
	if n < f.MinItems || f.MaxItems > 0 && n > f.MaxItems {
		c.Add("params", "Value not allowed", "%s has %d items; there may be at most %d. Cut the list into several exports.", where, n, f.MaxItems)
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
			c.Add("params", "Value not allowed", "%s has %s twice.", where, text)
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
		c.Add("params", "Value not allowed", "%s must be an object, in braces.", where)
		return nil
	}
	values := v.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if field(f.Fields, name) == nil {
			var known []string
			for _, k := range f.Fields {
				known = append(known, k.Name)
			}
			c.Add("params", "Unknown parameter", "%s has no %s. It has %s.", where, name, strings.Join(known, ", "))
		}
	}
	for _, k := range f.Fields {
		if _, ok := values[k.Name]; k.Required && !ok {
			c.Add("params", "Parameter missing", "%s needs %s: %s.", where, k.Name, lower(k.About))
		}
	}
	return c.members(f.Fields, values, where)
}
