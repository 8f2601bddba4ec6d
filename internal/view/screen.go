package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// screen is what is drawn at the bottom of a terminal at this moment. It is
// guarded by the lock of the view and writes nothing itself.
type screen struct {
	lines  []string
	width  int // when they were drawn
	hidden bool
}

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	clearBelow = "\x1b[J"
)

// erase returns what takes the lines off the screen.
func (s *screen) erase() string {
	return s.eraseAt(s.width)
}

// eraseAt takes into account that a terminal that became narrower has broken
// the lines that were drawn.
func (s *screen) eraseAt(width int) string {
	if len(s.lines) == 0 {
		return ""
	}
	rows := 0
	for _, l := range s.lines {
		rows++
		if n := visible(l); width > 0 && n > width {
			rows += (n - 1) / width
		}
	}
	s.lines = nil
	return fmt.Sprintf("\r\x1b[%dA%s", rows, clearBelow)
}

// visible is the width of finished text, escape sequences aside.
func visible(s string) int {
	return displaywidth.Options{ControlSequences: true}.String(s)
}

// redraw returns what puts permanent text above new lines; nothing if neither
// changed.
func (s *screen) redraw(permanent string, lines []string, width int) string {
	if permanent == "" && slices.Equal(lines, s.lines) && width == s.width {
		return ""
	}
	var b strings.Builder
	b.WriteString(s.eraseAt(width))
	b.WriteString(permanent)
	if len(lines) > 0 && !s.hidden {
		b.WriteString(hideCursor)
		s.hidden = true
	}
	for _, l := range lines {
		b.WriteString(l)
		b.WriteByte('\n')
	}
	s.lines, s.width = lines, width
	return b.String()
}

// restore gives the cursor back.
func (s *screen) restore() string {
	if !s.hidden {
		return ""
	}
	s.hidden = false
	return showCursor
}
