package view

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Diagnostics prints warnings and errors, warnings first, so that the errors are
// what is read last. People get them on stderr in the shape known from
// Terraform, with the lines of source they are about; with JSON they are events
// on stdout. Warnings of one kind are shown once and counted, and so are errors
// that repeat themselves word for word at one place. files are the sources by
// name.
func (v *View) Diagnostics(ds hcl.Diagnostics, files map[string]*hcl.File) {
	if len(ds) == 0 {
		return
	}
	if v.options.JSON {
		for _, g := range each(ds) {
			v.diagnosticJSON(g.d, "", files)
		}
		return
	}
	groups := group(ds)
	var b strings.Builder
	b.WriteByte('\n')
	shown := map[hcl.DiagnosticSeverity]int{}
	for _, g := range groups {
		if shown[g.d.Severity]++; shown[g.d.Severity] > maxShown {
			continue
		}
		v.diagnostic(&b, g, files)
		b.WriteByte('\n')
	}
	if len(groups) > 1 {
		b.WriteString(tally(ds) + "\n")
	}
	if left := max(shown[hcl.DiagError]-maxShown, 0) + max(shown[hcl.DiagWarning]-maxShown, 0); left > 0 {
		fmt.Fprintf(&b, "%d of them were left out; they are often the consequence of the first. With -json all are shown.\n", left)
	}
	v.printErr(b.String())
}

// maxShown is how many errors, and how many warnings, people are shown at once: a
// file that is no configuration at all has one in each line.
const maxShown = 30

// grouped is a diagnostic, and how many others it speaks for.
type grouped struct {
	d    *hcl.Diagnostic
	more int
}

// each returns the diagnostics in the order they are shown.
func each(ds hcl.Diagnostics) []grouped {
	out := make([]grouped, 0, len(ds))
	for _, warnings := range []bool{true, false} {
		for _, d := range ds {
			if d != nil && warnings == (d.Severity == hcl.DiagWarning) {
				out = append(out, grouped{d: d})
			}
		}
	}
	return out
}

func group(ds hcl.Diagnostics) []grouped {
	var out []grouped
	first := map[string]int{}
	for _, g := range each(ds) {
		key := "warning " + g.d.Summary
		if g.d.Severity != hcl.DiagWarning {
			key = "error " + g.d.Summary + "\x00" + g.d.Detail
			if g.d.Subject != nil {
				key += "\x00" + g.d.Subject.String()
			}
		}
		if i, ok := first[key]; ok {
			out[i].more++
			continue
		}
		first[key] = len(out)
		out = append(out, g)
	}
	return out
}

func tally(ds hcl.Diagnostics) string {
	warnings, errors := 0, 0
	for _, g := range each(ds) {
		if g.d.Severity == hcl.DiagWarning {
			warnings++
		} else {
			errors++
		}
	}
	switch {
	case errors == 0:
		return plural(warnings, "warning") + "."
	case warnings == 0:
		return plural(errors, "error") + "."
	default:
		return plural(errors, "error") + ", " + plural(warnings, "warning") + "."
	}
}

// diagnostic draws one in its box.
func (v *View) diagnostic(b *strings.Builder, g grouped, files map[string]*hcl.File) {
	color, word := red, "Error: "
	if g.d.Severity == hcl.DiagWarning {
		color, word = yellow, "Warning: "
	}
	width := 78
	if v.streams.ErrTTY {
		width = max(v.width()-2, 20)
	}
	box := func(line string) {
		if line != "" {
			line = " " + line
		}
		b.WriteString(paint(color, "│") + line + "\n")
	}
	b.WriteString(paint(color, "╷") + "\n")
	for i, line := range wrap(v.textLines(g.d.Summary), width-len(word)) {
		if i == 0 {
			line = paint(color+bold, word) + paint(bold, line)
		} else {
			line = paint(bold, line)
		}
		box(line)
	}
	if g.d.Subject != nil {
		box("")
		v.excerpt(box, g.d, files, width)
	}
	if g.d.Detail != "" {
		box("")
		for _, line := range wrap(strings.TrimRight(v.textLines(g.d.Detail), "\n"), width) {
			box(line)
		}
	}
	switch {
	case g.more == 0:
	case g.d.Severity == hcl.DiagWarning:
		box("")
		box(fmt.Sprintf("(and %s elsewhere)", plural(g.more, "more similar warning")))
	default:
		box("")
		box(fmt.Sprintf("(and the same %s)", plural(g.more, "more time")))
	}
	b.WriteString(paint(color, "╵") + "\n")
}

// excerpt draws the place of a diagnostic: file, line, source, values.
func (v *View) excerpt(box func(string), d *hcl.Diagnostic, files map[string]*hcl.File, width int) {
	place := fmt.Sprintf("  on %s line %d", v.text(d.Subject.Filename), d.Subject.Start.Line)
	s := v.snippet(d, files)
	if s == nil {
		box(place + ":")
		box("  (source code not available)")
		return
	}
	if s.context != "" {
		place += ", in " + s.context
	}
	box(place + ":")
	offset := 0
	for i, line := range strings.Split(s.code, "\n") {
		from, to := clamp(s.start-offset, len(line)), clamp(s.end-offset, len(line))
		offset += len(line) + 1
		v.sourceLine(box, s.line+i, line, from, to, width)
	}
	if len(s.values) == 0 {
		return
	}
	box("    " + paint(faint, "├────────────────"))
	for _, val := range s.values {
		box("    " + paint(faint, "│") + " " + paint(bold, short(Clean(val.Traversal), 200)) + " " + short(Clean(val.Statement), 400))
	}
}

// sourceLine draws a line of source with the bytes [from, to) marked: underlined
// where there is colour, with a row of ^ where there is none.
func (v *View) sourceLine(box func(string), number int, line string, from, to, width int) {
	before, marked, after := sourceText(line[:from]), sourceText(line[from:to]), sourceText(line[to:])
	gutter := fmt.Sprintf("%4d: ", number)
	if room := max(width-len(gutter), 40); cells(before)+cells(marked)+cells(after) > 2*room {
		// Minified or generated: only the surroundings of the mark.
		if marked == "" {
			before = short(before, room)
		} else {
			before = shortEnd(before, room/3)
		}
		marked = short(marked, room)
		after = short(after, max(room-cells(before)-cells(marked), 8))
	}
	box(strings.TrimRight(gutter+before+paint(bold+underline, marked)+after, " "))
	if marked != "" && !v.options.Color && strings.TrimSpace(before+after) != "" {
		box(strings.Repeat(" ", len(gutter)+cells(before)) + strings.Repeat("^", max(cells(marked), 1)))
	}
}

// sourceText is source made safe to show, with tabs as people see them.
func sourceText(s string) string {
	return Clean(strings.ReplaceAll(strings.TrimSuffix(s, "\r"), "\t", "    "))
}
