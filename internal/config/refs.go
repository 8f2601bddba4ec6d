package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/export"
)

// uses are the references that only some places allow.
type uses uint8

const (
	usesEach uses = 1 << iota
	usesSelf
	usesVersion
	usesPeriod

	usesLate = usesVersion | usesPeriod
)

// refs is what an expression refers to.
type refs struct {
	uses   uses
	vars   []string
	locals []string
	blocks []export.Address
}

func (r *refs) merge(o refs) {
	r.uses |= o.uses
	for _, v := range o.vars {
		r.vars = add(r.vars, v)
	}
	for _, l := range o.locals {
		r.locals = add(r.locals, l)
	}
	for _, b := range o.blocks {
		r.blocks = add(r.blocks, b)
	}
}

func add[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// scope says where an expression stands, and so what it may refer to.
type scope struct {
	allow uses
	// forEach is set inside a block that has for_each.
	forEach bool
	// static explains why data sources and exports cannot be referred to; empty
	// where they can.
	static string
}

// resolve checks the references and function calls of an expression.
func (m *module) resolve(expr hcl.Expression, s scope) (refs, hcl.Diagnostics) {
	var r refs
	var diags hcl.Diagnostics
	scan(expr, func(t hcl.Traversal) {
		diags = append(diags, m.reference(t, s, &r)...)
	}, func(name string, rng hcl.Range) {
		diags = append(diags, checkFunction(name, rng)...)
	})
	return r, diags
}

const undeclared = "Reference to something that is not declared"

// reference checks one reference and records it.
func (m *module) reference(t hcl.Traversal, s scope, r *refs) hcl.Diagnostics {
	rng := t.SourceRange()
	fail := func(summary, detail string, args ...any) hcl.Diagnostics {
		return hcl.Diagnostics{diag(rng, summary, detail, args...)}
	}
	root := t.RootName()
	switch root {
	case "var", "local":
		name, ok := attrStep(t, 1)
		if !ok {
			return fail("Invalid reference", "%q must be followed by a name: %s.NAME.", root, root)
		}
		if root == "var" {
			if m.variables[name] == nil {
				return fail(undeclared, "There is no variable %q.%s Declare it with a block: variable %q {}", name, didYouMean(name, names(m.variables)), name)
			}
			r.vars = add(r.vars, name)
			return nil
		}
		l := m.locals[name]
		if l == nil {
			return fail(undeclared, "There is no local value %q.%s", name, didYouMean(name, names(m.locals)))
		}
		if s.static != "" && len(l.needs) > 0 {
			return fail("Value is not known in time", "local.%s depends on %s, but %s.", name, l.needs[0], s.static)
		}
		r.locals = add(r.locals, name)
		return nil
	case "each":
		return m.eachReference(t, s, r)
	case "self":
		if s.allow&usesSelf == 0 {
			return fail("Invalid reference", "\"self\" can be used in postconditions only; it is the export after it was done.")
		}
		r.uses |= usesSelf
		return nil
	case "version", "period":
		return lateReference(t, s, r)
	case "path":
		if name, ok := attrStep(t, 1); !ok || name != "config" && name != "cwd" {
			return fail("Invalid reference", "\"path\" has the attributes path.config (the configuration's folder) and path.cwd (the working folder).")
		}
		return nil
	case "data":
		return m.dataReference(t, s, r)
	case "count":
		return fail("There is no count", countHelp)
	}
	if et, ok := m.catalog.exports[root]; ok {
		name, ok := attrStep(t, 1)
		if !ok {
			return fail("Invalid reference", "%q must be followed by the name of an export: %s.NAME.", root, root)
		}
		addr := export.Address{Type: root, Name: name}
		return m.blockReference(t, 2, addr, s, r, func(attr string) bool {
			_, common := CommonResults[attr]
			_, own := et.Result[attr]
			return common || own
		}, func() []string { return append(names(CommonResults), names(et.Result)...) })
	}
	hint := didYouMean(root, append(names(m.catalog.exports), "var", "local", "data", "each", "self", "path", "version", "period"))
	if p := m.catalog.providers[root]; p != nil {
		return fail("Invalid reference", "%q is a provider; it can be referred to in the argument provider only.", root)
	}
	if _, ok := m.variables[root]; ok {
		hint = fmt.Sprintf(" Did you mean \"var.%s\"?", root)
	} else if _, ok := m.locals[root]; ok {
		hint = fmt.Sprintf(" Did you mean \"local.%s\"?", root)
	}
	return fail(undeclared, "There is nothing called %q here; references begin with var, local, data, each, path or the type of an export.%s", root, hint)
}

const countHelp = "An index that shifts when an element is removed would ask for reports again. " +
	"Use for_each with a map or a set of strings for several instances, and enabled = false to switch a block off."

func (m *module) eachReference(t hcl.Traversal, s scope, r *refs) hcl.Diagnostics {
	rng := t.SourceRange()
	if !s.forEach || s.allow&usesEach == 0 {
		detail := "\"each\" can be used only in blocks that have for_each."
		if s.forEach {
			detail = "\"each\" cannot be used here: the value is needed before the instances are known."
		}
		return hcl.Diagnostics{diag(rng, "Invalid reference", "%s", detail)}
	}
	if name, ok := attrStep(t, 1); !ok || name != "key" && name != "value" {
		return hcl.Diagnostics{diag(rng, "Invalid reference", "\"each\" has the attributes each.key and each.value.")}
	}
	r.uses |= usesEach
	return nil
}

func (m *module) dataReference(t hcl.Traversal, s scope, r *refs) hcl.Diagnostics {
	typ, ok := attrStep(t, 1)
	name, named := attrStep(t, 2)
	if !ok || !named {
		return hcl.Diagnostics{diag(t.SourceRange(), "Invalid reference", "\"data\" must be followed by type and name of a data source: data.TYPE.NAME.")}
	}
	dt, known := m.catalog.data[typ]
	if !known {
		return hcl.Diagnostics{diag(t.SourceRange(), undeclared, "There is no type of data source %q.%s", typ, didYouMean(typ, names(m.catalog.data)))}
	}
	return m.blockReference(t, 3, export.Address{Data: true, Type: typ, Name: name}, s, r, func(attr string) bool {
		_, own := dt.Result[attr]
		return own || len(dt.Result) == 0
	}, func() []string { return names(dt.Result) })
}

// blockReference checks a reference to a data source or export from its
// attributes on.
func (m *module) blockReference(t hcl.Traversal, next int, addr export.Address, s scope, r *refs, has func(string) bool, known func() []string) hcl.Diagnostics {
	rng := t.SourceRange()
	b := m.blocks[addr]
	if b == nil {
		var same []string
		for a := range m.blocks {
			if a.Data == addr.Data && a.Type == addr.Type {
				same = append(same, a.Name)
			}
		}
		slices.Sort(same)
		return hcl.Diagnostics{diag(rng, undeclared, "There is no block %s.%s", addr, didYouMean(addr.Name, same))}
	}
	if s.static != "" {
		return hcl.Diagnostics{diag(rng, "Value is not known in time", "%s cannot be used here, because %s.", addr, s.static)}
	}
	r.blocks = add(r.blocks, addr)
	attr, ok := attrStep(t, next)
	if b.forEach != nil {
		if ok {
			return hcl.Diagnostics{diag(rng, "Instance missing in reference",
				"%s has for_each, so it is a map of instances; write %s[\"KEY\"].%s.", addr, addr, attr)}
		}
		if len(t) <= next {
			return nil
		}
		attr, ok = attrStep(t, next+1)
	} else if _, indexed := at(t, next).(hcl.TraverseIndex); indexed {
		return hcl.Diagnostics{diag(rng, "Unexpected index", "%s has no for_each, so there is one instance; write %s without the brackets.", addr, addr)}
	}
	if ok && !has(attr) {
		return hcl.Diagnostics{diag(rng, "Unknown attribute", "%s has no attribute %q; it has %s.%s",
			addr, attr, listing(known(), "and"), didYouMean(attr, known()))}
	}
	return nil
}

func at(t hcl.Traversal, i int) hcl.Traverser {
	if i < len(t) {
		return t[i]
	}
	return nil
}

// attrStep returns the name of the i-th step when it is written .name.
func attrStep(t hcl.Traversal, i int) (string, bool) {
	step, ok := at(t, i).(hcl.TraverseAttr)
	return step.Name, ok
}
