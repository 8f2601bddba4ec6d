package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// diag makes an error that points at a place.
func diag(rng hcl.Range, summary, detail string, args ...any) *hcl.Diagnostic {
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &rng}
}

func warning(rng hcl.Range, summary, detail string, args ...any) *hcl.Diagnostic {
	d := diag(rng, summary, detail, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// didYouMean returns a sentence with the most similar of the names, with a space
// before it, or nothing when none is similar.
func didYouMean(given string, names []string) string {
	best, bestDistance := "", len(given)/3+2
	for _, n := range names {
		if d := distance(given, n, bestDistance); d < bestDistance {
			best, bestDistance = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// distance is the number of single-letter edits between two names, counted no
// further than limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		diagonal := prev[0]
		prev[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, prev[j+1] = prev[j+1], min(prev[j+1]+1, prev[j]+1, diagonal+cost)
		}
	}
	return prev[len(b)]
}

// listing joins names for a sentence: a, b or c.
func listing(names []string, last string) string {
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	return out
}
