package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"reportsync/internal/plan"
)

// ResultOptions say what the results are of.
type ResultOptions struct {
	// ExportRoot is the folder of the files, as the user knows it.
	ExportRoot string
	// Destroy: the end of everything was asked for.
	Destroy bool
	// Interrupted: the run was stopped by the user.
	Interrupted bool
	// Hint tells how to go on after an error; nil or an empty answer means no hint.
	Hint func(error) string
}

// rowsOfDone is how many instances that went well get a row each.
const rowsOfDone = 50

// Results shows what became of the changes: a table, the errors in full on
// stderr, and a closing sentence.
func (v *View) Results(rs []plan.Result, took time.Duration, o ResultOptions) {
	acted := make([]*plan.Result, 0, len(rs))
	for i := range rs {
		r := &rs[i]
		if r.Outcome == plan.Done && len(r.Steps) == 0 && eventAction(r.Actions) == "noop" {
			continue
		}
		acted = append(acted, r)
	}
	if v.options.JSON {
		v.resultsJSON(acted, o)
		return
	}
	if len(acted) > 0 {
		v.print("\n" + v.resultTable(acted, o))
		v.resultErrors(acted, o)
	}
	v.print("\n" + v.closing(acted, took, o) + "\n")
}

func (v *View) resultTable(rs []*plan.Result, o ResultOptions) string {
	done := 0
	for _, r := range rs {
		if r.Outcome == plan.Done {
			done++
		}
	}
	var rows [][]string
	var foldedRows, foldedBytes int64
	folded := 0
	for _, r := range rs {
		t := totals(r)
		if r.Outcome == plan.Done && done > rowsOfDone && len(r.Warnings) == 0 {
			folded++
			foldedRows += t.rows
			foldedBytes += t.bytes
			continue
		}
		row := []string{short(v.text(r.Address.String()), longestName), outcome(r.Outcome), t.steps(), "", "", v.whereWhy(r, o)}
		if t.tabular {
			row[3] = Count(t.rows)
		}
		if t.bytes > 0 {
			row[4] = Bytes(t.bytes)
		}
		rows = append(rows, row)
	}
	var out strings.Builder
	if len(rows) > 0 {
		out.WriteString(v.table([]string{"export", "result", "steps done", "rows", "size", "where, or why"}, rows, Right(3, 4), KeepEnds(0)))
	}
	if folded > 0 {
		if len(rows) > 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "%s went well: %s, %s.\n", plural(folded, "export"), plural(foldedRows, "row"), Bytes(foldedBytes))
	}
	return out.String()
}

func outcome(o plan.Outcome) string {
	style := faint
	switch o {
	case plan.Done:
		style = green
	case plan.Failed:
		style = red
	case plan.Pending:
		style = yellow
	}
	return paint(style, string(o))
}

// resultTotals is what the steps of one change add up to.
type resultTotals struct {
	count   map[plan.StepAction]int
	rows    int64
	bytes   int64
	tabular bool
}

func totals(r *plan.Result) resultTotals {
	t := resultTotals{count: map[plan.StepAction]int{}}
	for i := range r.Steps {
		s := &r.Steps[i]
		t.count[s.Step.Action]++
		t.bytes += total(s.Files)
		t.rows += max(s.Rows, 0)
		t.tabular = t.tabular || tabular(s.Files)
	}
	return t
}

// steps says which steps are done: 2 fetched, 1 pruned.
func (t resultTotals) steps() string {
	var parts []string
	for _, a := range plan.StepActions {
		if n := t.count[a]; n > 0 {
			word, _, _ := strings.Cut(verbs[a][1], " ")
			parts = append(parts, Count(int64(n))+" "+word)
		}
	}
	return strings.Join(parts, ", ")
}

// whereWhy is the last cell: where the files are, or why there are none.
func (v *View) whereWhy(r *plan.Result, o ResultOptions) string {
	switch r.Outcome {
	case plan.Done:
		for i := len(r.Steps) - 1; i >= 0; i-- {
			if where := v.where(r.Steps[i].Files, o.ExportRoot); where != "" {
				return where
			}
		}
		return ""
	case plan.Pending:
		return v.pending(r)
	default:
		if r.Err != nil {
			return short(v.text(r.Err.Error()), longestName)
		}
		return v.text(r.Detail)
	}
}

func (v *View) pending(r *plan.Result) string {
	out := short(v.text(r.Detail), longestName)
	if !r.Until.IsZero() {
		out = list(out, "goes on from "+v.when(r.Until))
	}
	return out
}

// failure is one error and the instances that ended with it.
type failure struct {
	err   error
	addrs []string
}

// failures groups the results that failed by what their errors say.
func failures(rs []*plan.Result) []failure {
	var out []failure
	at := map[string]int{}
	for _, r := range rs {
		if r.Outcome != plan.Failed || r.Err == nil {
			continue
		}
		text := r.Err.Error()
		i, ok := at[text]
		if !ok {
			i = len(out)
			at[text] = i
			out = append(out, failure{err: r.Err})
		}
		out[i].addrs = append(out[i].addrs, r.Address.String())
	}
	return out
}

// addrsOfFailure is how many instances are named that share an error.
const addrsOfFailure = 10

// resultErrors shows the errors in full, each with its hint.
func (v *View) resultErrors(rs []*plan.Result, o ResultOptions) {
	var b strings.Builder
	for _, f := range failures(rs) {
		names := slices.Clone(f.addrs[:min(len(f.addrs), addrsOfFailure)])
		for i := range names {
			names[i] = short(v.text(names[i]), longestName)
		}
		if more := len(f.addrs) - len(names); more > 0 {
			names = append(names, "and "+Count(int64(more))+" more")
		}
		width := 78
		if v.streams.ErrTTY {
			width = max(v.width()-2, 20)
		}
		b.WriteString("\n" + paint(red, "╷") + "\n")
		for i, name := range names {
			lead := "       "
			if i == 0 {
				lead = paint(red+bold, "Error: ")
			}
			b.WriteString(paint(red, "│") + " " + lead + paint(bold, name) + "\n")
		}
		b.WriteString(paint(red, "│") + "\n")
		for _, line := range wrap(v.textLines(f.err.Error()), width) {
			b.WriteString(paint(red, "│") + " " + line + "\n")
		}
		if hint := o.hint(f.err); hint != "" {
			for _, line := range wrap("Hint: "+v.textLines(hint), width) {
				b.WriteString(paint(red, "│") + " " + line + "\n")
			}
		}
		b.WriteString(paint(red, "╵") + "\n")
	}
	for _, r := range rs {
		for _, w := range r.Warnings {
			b.WriteString(paint(yellow, "Warning: ") + short(v.text(r.Address.String()), longestName) + ": " + v.text(w) + "\n")
		}
	}
	if b.Len() > 0 {
		v.printErr(b.String())
	}
}

func (o *ResultOptions) hint(err error) string {
	if o.Hint == nil {
		return ""
	}
	return o.Hint(err)
}

// closing is the last sentence of a run.
func (v *View) closing(rs []*plan.Result, took time.Duration, o ResultOptions) string {
	n := map[plan.Outcome]int{}
	requests, read := 0, int64(0)
	var next time.Time
	wrote := false
	for _, r := range rs {
		n[r.Outcome]++
		requests += r.Requests
		read += r.Bytes
		if r.Outcome == plan.Pending && !r.Until.IsZero() && (next.IsZero() || r.Until.Before(next)) {
			next = r.Until
		}
		for i := range r.Steps {
			wrote = wrote || len(r.Steps[i].Files) > 0
		}
	}
	counts := []string{Count(int64(n[plan.Done])) + " done"}
	for _, x := range []plan.Outcome{plan.Failed, plan.Pending, plan.Skipped} {
		if n[x] > 0 {
			counts = append(counts, Count(int64(n[x]))+" "+string(x))
		}
	}
	run, again := "Apply", "Apply"
	if o.Destroy {
		run, again = "Destroy", "Run destroy"
	}
	head, style := run+" complete", green
	switch {
	case len(rs) == 0 && !o.Interrupted:
		return paint(bold+green, run+" complete: there was nothing to do.")
	case o.Interrupted:
		head, style = run+" interrupted", yellow
	case n[plan.Done] == 0 && n[plan.Failed] > 0:
		head, style = run+" failed", red
	case n[plan.Failed] > 0:
		style = yellow
	case n[plan.Pending] > 0:
		head, style = run+" stopped, work is pending", yellow
	}
	out := paint(bold+style, head+": "+strings.Join(counts, ", ")+".")
	if wrote && o.ExportRoot != "" {
		out += " Files are in " + v.text(strings.TrimSuffix(o.ExportRoot, "/")) + "/."
	}
	cost := Duration(took)
	if requests > 0 {
		cost += ", " + plural(requests, "request")
	}
	if read > 0 {
		cost += ", " + Bytes(read) + " read"
	}
	out += "\nThat took " + cost + "."
	switch {
	case o.Interrupted:
		out += "\nWhat was done is recorded; the next run goes on from there."
	case n[plan.Pending] > 0 && !next.IsZero():
		out += "\n" + again + " again from " + v.when(next) + " to go on."
	case n[plan.Pending] > 0:
		out += "\n" + again + " again later to go on."
	}
	return out
}
