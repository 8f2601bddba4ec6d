package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"reportsync/internal/export"
)

// blockKind is a type of block that may stand at the top of a file.
type blockKind struct {
	labels  []string
	declare func(*module, *hcl.Block, *rawBlocks) hcl.Diagnostics
}

// blockKinds are all of them. A new type of block needs one entry here.
var blockKinds = map[string]blockKind{
	"reportsync": {nil, (*module).declareSettings},
	"variable":   {[]string{"name"}, (*module).declareVariable},
	"locals":     {nil, (*module).declareLocals},
	"provider":   {[]string{"name"}, (*module).declareProvider},
	"data":       {[]string{"type", "name"}, (*module).declareData},
	"export":     {[]string{"type", "name"}, (*module).declareExport},
	"output":     {[]string{"name"}, (*module).declareOutput},
	"moved":      {nil, (*module).declareMoved},
	"removed":    {nil, (*module).declareRemoved},
	"import":     {nil, (*module).declareImport},
	"check":      {[]string{"name"}, (*module).declareCheck},
}

var rootSchema = func() *hcl.BodySchema {
	s := &hcl.BodySchema{}
	for _, name := range names(blockKinds) {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: name, LabelNames: blockKinds[name].labels})
	}
	return s
}()

// rawBlocks wait until variables have values.
type rawBlocks struct{ providers []*hcl.Block }

func newModule(c *catalog, constants *hcl.EvalContext) *module {
	return &module{
		catalog: c, constants: constants, variables: map[string]*variable{}, locals: map[string]*local{},
		providers: map[string]*provider{}, blocks: map[export.Address]*block{},
		localUsers: map[export.Address][]string{}, eachUsers: map[export.Address][]export.Address{},
	}
}

// declare registers the blocks of a file.
func (m *module) declare(body hcl.Body, raw *rawBlocks) hcl.Diagnostics {
	content, diags := body.Content(rootSchema)
	for _, b := range content.Blocks {
		diags = append(diags, blockKinds[b.Type].declare(m, b, raw)...)
	}
	return diags
}

// checkName refuses a label that cannot be referred to.
func checkName(b *hcl.Block, i int, what string) hcl.Diagnostics {
	if hclsyntax.ValidIdentifier(b.Labels[i]) {
		return nil
	}
	return hcl.Diagnostics{diag(b.LabelRanges[i], "Invalid name",
		"%q cannot be the name of %s: a name begins with a letter or underscore and goes on with letters, digits, underscores and dashes.", b.Labels[i], what)}
}

func duplicate(rng hcl.Range, what string, first hcl.Range) *hcl.Diagnostic {
	return diag(rng, "Duplicate declaration", "%s is declared a second time; the first is at %s. Names must be unique.", what, first)
}

func (m *module) declareSettings(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	if m.settings != nil {
		return hcl.Diagnostics{duplicate(b.DefRange, "The reportsync block", m.settings.DefRange)}
	}
	m.settings = b
	return nil
}

func (m *module) declareLocals(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	attrs, diags := b.Body.JustAttributes()
	for _, name := range names(attrs) {
		a := attrs[name]
		if first := m.locals[name]; first != nil {
			diags = append(diags, duplicate(a.NameRange, "local."+name, first.rng))
			continue
		}
		l := &local{name: name, expr: a.Expr, rng: a.NameRange}
		m.locals[name] = l
		m.localOrder = append(m.localOrder, l)
	}
	return diags
}

func (m *module) declareProvider(b *hcl.Block, raw *rawBlocks) hcl.Diagnostics {
	raw.providers = append(raw.providers, b)
	return nil
}

func (m *module) declareData(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	dt, ok := m.catalog.data[b.Labels[0]]
	if !ok {
		return hcl.Diagnostics{unknownType(b, "data source", names(m.catalog.data), names(m.catalog.exports), "export")}
	}
	return m.addBlock(&block{
		addr: export.Address{Data: true, Type: b.Labels[0], Name: b.Labels[1]}, schema: dt.provider, own: &dt.Body,
	}, b, dt.shape)
}

func (m *module) declareExport(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	et, ok := m.catalog.exports[b.Labels[0]]
	if !ok {
		return hcl.Diagnostics{unknownType(b, "export", names(m.catalog.exports), names(m.catalog.data), "data source")}
	}
	return m.addBlock(&block{
		addr: export.Address{Type: b.Labels[0], Name: b.Labels[1]}, schema: et.provider, own: &et.Body, formats: et.Formats,
	}, b, et.shape)
}

func unknownType(b *hcl.Block, what string, known, others []string, other string) *hcl.Diagnostic {
	typ := b.Labels[0]
	hint := didYouMean(typ, known)
	for _, o := range others {
		if o == typ {
			hint = " It is the type of a " + other + "."
			if other == "export" {
				hint = " It is the type of an export."
			}
		}
	}
	return diag(b.LabelRanges[0], "Unknown type", "There is no %s of type %q.%s", what, typ, hint)
}

func (m *module) addBlock(b *block, raw *hcl.Block, s *shape) hcl.Diagnostics {
	what := "an export"
	if b.addr.Data {
		what = "a data source"
	}
	diags := checkName(raw, 1, what)
	b.rng = raw.DefRange
	if first := m.blocks[b.addr]; first != nil {
		return append(diags, duplicate(b.rng, b.addr.String(), first.rng))
	}
	a, content, d := takeApart(raw.Body, s, raw.DefRange)
	diags = append(diags, d...)
	b.args, b.meta = a, content.Attributes
	b.forEach = content.Attributes["for_each"]
	if count := content.Attributes["count"]; count != nil {
		diags = append(diags, diag(count.NameRange, "There is no count", countHelp))
	}
	diags = append(diags, b.takeLifecycle(content.Blocks)...)
	m.blocks[b.addr] = b
	m.blockOrder = append(m.blockOrder, b)
	return diags
}

func (m *module) declareOutput(b *hcl.Block, _ *rawBlocks) hcl.Diagnostics {
	diags := checkName(b, 0, "an output")
	for _, o := range m.outputs {
		if o.name == b.Labels[0] {
			return append(diags, duplicate(b.DefRange, "output."+o.name, o.rng))
		}
	}
	content, d := b.Body.Content(outputSchema)
	diags = append(diags, d...)
	o := &output{name: b.Labels[0], rng: b.DefRange}
	m.outputs = append(m.outputs, o)
	if a := content.Attributes["value"]; a != nil {
		o.expr = a.Expr
	}
	o.meta = content.Attributes
	return diags
}

var outputSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "value", Required: true}, {Name: "description"}, {Name: "sensitive"},
}}
