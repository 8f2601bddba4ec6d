package config

import (
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Load reads and checks a configuration. With errors in the diagnostics the
// Config is not usable, except for its Files, which show the places.
func Load(o Options) (*Config, hcl.Diagnostics) {
	o.Dir = filepath.Clean(o.Dir)
	loc, diags := locate(&o)
	if diags.HasErrors() {
		return &Config{Root: loc.root, Stem: loc.stem, Files: map[string]*hcl.File{}}, diags
	}
	values, valueDiags := variableFiles(&o, loc.root)
	c, loadDiags := load(&o, loc, values)
	diags = append(append(diags, valueDiags...), loadDiags...)
	return c, diags
}

// load does the work of Load on what was read.
func load(o *Options, loc location, values []valueSource) (*Config, hcl.Diagnostics) {
	c, diags := build(o, loc, values)
	return c, c.redact(diags)
}

func build(o *Options, loc location, values []valueSource) (*Config, hcl.Diagnostics) {
	c := &Config{Root: loc.root, Stem: loc.stem, opt: *o, env: environment(o.Environ), secrets: secrets{texts: map[string]struct{}{}}}
	files, byName, diags := parse(loc.sources)
	c.Files = byName
	if diags.HasErrors() {
		return c, diags
	}
	c.base = c.baseContext()
	m := newModule(newCatalog(o.Schemas), &hcl.EvalContext{Functions: c.base.Functions})
	c.mod = m
	var raw rawBlocks
	for _, f := range files {
		diags = append(diags, m.declare(f.Body, &raw)...)
	}
	diags = append(diags, m.setVariables(c, values)...)
	diags = append(diags, m.resolveLocals()...)
	static := c.NewEval()
	settings, version := c.applySettings(static)
	if version.HasErrors() {
		return c, version // a newer tool may not object to the rest
	}
	diags = append(diags, settings...)
	diags = append(diags, m.addProviders(static, raw.providers)...)
	diags = append(diags, m.resolveBlocks(static)...)
	diags = append(diags, m.resolveOutputs()...)
	diags = append(diags, m.resolveRefactoring()...)
	diags = append(diags, m.resolveChecks()...)
	if diags.HasErrors() {
		sortDiagnostics(diags)
		return c, diags
	}
	c.nodes, diags = m.graph(diags)
	sortDiagnostics(diags)
	return c, diags
}

// sortDiagnostics puts diagnostics in the order of the files, those without a
// place first, so that the same mistakes are always reported alike.
func sortDiagnostics(diags hcl.Diagnostics) {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		switch {
		case a.Subject == nil && b.Subject == nil:
			return 0
		case a.Subject == nil:
			return -1
		case b.Subject == nil:
			return 1
		}
		return comparePlaces(*a.Subject, *b.Subject)
	})
}
