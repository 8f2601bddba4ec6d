package cli

import (
	"fmt"
	"strings"

	"reportsync/internal/config"
	"reportsync/internal/config/funcs"
)

// LanguageParts returns the generated parts of the page about the language, by the
// names of their marks.
func LanguageParts() map[string]string {
	parts := map[string]string{
		"arguments":  bodyTable(&config.CommonExport),
		"late":       lateTable(),
		"attributes": attributeTable(),
		"functions":  functionTable(),
	}
	for i := range config.CommonExport.Blocks {
		b := &config.CommonExport.Blocks[i]
		parts[b.Name] = bodyTable(&b.Body)
	}
	return parts
}

func lateTable() string {
	var t strings.Builder
	t.WriteString("| reference | meaning |\n|---|---|\n")
	for i := range config.LateAttributes {
		a := &config.LateAttributes[i]
		fmt.Fprintf(&t, "| `%s.%s` | %s |\n", a.Object, a.Name, cell(a.Description))
	}
	return t.String()
}

func attributeTable() string {
	var t strings.Builder
	t.WriteString("| attribute | meaning |\n|---|---|\n")
	for _, name := range sortedKeys(config.CommonResults) {
		fmt.Fprintf(&t, "| `%s` | %s |\n", name, cell(config.CommonResults[name].Description))
	}
	return t.String()
}

func functionTable() string {
	var t strings.Builder
	t.WriteString("| for | functions |\n|---|---|\n")
	for _, g := range funcs.Groups() {
		fmt.Fprintf(&t, "| %s | `%s` |\n", cell(g.Title), strings.Join(g.Names, "`, `"))
	}
	return t.String()
}
