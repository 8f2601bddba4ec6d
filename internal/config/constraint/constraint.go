// Package constraint compares versions of the tool with what a configuration
// requires: ">= 0.1.0", "~> 1.2", "> 1.0, != 1.3.0". It knows semantic versions and
// nothing else.
package constraint

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a semantic version. Build metadata is dropped.
type Version struct {
	numbers    [3]uint64
	given      int // how many numbers were written
	prerelease string
}

// Parse reads MAJOR[.MINOR[.PATCH]][-PRERELEASE][+BUILD], with or without a v.
func Parse(s string) (Version, error) {
	fail := func() (Version, error) {
		return Version{}, fmt.Errorf("%q is not a version; write for example 1.2.3", s)
	}
	text, build, hasBuild := strings.Cut(strings.TrimPrefix(s, "v"), "+")
	text, pre, hasPre := strings.Cut(text, "-")
	if hasPre && !identifiers(pre) || hasBuild && !identifiers(build) {
		return fail()
	}
	v := Version{prerelease: pre}
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || v.given == len(v.numbers) || part[0] == '+' {
			return fail()
		}
		v.numbers[v.given] = n
		v.given++
	}
	return v, nil
}

func identifiers(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			return false
		}
	}
	return true
}

// Compare orders versions; a prerelease comes before its release.
func (v Version) Compare(o Version) int {
	for i := range v.numbers {
		if c := cmp.Compare(v.numbers[i], o.numbers[i]); c != 0 {
			return c
		}
	}
	switch {
	case v.prerelease == o.prerelease:
		return 0
	case v.prerelease == "":
		return 1
	case o.prerelease == "":
		return -1
	}
	return comparePrerelease(strings.Split(v.prerelease, "."), strings.Split(o.prerelease, "."))
}

func comparePrerelease(a, b []string) int {
	for i := range min(len(a), len(b)) {
		x, errX := strconv.ParseUint(a[i], 10, 64)
		y, errY := strconv.ParseUint(b[i], 10, 64)
		var c int
		switch {
		case errX == nil && errY == nil:
			c = cmp.Compare(x, y)
		case errX == nil:
			c = -1 // numbers come before words
		case errY == nil:
			c = 1
		default:
			c = cmp.Compare(a[i], b[i])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

type term struct {
	op string
	v  Version
}

// Set is a list of conditions that must all hold.
type Set []term

// operators are tried in this order, longer ones first.
var operators = []string{">=", "<=", "!=", "~>", ">", "<", "="}

// ParseSet reads conditions separated by commas.
func ParseSet(s string) (Set, error) {
	var set Set
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		op := "="
		for _, o := range operators {
			if rest, ok := strings.CutPrefix(part, o); ok {
				op, part = o, strings.TrimSpace(rest)
				break
			}
		}
		v, err := Parse(part)
		if err != nil {
			return nil, fmt.Errorf("%q is not a version constraint; write for example \">= 0.1.0\" or \"~> 1.2\"", s)
		}
		set = append(set, term{op, v})
	}
	return set, nil
}

// Allows reports whether the version meets every condition.
func (s Set) Allows(v Version) bool {
	for _, t := range s {
		if !t.allows(v) {
			return false
		}
	}
	return true
}

func (t term) allows(v Version) bool {
	c := v.Compare(t.v)
	switch t.op {
	case ">=":
		return c >= 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case "<":
		return c < 0
	case "!=":
		return c != 0
	case "~>":
		return c >= 0 && t.sameSeries(v)
	}
	return c == 0
}

// sameSeries reports whether all written numbers but the last are equal: ~> 1.2
// stays below 2, ~> 1.2.3 below 1.3.
func (t term) sameSeries(v Version) bool {
	for i := range t.v.given - 1 {
		if v.numbers[i] != t.v.numbers[i] {
			return false
		}
	}
	return true
}
