package view

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// cells is the number of terminal cells that text takes. Marks take none.
func cells(s string) int { return displaywidth.String(s) }

// pad fills text with spaces up to a width.
func pad(s string, width int) string {
	if n := width - cells(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// short cuts text that is longer than a width, and shows that it did.
func short(s string, width int) string {
	if len(s) <= width || cells(s) <= width {
		return s
	}
	return displaywidth.TruncateString(s, max(width, 1), "…")
}

// shortEnd is short for text whose end tells more than its beginning.
func shortEnd(s string, width int) string {
	if len(s) <= width || cells(s) <= width {
		return s
	}
	var parts []string
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		parts = append(parts, g.Value())
	}
	left, from := width-1, len(parts)
	for from > 0 {
		if left -= cells(parts[from-1]); left < 0 {
			break
		}
		from--
	}
	return "…" + strings.Join(parts[from:], "")
}

// wrap breaks text into lines of at most width cells. Words that are longer stay
// whole, because paths and links are copied; lines that are indented are left as
// they are.
func wrap(s string, width int) []string {
	var out []string
	for para := range strings.SplitSeq(s, "\n") {
		if strings.HasPrefix(para, " ") || cells(para) <= width {
			out = append(out, strings.TrimRight(para, " "))
			continue
		}
		var line strings.Builder
		used := 0
		for word := range strings.FieldsSeq(para) {
			w := cells(word)
			if used > 0 && used+1+w > width {
				out = append(out, line.String())
				line.Reset()
				used = 0
			}
			if used > 0 {
				line.WriteByte(' ')
				used++
			}
			line.WriteString(word)
			used += w
		}
		out = append(out, line.String())
	}
	return out
}
