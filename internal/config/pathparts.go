package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"reportsync/internal/config/safepath"
)

// pathParts are a template taken apart, so that the path of a version is put
// together without evaluating anything: most plans do that once for each version
// that is kept, only to find that no path has changed.
type pathParts []pathPart

// pathPart is a text, or an attribute of the version.
type pathPart struct {
	text string
	late *LateAttribute
}

// pathOutline is what a template consists of, before anything is evaluated: for
// each part an attribute of the version, or an expression that refers to none.
type pathOutline []struct {
	late *LateAttribute
	expr hclsyntax.Expression
}

// outlinePath returns the outline of a template, nil for one that makes something
// of an attribute, such as its upper case.
func outlinePath(expr hcl.Expression) pathOutline {
	t, ok := expr.(*hclsyntax.TemplateExpr)
	if !ok {
		return nil
	}
	out := make(pathOutline, len(t.Parts))
	for i, e := range t.Parts {
		if out[i].late = lateOf(e); out[i].late != nil {
			continue
		}
		for _, v := range e.Variables() {
			if root := v.RootName(); root == "version" || root == "period" {
				return nil
			}
		}
		out[i].expr = e
	}
	return out
}

// evaluate returns the parts, nil if something is not known or not right:
// evaluating the whole template then tells what it is.
func (o pathOutline) evaluate(ctx *hcl.EvalContext) pathParts {
	if o == nil {
		return nil
	}
	parts := make(pathParts, 0, len(o))
	for _, p := range o {
		if p.late != nil {
			parts = append(parts, pathPart{late: p.late})
			continue
		}
		text, ok := fixedText(p.expr, ctx)
		if !ok {
			return nil
		}
		parts = append(parts, pathPart{text: text})
	}
	return parts
}

// lateOf returns the attribute of version or period that an expression is, or nil.
func lateOf(e hclsyntax.Expression) *LateAttribute {
	t, ok := e.(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(t.Traversal) != 2 {
		return nil
	}
	name, _ := attrStep(t.Traversal, 1)
	for i := range LateAttributes {
		if a := &LateAttributes[i]; a.Name == name && a.Object == t.Traversal.RootName() {
			return a
		}
	}
	return nil
}

// fixedText evaluates a part that is the same for all versions.
func fixedText(e hclsyntax.Expression, ctx *hcl.EvalContext) (string, bool) {
	v, diags := e.Value(ctx)
	if len(diags) > 0 || v.IsMarked() || !v.IsKnown() || v.IsNull() || !v.Type().IsPrimitiveType() {
		return "", false
	}
	v, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", false
	}
	return v.AsString(), true
}

// join returns the text that evaluating the template would give. Text that is not
// our own is made a safe segment.
func (p pathParts) join(m moment) string {
	var b strings.Builder
	for _, part := range p {
		if part.late == nil {
			b.WriteString(part.text)
			continue
		}
		text := part.late.get(m)
		if part.late.foreign && text != "" {
			text = safepath.Segment(text)
		}
		b.WriteString(text)
	}
	return cty.NormalizeString(b.String())
}
