package config

import (
	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/export"
)

// resolveBlocks checks what data sources and exports refer to.
func (m *module) resolveBlocks(e *Eval) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, b := range m.blockOrder {
		diags = append(diags, m.chooseProvider(e, b)...)
		diags = append(diags, m.resolveBlock(b)...)
	}
	return diags
}

func (m *module) resolveBlock(b *block) hcl.Diagnostics {
	inside := scope{forEach: b.forEach != nil, allow: usesEach}
	var diags hcl.Diagnostics
	if b.forEach != nil {
		r, d := m.resolve(b.forEach.Expr, scope{forEach: true})
		b.forEachRefs = r
		b.refs.merge(r)
		diags = append(diags, d...)
		for _, a := range m.needs(r) {
			m.eachUsers[a] = append(m.eachUsers[a], b.addr)
		}
	}
	r, d := b.args.resolve(m, inside)
	b.refs.merge(r)
	diags = append(diags, d...)
	if a := b.meta[pathArgument]; a != nil {
		where := inside
		where.allow |= usesLate
		b.pathRefs, d = m.resolve(a.Expr, where)
		b.refs.merge(b.pathRefs)
		diags = append(diags, d...)
	}
	r, d = b.lifecycle.resolve(m, inside)
	b.refs.merge(r)
	diags = append(diags, d...)
	if a := b.meta["depends_on"]; a != nil {
		diags = append(diags, m.resolveDependsOn(b, a)...)
	}
	b.needs = m.needs(b.refs)
	for _, addr := range b.explicit {
		b.needs = add(b.needs, addr)
	}
	return diags
}

// resolveDependsOn reads a list of blocks.
func (m *module) resolveDependsOn(b *block, a *hcl.Attribute) hcl.Diagnostics {
	list, diags := hcl.ExprList(a.Expr)
	for _, expr := range list {
		t, d := hcl.AbsTraversalForExpr(expr)
		if diags = append(diags, d...); d.HasErrors() {
			continue
		}
		addr, ok := blockTraversal(t)
		if !ok {
			diags = append(diags, diag(expr.Range(), "Invalid reference", "depends_on lists blocks: TYPE.NAME or data.TYPE.NAME."))
			continue
		}
		if m.blocks[addr] == nil {
			var all []string
			for known := range m.blocks {
				if known != b.addr {
					all = append(all, known.String())
				}
			}
			diags = append(diags, diag(expr.Range(), undeclared, "There is no block %s.%s", addr, didYouMean(addr.String(), all)))
			continue
		}
		if addr == b.addr {
			diags = append(diags, diag(expr.Range(), "Cycle", "%s cannot depend on itself.", addr))
			continue
		}
		b.explicit = add(b.explicit, addr)
	}
	return diags
}

// blockTraversal returns the address of the block that a reference names.
func blockTraversal(t hcl.Traversal) (export.Address, bool) {
	var a export.Address
	i := 0
	if t.RootName() == "data" {
		a.Data, i = true, 1
		typ, ok := attrStep(t, 1)
		if !ok {
			return a, false
		}
		a.Type = typ
	} else {
		a.Type = t.RootName()
	}
	name, ok := attrStep(t, i+1)
	a.Name = name
	return a, ok
}

func (m *module) resolveOutputs() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, o := range m.outputs {
		diags = append(diags, m.literal(o.meta["description"], &o.description)...)
		diags = append(diags, m.literal(o.meta["sensitive"], &o.sensitive)...)
		if o.expr == nil {
			continue
		}
		r, d := m.resolve(o.expr, scope{})
		o.refs = r
		diags = append(diags, d...)
	}
	return diags
}
