package methods

import (
	"fmt"
	"strings"
)

// Reference is the part of the reference page that the table gives: Markdown with
// headings from the third level on.
func Reference() string {
	var b strings.Builder
	b.WriteString("### Reports and documents\n\n" +
		"| `report` | what | asked for by | limit; with MEDIUM | back to; with MEDIUM | for shops |\n|---|---|---|---|---|---|\n")
	for _, m := range All() {
		history := "not stated"
		if m.History.Days > 0 {
			history = fmt.Sprintf("%d days; ", m.History.Days)
			if m.History.MediumDays > 0 {
				history += fmt.Sprintf("%d days", m.History.MediumDays)
			} else {
				history += "no cap stated"
			}
		}
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s; %s | %s | %s |\n", m.Name, m.Name, m.Title, m.askedBy(), m.Limit, m.Medium, history, strings.Join(m.Models, ", "))
	}
	b.WriteString("\n")
	for _, m := range All() {
		m.reference(&b)
	}
	return strings.TrimSpace(b.String()) + "\n"
}

func (m *Method) askedBy() string {
	var ways []string
	for i := range m.Periods {
		ways = append(ways, m.Periods[i].describe())
	}
	if len(ways) == 0 {
		return "—"
	}
	return strings.Join(ways, ", ")
}

func (m *Method) reference(b *strings.Builder) {
	fmt.Fprintf(b, "### `%s`\n\n%s: `POST %s`.\n\n", m.Name, m.Title, m.Path)
	b.WriteString("| `params` | type | | meaning |\n|---|---|---|---|\n")
	for _, f := range m.Fields {
		f.reference(b, "")
	}
	if len(m.Layouts) > 0 {
		fmt.Fprintf(b, "| `format` | one of %s | | Layout of the page |\n", code(m.Layouts))
	}
	b.WriteString("\n")
	var list []string
	if len(m.ExactlyOne) > 0 {
		var groups []string
		for _, g := range m.ExactlyOne {
			groups = append(groups, strings.Join(backticks(g), " with "))
		}
		list = append(list, "Exactly one of "+or(groups)+".")
	}
	if len(m.AtLeastOne) > 0 {
		list = append(list, "At least one of "+or(backticks(m.AtLeastOne))+".")
	}
	for _, f := range m.Fields {
		if needs := m.Requires[f.Name]; len(needs) > 0 {
			list = append(list, fmt.Sprintf("`%s` needs %s.", f.Name, strings.Join(backticks(needs), " and ")))
		}
	}
	if m.MaxMonths > 0 {
		list = append(list, fmt.Sprintf("At most %d months at once.", m.MaxMonths))
	}
	var more []string
	if m.Language {
		more = append(more, "`language`")
	}
	if m.SourceType {
		more = append(more, "`source_type`")
	}
	if len(more) > 0 {
		list = append(list, "Has "+strings.Join(more, " and ")+".")
	}
	list = append(list, m.Notes...)
	list = append(list, "Any of these scopes is enough: "+code(m.Scopes)+".")
	if len(m.Sheets) > 0 {
		list = append(list, "Sheets that have been seen: "+code(m.Sheets)+".")
	}
	for _, text := range list {
		fmt.Fprintf(b, "- %s\n", text)
	}
	b.WriteString("\n")
}

// reference writes a row for a field, and for those below it.
func (f *Field) reference(b *strings.Builder, above string) {
	required := ""
	if f.Required {
		required = "required"
	}
	about := strings.ReplaceAll(f.About, "|", "\\|")
	if f.Use != "" {
		about = fmt.Sprintf("Deprecated: use `%s`", f.Use)
	}
	fmt.Fprintf(b, "| `%s%s` | %s | %s | %s |\n", above, f.Name, f.kind(), required, about)
	for _, k := range f.Fields {
		k.reference(b, above+f.Name+".")
	}
	if f.Items != nil {
		for _, k := range f.Items.Fields {
			k.reference(b, above+f.Name+"[].")
		}
	}
}

func (f *Field) kind() string {
	switch f.Type {
	case "int":
		switch {
		case f.Min != nil && f.Max != nil:
			return fmt.Sprintf("number, %d to %d", *f.Min, *f.Max)
		case f.Min != nil:
			return fmt.Sprintf("number, at least %d", *f.Min)
		}
		return "number"
	case "list":
		text := "list of " + f.Items.kind()
		if f.MaxItems > 0 {
			text += fmt.Sprintf(", at most %d", f.MaxItems)
		}
		return text
	case "date":
		return "day, YYYY-MM-DD"
	case "date-time":
		return "moment with offset"
	}
	if len(f.Enum) > 0 {
		return "one of " + code(f.Enum)
	}
	if f.MaxLength > 0 {
		return fmt.Sprintf("%s of at most %d characters", f.Type, f.MaxLength)
	}
	return f.Type
}

func backticks(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "`" + n + "`"
	}
	return out
}

func code(names []string) string { return strings.Join(backticks(names), ", ") }
