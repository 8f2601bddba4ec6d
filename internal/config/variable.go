package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"reportsync/internal/config/funcs"
)

var variableSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "sensitive"}, {Name: "nullable"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
}

var validationSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "condition", Required: true}, {Name: "error_message", Required: true},
}}

func (m *module) declareVariable(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	v := &variable{
		name: b.Labels[0], rng: b.DefRange, from: b.DefRange, typ: cty.DynamicPseudoType, nullable: true,
		fallback: cty.NilVal, value: cty.DynamicVal,
	}
	diags := checkName(b, 0, "a variable")
	if first := m.variables[v.name]; first != nil {
		return append(diags, duplicate(b.DefRange, "var."+v.name, first.rng))
	}
	m.variables[v.name] = v
	m.variableOrder = append(m.variableOrder, v)

	diags = append(diags, m.readVariable(v, b.Body)...)
	v.wrong = diags.HasErrors()
	return diags
}

func (m *module) readVariable(v *variable, body hcl.Body) hcl.Diagnostics {
	content, diags := body.Content(variableSchema)
	if a := content.Attributes["type"]; a != nil {
		t, defaults, d := typeexpr.TypeConstraintWithDefaults(a.Expr)
		diags = append(diags, d...)
		v.typ, v.defaults, v.typed = t, defaults, true
	}
	diags = append(diags, m.literal(content.Attributes["description"], &v.description)...)
	diags = append(diags, m.literal(content.Attributes["sensitive"], &v.sensitive)...)
	diags = append(diags, m.literal(content.Attributes["nullable"], &v.nullable)...)
	if a := content.Attributes["default"]; a != nil {
		diags = append(diags, v.takeDefault(a, m.constants)...)
	}
	for _, vb := range content.Blocks {
		vc, d := vb.Body.Content(validationSchema)
		diags = append(diags, d...)
		if !d.HasErrors() {
			v.validations = append(v.validations, validation{vc.Attributes["condition"].Expr, vc.Attributes["error_message"].Expr, vb.DefRange})
		}
	}
	return diags
}

// takeDefault evaluates the default, which stands before everything else and so
// can refer to nothing.
func (v *variable) takeDefault(a *hcl.Attribute, ctx *hcl.EvalContext) hcl.Diagnostics {
	for _, t := range a.Expr.Variables() {
		return hcl.Diagnostics{diag(t.SourceRange(), "Invalid default", "The default of a variable cannot refer to anything; use a local value instead.")}
	}
	val, diags := a.Expr.Value(ctx)
	if diags.HasErrors() {
		return diags
	}
	val, err := v.convert(val)
	if err != nil {
		return append(diags, diag(a.Expr.Range(), "Invalid default", "The default does not fit the type of var.%s: %s.", v.name, describe(err)))
	}
	if val.IsNull() && !v.nullable {
		return append(diags, diag(a.Expr.Range(), "Invalid default", "The default is null, but var.%s is not nullable.", v.name))
	}
	v.fallback = val
	return diags
}

// convert brings a value to the variable's type, defaults of optional attributes
// included.
func (v *variable) convert(val cty.Value) (cty.Value, error) {
	if v.defaults != nil && !val.IsNull() {
		val = v.defaults.Apply(val)
	}
	return convert.Convert(val, v.typ)
}

// set gives the variable its value.
func (v *variable) set(val cty.Value, from hcl.Range) hcl.Diagnostics {
	v.from = from
	if v.sensitive {
		v.from = v.rng // an excerpt would show the value
	}
	val, err := v.convert(val)
	if err != nil {
		return hcl.Diagnostics{diag(v.from, invalidVariable, "The value of var.%s does not fit its type: %s.", v.name, describe(err))}
	}
	if val.IsNull() && !v.nullable {
		if v.fallback == cty.NilVal {
			return hcl.Diagnostics{diag(v.from, invalidVariable, "var.%s must not be null.", v.name)}
		}
		val = v.fallback
	}
	v.value = v.marked(val)
	return nil
}

func (v *variable) marked(val cty.Value) cty.Value {
	if v.sensitive {
		return val.Mark(funcs.Sensitive)
	}
	return val
}

const invalidVariable = "Invalid value for variable"

// literal decodes an argument that can refer to nothing, if it is written.
func (m *module) literal(a *hcl.Attribute, into any) hcl.Diagnostics {
	if a == nil {
		return nil
	}
	for _, t := range a.Expr.Variables() {
		return hcl.Diagnostics{diag(t.SourceRange(), "Invalid reference", "The argument %q stands before everything else and cannot refer to anything.", a.Name)}
	}
	val, diags := a.Expr.Value(m.constants)
	if diags.HasErrors() {
		return diags
	}
	return append(diags, fromValue(a, val, into)...)
}

// fromValue converts an argument's value to a *string or *bool; null leaves it as
// it is.
func fromValue(a *hcl.Attribute, val cty.Value, into any) hcl.Diagnostics {
	want := cty.String
	if _, ok := into.(*bool); ok {
		want = cty.Bool
	}
	val, _ = val.Unmark()
	val, err := convert.Convert(val, want)
	switch {
	case err != nil:
		return hcl.Diagnostics{diag(a.Expr.Range(), wrongType, "The argument %q is not right: %s.", a.Name, describe(err))}
	case val.IsNull():
		return nil
	case !val.IsKnown():
		return hcl.Diagnostics{diag(a.Expr.Range(), "Value is not known in time", "The argument %q must be known before anything is done.", a.Name)}
	}
	switch into := into.(type) {
	case *string:
		*into = val.AsString()
	case *bool:
		*into = val.True()
	}
	return nil
}

const wrongType = "Incorrect type of argument"
