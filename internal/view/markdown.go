package view

import (
	"fmt"
	"strings"

	"reportsync/internal/plan"
)

// PlanMarkdown is a plan as a comment on a merge request: what it adds up to, a
// table of the instances, and the whole text folded away below. The text is
// clean and redacted; its owner writes it with Markdown.
func (v *View) PlanMarkdown(p *plan.Plan, o PlanOptions) string {
	var b strings.Builder
	if p.Empty() && len(o.Outputs) == 0 {
		b.WriteString("### reportsync: no changes\n\n" + stripped(nothing(p, o)))
		return b.String()
	}
	b.WriteString("### reportsync: " + strings.TrimPrefix(Totals(p), "Plan: ") + "\n")
	if cost := v.cost(p); cost != "" {
		b.WriteString("\n" + cost + "\n")
	}
	if !p.Empty() {
		b.WriteString("\n| change | export | steps |\n|---|---|---|\n")
		shown, more := 0, 0
		for i := range p.Changes {
			c := &p.Changes[i]
			if c.Is(plan.NoOp) {
				continue
			}
			_, word, _ := symbol(c)
			row := fmt.Sprintf("| %s | %s | %s |\n", word, v.code(c.Address.String()), v.changeSteps(c))
			if more > 0 || shown == markdownRows || b.Len()+len(row) > markdownTable {
				more++
				continue
			}
			shown++
			b.WriteString(row)
		}
		if more > 0 {
			fmt.Fprintf(&b, "\n... and %s.\n", plural(more, "more export"))
		}
	}
	var text strings.Builder
	w := planText{view: v, b: &text}
	for i := range p.Changes {
		if c := &p.Changes[i]; !c.Is(plan.NoOp) && text.Len() < markdownLimit {
			w.change(c)
		}
	}
	text.WriteByte('\n')
	w.outputs(o.Outputs)
	// A fence that is longer than any run of backticks in the text cannot be
	// closed by it.
	body := strings.Trim(stripped(text.String()), "\n")
	if room := markdownLimit - b.Len() - markdownFrame; len(body) > room {
		body = strings.ToValidUTF8(body[:room], "")
		body = body[:max(strings.LastIndexByte(body, '\n'), 0)] + "\n\n... and more; the plan itself shows all"
	}
	fence := fenceFor(body)
	b.WriteString("\n<details><summary>Every step</summary>\n\n" + fence + "text\n" + body + "\n" + fence + "\n\n</details>\n")
	return v.redact(b.String())
}

// markdownLimit is how many bytes are printed at most: forges cut comments that are
// longer than about 64 KiB, and then nothing closes the fence.
const (
	markdownLimit = 60_000
	markdownRows  = 100
	markdownTable = 20_000
	// markdownFrame is what stands around the folded text.
	markdownFrame = 500
)

// Markdown writes a plan as Markdown to stdout.
func (v *View) Markdown(p *plan.Plan, o PlanOptions) { v.print(v.PlanMarkdown(p, o)) }

func (v *View) changeSteps(c *plan.Change) string {
	if len(c.Deferred) > 0 {
		return "known after apply"
	}
	count := map[plan.StepAction]int{}
	for i := range c.Steps {
		count[c.Steps[i].Action]++
	}
	var parts []string
	for _, a := range plan.StepActions {
		if n := count[a]; n > 0 {
			parts = append(parts, Count(int64(n))+" to "+stepPhrase(a))
		}
	}
	return strings.Join(parts, ", ")
}

// code is a code span that fits into a table cell.
func (v *View) code(s string) string {
	s = strings.ReplaceAll(short(v.text(s), longestName), "|", `\|`)
	fence := strings.Repeat("`", longestRun(s)+1)
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

func fenceFor(s string) string { return strings.Repeat("`", max(longestRun(s)+1, 3)) }

// longestRun is the length of the longest run of backticks.
func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// stripped takes the marks for styles out of text.
func stripped(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' {
			return -1
		}
		return r
	}, s)
}
