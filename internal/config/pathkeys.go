package config

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config/safepath"
)

// pathKeys turns the keys of a for_each, which may come from a service, into
// segments of paths so that no two keys share one. Segments that differ in upper
// and lower case only count as one, because some file systems see it so.
type pathKeys map[string]string

func newPathKeys(keys []string) pathKeys {
	groups := make(map[string][]string, len(keys))
	for _, k := range keys {
		fold := strings.ToLower(safepath.Segment(k))
		groups[fold] = append(groups[fold], k)
	}
	p := pathKeys{}
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
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
	return p
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
