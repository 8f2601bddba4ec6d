package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// valueSource is one place that gives values to variables. Later ones win.
type valueSource struct {
	// of a file
	file  string
	attrs hcl.Attributes
	// of -var or the environment
	name, text string
	flag       bool
}

const (
	varsExt  = ".rsvars"
	mainVars = "reportsync"
)

// variableFiles collects the sources of values in the order of precedence, the
// environment left out.
func variableFiles(o *Options, root string) ([]valueSource, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	var out []valueSource
	read := func(path string, optional bool) {
		text, err := os.ReadFile(path)
		if optional && os.IsNotExist(err) {
			return
		}
		if err != nil {
			diags = append(diags, fileProblem("Variable file cannot be read", show(o, path), err, "Give -var-file a file that exists; it is looked for from the working folder."))
			return
		}
		src, d := parseVariables(source{show(o, path), text})
		diags = append(diags, d...)
		if src != nil {
			out = append(out, *src)
		}
	}
	read(filepath.Join(root, mainVars+varsExt), true)
	read(filepath.Join(root, mainVars+varsExt+".json"), true)
	auto, err := listFiles(root, func(name string) bool {
		return strings.HasSuffix(name, ".auto"+varsExt) || strings.HasSuffix(name, ".auto"+varsExt+".json")
	})
	if err != nil {
		diags = append(diags, fileProblem("Variable file cannot be read", show(o, root), err, "Check its permissions."))
	}
	for _, path := range auto {
		read(path, false)
	}
	for _, v := range o.Vars {
		if v.File != "" {
			read(within(o.Dir, v.File), false)
			continue
		}
		out = append(out, valueSource{name: v.Name, text: v.Value, flag: true})
	}
	return out, diags
}

func parseVariables(s source) (*valueSource, hcl.Diagnostics) {
	f, diags := parseFile(s)
	if diags.HasErrors() {
		return nil, diags
	}
	attrs, d := f.Body.JustAttributes()
	return &valueSource{file: s.name, attrs: attrs}, append(diags, d...)
}

// setVariables gives all variables their values and checks them.
func (m *module) setVariables(c *Config, sources []valueSource) hcl.Diagnostics {
	var diags hcl.Diagnostics
	set := make(map[string]func() hcl.Diagnostics, len(m.variables))
	for _, v := range m.variableOrder {
		if text, ok := c.env[envPrefix+v.name]; ok {
			set[v.name] = func() hcl.Diagnostics { return v.setText(text, "the environment variable "+envPrefix+v.name) }
		}
	}
	for _, s := range sources {
		if s.flag {
			v := m.variables[s.name]
			if v == nil {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: "Value for a variable that is not declared",
					Detail: fmt.Sprintf("-var sets %q, but there is no such variable.%s", s.name, didYouMean(s.name, names(m.variables))),
				})
				continue
			}
			set[v.name] = func() hcl.Diagnostics { return v.setText(s.text, "the option -var") }
			continue
		}
		for _, name := range names(s.attrs) {
			a := s.attrs[name]
			v := m.variables[name]
			if v == nil {
				diags = append(diags, warning(a.NameRange, "Value for a variable that is not declared",
					"%s sets %q, but there is no such variable.%s", s.file, name, didYouMean(name, names(m.variables))))
				continue
			}
			set[name] = func() hcl.Diagnostics {
				val, d := a.Expr.Value(nil)
				if d.HasErrors() {
					return d
				}
				return append(d, v.set(val, a.Expr.Range())...)
			}
		}
	}
	for _, v := range m.variableOrder {
		switch f := set[v.name]; {
		case f != nil:
			diags = append(diags, f()...)
		case v.wrong:
		case v.fallback != cty.NilVal:
			v.value = v.marked(v.fallback)
		case !c.opt.AllowUnset:
			diags = append(diags, diag(v.rng, "Variable has no value",
				"var.%s has no default and is not set. Set it in the environment (%s%s), in a file (%s%s, *.auto%s, -var-file=FILE), or with -var '%s=VALUE'.",
				v.name, envPrefix, v.name, mainVars, varsExt, varsExt, v.name))
		default:
			v.value = v.marked(cty.UnknownVal(v.typ.WithoutOptionalAttributesDeep()))
		}
	}
	object := make(map[string]cty.Value, len(m.variables))
	for name, v := range m.variables {
		object[name] = v.value
		if v.sensitive {
			c.hide(v.value)
		}
	}
	c.base.Variables["var"] = cty.ObjectVal(object)
	return append(diags, m.validateVariables(c)...)
}

// setText sets the variable from the environment or -var. Text for variables of
// primitive type, or of no type, is taken as it is; for others it is HCL.
func (v *variable) setText(text, where string) hcl.Diagnostics {
	if !v.typed || v.typ.IsPrimitiveType() {
		return v.set(cty.StringVal(text), v.rng)
	}
	if d := nesting(source{where, []byte(text)}); d != nil {
		return hcl.Diagnostics{d}
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), where, hcl.InitialPos)
	val := cty.DynamicVal
	if !diags.HasErrors() {
		val, diags = expr.Value(nil)
	}
	if diags.HasErrors() {
		// The parser's own words quote what it read, which may be a secret.
		return hcl.Diagnostics{diag(v.rng, invalidVariable,
			"The value of var.%s in %s is not an HCL expression; write it as in a file, such as [\"a\", \"b\"] or {a = 1}.", v.name, where)}
	}
	return v.set(val, v.rng)
}

// validateVariables evaluates the validation blocks. Conditions can refer to all
// variables.
func (m *module) validateVariables(c *Config) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, v := range m.variableOrder {
		for _, check := range v.validations {
			d := m.onlyVariables(check.condition)
			d = append(d, m.onlyVariables(check.message)...)
			if diags = append(diags, d...); d.HasErrors() {
				continue
			}
			ok, message, d := c.hold(check.condition, check.message, c.base)
			diags = append(diags, d...)
			if !ok {
				diags = append(diags, diag(v.from, invalidVariable, "var.%s: %s\n\nThis was checked by the validation at %s.", v.name, message, check.rng))
			}
		}
	}
	return diags
}

func (m *module) onlyVariables(expr hcl.Expression) hcl.Diagnostics {
	r, diags := m.resolve(expr, scope{static: "a variable is checked before anything is read"})
	if len(r.locals) > 0 {
		diags = append(diags, diag(expr.Range(), "Invalid reference", "A validation can refer to variables only, not to local values."))
	}
	return diags
}
