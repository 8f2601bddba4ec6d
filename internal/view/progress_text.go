package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// The sentences that terminals and logs share.

func (p *Progress) doneLine(t *task, r *plan.StepResult) string {
	return t.name + ": " + p.view.done(r, max(t.part, 0), p.root)
}

// finishedLines says what the steps have not said.
func (p *Progress) finishedLines(t *task, r *plan.Result) []string {
	var out []string
	why := ""
	if r.Err != nil {
		why = ": " + p.view.text(r.Err.Error())
	}
	switch r.Outcome {
	case plan.Failed:
		out = append(out, t.name+": "+paint(red, "failed")+why)
	case plan.Pending:
		out = append(out, t.name+": "+paint(yellow, "pending")+": "+p.view.pending(r))
	case plan.Skipped:
		out = append(out, t.name+": skipped"+why)
	}
	for _, w := range r.Warnings {
		out = append(out, t.name+": "+paint(yellow, "warning")+": "+p.view.text(w))
	}
	return out
}

func (p *Progress) noteLine(addr export.Address, text string) string {
	if addr.IsZero() {
		return p.view.text(text)
	}
	return short(p.view.text(addr.String()), longestName) + ": " + p.view.text(text)
}

// state says how far a task is: part 2/5, 1,204 rows, 88 KiB.
func (t *task) state() string {
	part, rows, bytes := "", "", ""
	switch {
	case t.of > 0:
		part = fmt.Sprintf("part %d/%d", min(t.part+1, t.of), t.of)
	case t.part > 0:
		part = fmt.Sprintf("part %d", t.part+1)
	}
	if t.rows > 0 {
		rows = plural(t.rows, "row")
	}
	if t.bytes > 0 {
		bytes = Bytes(t.bytes)
	}
	return list(part, rows, bytes)
}

// waits says what a task waits for, and how long still.
func (p *Progress) waits(t *task, now time.Time) string {
	out := "waiting for " + t.reason
	if left := t.until.Sub(now); !t.until.IsZero() && left > 0 {
		out += fmt.Sprintf(", %s left (until %s)", Duration(left.Round(time.Second)), p.view.when(t.until))
	}
	return out
}

// left tells what is left of quotas, at the end.
func (p *Progress) left() {
	keys := slices.SortedFunc(maps.Keys(p.quotas), func(a, b quota) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.name, b.name))
	})
	for _, q := range keys {
		n := p.quotas[q]
		text := fmt.Sprintf("%s %s (%s)", Count(int64(n)), p.view.text(q.name), p.view.text(q.account))
		if p.view.options.JSON {
			p.view.emit(levelInfo, "log", text, field{"quota", map[string]any{"account": q.account, "name": q.name, "left": n}})
			continue
		}
		p.view.print(paint(faint, text) + "\n")
	}
}
