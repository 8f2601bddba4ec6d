package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// lifecycle is the lifecycle block of an export as written.
type lifecycle struct {
	preventDestroy *arg
	ignoreChanges  []string
	ignoreRange    hcl.Range
	pre, post      []*condition
}

// condition is a precondition or postcondition as written.
type condition struct {
	expr, message hcl.Expression
	rng           hcl.Range
	refs          refs
}

var (
	lifecycleSchema = &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "prevent_destroy"}, {Name: "ignore_changes"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "precondition"}, {Type: "postcondition"}},
	}
	conditionSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "condition", Required: true}, {Name: "error_message", Required: true},
	}}
)

const lifecycleBlock = "lifecycle"

// takeLifecycle reads the lifecycle block among the blocks of an export.
func (b *block) takeLifecycle(blocks hcl.Blocks) hcl.Diagnostics {
	var diags hcl.Diagnostics
	var first *hcl.Block
	for _, lb := range blocks {
		if lb.Type != lifecycleBlock {
			continue
		}
		if first != nil {
			diags = append(diags, diag(lb.DefRange, "Duplicate block", "Only one lifecycle block is allowed here; another was defined at %s.", first.DefRange))
			continue
		}
		first = lb
		content, d := lb.Body.Content(lifecycleSchema)
		diags = append(diags, d...)
		if a := content.Attributes["prevent_destroy"]; a != nil {
			b.lifecycle.preventDestroy = &arg{Attribute: a}
		}
		if a := content.Attributes["ignore_changes"]; a != nil {
			diags = append(diags, b.takeIgnoreChanges(a)...)
		}
		for _, cb := range content.Blocks {
			cc, d := cb.Body.Content(conditionSchema)
			if diags = append(diags, d...); d.HasErrors() {
				continue
			}
			c := &condition{expr: cc.Attributes["condition"].Expr, message: cc.Attributes["error_message"].Expr, rng: cb.DefRange}
			if cb.Type == "precondition" {
				b.lifecycle.pre = append(b.lifecycle.pre, c)
			} else {
				b.lifecycle.post = append(b.lifecycle.post, c)
			}
		}
	}
	return diags
}

// takeIgnoreChanges reads a list of the type's own arguments, or the word all,
// which stands for every one of them. Sensitive arguments are not among them: the
// state does not hold what they were.
func (b *block) takeIgnoreChanges(a *hcl.Attribute) hcl.Diagnostics {
	b.lifecycle.ignoreRange = a.Range
	known := slices.DeleteFunc(b.own.Names(), func(name string) bool {
		at := b.own.Attribute(name)
		return at != nil && at.Sensitive
	})
	if hcl.ExprAsKeyword(a.Expr) == "all" {
		b.lifecycle.ignoreChanges = known
		return nil
	}
	list, diags := hcl.ExprList(a.Expr)
	for _, expr := range list {
		name := hcl.ExprAsKeyword(expr)
		if name == "" {
			if v, d := expr.Value(nil); !d.HasErrors() {
				_ = fromValue(a, v, &name) // what is no text is refused below
			}
		}
		if at := b.own.Attribute(name); at != nil && at.Sensitive {
			diags = append(diags, diag(expr.Range(), "Invalid ignore_changes",
				"The argument %q is sensitive. The state does not hold its value, so that a change cannot be undone.", name))
			continue
		}
		if !slices.Contains(known, name) {
			diags = append(diags, diag(expr.Range(), "Invalid ignore_changes",
				"ignore_changes lists arguments of %s by name, or is the word all.%s", b.addr.Type, didYouMean(name, known)))
			continue
		}
		b.lifecycle.ignoreChanges = add(b.lifecycle.ignoreChanges, name)
	}
	return diags
}

func (l *lifecycle) resolve(m *module, s scope) (refs, hcl.Diagnostics) {
	var all refs
	var diags hcl.Diagnostics
	if p := l.preventDestroy; p != nil {
		where := s
		where.static = "the protection of an export must be known before anything is read"
		r, d := m.resolve(p.Expr, where)
		p.refs = r
		all.merge(r)
		diags = append(diags, d...)
	}
	resolve := func(c *condition, allow uses) {
		where := s
		where.allow |= allow
		for _, expr := range []hcl.Expression{c.expr, c.message} {
			r, d := m.resolve(expr, where)
			c.refs.merge(r)
			diags = append(diags, d...)
		}
		all.merge(c.refs)
	}
	for _, c := range l.pre {
		resolve(c, 0)
	}
	for _, c := range l.post {
		resolve(c, usesSelf)
	}
	return all, diags
}
