package export_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/export"
)

func TestUniqueColumns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		titles, want []string
	}{
		{"none", nil, nil},
		{"different", []string{"Task", "Owner"}, []string{"Task", "Owner"}},
		{"duplicates are numbered", []string{"Sum", "Sum", "Sum"}, []string{"Sum", "Sum_2", "Sum_3"}},
		{"empty titles get their position", []string{"", "Task", " \t"}, []string{"column_1", "Task", "column_3"}},
		{"text is kept as it came", []string{" Task ", "Сумма, ₽"}, []string{" Task ", "Сумма, ₽"}},
		{"a number that is taken is counted on", []string{"Sum_2", "Sum", "Sum"}, []string{"Sum_2", "Sum", "Sum_3"}},
		{"a literal number after a duplicate", []string{"Sum", "Sum", "Sum_2"}, []string{"Sum", "Sum_2", "Sum_2_2"}},
		{"a literal position", []string{"column_2", ""}, []string{"column_2", "column_2_2"}},
		{"case tells columns apart", []string{"sum", "Sum"}, []string{"sum", "Sum"}},
		{"bytes that are not text", []string{"a\xff", "a\xfe"}, []string{"a\uFFFD", "a\uFFFD_2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for i, c := range export.UniqueColumns(tc.titles) {
				got = append(got, c.Name)
				if c.Title != tc.titles[i] {
					t.Errorf("title %d is %q, want it as it came: %q", i, c.Title, tc.titles[i])
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("names (-want +got):\n%s", d)
			}
		})
	}
}

func TestColumnSetNeverEditsWhatItReturned(t *testing.T) {
	t.Parallel()
	var s export.ColumnSet
	s.Add("a")
	before := s.Columns()
	if i := s.Add("b"); i != 1 || s.Len() != 2 {
		t.Errorf("Add returned %d and Len %d, want 1 and 2", i, s.Len())
	}
	_ = append(before, export.Column{Name: "mine"})
	if len(before) != 1 || before[0].Name != "a" || s.Columns()[1].Name != "b" {
		t.Errorf("columns share memory: %v, %v", before, s.Columns())
	}
}

func TestColumnNamesAreUnique(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		titles := rapid.SliceOf(rapid.StringMatching(`(a|b|column| )?(_[123]){0,2}`)).Draw(t, "titles")
		seen := map[string]bool{}
		for _, c := range export.UniqueColumns(titles) {
			if seen[c.Name] || strings.TrimSpace(c.Name) == "" {
				t.Fatalf("name %q is empty or taken, titles %q", c.Name, titles)
			}
			seen[c.Name] = true
		}
	})
}

func TestManyDuplicatesAreNotQuadratic(t *testing.T) {
	t.Parallel()
	var s export.ColumnSet
	for range 100_000 {
		s.Add("same")
	}
	if got := s.Columns()[99_999].Name; got != "same_100000" {
		t.Errorf("last name is %q", got)
	}
}
