package view

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"
)

// Error prints an error that belongs to no place in the configuration: a constant
// summary, what happened, and how to go on.
func (v *View) Error(summary, detail, hint string) {
	if hint != "" {
		detail += "\n\n" + hint
	}
	v.Diagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail}}, nil)
}

// Validation answers the command that checks a configuration. With JSON it is one
// document, of Terraform's shape.
func (v *View) Validation(ds hcl.Diagnostics, files map[string]*hcl.File) error {
	if !v.options.JSON {
		v.Diagnostics(ds, files)
		if !ds.HasErrors() {
			v.Say("Success! The configuration is valid.")
		}
		return nil
	}
	errors, warnings := 0, 0
	for _, d := range ds {
		if d.Severity == hcl.DiagError {
			errors++
		} else {
			warnings++
		}
	}
	docs := v.DiagnosticDocs(ds, files)
	if docs == nil {
		docs = []Diagnostic{}
	}
	return v.Document(ValidationDoc{
		FormatVersion: formatVersion, Valid: errors == 0, ErrorCount: errors, WarningCount: warnings, Diagnostics: docs,
	})
}

// Diff prints how a file would change, as a unified diff.
func (v *View) Diff(name, before, after string) {
	v.print(v.textLines(string(diff.Diff("old/"+name, []byte(before), "new/"+name, []byte(after)))))
}
