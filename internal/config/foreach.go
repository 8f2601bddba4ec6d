package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config/funcs"
)

// instances is a for_each evaluated: keys in order and the value of each.
type instances struct {
	keys   []string
	values map[string]cty.Value
	// unknown is set in lenient evaluations when there is no telling the keys.
	unknown bool
}

const invalidForEach = "Invalid for_each"

// instances evaluates a block's for_each once. The lock must be held.
func (e *Eval) instances(b *block) (*instances, hcl.Diagnostics) {
	r := e.resultsOf(b.addr)
	if r.instances != nil {
		return r.instances, nil
	}
	ctx, diags := e.context(b.forEachRefs)
	v, d := b.forEach.Expr.Value(ctx)
	if diags = append(diags, d...); diags.HasErrors() {
		return nil, diags
	}
	list, problem := e.forEach(b, v)
	if problem != nil {
		return nil, append(diags, problem)
	}
	r.instances = list
	return list, diags
}

func (e *Eval) forEach(b *block, v cty.Value) (*instances, *hcl.Diagnostic) {
	refuse := func(detail string, args ...any) (*instances, *hcl.Diagnostic) {
		return nil, diag(b.forEach.Expr.Range(), invalidForEach, detail, args...)
	}
	if v.HasMark(funcs.Sensitive) {
		return refuse("The value is sensitive. Its keys become addresses, which are shown and stored; use nonsensitive() if they may be seen.")
	}
	v, _ = v.Unmark()
	t := v.Type()
	switch {
	case v.IsNull():
		return refuse("The value is null; write {} for no instances.")
	case !v.IsKnown():
		if e.lenient {
			return &instances{unknown: true}, nil
		}
		return refuse("The value depends on results that are known only after apply, so the instances cannot be told. " +
			"Use a map whose keys are known, or apply what it depends on first with -target.")
	case t.IsTupleType() || t.IsListType():
		return refuse("The value is a list, whose positions would shift when an element is removed. Write toset(...), or a map: { for x in list : x.name => x }.")
	case t.IsSetType():
		return e.forEachSet(b, v)
	case !t.IsMapType() && !t.IsObjectType():
		return refuse("A map, an object or a set of strings is needed, not a %s.", t.FriendlyName())
	}
	list := &instances{values: v.AsValueMap()}
	list.keys = names(list.values)
	return list, nil
}

func (e *Eval) forEachSet(b *block, v cty.Value) (*instances, *hcl.Diagnostic) {
	list := &instances{values: make(map[string]cty.Value, v.LengthInt())}
	for it := v.ElementIterator(); it.Next(); {
		_, el := it.Element()
		switch {
		case el.Type() != cty.String:
			return nil, diag(b.forEach.Expr.Range(), invalidForEach, "The set holds values of type %s; only strings can be keys. Write a map instead.", el.Type().FriendlyName())
		case !el.IsKnown():
			if e.lenient {
				return &instances{unknown: true}, nil
			}
			return nil, diag(b.forEach.Expr.Range(), invalidForEach, "The set holds values that are known only after apply, so the instances cannot be told.")
		case el.IsNull():
			return nil, diag(b.forEach.Expr.Range(), invalidForEach, "The set holds null, which cannot be a key.")
		}
		list.values[el.AsString()] = el
	}
	list.keys = names(list.values)
	return list, nil
}

// each returns the context of one instance.
func each(ctx *hcl.EvalContext, key, value cty.Value) *hcl.EvalContext {
	child := ctx.NewChild()
	child.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})}
	return child
}
