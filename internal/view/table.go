package view

import (
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// TableOption changes how a table is drawn.
type TableOption func(*tableOptions)

type tableOptions struct {
	right map[int]bool
	ends  map[int]bool
}

// Right aligns columns of numbers to the right.
func Right(columns ...int) TableOption {
	return func(o *tableOptions) {
		for _, c := range columns {
			o.right[c] = true
		}
	}
}

// KeepEnds cuts columns at the front where they are too wide, because the end of
// an address or a path tells more than its beginning.
func KeepEnds(columns ...int) TableOption {
	return func(o *tableOptions) {
		for _, c := range columns {
			o.ends[c] = true
		}
	}
}

// Table prints rows in columns. The cells may hold foreign text.
func (v *View) Table(header []string, rows [][]string, opts ...TableOption) {
	safe := make([][]string, len(rows))
	for i, row := range rows {
		safe[i] = make([]string, len(row))
		for j, cell := range row {
			safe[i][j] = v.text(cell)
		}
	}
	v.print(v.table(header, safe, opts...))
}

// table draws a table of clean cells. Where a terminal limits the width, the
// widest column gives way.
func (v *View) table(header []string, rows [][]string, opts ...TableOption) string {
	o := tableOptions{right: map[int]bool{}, ends: map[int]bool{}}
	for _, opt := range opts {
		opt(&o)
	}
	limit := longestName
	if v.streams.OutTTY {
		v.fit(header, rows, o.ends)
		limit = max(v.width(), 20)
	}
	align := make([]tw.Align, len(header))
	for i := range align {
		align[i] = tw.AlignLeft
		if o.right[i] {
			align[i] = tw.AlignRight
		}
	}
	var b strings.Builder
	t := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleLight),
			Settings: tw.Settings{
				Separators: tw.Separators{ShowHeader: tw.On, BetweenColumns: tw.Off, BetweenRows: tw.Off},
				Lines:      tw.Lines{ShowHeaderLine: tw.On},
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align}),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
	)
	t.Header(header)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = short(cell, limit)
		}
		if err := t.Append(row); err != nil {
			v.fail(err)
			return ""
		}
	}
	if err := t.Render(); err != nil {
		v.fail(err)
		return ""
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimRight(line, " \n"); strings.HasSuffix(line, "──") {
			line = strings.TrimSuffix(line, "──") // the line under the last padding
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// fit cuts the cells of the widest columns until a row fits the terminal.
func (v *View) fit(header []string, rows [][]string, ends map[int]bool) {
	const gap, least = 2, 12
	widths := make([]int, len(header))
	for i, h := range header {
		widths[i] = cells(h)
	}
	for _, row := range rows {
		for i, cell := range row {
			if i < len(widths) {
				widths[i] = max(widths[i], cells(cell))
			}
		}
	}
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for over := total - v.width(); over > 0; {
		// The widest column comes down to the second widest, or as far as needed.
		at, second := 0, least
		for i, w := range widths {
			if w > widths[at] {
				at = i
			}
		}
		for i, w := range widths {
			if i != at && w > second {
				second = w
			}
		}
		if widths[at] <= least {
			break
		}
		cut := min(over, max(widths[at]-second, 1))
		widths[at] -= cut
		over -= cut
	}
	for _, row := range rows {
		for i, cell := range row {
			switch {
			case i >= len(widths):
			case ends[i]:
				row[i] = shortEnd(cell, widths[i])
			default:
				row[i] = short(cell, widths[i])
			}
		}
	}
}

// fail records an error of drawing as one of writing.
func (v *View) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		v.err = err
	}
}
