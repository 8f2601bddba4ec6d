package view

import (
	"github.com/hashicorp/hcl/v2"
)

type posJSON struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

type rangeJSON struct {
	Filename string  `json:"filename"`
	Start    posJSON `json:"start"`
	End      posJSON `json:"end"`
}

type snippetJSON struct {
	Context        *string     `json:"context"`
	Code           string      `json:"code"`
	StartLine      int         `json:"start_line"`
	HighlightStart int         `json:"highlight_start_offset"`
	HighlightEnd   int         `json:"highlight_end_offset"`
	Values         []exprValue `json:"values"`
}

// Diagnostic is a diagnostic as JSON documents show it, that of validate among
// them.
type Diagnostic struct {
	Severity string       `json:"severity"`
	Summary  string       `json:"summary"`
	Detail   string       `json:"detail"`
	Address  string       `json:"address,omitempty"`
	Range    *rangeJSON   `json:"range,omitempty"`
	Snippet  *snippetJSON `json:"snippet,omitempty"`
}

// DiagnosticDocs returns diagnostics in the form that documents hold.
func (v *View) DiagnosticDocs(ds hcl.Diagnostics, files map[string]*hcl.File) []Diagnostic {
	out := make([]Diagnostic, 0, len(ds))
	for _, g := range each(ds) {
		out = append(out, v.diagnosticDoc(g.d, "", files))
	}
	return out
}

func (v *View) diagnosticDoc(d *hcl.Diagnostic, address string, files map[string]*hcl.File) Diagnostic {
	doc := Diagnostic{Severity: "error", Summary: v.redact(d.Summary), Detail: v.redact(d.Detail), Address: v.redact(address)}
	if d.Severity == hcl.DiagWarning {
		doc.Severity = "warning"
	}
	if s := d.Subject; s != nil {
		end := s.End
		if s.Empty() { // an empty range cannot be shown; its next character can
			end.Byte++
			end.Column++
		}
		doc.Range = &rangeJSON{
			Filename: s.Filename,
			Start:    posJSON{s.Start.Line, s.Start.Column, s.Start.Byte},
			End:      posJSON{end.Line, end.Column, end.Byte},
		}
	}
	if s := v.snippet(d, files); s != nil {
		doc.Snippet = &snippetJSON{
			Code: s.code, StartLine: s.line, HighlightStart: s.start, HighlightEnd: s.end, Values: s.values,
		}
		if s.context != "" {
			doc.Snippet.Context = &s.context
		}
		if s.values == nil {
			doc.Snippet.Values = []exprValue{}
		}
	}
	return doc
}

func (v *View) diagnosticJSON(d *hcl.Diagnostic, address string, files map[string]*hcl.File) {
	level, word := levelError, "Error: "
	if d.Severity == hcl.DiagWarning {
		level, word = levelWarn, "Warning: "
	}
	v.emit(level, "diagnostic", word+v.text(d.Summary), field{"diagnostic", v.diagnosticDoc(d, address, files)})
}
