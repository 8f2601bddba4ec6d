package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/schema"
)

// addProviders takes the provider blocks apart.
func (m *module) addProviders(e *Eval, blocks []*hcl.Block) hcl.Diagnostics {
	var diags hcl.Diagnostics
	shapes := map[string]*shape{}
	for _, b := range blocks {
		name := b.Labels[0]
		s := m.catalog.providers[name]
		if s == nil {
			diags = append(diags, diag(b.LabelRanges[0], "Unknown provider", "There is no provider %q; known are %s.%s",
				name, listing(names(m.catalog.providers), "and"), didYouMean(name, names(m.catalog.providers))))
			continue
		}
		if shapes[name] == nil {
			shapes[name] = newShape(&s.Body, nil, providerMeta)
		}
		a, content, d := takeApart(b.Body, shapes[name], b.DefRange)
		diags = append(diags, d...)
		p := &provider{ref: name, schema: s, rng: b.DefRange, args: a}
		alias := ""
		if at := content.Attributes["alias"]; at != nil {
			d := e.static(at, &alias)
			if !d.HasErrors() && !hclsyntax.ValidIdentifier(alias) {
				d = append(d, diag(at.Expr.Range(), "Invalid name", "The alias %q is not a name: letters, digits, underscores and dashes.", alias))
			}
			if diags = append(diags, d...); d.HasErrors() {
				continue
			}
			p.ref += "." + alias
		}
		if first := m.providers[p.ref]; first != nil {
			dup := duplicate(b.DefRange, "Provider "+p.ref, first.rng)
			dup.Detail += " Give the second account an alias: alias = \"NAME\"."
			diags = append(diags, dup)
			continue
		}
		m.providers[p.ref] = p
		m.providerOrder = append(m.providerOrder, p)
		p.refs, d = a.resolve(m, scope{})
		diags = append(diags, d...)
	}
	return diags
}

// chooseProvider finds the provider of a block: its argument provider, or the one
// without alias that has the block's type.
func (m *module) chooseProvider(e *Eval, b *block) hcl.Diagnostics {
	b.provider = b.schema.Name
	rng := b.rng
	if a := b.meta["provider"]; a != nil {
		rng = a.Expr.Range()
		ref, diags := m.providerRef(e, a)
		if diags.HasErrors() {
			return diags
		}
		b.provider = ref
	}
	name, alias, aliased := strings.Cut(b.provider, ".")
	if name != b.schema.Name {
		return hcl.Diagnostics{diag(rng, "Wrong provider", "%s belongs to the provider %s and cannot use %s.", b.addr, b.schema.Name, b.provider)}
	}
	if aliased && m.providers[b.provider] == nil {
		return hcl.Diagnostics{diag(rng, undeclared, "There is no block provider %q with alias = %q.%s", name, alias, didYouMean(b.provider, names(m.providers)))}
	}
	m.useProvider(b.provider, b.schema, b.rng)
	return nil
}

// useProvider makes sure that a provider is known although it may have no block.
func (m *module) useProvider(ref string, s *schema.Provider, by hcl.Range) {
	p := m.providers[ref]
	if p == nil {
		p = &provider{ref: ref, schema: s, rng: by}
		m.providers[ref] = p
		m.providerOrder = append(m.providerOrder, p)
	}
	if p.used == nil {
		p.used = &by
	}
}

// providerRef reads the argument provider: planfix or planfix.eu as it stands, or
// an expression of variables and local values that gives one of these, such as
// var.test ? planfix.test : planfix.main.
func (m *module) providerRef(e *Eval, a *hcl.Attribute) (string, hcl.Diagnostics) {
	if t, d := hcl.AbsTraversalForExpr(a.Expr); !d.HasErrors() && m.catalog.providers[t.RootName()] != nil {
		ref, ok := m.providerTraversal(t)
		if !ok {
			return "", hcl.Diagnostics{diag(t.SourceRange(), "Invalid provider", "Write the name of a provider, with an alias if it has one: %s.ALIAS.", t.RootName())}
		}
		return ref, nil
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{}}
	var diags hcl.Diagnostics
	var r refs
	scan(a.Expr, func(t hcl.Traversal) {
		if m.catalog.providers[t.RootName()] != nil {
			ctx.Variables[t.RootName()] = m.aliases(t.RootName())
			return
		}
		diags = append(diags, m.reference(t, scope{static: "the provider must be known before anything is read"}, &r)...)
	}, func(name string, rng hcl.Range) { diags = append(diags, checkFunction(name, rng)...) })
	if diags.HasErrors() {
		return "", diags
	}
	inner, d := e.context(r)
	diags = append(diags, d...)
	child := inner.NewChild()
	child.Variables = ctx.Variables
	val, d := a.Expr.Value(child)
	if diags = append(diags, d...); diags.HasErrors() {
		return "", diags
	}
	ref := ""
	if d := fromValue(a, val, &ref); d.HasErrors() {
		return "", append(diags, d...)
	}
	if ref == "" {
		diags = append(diags, diag(a.Expr.Range(), "Invalid provider", "The provider must not be null or empty; leave the argument out for the default."))
	}
	return ref, diags
}

func (m *module) providerTraversal(t hcl.Traversal) (string, bool) {
	switch len(t) {
	case 1:
		return t.RootName(), true
	case 2:
		alias, ok := attrStep(t, 1)
		return t.RootName() + "." + alias, ok
	}
	return "", false
}

// aliases is what a provider's name stands for inside an expression: an object
// with the references by alias.
func (m *module) aliases(name string) cty.Value {
	attrs := map[string]cty.Value{}
	for ref := range m.providers {
		if alias, ok := strings.CutPrefix(ref, name+"."); ok {
			attrs[alias] = cty.StringVal(ref)
		}
	}
	return cty.ObjectVal(attrs)
}

// sortProviders orders providers as they are written.
func (m *module) sortProviders() {
	slices.SortStableFunc(m.providerOrder, func(a, b *provider) int { return comparePlaces(a.rng, b.rng) })
}
