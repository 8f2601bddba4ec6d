package view

import (
	"fmt"
	"strings"
	"testing"
)

// terminal is as much of a terminal as the redrawn lines need. It fails the test
// for anything else, and for lines that are longer than it is wide.
type terminal struct {
	t      *testing.T
	width  int
	lines  []string
	row    int
	hidden bool
	writes int
}

func (m *terminal) Write(p []byte) (int, error) {
	m.writes++
	if len(m.lines) == 0 {
		m.lines = []string{""}
	}
	s := string(p)
	for s != "" {
		switch {
		case s[0] == '\n':
			m.row++
			if m.row == len(m.lines) {
				m.lines = append(m.lines, "")
			}
			s = s[1:]
		case s[0] == '\r':
			s = s[1:] // lines are only ever written from their beginning
		case strings.HasPrefix(s, hideCursor):
			m.hidden, s = true, s[len(hideCursor):]
		case strings.HasPrefix(s, showCursor):
			m.hidden, s = false, s[len(showCursor):]
		case strings.HasPrefix(s, clearBelow):
			m.lines, s = append(m.lines[:m.row], ""), s[len(clearBelow):]
		case s[0] == 0x1b:
			var n int
			var c byte
			if _, err := fmt.Sscanf(s, "\x1b[%d%c", &n, &c); err != nil || c != 'A' && c != 'm' {
				m.t.Fatalf("unknown sequence %q", s[:min(len(s), 12)])
			}
			if c == 'A' {
				if m.row -= n; m.row < 0 {
					m.t.Fatalf("the cursor left the screen")
				}
			}
			s = s[strings.IndexByte(s, c)+1:]
		default:
			end := strings.IndexAny(s, "\n\r\x1b")
			if end < 0 {
				end = len(s)
			}
			m.lines[m.row] += s[:end]
			s = s[end:]
		}
	}
	return len(p), nil
}

func (m *terminal) screen() string { return strings.Join(m.lines, "\n") }
