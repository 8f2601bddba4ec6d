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

// takePathApart returns the parts of a template, nil for one that is not made of
// texts and attributes alone, or of which something is not known or not right.
// Evaluating the whole then tells what it is.
func takePathApart(expr hcl.Expression, ctx *hcl.EvalContext) pathParts {
	t, ok := expr.(*hclsyntax.TemplateExpr)
	if !ok {
		return nil
	}
	parts := make(pathParts, 0, len(t.Parts))
	for _, e := range t.Parts {
		if late := lateOf(e); late != nil {
			parts = append(parts, pathPart{late: late})
			continue
		}
		for _, v := range e.Variables() {
			if root := v.RootName(); root == "version" || root == "period" {
				return nil
			}
		}
		text, ok := fixedText(e, ctx)
		if !ok {
			return nil
		}
		if n := len(parts) - 1; n >= 0 && parts[n].late == nil {
			parts[n].text += text
		} else {
			parts = append(parts, pathPart{text: text})
		}
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
