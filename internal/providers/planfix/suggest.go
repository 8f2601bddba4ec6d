package planfix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// suggestion says which reports might be meant.
func suggestion(name string, list []report) string {
	if len(list) == 0 {
		return "The token's user can see no report at all; check which user the token belongs to."
	}
	wanted := []rune(strings.ToLower(strings.TrimSpace(name)))
	near := slices.Clone(list)
	distances := make(map[string]int, len(list))
	for _, r := range list {
		distances[r.id] = distance([]rune(strings.ToLower(strings.TrimSpace(r.name))), wanted)
	}
	slices.SortStableFunc(near, func(a, b report) int { return cmp.Compare(distances[a.id], distances[b.id]) })
	if distances[near[0].id] <= len(wanted)/3+1 {
		return fmt.Sprintf("Did you mean %q (report_id %s)?", near[0].name, near[0].id)
	}
	return "Visible are for example: " + listing(near, 3) + "."
}

// listing names the first reports of a list.
func listing(list []report, most int) string {
	var parts []string
	for _, r := range list[:min(most, len(list))] {
		parts = append(parts, r.String())
	}
	return strings.Join(parts, ", ")
}

// distance is the number of single-letter edits between two names.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
