package planfix

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
)

func TestRead(t *testing.T) {
	t.Parallel()
	all := map[string]cty.Value{"rows": str("all")}
	links := map[string]cty.Value{"include_links": cty.True}
	visible := map[string]cty.Value{"include_hidden": cty.False}
	linked := `{"type":"Normal","depth":0,"items":[{"text":"1","link":"https://x/1","hidden":false},{"text":"2","link":"","hidden":false}]}`
	hidden := `{"type":"Header","depth":0,"items":[{"text":"A","link":"","hidden":false},{"text":"B","link":"","hidden":true},{"text":"C","link":"","hidden":false}]}`
	tests := []struct {
		name     string
		args     map[string]cty.Value
		chunks   []string
		columns  []string
		rows     [][]string
		warnings int
	}{
		{
			"two chunks", nil,
			[]string{chunk(0, header("A", "B"), normal("1", "2")), chunk(1, normal("3", "4"))},
			[]string{"A", "B"},
			[][]string{{"1", "2"}, {"3", "4"}},
			0,
		},
		{
			"bare", nil,
			[]string{`{"chunk":0,"rows":[` + header("A") + "," + normal("1") + `]}`},
			[]string{"A"},
			[][]string{{"1"}},
			0,
		},
		{
			"not UTF-8", links,
			[]string{strings.NewReplacer("(1)", "\xd0", "(2)", "\xff\xfe").Replace(chunk(0, header("A", "(1)"), normal("a(2)b", "ж"), normal("(1)", "ж(1)"), strings.Replace(linked, "x/1", "x/(1)", 1)))},
			[]string{"A", "\ufffd", "A (link)", "\ufffd (link)"},
			[][]string{{"a\ufffdb", "ж", "", ""}, {"\ufffd", "ж\ufffd", "", ""}, {"1", "2", "https://x/\ufffd", ""}},
			1,
		},
		{
			"the header again", nil,
			[]string{chunk(0, header("A", "B"), normal("1", "2")), chunk(1, header("A", "B"), normal("3", "4"))},
			[]string{"A", "B"},
			[][]string{{"1", "2"}, {"3", "4"}},
			0,
		},
		{
			"another header", nil,
			[]string{chunk(0, header("A", "B"), normal("1", "2")), chunk(1, header("A", "C"), header("D", "C"), normal("3", "4"))},
			[]string{"A", "B"},
			[][]string{{"1", "2"}, {"A", "C"}, {"D", "C"}, {"3", "4"}},
			1,
		},
		{
			"titles twice and empty", nil,
			[]string{chunk(0, header("A", "", "A"), normal("1", "2", "3"))},
			[]string{"A", "column_2", "A_2"},
			[][]string{{"1", "2", "3"}},
			0,
		},
		{
			"short and long rows", nil,
			[]string{chunk(0, header("A", "B"), normal("1"), normal("1", "2", "3")), chunk(1, normal("1", "2", "3", "4"))},
			[]string{"A", "B", "column_3", "column_4"},
			[][]string{{"1"}, {"1", "2", "3"}, {"1", "2", "3", "4"}},
			1,
		},
		{
			"no header", nil,
			[]string{chunk(0, normal("1", "2"), header("A", "B"))},
			[]string{"column_1", "column_2"},
			[][]string{{"1", "2"}, {"A", "B"}},
			2,
		},
		{
			"other types left out", nil,
			[]string{chunk(0, header("A"), normal("1"), aRow("Total", 0, "9"), aRow("Group", 1, "x"))},
			[]string{"A"},
			[][]string{{"1"}},
			1,
		},
		{"grouped", nil, []string{chunk(0, header("A"), aRow("Normal", 1, "1"))}, []string{"A"}, [][]string{{"1"}}, 1},
		{
			"all rows", all,
			[]string{chunk(0, header("A", "B"), aRow("Normal", 1, "1"), aRow("Total", 0, "9", "8"))},
			[]string{"A", "B", "row_type", "depth"},
			[][]string{{"1", "", "Normal", "1"}, {"9", "8", "Total", "0"}},
			0,
		},
		{
			"all rows, titles taken", all,
			[]string{chunk(0, header("depth", "row_type"), normal("1", "2", "3"))},
			[]string{"depth", "row_type", "row_type_2", "depth_2", "column_5"},
			[][]string{{"1", "2", "Normal", "0", "3"}},
			1,
		},
		{
			"links", links,
			[]string{chunk(0, header("A", ""), linked, normal("3", "4", "5"))},
			[]string{"A", "column_2", "A (link)", "column_2 (link)", "column_5", "column_5 (link)"},
			[][]string{{"1", "2", "https://x/1", ""}, {"3", "4", "", "", "5", ""}},
			1,
		},
		{"hidden kept", nil, []string{chunk(0, hidden, normal("1", "2", "3"))}, []string{"A", "B", "C"}, [][]string{{"1", "2", "3"}}, 0},
		{"hidden left out", visible, []string{chunk(0, hidden, normal("1", "2", "3"), normal("1"))}, []string{"A", "C"}, [][]string{{"1", "3"}, {"1", ""}}, 0},
		{
			"texts as they came", nil,
			[]string{chunk(0, header("A"), `{"type":"Normal","depth":0,"items":[{"text":1500.50},{"text":"1\u00a0500,00\n\"x\" 😀"}]}`)},
			[]string{"A", "column_2"},
			[][]string{{"1500.50", "1\u00a0500,00\n\"x\" 😀"}},
			1,
		},
		{"empty", nil, []string{chunk(0)}, nil, nil, 0},
		{"only a header", nil, []string{chunk(0, header("A"))}, []string{"A"}, nil, 0},
	}
	for _, tt := range tests {
		for _, inFlight := range []int64{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, inFlight), func(t *testing.T) {
				t.Parallel()
				s := newService(t)
				for i, c := range tt.chunks {
					s.on(routeChunk(i), ok(c))
				}
				p, _ := account(t, s, map[string]cty.Value{"max_in_flight": cty.NumberIntVal(inFlight)})
				got, err := read(t, p, export.Version{ID: "5388", Parts: len(tt.chunks)}, tt.args)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.columns, got.Columns); diff != "" {
					t.Errorf("columns (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.rows, got.Rows); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				if len(got.Warnings) != tt.warnings {
					t.Errorf("warnings = %q, want %d", got.Warnings, tt.warnings)
				}
			})
		}
	}
}
