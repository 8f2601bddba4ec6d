package config

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strconv"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// prints are what an instance is compared by.
type prints struct {
	identity, rendering string
	attributes          []byte
}

// prints computes them; once for all instances when no argument refers to each.
func (x *expansion) prints(a *arguments, c *common) *prints {
	if x.sharedPrints != nil {
		return x.sharedPrints
	}
	p := printsOf(x.b, a, c)
	if x.shares() {
		x.sharedPrints = p
	}
	return p
}

// shares reports whether no argument or block refers to each.
func (x *expansion) shares() bool {
	s := x.b.args.shape
	for i := range s.attrs {
		if x.sharedAttrs[i] == nil {
			return false
		}
	}
	for i := range s.blocks {
		if x.sharedBlocks[i] == nil {
			return false
		}
	}
	return true
}

func printsOf(b *block, a *arguments, c *common) *prints {
	s := b.args.shape
	identity := &printer{buf: make([]byte, 0, 256)}
	identity.text(b.addr.Type)
	rendering := &printer{buf: make([]byte, 0, 64)}
	rendering.text(string(c.format))
	if c.format == export.FormatCSV {
		rendering.text(string(c.csv.Delimiter) + strconv.FormatBool(c.csv.BOM) + strconv.FormatBool(c.csv.EscapeFormulas))
	}
	attributes := append(make([]byte, 0, 256), '{')
	add := func(name string, v *decoded, isIdentity, isRendering bool) {
		if isIdentity {
			identity.value(name, v)
		}
		if isRendering {
			rendering.value(name, v)
		}
		if v.sensitive || v.unknown || v.shown.IsNull() {
			return
		}
		if len(attributes) > 1 {
			attributes = append(attributes, ',')
		}
		attributes = append(appendText(attributes, name), ':')
		attributes = appendJSON(attributes, v.shown)
	}
	for i := range s.attrs {
		if spec := &s.attrs[i]; !spec.common {
			add(spec.Name, a.attrs[i], spec.Identity, spec.Rendering)
		}
	}
	for i := range s.blocks {
		if spec := &s.blocks[i]; !spec.common {
			add(spec.Name, a.blocks[i], spec.identity, spec.rendering)
		}
	}
	return &prints{identity: identity.sum(), rendering: rendering.sum(), attributes: append(attributes, '}')}
}

// printer collects what goes into a hash.
type printer struct {
	buf     []byte
	unknown bool
}

func (p *printer) text(s string) { p.buf = append(appendText(p.buf, s), '\n') }

// value adds an argument by name. Of a sensitive one only that it is there: a
// plain hash of a short secret could be guessed.
func (p *printer) value(name string, v *decoded) {
	p.unknown = p.unknown || v.unknown
	if v.unknown || v.shown.IsNull() {
		return
	}
	p.text(name)
	if v.sensitive {
		return
	}
	p.buf = append(appendJSON(p.buf, v.shown), '\n')
}

func (p *printer) sum() string {
	if p.unknown {
		return ""
	}
	h := sha256.Sum256(p.buf)
	return hex.EncodeToString(h[:])
}

// marksOf reports whether a block holds arguments that belong to the identity or
// the rendering.
func marksOf(b *schema.Body) (identity, rendering bool) {
	for i := range b.Attributes {
		identity = identity || b.Attributes[i].Identity
		rendering = rendering || b.Attributes[i].Rendering
	}
	for i := range b.Blocks {
		id, re := marksOf(&b.Blocks[i].Body)
		identity, rendering = identity || id, rendering || re || b.Blocks[i].Rendering
	}
	return identity, rendering
}

// AppendJSON appends a value as JSON in one canonical form: object keys sorted,
// sets in their own order, numbers without exponent, unknown values as null. The
// value must have no marks. It is what arguments are compared by, so that equal
// values always give equal bytes.
func AppendJSON(b []byte, v cty.Value) []byte { return appendJSON(b, v) }

func appendJSON(b []byte, v cty.Value) []byte {
	if v == cty.NilVal || !v.IsKnown() || v.IsNull() {
		return append(b, "null"...)
	}
	t := v.Type()
	switch {
	case t == cty.String:
		return appendText(b, v.AsString())
	case t == cty.Number:
		if n, exact := v.AsBigFloat().Int64(); exact == big.Exact {
			return strconv.AppendInt(b, n, 10)
		}
		return v.AsBigFloat().Append(b, 'f', -1)
	case t == cty.Bool:
		return strconv.AppendBool(b, v.True())
	case t.IsObjectType(), t.IsMapType():
		values := v.AsValueMap()
		b = append(b, '{')
		for i, k := range names(values) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, k), ':')
			b = appendJSON(b, values[k])
		}
		return append(b, '}')
	case v.CanIterateElements():
		b = append(b, '[')
		first := true
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendJSON(b, e)
		}
		return append(b, ']')
	}
	return append(b, "null"...) // capsules do not occur in arguments
}

// appendText appends a JSON string. Only what must be escaped is.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20:
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			b = utf8.AppendRune(b, r) // what is not UTF-8 becomes U+FFFD
		}
	}
	return append(b, '"')
}
