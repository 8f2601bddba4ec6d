package config

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config/safepath"
)

// pathKeys turns the keys of a for_each, which may come from a service, into
// segments of paths so that no two keys share one. Segments that differ in upper
// and lower case only count as one, because some file systems see it so. It holds
// the keys whose segment is not simply [safepath.Segment].
type pathKeys map[string]string

func newPathKeys(keys []string) pathKeys {
	groups := make(map[string][]string, len(keys))
	for _, k := range keys {
		fold := folded(safepath.Segment(k))
		groups[fold] = append(groups[fold], k)
	}
	p := pathKeys{}
	if len(groups) == len(keys) {
		return p
	}
	for _, group := range groups {
		if len(group) > 1 {
			p.tellApart(group)
		}
	}
	// A key may look like a segment that was just made up for another one.
	for again := true; again; {
		again = false
		for _, made := range names(p) {
			for _, k := range groups[folded(p[made])] {
				if _, done := p[k]; !done {
					p[k] = safepath.Distinct(k)
					again = true
				}
			}
		}
	}
	return p
}

func folded(s string) string { return strings.ToLower(s) }

// tellApart gives keys with one segment different ones. A key that is its own
// segment keeps it if it is the only such key.
func (p pathKeys) tellApart(group []string) {
	clean := 0
	for _, k := range group {
		if safepath.Segment(k) == k {
			clean++
		}
	}
	for _, k := range group {
		if clean != 1 || safepath.Segment(k) != k {
			p[k] = safepath.Distinct(k)
		}
	}
}

func (p pathKeys) segment(key string) string {
	if s, ok := p[key]; ok {
		return s
	}
	return safepath.Segment(key)
}

// value makes every text inside each.value a safe segment.
func (p pathKeys) value(v cty.Value) cty.Value {
	out, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.IsMarked() || v.Type() != cty.String || !v.IsKnown() || v.IsNull() {
			return v, nil
		}
		return cty.StringVal(p.segment(v.AsString())), nil
	})
	if err != nil {
		return cty.DynamicVal // the function above returns no error
	}
	return out
}
