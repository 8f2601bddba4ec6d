package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/schema"
)

// Provider evaluates the arguments of a provider by its reference, planfix or
// planfix.alias. A provider without a block has only what the environment gives.
// Arguments in over are put in place from outside: they count as set to that
// text, whatever block and environment say, and those that exclude them as not set.
func (e *Eval) Provider(ref string, over map[string]string) (schema.Values, hcl.Diagnostics) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.m.providers[ref]
	if s := e.m.catalog.providers[ref]; p == nil && s != nil {
		p = &provider{ref: ref, schema: s} // only the state still refers to it
	}
	if p == nil {
		return nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Unknown provider", Detail: fmt.Sprintf("There is no provider %s in the configuration.", ref)}}
	}
	a := p.args
	if a == nil {
		s := newShape(&p.schema.Body, nil, providerMeta)
		a = &args{shape: s, rng: p.rng, attrs: make([]*arg, len(s.attrs)), blocks: make([][]*args, len(s.blocks))}
	}
	ctx, diags := e.context(p.refs)
	a, d := a.expand(ctx)
	diags = append(diags, d...)
	env := &standIns{e: e, args: a, over: over}
	dec := decoder{e: e, standIn: env.value, late: lateUnknown}
	out := make(schema.Values, len(a.attrs)+len(a.blocks))
	attrs, blocks := make([]*decoded, len(a.attrs)), make([]*decoded, len(a.blocks))
	for i, spec := range a.shape.attrs {
		at := a.attrs[i]
		if _, ok := over[spec.Name]; ok || env.rival(spec.Name, env.put) {
			at = nil
		}
		if e.lenient && spec.Env != "" && spec.Required {
			optional := *spec.Attribute
			optional.Required = false // the environment of a real run may have it
			spec.Attribute = &optional
		}
		v, d := dec.attr(&spec, at, ctx, p.rng)
		diags = append(diags, d...)
		if v.unknown && !e.lenient && !d.HasErrors() {
			diags = append(diags, diag(a.rangeOf(spec.Name), "Provider is not known in time",
				"The argument %q depends on results that are known only after apply, but the provider is needed before.", spec.Name))
		}
		out[spec.Name] = v.value
		attrs[i] = v
	}
	for i := range a.shape.blocks {
		v, d := dec.block(&a.shape.blocks[i], a.blocks[i], ctx)
		diags = append(diags, d...)
		out[a.shape.blocks[i].Name] = v.value
		blocks[i] = v
	}
	diags = append(diags, checkGroups(a, attrs, blocks, func(group []string) bool {
		return len(over) > 0 || e.lenient && envHint(a, group) != ""
	})...)
	return out, e.c.redact(diags)
}

// standIns gives arguments that a provider block leaves out.
type standIns struct {
	e    *Eval
	args *args
	over map[string]string
}

func (s *standIns) value(spec *schema.Attribute) (text, origin string, ok bool) {
	if text, ok = s.over[spec.Name]; ok {
		return text, "outside the configuration", true
	}
	if spec.Env == "" || s.rival(spec.Name, func(n string) bool { return s.args.written(n) || s.put(n) }) {
		return "", "", false
	}
	text, ok = s.e.c.lookup(spec.Env)
	return text, "the environment variable " + spec.Env, ok && text != ""
}

// put reports whether an argument is put in place from outside.
func (s *standIns) put(name string) bool {
	_, ok := s.over[name]
	return ok
}

// rival reports whether another argument of a group with this one is set, so that
// this one must not be.
func (s *standIns) rival(name string, set func(string) bool) bool {
	own := s.args.shape.own
	for _, groups := range [][][]string{own.ExactlyOne, own.AtMostOne} {
		for _, group := range groups {
			if slices.Contains(group, name) && slices.ContainsFunc(group, func(n string) bool { return n != name && set(n) }) {
				return true
			}
		}
	}
	return false
}

// written reports whether an argument or block stands in the body.
func (a *args) written(name string) bool {
	for i := range a.shape.attrs {
		if a.shape.attrs[i].Name == name {
			return a.attrs[i] != nil
		}
	}
	for i := range a.shape.blocks {
		if a.shape.blocks[i].Name == name {
			return len(a.blocks[i]) > 0
		}
	}
	return false
}
