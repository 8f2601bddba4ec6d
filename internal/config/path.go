package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"reportsync/internal/config/funcs"
	"reportsync/internal/config/safepath"
	"reportsync/internal/export"
)

// PathTemplate gives the path of each version of an instance, relative to the
// export root and with forward slashes. It is safe for concurrent use.
type PathTemplate struct {
	// PerVersion is false when all versions share one path: the template mentions
	// neither version nor period.
	PerVersion bool

	t *pathTemplate
	// parts are the template taken apart, nil when it is not simple.
	parts pathParts
	// ctx is the instance's context, with each made safe.
	ctx *hcl.EvalContext
	// folder and ext make the default path.
	folder, ext string
	in          *Instance
}

// pathTemplate is the argument path as written.
type pathTemplate struct {
	expr    hcl.Expression
	outline pathOutline
	// parts are shared when they do not depend on each.
	parts pathParts
}

const invalidPath = "Invalid path"

// Eval returns the path of a version. Whatever id, name or key hold, the path
// stays below the export root and has the folders that the template writes.
func (p PathTemplate) Eval(v export.Version) (string, hcl.Diagnostics) {
	if p.t == nil {
		return p.folder + "/" + safepath.Segment(v.ID) + "." + p.ext, nil
	}
	return p.eval(moment{v, p.in.zone()})
}

func (p PathTemplate) eval(m moment) (string, hcl.Diagnostics) {
	text, diags := p.render(m)
	if diags.HasErrors() {
		return "", diags
	}
	if p.PerVersion {
		text = fillSegments(text)
	}
	clean, err := safepath.Clean(text)
	if err != nil {
		return "", append(diags, diag(p.t.expr.Range(), invalidPath, "%s: %s; the path is %q.", p.in.Address, err, text))
	}
	return clean, diags
}

// render evaluates the template.
func (p PathTemplate) render(m moment) (string, hcl.Diagnostics) {
	if p.parts != nil {
		return p.parts.join(m), nil
	}
	ctx := p.ctx
	if p.PerVersion {
		ctx = withLate(ctx, m.values(true))
	}
	v, diags := p.t.expr.Value(ctx)
	if diags.HasErrors() {
		return "", p.in.config.redact(diags)
	}
	text, problem := p.text(v)
	if problem != "" {
		return "", append(diags, diag(p.t.expr.Range(), invalidPath, "%s: %s", p.in.Address, problem))
	}
	return text, diags
}

// text returns the value as text, or what is wrong with it.
func (p PathTemplate) text(v cty.Value) (text, problem string) {
	if v.HasMarkDeep(funcs.Sensitive) {
		return "", "the path refers to a sensitive value, but paths are shown and stored. Use nonsensitive() if it may be seen."
	}
	v, _ = v.UnmarkDeep()
	v, err := convert.Convert(v, cty.String)
	switch {
	case err != nil:
		return "", "the path must be text: " + err.Error() + "."
	case v.IsNull():
		return "", "the path is null for this version."
	case !v.IsKnown():
		return "", "the path depends on results that are not known yet."
	}
	return v.AsString(), ""
}

// fillSegments puts an underscore where a version that has no name, or no time,
// left a segment empty.
func fillSegments(path string) string {
	if path == "" || !strings.Contains(path, "//") && path[0] != '/' && path[len(path)-1] != '/' {
		return path
	}
	parts := strings.Split(path, "/")
	for i, s := range parts {
		if s == "" {
			parts[i] = safepath.Segment("")
		}
	}
	return strings.Join(parts, "/")
}

// path makes the template of an instance and tries it, so that mistakes in what
// was written show before there is a version.
func (x *expansion) path(in *Instance, ctx *hcl.EvalContext, key, value cty.Value) hcl.Diagnostics {
	folder := x.b.addr.Type + "." + x.b.addr.Name
	if in.Address.HasKey {
		folder += "." + x.eachPath.segment(in.Address.Key)
	}
	p := PathTemplate{PerVersion: true, folder: folder, ext: string(in.Format), in: in}
	in.Path = p
	a := x.b.meta[pathArgument]
	if a == nil {
		return nil
	}
	r := x.b.pathRefs
	if x.sharedPath == nil {
		x.sharedPath = &pathTemplate{expr: a.Expr, outline: outlinePath(a.Expr)}
	}
	p.t, p.ctx = x.sharedPath, ctx
	p.PerVersion = r.uses&usesLate != 0
	if r.uses&usesEach != 0 && key.IsKnown() {
		p.ctx = each(x.ctx, cty.StringVal(x.eachPath.segment(in.Address.Key)), x.eachPath.value(value))
	}
	if p.parts = p.t.parts; p.parts == nil {
		p.parts = p.t.outline.evaluate(p.ctx)
		if r.uses&usesEach == 0 {
			p.t.parts = p.parts
		}
	}
	if p.parts != nil {
		return p.use(in, p.parts.join(sample), nil)
	}
	probe := p.ctx
	if p.PerVersion {
		probe = withLate(p.ctx, sampleInPath)
	}
	v, diags := a.Expr.Value(probe)
	if diags.HasErrors() {
		if p.PerVersion {
			in.Path = p // the sample may be at fault; a real version will tell
			return nil
		}
		return diags
	}
	plain, _ := v.UnmarkDeep()
	switch {
	case plain.IsNull():
		return diags // as if it were not written
	case !plain.IsKnown() && !v.HasMarkDeep(funcs.Sensitive):
		in.Unknown = append(in.Unknown, pathArgument)
		in.Path = p
		return diags
	}
	text, problem := p.text(v)
	if problem != "" {
		return append(diags, diag(a.Expr.Range(), invalidPath, "%s: %s", in.Address, problem))
	}
	return p.use(in, text, diags)
}

// use makes the template the instance's if the path that it gave for the sample
// is one.
func (p PathTemplate) use(in *Instance, text string, diags hcl.Diagnostics) hcl.Diagnostics {
	if _, err := safepath.Clean(text); err != nil {
		return append(diags, diag(p.t.expr.Range(), invalidPath, "%s: %s; the path is %s.", in.Address, err, quoted([]string{text})[0]))
	}
	in.Path = p
	return diags
}
