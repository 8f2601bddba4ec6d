package config

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// Expand evaluates an export block into its instances, in the order of their
// keys. An error in one instance ends the expansion.
func (e *Eval) Expand(addr export.Address) ([]*Instance, hcl.Diagnostics) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.m.blocks[addr.Block()]
	if b == nil || b.addr.Data {
		return nil, hcl.Diagnostics{noBlock(addr)}
	}
	x, diags := e.newExpansion(b)
	if diags.HasErrors() {
		return nil, diags
	}
	var out []*Instance
	d := x.run(func(addr export.Address, ctx *hcl.EvalContext, key, value cty.Value) hcl.Diagnostics {
		in, d := x.instance(addr, ctx, key, value)
		out = append(out, in)
		return d
	})
	if diags = append(diags, d...); diags.HasErrors() {
		return nil, diags
	}
	return out, diags
}

// Data evaluates a data block into its instances, in the order of their keys.
func (e *Eval) Data(addr export.Address) ([]*DataInstance, hcl.Diagnostics) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.m.blocks[addr.Block()]
	if b == nil || !b.addr.Data {
		return nil, hcl.Diagnostics{noBlock(addr)}
	}
	x, diags := e.newExpansion(b)
	if diags.HasErrors() {
		return nil, diags
	}
	var out []*DataInstance
	d := x.run(func(addr export.Address, ctx *hcl.EvalContext, _, _ cty.Value) hcl.Diagnostics {
		args, d := x.decode(ctx)
		out = append(out, &DataInstance{
			Address: addr, Provider: b.provider, Args: args.own, Sensitive: args.sensitive, Unknown: args.unknown,
			DependsOn: b.needs, Range: b.rng,
		})
		return d
	})
	if diags = append(diags, d...); diags.HasErrors() {
		return nil, diags
	}
	return out, diags
}

func noBlock(addr export.Address) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: undeclared, Detail: "There is no block " + addr.Block().String() + " in the configuration."}
}

// expansion is the evaluation of one block. What does not refer to each is
// evaluated once for all instances.
type expansion struct {
	e   *Eval
	b   *block
	ctx *hcl.EvalContext
	dec decoder
	// shared are the arguments and blocks that do not refer to each, once decoded.
	sharedAttrs, sharedBlocks []*decoded
	sharedCommon              *common
	sharedPrints              *prints
	sharedPath                *pathTemplate
	eachPath                  pathKeys
	values                    *instances
}

func (e *Eval) newExpansion(b *block) (*expansion, hcl.Diagnostics) {
	ctx, diags := e.context(b.refs)
	x := &expansion{
		e: e, b: b, ctx: ctx, dec: decoder{e: e, late: lateUnknown},
		sharedAttrs:  make([]*decoded, len(b.args.shape.attrs)),
		sharedBlocks: make([]*decoded, len(b.args.shape.blocks)),
	}
	if b.forEach != nil {
		list, d := e.instances(b)
		diags = append(diags, d...)
		x.values = list
	}
	return x, diags
}

// run calls f for each instance until one has errors.
func (x *expansion) run(f func(addr export.Address, ctx *hcl.EvalContext, key, value cty.Value) hcl.Diagnostics) hcl.Diagnostics {
	if x.values == nil {
		return f(x.b.addr, x.ctx, cty.NilVal, cty.NilVal)
	}
	if x.values.unknown {
		key := cty.UnknownVal(cty.String)
		return f(x.b.addr.Instance("?"), each(x.ctx, key, cty.DynamicVal), key, cty.DynamicVal)
	}
	x.eachPath = newPathKeys(x.values.keys)
	var diags hcl.Diagnostics
	for _, k := range x.values.keys {
		key, value := cty.StringVal(k), x.values.values[k]
		addr := x.b.addr.Instance(k)
		d := f(addr, each(x.ctx, key, value), key, value)
		diags = append(diags, d...)
		if d.HasErrors() {
			for _, one := range d {
				one.Detail += "\n\nThis is about " + addr.String() + "."
			}
			break
		}
	}
	return diags
}

// arguments are the decoded arguments of an instance.
type arguments struct {
	own schema.Values
	// attrs and blocks are parallel to the shape's.
	attrs, blocks      []decoded
	sensitive, unknown []string
}

// decode decodes the arguments for one instance.
func (x *expansion) decode(ctx *hcl.EvalContext) (*arguments, hcl.Diagnostics) {
	a, diags := x.b.args, hcl.Diagnostics(nil)
	s := a.shape
	if a.dynamic != nil {
		expanded, d := a.expand(ctx)
		diags = append(diags, d...)
		a = expanded
	}
	out := &arguments{own: make(schema.Values, len(s.attrs)+len(s.blocks)), attrs: make([]decoded, len(s.attrs)), blocks: make([]decoded, len(s.blocks))}
	for i := range s.attrs {
		if shared := x.sharedAttrs[i]; shared != nil {
			out.attrs[i] = *shared
		} else {
			v, d := x.dec.attr(s.attrs[i].Attribute, a.attrs[i], ctx, a.rng)
			diags = append(diags, d...)
			out.attrs[i] = v
			if a.attrs[i] == nil || a.attrs[i].refs.uses&usesEach == 0 {
				x.sharedAttrs[i] = &v
			}
		}
		out.note(s.attrs[i].Name, s.attrs[i].common, &out.attrs[i])
	}
	for i := range s.blocks {
		if shared := x.sharedBlocks[i]; shared != nil {
			out.blocks[i] = *shared
		} else {
			v, d := x.dec.block(&s.blocks[i], a.blocks[i], ctx)
			diags = append(diags, d...)
			out.blocks[i] = v
			if a.blockUses[i]&usesEach == 0 {
				x.sharedBlocks[i] = &v
			}
		}
		out.note(s.blocks[i].Name, s.blocks[i].common, &out.blocks[i])
	}
	if len(s.own.ExactlyOne)+len(s.own.AtMostOne) > 0 {
		diags = append(diags, checkGroups(a, out.given(s), nil)...)
	}
	return out, diags
}

func (a *arguments) note(name string, common bool, v *decoded) {
	if !common {
		a.own[name] = v.value
		if v.sensitive {
			a.sensitive = append(a.sensitive, name)
		}
	}
	if v.unknown {
		a.unknown = append(a.unknown, name)
	}
}

// given indexes what was decoded by name.
func (a *arguments) given(s *shape) map[string]decoded {
	out := make(map[string]decoded, len(a.attrs)+len(a.blocks))
	for i := range a.attrs {
		out[s.attrs[i].Name] = a.attrs[i]
	}
	for i := range a.blocks {
		out[s.blocks[i].Name] = a.blocks[i]
	}
	return out
}

// instance builds an instance of an export.
func (x *expansion) instance(addr export.Address, ctx *hcl.EvalContext, key, value cty.Value) (*Instance, hcl.Diagnostics) {
	b := x.b
	args, diags := x.decode(ctx)
	c, d := x.common(args)
	diags = append(diags, d...)
	if !c.enabled {
		diags = warningsOf(diags) // a block that is switched off need not work
	}
	in := &Instance{
		Address: addr, Provider: b.provider, Args: args.own, Sensitive: args.sensitive, Unknown: args.unknown,
		Enabled: c.enabled, Format: c.format, CSV: c.csv, Retention: c.retention, Every: c.every, Period: c.period,
		MinRows: c.minRows, MaxShrink: c.maxShrink,
		DependsOn: b.needs, IgnoreChanges: b.lifecycle.ignoreChanges, Range: b.rng, block: b,
		OnDestroy: args.own.String("on_destroy"),
	}
	p := x.prints(args, c)
	in.Identity, in.Rendering, in.Attributes = p.identity, p.rendering, p.attributes
	if diags.HasErrors() {
		return in, diags
	}
	d = x.path(in, ctx, key, value)
	if in.Enabled {
		diags = append(diags, d...)
	}
	in.PreventDestroy, d = x.preventDestroy(ctx)
	diags = append(diags, d...)
	in.Preconditions = x.conditions(b.lifecycle.pre, ctx)
	in.Postconditions = x.conditions(b.lifecycle.post, ctx)
	if b.args.late() {
		in.late = x.lateArgs(in, ctx)
	}
	return in, diags
}

func warningsOf(diags hcl.Diagnostics) hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			out = append(out, d)
		}
	}
	return out
}

func (x *expansion) preventDestroy(ctx *hcl.EvalContext) (bool, hcl.Diagnostics) {
	p := x.b.lifecycle.preventDestroy
	if p == nil {
		return false, nil
	}
	v, diags := p.Expr.Value(ctx)
	if diags.HasErrors() {
		return false, diags
	}
	if !v.IsKnown() && x.e.c.opt.AllowUnset {
		return true, diags
	}
	protect := false
	diags = append(diags, fromValue(p.Attribute, v, &protect)...)
	return protect, diags
}

// late reports whether some argument refers to version or period.
func (a *args) late() bool {
	for _, at := range a.attrs {
		if at != nil && at.refs.uses&usesLate != 0 {
			return true
		}
	}
	for _, u := range a.blockUses {
		if u&usesLate != 0 {
			return true
		}
	}
	return false
}

// lateArgs returns the function behind [Instance.ArgsFor].
func (x *expansion) lateArgs(in *Instance, ctx *hcl.EvalContext) func(export.Version) (schema.Values, hcl.Diagnostics) {
	a, e := x.b.args, x.e
	return func(v export.Version) (schema.Values, hcl.Diagnostics) {
		dec := decoder{e: e, late: moment{v, in.zone()}.values(false)}
		out := maps.Clone(in.Args)
		var diags hcl.Diagnostics
		for i, at := range a.attrs {
			if at == nil || at.refs.uses&usesLate == 0 {
				continue
			}
			val, d := dec.attr(a.shape.attrs[i].Attribute, at, ctx, a.rng)
			diags = append(diags, d...)
			out[at.Name] = val.value
		}
		for i := range a.blocks {
			if a.blockUses[i]&usesLate == 0 {
				continue
			}
			val, d := dec.block(&a.shape.blocks[i], a.blocks[i], ctx)
			diags = append(diags, d...)
			out[a.shape.blocks[i].Name] = val.value
		}
		return out, diags
	}
}
