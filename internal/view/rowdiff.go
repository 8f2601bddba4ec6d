package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"reportsync/internal/export"
)

// RowDiff shows the rows that two versions do not share. Rows are told one by one;
// no more of them are held than are shown.
type RowDiff struct {
	view  *View
	opt   RowDiffOptions
	sheet RowSheet
	rows  [][]string
	left  int64 // rows that are counted but not shown
	total RowTotals
	notes []string
}

// RowDiffOptions say what is compared, and how it is shown.
type RowDiffOptions struct {
	Address  export.Address
	From, To export.Version
	// Limit is how many rows are shown; JSON has all of them.
	Limit    int
	Markdown bool
}

// RowSheet is a table of which rows are told.
type RowSheet struct {
	// Name is empty for a version of a single table.
	Name string
	// Columns are those of the rows: the ones in both versions, then Added, then
	// Removed.
	Columns []string
	// Added and Removed are columns that only one version has.
	Added, Removed []string
	// Keys are indexes of the columns that tell which row is which.
	Keys []int
}

// RowTotals are numbers of rows.
type RowTotals struct {
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
	Changed int64 `json:"changed"`
	Same    int64 `json:"same"`
}

// NewRowDiff begins to show a comparison.
func (v *View) NewRowDiff(o RowDiffOptions) *RowDiff { return &RowDiff{view: v, opt: o} }

// Sheet begins a table.
func (d *RowDiff) Sheet(s RowSheet) {
	d.sheet = s
	note := func(what string, names []string) {
		if len(names) == 0 {
			return
		}
		if s.Name != "" {
			what = s.Name + ": " + what
		}
		d.notes = append(d.notes, fmt.Sprintf("%s: %s", what, strings.Join(names, ", ")))
	}
	note("new columns", s.Added)
	note("columns that are gone", s.Removed)
	if d.view.options.JSON {
		d.view.emit(levelInfo, "row_sheet", "Comparing rows", field{"sheet", s.Name}, field{"columns", s.Columns},
			field{"added_columns", listed(s.Added)}, field{"removed_columns", listed(s.Removed)})
	}
}

func listed(names []string) []string { return append([]string{}, names...) }

// Row tells a row: added without before, removed without after, else changed.
func (d *RowDiff) Row(before, after [][]byte) {
	if d.view.options.JSON {
		d.line(before, after)
		return
	}
	if len(d.rows) >= d.opt.Limit {
		d.left++
		return
	}
	sign, row := "~", after
	switch {
	case before == nil:
		sign = "+"
	case after == nil:
		sign, row = "-", before
	}
	var key, what []string
	for i, name := range d.sheet.Columns {
		isKey := slices.Contains(d.sheet.Keys, i)
		switch {
		case isKey:
			key = append(key, string(row[i]))
		case sign == "~" && (i >= d.common() || bytes.Equal(before[i], after[i])):
		case sign == "~":
			what = append(what, fmt.Sprintf("%s: %s → %s", name, shown(before[i]), shown(after[i])))
		case len(row[i]) > 0:
			what = append(what, fmt.Sprintf("%s: %s", name, row[i]))
		}
	}
	cells := []string{sign, d.sheet.Name, strings.Join(key, ", "), strings.Join(what, "; ")}
	for i := range cells {
		cells[i] = short(cells[i], longestName)
	}
	d.rows = append(d.rows, cells)
}

// common is how many columns both versions have.
func (d *RowDiff) common() int {
	return len(d.sheet.Columns) - len(d.sheet.Added) - len(d.sheet.Removed)
}

func shown(cell []byte) string {
	if len(cell) == 0 {
		return `""`
	}
	return string(cell)
}

// line is a row as JSON: objects with the columns in their order.
func (d *RowDiff) line(before, after [][]byte) {
	action := "change"
	switch {
	case before == nil:
		action = "add"
	case after == nil:
		action = "remove"
	}
	d.view.emit(levelInfo, "row_change", "Row: "+action, field{"sheet", d.sheet.Name}, field{"action", action},
		field{"before", d.object(before, d.common(), len(d.sheet.Added))},
		field{"after", d.object(after, d.common()+len(d.sheet.Added), len(d.sheet.Removed))})
}

// object is a row without some columns, which its version does not have; null for a
// row that is not there.
func (d *RowDiff) object(row [][]byte, without, count int) json.RawMessage {
	if row == nil {
		return json.RawMessage("null")
	}
	b := []byte{'{'}
	for i, name := range d.sheet.Columns {
		if i >= without && i < without+count {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, encodeJSON(name)...), ':'), encodeJSON(string(row[i]))...)
	}
	return append(b, '}')
}

// Count ends a table.
func (d *RowDiff) Count(n RowTotals) {
	d.total.Added += n.Added
	d.total.Removed += n.Removed
	d.total.Changed += n.Changed
	d.total.Same += n.Same
}

// End shows what is held back until then: the rows that are shown, and all counts.
func (d *RowDiff) End() {
	v, t := d.view, d.total
	counts := fmt.Sprintf("%s added, %s removed, %s changed, %s the same",
		Count(t.Added), Count(t.Removed), Count(t.Changed), Count(t.Same))
	if v.options.JSON {
		v.emit(levelInfo, "diff_summary", "Rows: "+counts, field{"address", d.opt.Address.String()},
			field{"from", d.opt.From.ID}, field{"to", d.opt.To.ID}, field{"rows", t})
		return
	}
	header, columns := d.table()
	title := fmt.Sprintf("%s: version %s to %s", d.opt.Address, d.opt.From.ID, d.opt.To.ID)
	if d.opt.Markdown {
		v.print(d.markdown(title, counts, header, columns))
		return
	}
	v.Say("%s", title)
	for _, n := range d.notes {
		v.Say("%s", n)
	}
	if len(columns) > 0 {
		v.Table(header, columns)
	}
	if d.left > 0 {
		v.Say("... and %s more; -limit shows more of them, -json all.", Count(d.left))
	}
	v.Say("Rows: %s.", counts)
}

// table leaves out the columns that nothing stands in.
func (d *RowDiff) table() (header []string, rows [][]string) {
	for i, name := range []string{"", "sheet", "key", "what"} {
		if i > 0 && !slices.ContainsFunc(d.rows, func(r []string) bool { return r[i] != "" }) {
			continue
		}
		header = append(header, name)
		for j := range d.rows {
			if len(rows) <= j {
				rows = append(rows, nil)
			}
			rows[j] = append(rows[j], d.rows[j][i])
		}
	}
	return header, rows
}

func (d *RowDiff) markdown(title, counts string, header []string, rows [][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\nRows: %s.\n", d.view.code(title), counts)
	for _, n := range d.notes {
		fmt.Fprintf(&b, "\n%s\n", d.view.code(n))
	}
	left := d.left
	if len(rows) > 0 {
		fmt.Fprintf(&b, "\n| %s |\n|%s\n", strings.Join(header, " | "), strings.Repeat("---|", len(header)))
	}
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, c := range row {
			if cells[j] = d.view.code(c); c == "" {
				cells[j] = ""
			}
		}
		line := "| " + strings.Join(cells, " | ") + " |\n"
		if b.Len()+len(line) > markdownLimit {
			left += int64(len(rows) - i)
			break
		}
		b.WriteString(line)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n… and %s more rows.\n", Count(left))
	}
	return b.String()
}
