package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// decoded is an argument or nested block after evaluation.
type decoded struct {
	// value is what was asked for: converted, default applied, marks removed.
	value cty.Value
	// shown is the same with version and period by name, for arguments that are
	// evaluated for each version; otherwise it is value.
	shown     cty.Value
	sensitive bool
	// unknown is set when the value depends on results not known yet.
	unknown bool
	// set is true when something other than null was given.
	set bool
	// fields are what is in a block of the common arguments. Nobody asks for it as
	// a value, so it has none.
	fields map[string]cty.Value
}

// decoder decodes bodies in one evaluation.
type decoder struct {
	e *Eval
	// standIn gives the text of an argument that is absent or null, and where it
	// comes from, for arguments that the environment can give. It may be nil.
	standIn func(*schema.Attribute) (text, origin string, ok bool)
	// late is what version and period are.
	late map[string]cty.Value
}

// attr decodes an argument; a is nil when it is not written.
func (d *decoder) attr(shape *attrShape, a *arg, ctx *hcl.EvalContext, body hcl.Range) (*decoded, hcl.Diagnostics) {
	spec := shape.Attribute
	if a == nil && d.standIn == nil {
		out := shape.absent
		if out.value.IsNull() && spec.Required {
			return out, hcl.Diagnostics{check(spec, out, "", body)}
		}
		return out, nil
	}
	out := &decoded{value: cty.NullVal(spec.Type.WithoutOptionalAttributesDeep())}
	var diags hcl.Diagnostics
	rng := body
	if a != nil {
		rng = a.Expr.Range()
		isLate := a.refs.uses&usesLate != 0
		if isLate {
			ctx = withLate(ctx, d.late)
		}
		v, sensitive, dg := d.evaluate(spec, a, ctx)
		if diags = append(diags, dg...); dg.HasErrors() {
			out.unknown, out.set = true, true
			out.value = cty.UnknownVal(out.value.Type())
			out.shown = out.value
			return out, diags
		}
		out.value, out.sensitive = v, sensitive
	}
	origin := ""
	if out.value.IsNull() && d.standIn != nil {
		if text, from, ok := d.standIn(spec); ok {
			v, err := convert.Convert(cty.StringVal(text), spec.Type)
			if err != nil {
				diags = append(diags, diag(rng, wrongType, "The argument %q (from %s) is not right: %s.", spec.Name, from, describe(err)))
			} else {
				out.value, origin = v, from
			}
		}
	}
	out.set = !out.value.IsNull()
	if !out.set && spec.Default != cty.NilVal {
		out.value = spec.Default
	}
	out.sensitive = out.sensitive || spec.Sensitive
	out.shown, out.unknown = out.value, !out.value.IsWhollyKnown()
	if a != nil && a.refs.uses&usesLate != 0 {
		out.shown = d.byName(spec, a, ctx)
		out.unknown = !out.shown.IsWhollyKnown()
	}
	if spec.Sensitive && out.set {
		d.e.c.hide(out.value)
	}
	if dg := check(spec, out, origin, rng); dg != nil {
		diags = append(diags, dg)
	}
	return out, diags
}

func (d *decoder) evaluate(spec *schema.Attribute, a *arg, ctx *hcl.EvalContext) (cty.Value, bool, hcl.Diagnostics) {
	v, diags := a.Expr.Value(ctx)
	if diags.HasErrors() {
		return cty.NilVal, false, diags
	}
	v, sensitive := d.e.c.unmark(v)
	if !v.Type().Equals(spec.Type) {
		var err error
		if v, err = convert.Convert(v, spec.Type); err != nil {
			return cty.NilVal, false, append(diags, diag(a.Expr.Range(), wrongType, "The argument %q is not right: %s.", spec.Name, describe(err)))
		}
	}
	return v, sensitive, diags
}

// byName evaluates an argument with the names of version and period in place of
// their values. Where a function does not take a name, the source stands for the
// whole.
func (d *decoder) byName(spec *schema.Attribute, a *arg, ctx *hcl.EvalContext) cty.Value {
	v, _, diags := d.evaluate(spec, a, withLate(ctx, lateNames))
	if diags.HasErrors() {
		rng := a.Expr.Range()
		if f := d.e.c.Files[rng.Filename]; f != nil && rng.CanSliceBytes(f.Bytes) {
			return cty.StringVal(string(rng.SliceBytes(f.Bytes)))
		}
		return cty.DynamicVal
	}
	return v
}

func withLate(ctx *hcl.EvalContext, late map[string]cty.Value) *hcl.EvalContext {
	child := ctx.NewChild()
	child.Variables = late
	return child
}

// check applies what the schema says about single values.
func check(spec *schema.Attribute, v *decoded, origin string, rng hcl.Range) *hcl.Diagnostic {
	if origin != "" {
		origin = " (from " + origin + ")"
	}
	if v.value.IsNull() {
		if !spec.Required {
			return nil
		}
		if spec.Env != "" {
			return diag(rng, "Missing required argument", "The argument %q is required. Write it in the provider block, or set %s in the environment.", spec.Name, spec.Env)
		}
		return diag(rng, "Missing required argument", "The argument %q is required and must not be null.", spec.Name)
	}
	if !v.value.IsKnown() || v.value.Type() != cty.String {
		return nil
	}
	text := v.value.AsString()
	if spec.Duration {
		if _, err := export.ParseDuration(text); err != nil {
			if v.sensitive {
				return diag(rng, "Invalid duration", "The argument %q%s is not a duration such as \"24h\", \"7d\" or \"10m30s\".", spec.Name, origin)
			}
			return diag(rng, "Invalid duration", "The argument %q%s: %s.", spec.Name, origin, err)
		}
	}
	if len(spec.Enum) == 0 {
		return nil
	}
	for _, allowed := range spec.Enum {
		if text == allowed {
			return nil
		}
	}
	if v.sensitive {
		return diag(rng, "Value not allowed", "The argument %q%s must be %s.", spec.Name, origin, listing(quoted(spec.Enum), "or"))
	}
	return diag(rng, "Value not allowed", "The argument %q%s must be %s, not %q.%s",
		spec.Name, origin, listing(quoted(spec.Enum), "or"), text, didYouMean(text, spec.Enum))
}

// block decodes all blocks of one type.
func (d *decoder) block(spec *blockShape, list []*args, ctx *hcl.EvalContext) (*decoded, hcl.Diagnostics) {
	if len(list) == 0 {
		return spec.null, nil
	}
	if spec.common && !spec.Repeated {
		out, _, diags := d.fields(list[0], ctx) // nothing in it is late
		out.set = true
		return out, diags
	}
	var diags hcl.Diagnostics
	out := &decoded{set: true}
	values, shown := make([]cty.Value, len(list)), make([]cty.Value, len(list))
	for i, a := range list {
		inner, dg := d.object(a, ctx)
		diags = append(diags, dg...)
		values[i], shown[i] = inner.value, inner.shown
		out.sensitive = out.sensitive || inner.sensitive
		out.unknown = out.unknown || inner.unknown
		if a.unknown && spec.Repeated {
			out.value = cty.UnknownVal(spec.shape.blockType(true))
			out.shown, out.unknown = out.value, true
			return out, diags
		}
	}
	if !spec.Repeated {
		out.value, out.shown = values[0], shown[0]
		return out, diags
	}
	out.value, out.shown = sequence(values), sequence(shown)
	return out, diags
}

// object decodes a nested block.
func (d *decoder) object(a *args, ctx *hcl.EvalContext) (*decoded, hcl.Diagnostics) {
	out, shown, diags := d.fields(a, ctx)
	out.value = cty.ObjectVal(out.fields)
	out.shown = out.value
	if shown != nil {
		out.shown = cty.ObjectVal(shown)
	}
	return out, diags
}

// fields decodes what is in a nested block. shown is nil when nothing in it is
// evaluated for each version.
func (d *decoder) fields(a *args, ctx *hcl.EvalContext) (out *decoded, shown map[string]cty.Value, diags hcl.Diagnostics) {
	a, diags = a.expand(ctx)
	n := len(a.shape.attrs) + len(a.shape.blocks)
	out = &decoded{fields: make(map[string]cty.Value, n)}
	if a.shape.late {
		shown = make(map[string]cty.Value, n)
	}
	attrs, blocks := make([]*decoded, len(a.shape.attrs)), make([]*decoded, len(a.shape.blocks))
	add := func(name string, v *decoded, dg hcl.Diagnostics) {
		diags = append(diags, dg...)
		out.fields[name] = v.value
		if shown != nil {
			shown[name] = v.shown
		}
		out.sensitive = out.sensitive || v.sensitive
		out.unknown = out.unknown || v.unknown
	}
	for i, spec := range a.shape.attrs {
		v, dg := d.attr(&a.shape.attrs[i], a.attrs[i], ctx, a.rng)
		attrs[i] = v
		add(spec.Name, v, dg)
	}
	for i := range a.shape.blocks {
		spec := &a.shape.blocks[i]
		v, dg := d.block(spec, a.blocks[i], ctx)
		blocks[i] = v
		add(spec.Name, v, dg)
	}
	return out, shown, append(diags, checkGroups(a, attrs, blocks, nil)...)
}

// sequence is a list, or a tuple where the types differ.
func sequence(values []cty.Value) cty.Value {
	for _, v := range values[1:] {
		if !v.Type().Equals(values[0].Type()) {
			return cty.TupleVal(values)
		}
	}
	return cty.ListVal(values)
}
