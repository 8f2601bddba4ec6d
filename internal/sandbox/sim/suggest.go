package sim

import (
	"fmt"
	"strings"
)

// unknown is the error about a name that nothing has, with a suggestion if one of
// the known names is close.
func unknown(what, name string, known []string) error {
	var plain []string // PROVIDER/ENDPOINT is known too, but would make a long list
	for _, k := range known {
		if !strings.Contains(k, "/") {
			plain = append(plain, k)
		}
	}
	hint := ""
	if best := nearest(name, known); best != "" {
		hint = fmt.Sprintf(" Did you mean %q?", best)
	}
	return fmt.Errorf("there is no %s %q.%s Known: %s", what, name, hint, strings.Join(plain, ", "))
}

// nearest returns the known name that takes the fewest edits, or "" if all of
// them are too far away to be what was meant.
func nearest(name string, known []string) string {
	best, limit := "", max(len(name)/3, 1)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), k); d < limit {
			best, limit = k, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, exchange or swap with
// their neighbour to make b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
