package view

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// excerptLines is how many lines of source a diagnostic shows at most.
const excerptLines = 12

// snippet is the piece of source that a diagnostic is about.
type snippet struct {
	context string // export "planfix_report" "weekly"
	code    string
	line    int // of the first line of code
	// start and end are the offsets of the highlighted bytes within code.
	start, end int
	values     []exprValue
}

// exprValue is what one reference in an expression stood for.
type exprValue struct {
	Traversal string `json:"traversal"`
	Statement string `json:"statement"`
}

// snippet cuts the excerpt for a diagnostic, or returns nil where there is no
// source. Secrets are replaced in it.
func (v *View) snippet(d *hcl.Diagnostic, files map[string]*hcl.File) *snippet {
	if d.Subject == nil {
		return nil
	}
	file := files[d.Subject.Filename]
	if file == nil || len(file.Bytes) == 0 {
		return nil
	}
	src := file.Bytes
	from, to := clamp(d.Subject.Start.Byte, len(src)), clamp(d.Subject.End.Byte, len(src))
	if to <= from {
		to = min(from+1, len(src))
	}
	first, last := from, to
	if c := d.Context; c != nil && c.Filename == d.Subject.Filename {
		first, last = min(first, clamp(c.Start.Byte, len(src))), max(last, clamp(c.End.Byte, len(src)))
	}
	first = bytes.LastIndexByte(src[:first], '\n') + 1
	// A context that begins far above would push the subject out of the excerpt.
	if bytes.Count(src[first:from], []byte{'\n'}) > excerptLines/2 {
		first = bytes.LastIndexByte(src[:from], '\n') + 1
	}
	end := lineEnd(src, first)
	for n := 1; n < excerptLines && end < last-1; n++ {
		end = lineEnd(src, end+1)
	}
	to = max(from, min(to, end))
	s := &snippet{
		line:   d.Subject.Start.Line - bytes.Count(src[first:from], []byte{'\n'}),
		values: v.exprValues(d),
	}
	if nav, ok := file.Nav.(interface{ ContextString(offset int) string }); ok {
		s.context = v.text(nav.ContextString(from))
	}
	before, marked, after := string(src[first:from]), string(src[from:to]), string(src[to:max(end, to)])
	whole := v.redact(before + marked + after)
	before, marked, after = v.redact(before), v.redact(marked), v.redact(after)
	if before+marked+after == whole {
		s.code, s.start, s.end = whole, len(before), len(before)+len(marked)
	} else { // a secret lies across an edge of the highlight
		s.code = whole
	}
	return s
}

func clamp(n, size int) int { return max(0, min(n, size)) }

// lineEnd returns the offset of the end of the line that from lies in.
func lineEnd(src []byte, from int) int {
	if from >= len(src) {
		return len(src)
	}
	if i := bytes.IndexByte(src[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(src)
}

// exprValues tells what the references of the faulty expression stood for.
func (v *View) exprValues(d *hcl.Diagnostic) []exprValue {
	if d.Expression == nil || d.EvalContext == nil {
		return nil
	}
	var out []exprValue
	seen := map[string]bool{}
	for _, t := range d.Expression.Variables() {
		val, diags := t.TraverseAbs(d.EvalContext)
		if diags.HasErrors() || val == cty.NilVal {
			continue // that fault has its own diagnostic
		}
		name := v.redact(traversal(t))
		if seen[name] {
			continue
		}
		seen[name] = true
		out = append(out, exprValue{name, v.redact(statement(val))})
	}
	slices.SortFunc(out, func(a, b exprValue) int { return strings.Compare(a.Traversal, b.Traversal) })
	return out
}

func traversal(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			key := "..."
			if step.Key.IsKnown() && !step.Key.IsNull() && !step.Key.IsMarked() && step.Key.Type().IsPrimitiveType() {
				key = primitive(step.Key)
			}
			b.WriteString("[" + key + "]")
		case hcl.TraverseSplat:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

// statement says what a value is, to stand behind its name.
func statement(val cty.Value) string {
	ty := val.Type()
	switch {
	case val.IsMarked():
		return "has a sensitive value"
	case !val.IsKnown():
		return "is known only after apply"
	case val.IsNull():
		return "is null"
	case ty.IsPrimitiveType():
		return "is " + primitive(val)
	case ty.IsObjectType():
		return "is object with " + plural(len(ty.AttributeTypes()), "attribute")
	case ty.IsCollectionType() || ty.IsTupleType():
		n := val.LengthInt()
		if n == 0 {
			return "is empty " + ty.FriendlyName()
		}
		return "is " + ty.FriendlyName() + " with " + plural(n, "element")
	default:
		return "is " + ty.FriendlyName()
	}
}
