package export

import (
	"strconv"
	"strings"
)

// ColumnSet gives columns their names while titles become known one by one. The
// zero value is an empty set.
//
// A name is the title as it came. A title that was there before gets a number
// (Title, Title_2, Title_3), one of nothing but space gets its position
// (column_3), and a name that is taken already is counted on. Columns that were
// added never change or move.
type ColumnSet struct {
	cols []Column
	used map[string]bool
	next map[string]int // by name: the number its next duplicate tries first
}

// Add adds a column at the end and returns its index.
func (s *ColumnSet) Add(title string) int {
	if s.used == nil {
		s.used, s.next = map[string]bool{}, map[string]int{}
	}
	// Bytes that are not text would become equal in formats that must be UTF-8.
	base := strings.ToValidUTF8(title, "\uFFFD")
	if strings.TrimSpace(base) == "" {
		base = "column_" + strconv.Itoa(len(s.cols)+1)
	}
	name := base
	for n := max(s.next[base], 2); s.used[name]; n++ {
		name = base + "_" + strconv.Itoa(n)
		s.next[base] = n + 1
	}
	s.used[name] = true
	s.cols = append(s.cols, Column{Name: name, Title: title})
	return len(s.cols) - 1
}

// Columns returns the columns added so far. Later additions do not show in the
// returned slice.
func (s *ColumnSet) Columns() []Column { return s.cols[:len(s.cols):len(s.cols)] }

// Len returns the number of columns.
func (s *ColumnSet) Len() int { return len(s.cols) }

// UniqueColumns gives each title a column with a name of its own, as [ColumnSet]
// does.
func UniqueColumns(titles []string) []Column {
	var s ColumnSet
	for _, t := range titles {
		s.Add(t)
	}
	return s.Columns()
}
