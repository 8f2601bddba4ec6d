package config

import (
	"path/filepath"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config/constraint"
)

const (
	stateFolder       = ".reportsync"
	defaultState      = "state.db"
	defaultExportRoot = "exports"
)

var settingsSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "required_version"}, {Name: "state"}, {Name: "export_root"}, {Name: "max_deletes"},
}}

// applySettings reads the reportsync block. What is wrong with the version of the
// tool is returned apart.
func (c *Config) applySettings(e *Eval) (diags, version hcl.Diagnostics) {
	state := filepath.Join(stateFolder, defaultState)
	if c.Stem != "" {
		state = filepath.Join(stateFolder, c.Stem+".db")
	}
	root, required := defaultExportRoot, ""
	if b := c.mod.settings; b != nil {
		content, d := b.Body.Content(settingsSchema)
		diags = append(diags, d...)
		a := content.Attributes
		diags = append(diags, e.static(a["required_version"], &required)...)
		diags = append(diags, e.static(a["state"], &state)...)
		diags = append(diags, e.static(a["export_root"], &root)...)
		if a := a["max_deletes"]; a != nil {
			diags = append(diags, c.maxDeletes(e, a)...)
		}
		if required != "" {
			d, version = c.checkVersion(required, a["required_version"].Expr.Range())
			diags = append(diags, d...)
		}
		for name, v := range map[string]string{"state": state, "export_root": root} {
			if v == "" {
				diags = append(diags, diag(a[name].Expr.Range(), "Invalid setting", "%s must not be empty; leave it out for the default.", name))
			}
		}
	}
	c.StatePath, c.ExportRoot = within(c.Root, state), within(c.Root, root)
	return diags, version
}

// maxDeletes reads how much a plan may delete.
func (c *Config) maxDeletes(e *Eval, a *hcl.Attribute) hcl.Diagnostics {
	text := ""
	diags := e.static(a, &text)
	if diags.HasErrors() {
		return diags
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return append(diags, diag(a.Expr.Range(), "Invalid setting", "max_deletes is how many files and objects a plan may delete: a whole number from 0 on."))
	}
	c.MaxDeletes = &n
	return diags
}

func (c *Config) checkVersion(required string, rng hcl.Range) (diags, version hcl.Diagnostics) {
	set, err := constraint.ParseSet(required)
	if err != nil {
		return hcl.Diagnostics{diag(rng, "Invalid setting", "required_version: %s.", err)}, nil
	}
	v, err := constraint.Parse(c.opt.Version)
	if err != nil || set.Allows(v) {
		return nil, nil // a build without a version number is not held back
	}
	return nil, hcl.Diagnostics{diag(rng, "Unsupported version of reportsync",
		"This configuration requires reportsync %s, and this is %s. Install a version that fits, or change required_version.", required, c.opt.Version)}
}
