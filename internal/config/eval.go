package config

import (
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config/funcs"
	"reportsync/internal/export"
)

// Eval is one evaluation of a configuration. It holds the results of data sources
// and exports as they become known; what depends on others is unknown. It is safe
// for concurrent use.
type Eval struct {
	c *Config
	m *module
	// lenient evaluations check as far as they can what is not known: for_each of
	// unknown length, and arguments that only the environment of a run has.
	lenient bool

	mu      sync.Mutex
	locals  map[string]cty.Value
	results map[export.Address]*results
	// broken are local values whose error was reported.
	broken map[string]bool
}

// results are the values of a block's instances, as expressions see them.
type results struct {
	single cty.Value
	byKey  map[string]cty.Value
	// whole is the object over all instances, nil until it is asked for.
	whole *cty.Value
	// instances is for_each evaluated, nil until it is asked for.
	instances *instances
}

// NewEval begins an evaluation in which no result is known.
func (c *Config) NewEval() *Eval {
	return &Eval{
		c: c, m: c.mod, locals: map[string]cty.Value{},
		results: map[export.Address]*results{}, broken: map[string]bool{},
	}
}

// SetData hands in what was read for an instance of a data source.
func (e *Eval) SetData(addr export.Address, v cty.Value) { e.set(addr, v) }

// SetExport hands in the object that expressions see for an instance of an export.
func (e *Eval) SetExport(addr export.Address, v cty.Value) { e.set(addr, v) }

func (e *Eval) set(addr export.Address, v cty.Value) {
	e.mu.Lock()
	defer e.mu.Unlock()
	blockAddr := addr.Block()
	r := e.resultsOf(blockAddr)
	if addr.HasKey {
		if r.byKey == nil {
			r.byKey = map[string]cty.Value{}
		}
		r.byKey[addr.Key] = v
	} else {
		r.single = v
	}
	r.whole = nil
	e.forget(blockAddr)
}

// forget drops what was worked out from a block's results.
func (e *Eval) forget(addr export.Address) {
	for _, name := range e.m.localUsers[addr] {
		delete(e.locals, name)
	}
	for _, user := range e.m.eachUsers[addr] {
		if u := e.results[user]; u != nil && (u.instances != nil || u.whole != nil) {
			u.instances, u.whole = nil, nil
			e.forget(user)
		}
	}
}

func (e *Eval) resultsOf(blockAddr export.Address) *results {
	r := e.results[blockAddr]
	if r == nil {
		r = &results{single: cty.DynamicVal}
		e.results[blockAddr] = r
	}
	return r
}

// VariableValue is the value of a variable.
type VariableValue struct {
	// Value has its marks removed; Sensitive says whether it must not be shown.
	Value       cty.Value
	Sensitive   bool
	Description string
}

// Variables returns the values of all variables.
func (e *Eval) Variables() map[string]VariableValue {
	out := make(map[string]VariableValue, len(e.m.variables))
	for name, v := range e.m.variables {
		plain, marks := v.value.UnmarkDeep()
		_, marked := marks[funcs.Sensitive]
		out[name] = VariableValue{Value: plain, Sensitive: v.sensitive || marked, Description: v.description}
	}
	return out
}

// context returns what an expression with these references can see. The lock must
// be held.
func (e *Eval) context(r refs) (*hcl.EvalContext, hcl.Diagnostics) {
	if len(r.locals) == 0 && len(r.blocks) == 0 {
		return e.c.base, nil
	}
	var diags hcl.Diagnostics
	vars := map[string]cty.Value{}
	if len(r.locals) > 0 {
		locals := make(map[string]cty.Value, len(r.locals))
		for _, name := range r.locals {
			v, d := e.local(name)
			diags = append(diags, d...)
			locals[name] = v
		}
		vars["local"] = cty.ObjectVal(locals)
	}
	if len(r.blocks) > 0 {
		e.addBlocks(vars, r.blocks)
	}
	ctx := e.c.base.NewChild()
	ctx.Variables = vars
	return ctx, diags
}

// addBlocks adds data.TYPE.NAME and TYPE.NAME to the variables of a context.
func (e *Eval) addBlocks(vars map[string]cty.Value, blocks []export.Address) {
	data := map[string]map[string]cty.Value{}
	exports := map[string]map[string]cty.Value{}
	for _, a := range blocks {
		into := exports
		if a.Data {
			into = data
		}
		if into[a.Type] == nil {
			into[a.Type] = map[string]cty.Value{}
		}
		into[a.Type][a.Name] = e.blockValue(a)
	}
	for typ, byName := range exports {
		vars[typ] = cty.ObjectVal(byName)
	}
	if len(data) > 0 {
		types := make(map[string]cty.Value, len(data))
		for typ, byName := range data {
			types[typ] = cty.ObjectVal(byName)
		}
		vars["data"] = cty.ObjectVal(types)
	}
}

// local evaluates a local value once. Its errors are reported to whoever asks
// first; to others it is unknown.
func (e *Eval) local(name string) (cty.Value, hcl.Diagnostics) {
	if v, ok := e.locals[name]; ok {
		return v, nil
	}
	l := e.m.locals[name]
	e.locals[name] = cty.DynamicVal // what a value that depends on itself finds
	if l.wrong {
		return cty.DynamicVal, nil
	}
	ctx, diags := e.context(l.refs)
	v, d := l.expr.Value(ctx)
	diags = append(diags, d...)
	if diags.HasErrors() {
		v = cty.DynamicVal
		if e.broken[name] {
			diags = nil
		}
		e.broken[name] = true
	}
	e.locals[name] = v
	return v, diags
}

// blockValue is what an expression sees for a block: the object of its instance,
// or an object of instances by key.
func (e *Eval) blockValue(addr export.Address) cty.Value {
	r := e.resultsOf(addr)
	b := e.m.blocks[addr]
	if b.forEach == nil {
		return r.single
	}
	if r.whole != nil {
		return *r.whole
	}
	list, _ := e.instances(b) // its errors are reported when the block is expanded
	whole := cty.DynamicVal
	if list != nil && !list.unknown {
		attrs := make(map[string]cty.Value, len(list.keys))
		for _, key := range list.keys {
			v, ok := r.byKey[key]
			if !ok {
				v = cty.DynamicVal
			}
			attrs[key] = v
		}
		whole = cty.ObjectVal(attrs)
	}
	r.whole = &whole
	return whole
}

// static evaluates an argument that must be known before anything is read, into a
// *string or *bool.
func (e *Eval) static(a *hcl.Attribute, into any) hcl.Diagnostics {
	if a == nil {
		return nil
	}
	r, diags := e.m.resolve(a.Expr, scope{static: "this must be known before anything is read"})
	if diags.HasErrors() {
		return diags
	}
	ctx, d := e.context(r)
	diags = append(diags, d...)
	v, d := a.Expr.Value(ctx)
	if diags = append(diags, d...); diags.HasErrors() {
		return diags
	}
	if !v.IsKnown() && e.c.opt.AllowUnset {
		return diags
	}
	return append(diags, fromValue(a, v, into)...)
}
