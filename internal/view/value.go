package view

import (
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

const (
	sensitiveValue = "(sensitive value)"
	unknownValue   = "(known after apply)"
)

// value is a value in HCL's notation. Marked values are sensitive. What the
// strings hold is redacted before it is quoted.
func (v *View) value(val cty.Value, indent int) string {
	var b strings.Builder
	v.writeValue(&b, val, indent)
	return b.String()
}

func (v *View) writeValue(b *strings.Builder, val cty.Value, indent int) {
	switch ty := val.Type(); {
	case val == cty.NilVal:
		b.WriteString("null")
	case val.IsMarked():
		b.WriteString(sensitiveValue)
	case !val.IsKnown():
		b.WriteString(unknownValue)
	case val.IsNull():
		b.WriteString("null")
	case ty == cty.String:
		v.writeString(b, v.redact(val.AsString()), indent)
	case ty.IsPrimitiveType():
		b.WriteString(primitive(val))
	case ty.IsObjectType() || ty.IsMapType():
		v.writeItems(b, val, indent, "{", "}", true)
	case ty.IsCollectionType() || ty.IsTupleType():
		v.writeItems(b, val, indent, "[", "]", false)
	default:
		b.WriteString("(" + Clean(ty.FriendlyName()) + ")")
	}
}

func (v *View) writeItems(b *strings.Builder, val cty.Value, indent int, begin, end string, keys bool) {
	b.WriteString(begin)
	if val.LengthInt() > 0 {
		margin := "\n" + strings.Repeat(" ", indent+2)
		for it := val.ElementIterator(); it.Next(); {
			k, e := it.Element()
			b.WriteString(margin)
			if keys {
				b.WriteString(quote(v.redact(k.AsString())) + " = ")
			}
			v.writeValue(b, e, indent+2)
			if !keys {
				b.WriteByte(',')
			}
		}
		b.WriteString("\n" + strings.Repeat(" ", indent))
	}
	b.WriteString(end)
}

// writeString writes text of several lines as a heredoc, as people wrote it.
func (v *View) writeString(b *strings.Builder, s string, indent int) {
	body, multiline := strings.CutSuffix(s, "\n")
	if !multiline || Clean(strings.ReplaceAll(body, "\n", "")) != strings.ReplaceAll(body, "\n", "") ||
		strings.Contains(body, "EOT") {
		b.WriteString(quote(s))
		return
	}
	margin := "\n" + strings.Repeat(" ", indent)
	b.WriteString("<<-EOT")
	for line := range strings.SplitSeq(body, "\n") {
		if line == "" {
			b.WriteByte('\n')
			continue
		}
		b.WriteString(margin + "  " + template(line))
	}
	b.WriteString(margin + "EOT")
}

func template(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "${", "$${"), "%{", "%%{")
}

// primitive is a known, unmarked string, number or bool.
func primitive(val cty.Value) string {
	switch val.Type() {
	case cty.String:
		return quote(val.AsString())
	case cty.Number:
		f := val.AsBigFloat()
		if exp := f.MantExp(nil); exp > 1000 || exp < -1000 {
			return f.Text('g', -1) // not a million zeros
		}
		return f.Text('f', -1)
	default:
		if val.True() {
			return "true"
		}
		return "false"
	}
}

// quote is a string literal of HCL in which nothing can harm a terminal.
func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	s = template(s)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case !unsafe(r, size):
			b.WriteString(s[i : i+size])
		case r == utf8.RuneError:
			b.WriteRune(r)
		case r < 0x80 && r != '\n' && r != '\r' && r != '\t':
			b.WriteString(`\u00`)
			b.WriteByte(hexDigits[r>>4])
			b.WriteByte(hexDigits[r&0xf])
		default:
			writeEscape(&b, r)
		}
		i += size
	}
	b.WriteByte('"')
	return b.String()
}
