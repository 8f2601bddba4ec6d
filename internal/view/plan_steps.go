package view

import (
	"strings"

	"reportsync/internal/plan"
)

// stepStyles colours the word of a step by what it risks.
var stepStyles = map[plan.StepAction]string{
	plan.StepCreate: green, plan.StepReplace: yellow, plan.StepGenerate: cyan, plan.StepResume: cyan,
	plan.StepFetch: green, plan.StepRepair: yellow, plan.StepPrune: red, plan.StepDelete: red,
	plan.StepForget: red, plan.StepImport: green, plan.StepMove: yellow, plan.StepAdopt: green,
}

// stepCells are the columns of a step: action, what, when, size, where, why.
type stepCells [6]string

const (
	colWhere = 4
	colWhy   = 5
)

// widest bounds the columns that are aligned, so that one long name does not
// push all others to the right.
var widest = [colWhy]int{8, 40, 32, 24, 48}

// steps lists the steps of an instance in aligned columns. Of each kind the
// first ones are shown, the rest is counted.
func (w *planText) steps(steps []plan.Step) {
	count := map[plan.StepAction]int{}
	var rows []stepCells
	var actions []plan.StepAction
	for i := range steps {
		s := &steps[i]
		if count[s.Action]++; count[s.Action] <= foldAfter {
			rows = append(rows, w.view.stepCells(s))
			actions = append(actions, s.Action)
		}
	}
	var widths [colWhy]int
	for i := range rows {
		for c := range widths {
			n := cells(rows[i][c])
			if n > widest[c] || c == colWhere && actions[i] == plan.StepMove { // a move has two paths
				continue
			}
			widths[c] = max(widths[c], n)
		}
	}
	for i := range rows {
		repeated := i > 0 && rows[i][colWhy] == rows[i-1][colWhy]
		w.step(&rows[i], &widths, stepStyles[actions[i]], repeated)
	}
	for _, a := range plan.StepActions {
		if more := count[a] - foldAfter; more > 0 {
			w.b.WriteString("      ... and " + Count(int64(more)) + " more to " + string(a) + "\n")
		}
	}
}

// step writes one row. A reason that does not fit goes below, and is said once
// where it is that of the row before.
func (w *planText) step(row *stepCells, widths *[colWhy]int, style string, repeated bool) {
	var line strings.Builder
	for c := range widths {
		if widths[c] == 0 && row[c] == "" {
			continue
		}
		if line.Len() > 0 {
			line.WriteString("  ")
		}
		cell := pad(row[c], widths[c])
		if c == 0 {
			cell = paint(style, row[c]) + cell[len(row[c]):]
		}
		line.WriteString(cell)
	}
	text := line.String()
	why := row[colWhy]
	if why == "" {
		w.b.WriteString("      " + strings.TrimRight(text, " ") + "\n")
		return
	}
	if w.view.streams.OutTTY && 6+cells(text)+2+cells(why) > w.view.width() {
		w.b.WriteString("      " + strings.TrimRight(text, " ") + "\n")
		if repeated {
			return
		}
		indent := 6 + widths[0] + 2
		for _, l := range wrap(why, max(w.view.width()-indent, 20)) {
			w.b.WriteString(strings.Repeat(" ", indent) + paint(faint, l) + "\n")
		}
		return
	}
	w.b.WriteString("      " + text + "  " + paint(faint, why) + "\n")
}

// stepCells says everything about a step.
func (v *View) stepCells(s *plan.Step) stepCells {
	size := ""
	if s.Version.Parts > 0 {
		size = plural(s.Version.Parts, "part")
	}
	if s.Bytes > 0 {
		size = list(size, Bytes(s.Bytes))
	}
	row := stepCells{string(s.Action), v.stepWhat(s), v.stepWhen(s), size, "", short(v.text(s.Reason), longestName)}
	path := shortEnd(v.text(s.Path), longestName)
	switch {
	case s.Action == plan.StepMove && path == "":
		row[colWhere] = "from " + shortEnd(v.text(s.From), longestName)
	case s.Action == plan.StepMove:
		row[colWhere] = shortEnd(v.text(s.From), longestName) + " -> " + path
	case path != "" && s.Action == plan.StepPrune:
		row[colWhere] = path
	case path != "":
		row[colWhere] = "-> " + path
	}
	return row
}

func (v *View) stepWhat(s *plan.Step) string {
	switch {
	case s.Version.ID != "":
		return short(v.text(s.Version.ID), 60)
	case s.RequestID != "":
		return "request " + short(v.text(s.RequestID), 60)
	case s.Action == plan.StepResume:
		return "request id unknown"
	case s.Action == plan.StepFetch:
		return unknownValue
	default:
		return ""
	}
}

func (v *View) stepWhen(s *plan.Step) string {
	made := ""
	switch {
	case s.Version.Period != nil:
		made = short(v.text(s.Version.Period.Name), 40)
	case !s.Version.CreatedAt.IsZero():
		made = v.stamp(s.Version.CreatedAt)
	case s.Version.CreatedRaw != "":
		made = short(v.text(s.Version.CreatedRaw), 40)
	}
	if !s.NotBefore.IsZero() && s.NotBefore.After(v.options.Now()) {
		made = list(made, "from "+v.when(s.NotBefore))
	}
	return made
}
