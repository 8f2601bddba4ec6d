package config

import (
	"errors"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// describe turns an error of a conversion into words, with the path to the part
// that is wrong. It never holds the value.
func describe(err error) string {
	pe, ok := errors.AsType[cty.PathError](err)
	if !ok || len(pe.Path) == 0 {
		return err.Error()
	}
	return pathText(pe.Path) + ": " + pe.Error()
}

func pathText(path cty.Path) string {
	var b strings.Builder
	for _, step := range path {
		switch s := step.(type) {
		case cty.GetAttrStep:
			b.WriteByte('.')
			b.WriteString(s.Name)
		case cty.IndexStep:
			b.WriteByte('[')
			switch {
			case !s.Key.IsKnown() || s.Key.IsNull():
				b.WriteByte('?')
			case s.Key.Type() == cty.Number:
				b.WriteString(s.Key.AsBigFloat().Text('f', -1))
			case s.Key.Type() == cty.String:
				b.WriteString(`"` + s.Key.AsString() + `"`)
			default:
				b.WriteByte('?')
			}
			b.WriteByte(']')
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}
