package cli

import (
	"fmt"
	"strings"

	"reportsync/internal/sandbox"
	"reportsync/internal/sandbox/sim"
)

// SandboxParts are the generated parts of the page about the sandbox.
func SandboxParts() map[string]string {
	var b strings.Builder
	known := types()
	for _, s := range sandbox.Services() {
		if known[s.Provider] == nil {
			continue
		}
		fmt.Fprintf(&b, "\n## Service `%s`\n\nEndpoints: `%s`.\n\n", s.Provider, strings.Join(s.Endpoints, "`, `"))
		b.WriteString(faultTable(s.Faults))
		if len(s.Switches) > 0 {
			b.WriteString("| switch | values, the first one being the default | what it settles |\n|---|---|---|\n")
			for _, w := range s.Switches {
				fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", w.Name, strings.Join(w.Values, "`, `"), cell(w.Doc))
			}
			b.WriteString("\n")
		}
		if len(s.Credentials) > 0 {
			b.WriteString("| token | what it is |\n|---|---|\n")
			for _, c := range s.Credentials {
				fmt.Fprintf(&b, "| `%s` | %s |\n", c.Token, cell(c.Meaning))
			}
			b.WriteString("\n")
		}
		if len(s.Reports) > 0 {
			b.WriteString("| id | what it is | what it is good for |\n|---|---|---|\n")
			for _, r := range s.Reports {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.ID, cell(r.Name), cell(r.Note))
			}
			b.WriteString("\n")
		}
	}
	return map[string]string{"common": "\n" + faultTable(sandbox.CommonFaults()), "services": b.String()}
}

func faultTable(list []sim.Kind) string {
	var b strings.Builder
	b.WriteString("| fault | what happens |\n|---|---|\n")
	for _, k := range list {
		fmt.Fprintf(&b, "| `%s` | %s |\n", k.Name, cell(k.Doc))
	}
	return b.String() + "\n"
}
