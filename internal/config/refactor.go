package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
)

// Move is a moved block: what the state knows under From is To from now on. Without
// a key in either, all instances of the block move.
type Move struct {
	From, To export.Address
	Range    hcl.Range
}

// Removal is a removed block: From ends, with or without what it is on the service.
type Removal struct {
	From    export.Address
	Destroy bool
	Range   hcl.Range
}

// Import is an import block, or one instance of it: what the service calls ID is
// taken under the care of To.
type Import struct {
	To    export.Address
	ID    string
	Range hcl.Range
}

// Moves returns the moved blocks in the order of the files.
func (c *Config) Moves() []Move { return c.mod.moves }

// Removals returns the removed blocks in the order of the files.
func (c *Config) Removals() []Removal { return c.mod.removals }

// importBlock is an import block as written.
type importBlock struct {
	to      export.Address
	key     hcl.Expression // of a key that is not written out
	id      hcl.Expression
	forEach *hcl.Attribute
	rng     hcl.Range
	refs    refs
	eachOf  refs // of for_each
}

const invalidAddress = "Invalid address"

// exportAddress reads the address of an export; of its key too, if it is written out.
func exportAddress(expr hcl.Expression) (export.Address, *hcl.Diagnostic) {
	fail := func() (export.Address, *hcl.Diagnostic) {
		return export.Address{}, diag(expr.Range(), invalidAddress, "Write the address of an export: TYPE.NAME or TYPE.NAME[\"KEY\"].")
	}
	t, diags := hcl.AbsTraversalForExpr(expr)
	if diags.HasErrors() {
		return fail()
	}
	a, ok := blockTraversal(t)
	if !ok || a.Data || len(t) > 3 {
		return fail()
	}
	if len(t) == 3 {
		index, ok := t[2].(hcl.TraverseIndex)
		if !ok || index.Key.Type() != cty.String {
			return fail()
		}
		a = a.Instance(index.Key.AsString())
	}
	return a, nil
}

func (m *module) knownType(a export.Address, rng hcl.Range) hcl.Diagnostics {
	if _, ok := m.catalog.exports[a.Type]; ok {
		return nil
	}
	return hcl.Diagnostics{diag(rng, "Unknown type", "There is no export of type %q.%s", a.Type, didYouMean(a.Type, names(m.catalog.exports)))}
}

var movedSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "from", Required: true}, {Name: "to", Required: true}}}

func (m *module) declareMoved(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	content, diags := b.Body.Content(movedSchema)
	if diags.HasErrors() {
		return diags
	}
	from, to := content.Attributes["from"], content.Attributes["to"]
	mv := Move{Range: b.DefRange}
	for _, end := range []struct {
		a    *hcl.Attribute
		into *export.Address
	}{{from, &mv.From}, {to, &mv.To}} {
		addr, d := exportAddress(end.a.Expr)
		if d != nil {
			return append(diags, d)
		}
		*end.into = addr
		if d := m.knownType(addr, end.a.Expr.Range()); d.HasErrors() {
			return append(diags, d...)
		}
	}
	switch {
	case mv.From.Type != mv.To.Type:
		diags = append(diags, diag(to.Expr.Range(), "Type cannot change", "%s and %s are exports of different types, so one cannot become the other.", mv.From, mv.To))
	case mv.From == mv.To:
		diags = append(diags, diag(to.Expr.Range(), invalidAddress, "%s is moved to itself.", mv.From))
	default:
		for _, o := range m.moves {
			if o.From == mv.From {
				return append(diags, duplicate(b.DefRange, "The move of "+mv.From.String(), o.Range))
			}
		}
		m.moves = append(m.moves, mv)
	}
	return diags
}

var (
	removedSchema = &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "from", Required: true}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: lifecycleBlock}},
	}
	removedLifecycleSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "destroy"}}}
)

func (m *module) declareRemoved(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	content, diags := b.Body.Content(removedSchema)
	if diags.HasErrors() {
		return diags
	}
	from := content.Attributes["from"]
	r := Removal{Destroy: true, Range: b.DefRange}
	addr, d := exportAddress(from.Expr)
	if d != nil {
		return append(diags, d)
	}
	if r.From = addr; addr.HasKey {
		return append(diags, diag(from.Expr.Range(), invalidAddress, "A whole block is removed: write %s. To remove one instance, take its key out of for_each.", addr.Block()))
	}
	diags = append(diags, m.knownType(addr, from.Expr.Range())...)
	for _, lb := range content.Blocks {
		lc, d := lb.Body.Content(removedLifecycleSchema)
		diags = append(diags, d...)
		diags = append(diags, m.literal(lc.Attributes["destroy"], &r.Destroy)...)
	}
	m.removals = append(m.removals, r)
	return diags
}

var importSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "to", Required: true}, {Name: "id", Required: true}, {Name: "for_each"},
}}

func (m *module) declareImport(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	content, diags := b.Body.Content(importSchema)
	if diags.HasErrors() {
		return diags
	}
	to := content.Attributes["to"].Expr
	i := &importBlock{id: content.Attributes["id"].Expr, forEach: content.Attributes["for_each"], rng: b.DefRange}
	if x, ok := to.(*hclsyntax.IndexExpr); ok { // a key that is worked out
		to, i.key = x.Collection, x.Key
	}
	addr, d := exportAddress(to)
	if d != nil {
		return append(diags, d)
	}
	if i.key != nil && addr.HasKey {
		return append(diags, diag(to.Range(), invalidAddress, "An address has one key."))
	}
	i.to = addr
	m.imports = append(m.imports, i)
	return append(diags, m.knownType(addr, to.Range())...)
}

// resolveRefactoring checks moved, removed and import blocks against what is
// declared.
func (m *module) resolveRefactoring() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, r := range m.removals {
		if b := m.blocks[r.From]; b != nil {
			diags = append(diags, diag(r.Range, "Removed block is still there",
				"%s is declared at %s. Take that block out of the configuration, or this one.", r.From, b.rng))
		}
	}
	for _, mv := range m.moves {
		b := m.blocks[mv.From]
		if b != nil && !mv.From.HasKey && b.forEach == nil && !(mv.To.Block() == mv.From) {
			diags = append(diags, diag(mv.Range, "Moved block is still there",
				"%s is declared at %s, and is moved to %s at the same time. Take one of the two out.", mv.From, b.rng, mv.To))
		}
	}
	if slices.ContainsFunc(m.moves, m.circular) {
		diags = append(diags, diag(m.moves[0].Range, "Cycle", "The moved blocks go round in a circle."))
	}
	for _, i := range m.imports {
		diags = append(diags, m.resolveImport(i)...)
	}
	return diags
}

// circular reports whether following the moves from one leads back to it.
func (m *module) circular(mv Move) bool {
	at := mv.To
	for range m.moves {
		next := slices.IndexFunc(m.moves, func(o Move) bool { return o.From == at })
		if next < 0 {
			return false
		}
		if at = m.moves[next].To; at == mv.To {
			return true
		}
	}
	return false
}

func (m *module) resolveImport(i *importBlock) hcl.Diagnostics {
	var diags hcl.Diagnostics
	b := m.blocks[i.to.Block()]
	if b == nil {
		return hcl.Diagnostics{diag(i.rng, undeclared, "There is no block %s to import into. Declare the export first.", i.to.Block())}
	}
	keyed := i.key != nil || i.to.HasKey
	if keyed != (b.forEach != nil) {
		want := i.to.Block().String()
		if !keyed {
			want += "[\"KEY\"], because the block has for_each"
		}
		diags = append(diags, diag(i.rng, invalidAddress, "Write %s.", want))
	}
	if i.forEach != nil {
		r, d := m.resolve(i.forEach.Expr, scope{})
		i.eachOf = r
		diags = append(diags, d...)
	}
	for _, expr := range []hcl.Expression{i.key, i.id} {
		if expr == nil {
			continue
		}
		r, d := m.resolve(expr, scope{allow: usesEach, forEach: i.forEach != nil})
		i.refs.merge(r)
		diags = append(diags, d...)
	}
	return diags
}

// Imports evaluates the import blocks with the results known by now. One whose
// values are not known yet is left out.
func (e *Eval) Imports() ([]Import, hcl.Diagnostics) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Import
	var diags hcl.Diagnostics
	for _, i := range e.m.imports {
		found, d := e.importsOf(i)
		out, diags = append(out, found...), append(diags, d...)
	}
	return out, e.c.redact(diags)
}

func (e *Eval) importsOf(i *importBlock) ([]Import, hcl.Diagnostics) {
	ctx, diags := e.context(i.refs)
	if diags.HasErrors() {
		return nil, diags
	}
	if i.forEach == nil {
		one, d := i.evaluate(ctx)
		return one, append(diags, d...)
	}
	ectx, d := e.context(i.eachOf)
	v, vd := i.forEach.Expr.Value(ectx)
	if diags = append(append(diags, d...), vd...); diags.HasErrors() {
		return nil, diags
	}
	list, problem := e.forEach(&block{forEach: i.forEach}, v)
	if problem != nil {
		return nil, append(diags, problem)
	}
	var out []Import
	for _, key := range list.keys {
		found, d := i.evaluate(each(ctx, cty.StringVal(key), list.values[key]))
		out, diags = append(out, found...), append(diags, d...)
	}
	return out, diags
}

func (i *importBlock) evaluate(ctx *hcl.EvalContext) ([]Import, hcl.Diagnostics) {
	out := Import{To: i.to, Range: i.rng}
	text := func(name string, expr hcl.Expression, into *string) (known bool, diags hcl.Diagnostics) {
		v, diags := expr.Value(ctx)
		if diags.HasErrors() || !v.IsKnown() {
			return false, diags
		}
		diags = append(diags, fromValue(&hcl.Attribute{Name: name, Expr: expr}, v, into)...)
		if !diags.HasErrors() && *into == "" {
			diags = append(diags, diag(expr.Range(), "Invalid import", "The %s is empty.", name))
		}
		return true, diags
	}
	known, diags := text("id", i.id, &out.ID)
	if !known || diags.HasErrors() {
		return nil, diags
	}
	if i.key != nil {
		key := ""
		known, d := text("key", i.key, &key)
		if diags = append(diags, d...); !known || diags.HasErrors() {
			return nil, diags
		}
		out.To = out.To.Instance(key)
	}
	return []Import{out}, diags
}
