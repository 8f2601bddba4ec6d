package artifact

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/export"
)

// memoryRows are rows of a table: the first is the header, cells have no spaces.
type memoryRows struct {
	cols []export.Column
	rows []string
}

func tableOf(lines ...string) *memoryRows {
	return &memoryRows{export.UniqueColumns(strings.Fields(lines[0])), lines[1:]}
}

func (m *memoryRows) Columns() []export.Column { return m.cols }

func (m *memoryRows) Next() ([][]byte, error) {
	if len(m.rows) == 0 {
		return nil, io.EOF
	}
	var out [][]byte
	for f := range strings.FieldsSeq(m.rows[0]) {
		out = append(out, []byte(f))
	}
	m.rows = m.rows[1:]
	return out, nil
}

// compare runs a comparison in the given number of partitions.
func compare(t testing.TB, from, to *memoryRows, keys []string, partitions int) ([]string, RowCounts, error) {
	t.Helper()
	s, err := Open(t.TempDir(), "lineage")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(from.cols, to.cols, keys, int64(partitions-1)*partitionSize, s.Scratch)
	if err != nil {
		return nil, RowCounts{}, err
	}
	if c.partitions != partitions {
		t.Fatalf("%d partitions", c.partitions)
	}
	var got []string
	n, err := c.Run(context.Background(), from, to, func(before, after [][]byte) {
		kind := "change"
		switch {
		case before == nil:
			kind = "add"
		case after == nil:
			kind = "remove"
		}
		got = append(got, fmt.Sprintf("%s %s %s", kind, before, after))
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return got, n, err
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		from, to []string
		keys     []string
		want     []string
		counts   RowCounts
	}{
		{
			"by key",
			[]string{"id sum", "1 a", "2 b", "3 c"},
			[]string{"id sum", "4 d", "1 a", "3 x"},
			[]string{"id"},
			[]string{"add [] [4 d]", "change [3 c] [3 x]", "remove [2 b] []"},
			RowCounts{1, 1, 1, 1},
		},
		{
			"whole rows count",
			[]string{"x", "a", "a", "b"},
			[]string{"x", "b", "a", "c", "c"},
			nil,
			[]string{"add [] [c]", "add [] [c]", "remove [a] []"},
			RowCounts{Added: 2, Removed: 1, Same: 2},
		},
		{"columns move, come and go", []string{"id old sum", "1 o a"}, []string{"sum id new", "a 1 n"}, []string{"id"}, nil, RowCounts{Same: 1}},
		{"short rows", []string{"id sum", "1"}, []string{"id sum", "1 a"}, []string{"id"}, []string{"change [1 ] [1 a]"}, RowCounts{Changed: 1}},
		{
			"two keys",
			[]string{"a b c", "1 2 x", "12 _ x"},
			[]string{"a b c", "1 2 y", "12 _ x"},
			[]string{"a", "b"},
			[]string{"change [1 2 x] [1 2 y]"},
			RowCounts{Changed: 1, Same: 1},
		},
		{"nothing to something", []string{"x"}, []string{"x", "a"}, nil, []string{"add [] [a]"}, RowCounts{Added: 1}},
	} {
		for _, partitions := range []int{1, 7} {
			t.Run(fmt.Sprint(tc.name, partitions), func(t *testing.T) {
				t.Parallel()
				got, n, err := compare(t, tableOf(tc.from...), tableOf(tc.to...), tc.keys, partitions)
				want := slices.Clone(tc.want)
				if partitions > 1 {
					slices.Sort(got)
					slices.Sort(want)
				}
				if err != nil || n != tc.counts || cmp.Diff(want, got) != "" {
					t.Errorf("%v, counts %+v\n%s", err, n, cmp.Diff(want, got))
				}
			})
		}
	}
}

func TestCompareRefusesWhatIsNoKey(t *testing.T) {
	t.Parallel()
	one, twice := []string{"id sum", "1 a"}, []string{"id sum", "1 a", "1 b"}
	for _, partitions := range []int{1, 3} {
		for _, pair := range [][2][]string{{one, twice}, {twice, one}, {{"id sum"}, twice}} {
			if _, _, err := compare(t, tableOf(pair[0]...), tableOf(pair[1]...), []string{"id"}, partitions); err == nil || !strings.Contains(err.Error(), "not a key") {
				t.Errorf("%v: %v", pair, err)
			}
		}
	}
	if _, _, err := compare(t, tableOf("id"), tableOf("id new"), []string{"new"}, 1); err == nil || !strings.Contains(err.Error(), `"new"`) {
		t.Errorf("a column of one version: %v", err)
	}
}

// Dividing rows changes the order of what is told, and nothing else.
func TestComparePartitionsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		gen := rapid.SliceOf(rapid.StringMatching(`[a-c]{1,2} [a-b]`))
		from, to := gen.Draw(r, "from"), gen.Draw(r, "to")
		mk := func(rows []string) *memoryRows { return tableOf(append([]string{"x y"}, rows...)...) }
		one, n1, err1 := compare(t, mk(from), mk(to), nil, 1)
		many, n2, err2 := compare(t, mk(from), mk(to), nil, 5)
		slices.Sort(one)
		slices.Sort(many)
		if err1 != nil || err2 != nil || n1 != n2 || cmp.Diff(one, many) != "" {
			r.Fatalf("%v, %v; %+v, %+v; %s", err1, err2, n1, n2, cmp.Diff(one, many))
		}
		if int(n1.Same+n1.Removed) != len(from) || int(n1.Same+n1.Added) != len(to) {
			r.Fatalf("%+v of %d and %d rows", n1, len(from), len(to))
		}
	})
}
