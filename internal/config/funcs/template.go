package funcs

import (
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// templateFileFunc renders a file with the given variables. Templates can call
// every function but this one, so that they cannot include themselves.
func templateFileFunc(f folder, table map[string]function.Function) function.Function {
	inner := maps.Clone(table)
	delete(inner, "templatefile")
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "path", Type: cty.String},
			{Name: "vars", Type: cty.DynamicPseudoType},
		},
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := args[0].AsString()
			src, err := f.text(name)
			if err != nil {
				return cty.DynamicVal, function.NewArgError(0, err)
			}
			if t := args[1].Type(); !t.IsObjectType() && !t.IsMapType() {
				return cty.DynamicVal, function.NewArgErrorf(1, "the variables must be an object: {name = value}")
			}
			v, err := render(name, src, args[1].AsValueMap(), inner)
			if err != nil {
				return cty.DynamicVal, function.NewArgError(0, err)
			}
			return v, nil
		},
	})
}

func render(name, src string, vars map[string]cty.Value, table map[string]function.Function) (cty.Value, error) {
	expr, diags := hclsyntax.ParseTemplate([]byte(src), name, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, first(diags)
	}
	for _, tr := range expr.Variables() {
		if _, ok := vars[tr.RootName()]; !ok {
			return cty.DynamicVal, fmt.Errorf("%s: there is no variable %q; pass it in the second argument", tr.SourceRange(), tr.RootName())
		}
	}
	v, diags := expr.Value(&hcl.EvalContext{Variables: vars, Functions: table})
	if diags.HasErrors() {
		return cty.DynamicVal, first(diags)
	}
	return v, nil
}

// first turns diagnostics about a template into one error that says where.
func first(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil {
			return fmt.Errorf("%s: %s; %s", d.Subject, d.Summary, d.Detail)
		}
	}
	return errors.New(diags.Error())
}
