package main

import (
	"cmp"
	"fmt"
	"slices"
)

// figure is a median with the smallest and the largest it is made from.
type figure struct{ value, low, high float64 }

// part selects what is compared.
type part func(usage) float64

func wall(u usage) float64   { return u.wall.Seconds() }
func cpu(u usage) float64    { return u.cpu.Seconds() }
func memory(u usage) float64 { return float64(u.rss) / (1 << 20) }

func values(list []usage, p part) []float64 {
	out := make([]float64, len(list))
	for i, u := range list {
		out[i] = p(u)
	}
	return out
}

// median of a list that is not empty.
func median[T cmp.Ordered](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}

// absolute is the figure of one program alone.
func absolute(list []usage, p part) figure {
	v := values(list, p)
	return figure{median(v), slices.Min(v), slices.Max(v)}
}

// ratio compares two programs that ran in turn: the ratio of their medians, and
// the extremes of the pairs.
func ratio(a, b []usage, p part) figure {
	x, y := values(a, p), values(b, p)
	pairs := make([]float64, min(len(x), len(y)))
	for i := range pairs {
		pairs[i] = divide(x[i], y[i])
	}
	return figure{divide(median(x), median(y)), slices.Min(pairs), slices.Max(pairs)}
}

// over compares one program with a number.
func over(list []usage, p part, by float64) figure {
	f := absolute(list, p)
	return figure{divide(f.value, by), divide(f.low, by), divide(f.high, by)}
}

// divide gives 0 where there is nothing to divide by, as with memory on a system
// that does not tell it.
func divide(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// line is one line of the table.
type line struct {
	what   string
	figure figure
	unit   string  // empty for ratios
	target float64 // at most; 0: none
	least  float64 // at least; 0: none
}

func (b *bench) heading() {
	_, _ = fmt.Fprintf(b.out, "| %-44s | %-22s | %-8s | %-6s |\n|%s|%s|%s|%s|\n", "what", "median (lowest–highest)", "target", "",
		dashes(46), dashes(25), dashes(10), dashes(8))
}

func dashes(n int) string { return string(slices.Repeat([]byte{'-'}, n)) }

func (b *bench) print(l line) {
	number := func(f float64) string {
		switch {
		case l.unit != "":
			return fmt.Sprintf("%.0f", f)
		case f < 0.1:
			return fmt.Sprintf("%.3f", f)
		}
		return fmt.Sprintf("%.2f", f)
	}
	unit := ""
	if l.unit != "" {
		unit = " " + l.unit
	}
	value := fmt.Sprintf("%s (%s–%s)%s", number(l.figure.value), number(l.figure.low), number(l.figure.high), unit)
	target, verdict := "", ""
	if l.target > 0 {
		target, verdict = fmt.Sprintf("≤ %g%s", l.target, unit), "met"
		if l.figure.value > l.target {
			verdict = "missed"
		}
	}
	if l.least > 0 {
		target, verdict = fmt.Sprintf("≥ %g%s", l.least, unit), "met"
		if l.figure.value < l.least {
			verdict = "missed"
		}
	}
	_, _ = fmt.Fprintf(b.out, "| %-44s | %-23s | %-8s | %-6s |\n", l.what, value, target, verdict)
}
