package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
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
		return nil, e.c.redact(diags)
	}
	var out []*Instance
	d := x.run(func(addr export.Address, ctx *hcl.EvalContext, key, value cty.Value) hcl.Diagnostics {
		in, d := x.instance(addr, ctx, key, value)
		out = append(out, in)
		return d
	})
	if diags = append(diags, d...); diags.HasErrors() {
		return nil, e.c.redact(diags)
	}
	return out, e.c.redact(diags)
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
		return nil, e.c.redact(diags)
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
		return nil, e.c.redact(diags)
	}
	return out, e.c.redact(diags)
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

// instance builds an instance of an export.
func (x *expansion) instance(addr export.Address, ctx *hcl.EvalContext, key, value cty.Value) (*Instance, hcl.Diagnostics) {
	b := x.b
	args, diags := x.decode(ctx)
	c, d := x.common(args)
	diags = append(diags, d...)
	if !c.enabled {
		diags = nil // a block that is switched off need not work
	}
	in := &Instance{
		Address: addr, Provider: b.provider, Args: args.own, Sensitive: args.sensitive, Unknown: args.unknown,
		Enabled: c.enabled, Format: c.format, CSV: c.csv, Retention: c.retention, Every: c.every, Period: c.period,
		MinRows: c.minRows, MaxShrink: c.maxShrink,
		DependsOn: b.needs, IgnoreChanges: b.lifecycle.ignoreChanges, Range: b.rng, block: b, config: x.e.c,
		OnDestroy: args.own.String("on_destroy"),
	}
	p := x.prints(args, c)
	in.Identity, in.Rendering, in.Attributes = p.identity, p.rendering, p.attributes
	if len(in.IgnoreChanges) > 0 {
		in.keeper = &keeper{b: b, args: args, common: c}
	}
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
