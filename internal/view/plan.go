package view

import (
	"fmt"
	"strings"

	"reportsync/internal/plan"
)

// PlanOptions say what a plan is about.
type PlanOptions struct {
	// Destroy: the end of everything was asked for.
	Destroy bool
	// Outputs are the outputs that change.
	Outputs []OutputChange
	// Refreshed: the services were asked. Without it only the state was compared.
	Refreshed bool
	// Unchanged lists the instances that need nothing, too.
	Unchanged bool
}

// foldAfter is how many lines of one kind are shown before the rest is counted.
const foldAfter = 20

// Plan shows a plan: what happens to each instance, step by step and why, what
// it adds up to, and what it costs.
func (v *View) Plan(p *plan.Plan, o PlanOptions) {
	if v.options.JSON {
		v.planJSON(p, o)
		return
	}
	var b strings.Builder
	b.WriteByte('\n')
	w := planText{view: v, b: &b}
	switch {
	case !p.Empty():
		w.legend(p)
		if o.Destroy {
			b.WriteString("\nreportsync will end these exports. Local files stay where they are:\n")
		} else {
			b.WriteString("\nreportsync will do the following:\n")
		}
		for i := range p.Changes {
			if c := &p.Changes[i]; !c.Is(plan.NoOp) || o.Unchanged {
				w.change(c)
			}
		}
		b.WriteByte('\n')
	case o.Unchanged:
		for i := range p.Changes {
			w.change(&p.Changes[i])
		}
		b.WriteByte('\n')
	}
	if !o.Unchanged {
		w.notes(p)
	}
	w.outputs(o.Outputs)
	if p.Empty() {
		b.WriteString(nothing(p, o))
	} else {
		b.WriteString(paint(bold, "Plan: ") + strings.TrimPrefix(Totals(p), "Plan: ") + "\n")
		if cost := v.cost(p); cost != "" {
			b.WriteString(cost + "\n")
		}
	}
	v.print(b.String())
}

// nothing is what is said of a plan without changes.
func nothing(p *plan.Plan, o PlanOptions) string {
	head, asked := "No changes. Your exports are up to date.", "with the state and with what the services have now"
	switch {
	case o.Destroy:
		return paint(bold+green, "No changes. There is nothing to end.") + "\n\nThe state knows no exports.\n"
	case len(o.Outputs) > 0:
		head = "No changes to exports, only to outputs."
	}
	if !o.Refreshed {
		asked = "with the state only; the services were not asked (-refresh=false)"
	}
	return paint(bold+green, head) + "\n\n" +
		fmt.Sprintf("reportsync compared %s of the configuration %s, and found nothing to do.\n",
			plural(len(p.Changes), "instance"), asked)
}

type planText struct {
	view *View
	b    *strings.Builder
}

// symbol is the mark of a change, and its style.
func symbol(c *plan.Change) (mark, word, style string) {
	switch {
	case c.Is(plan.Create) && c.Is(plan.Delete):
		return "-/+", "replace", yellow
	case c.Is(plan.Create):
		return "+", "create", green
	case c.Is(plan.Update):
		return "~", "update", yellow
	case c.Is(plan.Delete):
		return "-", "delete", red
	case c.Is(plan.Forget):
		return ".", "forget", red
	default:
		return " ", "no change", faint
	}
}

var legends = map[string]string{
	"+": "create", "~": "update", "-/+": "replace; the files of the old export stay",
	"-": "delete on the service", ".": "forget; local files stay",
}

func (w *planText) legend(p *plan.Plan) {
	present := map[string]string{}
	for i := range p.Changes {
		mark, _, style := symbol(&p.Changes[i])
		present[mark] = style
	}
	w.b.WriteString("What the symbols mean:\n")
	for _, mark := range []string{"+", "~", "-/+", "-", "."} {
		if style, ok := present[mark]; ok {
			fmt.Fprintf(w.b, "%s%s  %s\n", strings.Repeat(" ", 3-len(mark)), paint(style, mark), legends[mark])
		}
	}
}

// change shows one instance with all that belongs to it.
func (w *planText) change(c *plan.Change) {
	mark, word, style := symbol(c)
	addr := w.view.text(c.Address.String())
	if w.view.streams.OutTTY {
		addr = short(addr, max(w.view.width()*2, 80))
	} else {
		addr = short(addr, longestName)
	}
	fmt.Fprintf(w.b, "\n%s%s %s  (%s)\n", strings.Repeat(" ", 3-len(mark)), paint(style, mark), paint(bold, addr), word)
	for _, r := range c.Reasons {
		w.remark(faint, "# ", r)
	}
	if len(c.Deferred) > 0 {
		names := make([]string, len(c.Deferred))
		for i, d := range c.Deferred {
			names[i] = w.view.text(d)
		}
		w.remark("", "", "(known after apply: "+strings.Join(names, ", ")+")")
	}
	w.steps(c.Steps)
	for _, n := range c.Notes {
		w.remark(yellow, "note: ", n)
	}
}

// longestName is where names are cut that no terminal limits.
const longestName = 300

// remark writes a line below an instance.
func (w *planText) remark(style, lead, s string) {
	s = short(w.view.text(s), 2*longestName)
	width := 4 * longestName
	if w.view.streams.OutTTY {
		width = max(w.view.width()-6-len(lead), 20)
	}
	for i, line := range wrap(s, width) {
		if i > 0 {
			lead = strings.Repeat(" ", len(lead))
		}
		if style == faint {
			w.b.WriteString("      " + paint(style, lead+line) + "\n")
		} else {
			w.b.WriteString("      " + paint(style, lead) + line + "\n")
		}
	}
}

// notes shows what is odd about instances that need nothing. Where it is said
// of many, the rest is counted.
func (w *planText) notes(p *plan.Plan) {
	shown, more := 0, 0
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Is(plan.NoOp) || len(c.Notes) == 0 {
			continue
		}
		if shown == foldAfter {
			more++
			continue
		}
		if shown == 0 {
			w.b.WriteString("Nothing to do here, but worth knowing:\n")
		}
		shown++
		w.b.WriteString("    " + short(w.view.text(c.Address.String()), longestName) + "\n")
		for _, n := range c.Notes {
			w.remark(yellow, "note: ", n)
		}
	}
	if more > 0 {
		fmt.Fprintf(w.b, "    ... and %s\n", plural(more, "more instance"))
	}
	if shown > 0 {
		w.b.WriteByte('\n')
	}
}
