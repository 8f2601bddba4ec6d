package view

import (
	"strings"
	"testing"

	"reportsync/internal/export"
)

func cellsOf(texts ...string) [][]byte {
	var out [][]byte
	for _, t := range texts {
		out = append(out, []byte(t))
	}
	return out
}

func TestRowDiff(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"pipe", "tty60", "json"} {
		for _, markdown := range []bool{false, true} {
			if kind != "pipe" && markdown {
				continue
			}
			name := kind
			if markdown {
				name = "markdown"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				v, k := shapes[kind].view()
				d := v.NewRowDiff(RowDiffOptions{
					Address: export.Address{Type: "planfix_report", Name: "x", Key: "a|`b\x1b[1m", HasKey: true},
					From:    export.Version{ID: "1"}, To: export.Version{ID: "2"}, Limit: 3, Markdown: markdown,
				})
				d.Sheet(RowSheet{
					Name: "orders", Columns: []string{"id", "sum|\x1b[2J", "new", "old"},
					Added: []string{"new"}, Removed: []string{"old"}, Keys: []int{0},
				})
				d.Row(nil, cellsOf("7", "1\n2\u202e", "n", ""))
				d.Row(cellsOf("8", "before", "", "o"), cellsOf("8", "", "n", ""))
				d.Row(cellsOf("9", "`gone`", "", "o"), nil)
				d.Row(cellsOf("10", "not shown", "", "o"), nil)
				d.Count(RowTotals{Added: 1, Removed: 2, Changed: 1, Same: 1234567})
				d.End()
				golden(t, "rowdiff_"+name, k.all())
				harmless(t, k.all(), false)
			})
		}
	}
}

func TestRowDiffFitsIntoAComment(t *testing.T) {
	t.Parallel()
	v, k := shapes["pipe"].view()
	d := v.NewRowDiff(RowDiffOptions{Limit: 10_000, Markdown: true})
	d.Sheet(RowSheet{Columns: []string{"text"}})
	for range 5_000 {
		d.Row(nil, cellsOf("a text that takes some room in a table"))
	}
	d.End()
	if n := len(k.all()); n > 60_100 || n < 50_000 || !strings.Contains(k.all(), "more rows") {
		t.Errorf("%d bytes, ending with %q", n, k.all()[n-60:])
	}
}
