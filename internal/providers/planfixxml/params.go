package planfixxml

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

func isMap(t cty.Type) bool { return t.IsObjectType() || t.IsMapType() }

func isList(t cty.Type) bool { return t.IsTupleType() || t.IsListType() || t.IsSetType() }

// checkParams refuses what cannot become elements. Where names the place.
func checkParams(where string, val cty.Value) error {
	if !val.IsKnown() || val.IsNull() {
		return nil
	}
	switch t := val.Type(); {
	case isMap(t):
		for name, v := range val.AsValueMap() {
			if !elementPattern.MatchString(name) {
				return fmt.Errorf("%s: %q cannot be the name of an element", where, name)
			}
			if err := checkParams(where+"."+name, v); err != nil {
				return err
			}
		}
	case isList(t):
		for i, v := range val.AsValueSlice() {
			if v.IsKnown() && !v.IsNull() && isList(v.Type()) {
				return fmt.Errorf("%s[%d] is a list within a list, which no element can be", where, i)
			}
			if err := checkParams(fmt.Sprintf("%s[%d]", where, i), v); err != nil {
				return err
			}
		}
	case t == cty.String:
		for _, r := range val.AsString() {
			if r == utf8.RuneError || unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
				return fmt.Errorf("%s holds a character that XML cannot carry: %q", where, r)
			}
		}
	}
	return nil
}

// element is a piece of a request: a text, or others.
type element struct {
	name     string
	text     string
	children []element
}

func leaf(name, text string) element { return element{name: name, text: text} }

func branch(name string, children ...element) element { return element{name: name, children: children} }

// elements turns parameters into elements, in order of their names. Those that are
// null are left out.
func elements(val cty.Value) []element {
	if val == cty.NilVal || val.IsNull() || !val.IsKnown() || !isMap(val.Type()) {
		return nil
	}
	members := val.AsValueMap()
	var out []element
	for _, name := range slices.Sorted(maps.Keys(members)) {
		out = append(out, named(name, members[name])...)
	}
	return out
}

func named(name string, val cty.Value) []element {
	if val.IsNull() || !val.IsKnown() {
		return nil
	}
	switch t := val.Type(); {
	case isMap(t):
		return []element{branch(name, elements(val)...)}
	case isList(t):
		var out []element
		for _, v := range val.AsValueSlice() {
			out = append(out, named(name, v)...)
		}
		return out
	case t == cty.Bool:
		if val.True() {
			return []element{leaf(name, "1")}
		}
		return []element{leaf(name, "0")}
	case t == cty.Number:
		return []element{leaf(name, decimal(val.AsBigFloat()))}
	case t == cty.String:
		return []element{leaf(name, val.AsString())}
	}
	return nil
}

func decimal(f *big.Float) string {
	if i, accuracy := f.Int(nil); accuracy == big.Exact {
		return i.String()
	}
	return f.Text('f', -1)
}

// number is a leaf with a number.
func number(name string, n int) element { return leaf(name, strconv.Itoa(n)) }

// document is a request.
func document(method string, content []element) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	b.WriteString(`<request method="`)
	escape(&b, method)
	b.WriteString(`">`)
	for _, e := range content {
		e.write(&b)
	}
	b.WriteString(`</request>`)
	return b.Bytes()
}

func (e *element) write(b *bytes.Buffer) {
	b.WriteString("<" + e.name + ">")
	escape(b, e.text)
	for i := range e.children {
		e.children[i].write(b)
	}
	b.WriteString("</" + e.name + ">")
}

// escape writes text; a buffer takes everything.
func escape(b *bytes.Buffer, text string) { _ = xml.EscapeText(b, []byte(text)) }
