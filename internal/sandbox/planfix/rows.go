package planfix

import (
	"math/rand/v2"
	"strconv"
	"unicode/utf8"
)

// The kinds of row. The first two are documented; the service is known to have
// others, which clients must not stumble over.
const (
	kindHeader = "Header"
	kindNormal = "Normal"
	kindTotal  = "Total"
)

// column is one column of a report.
type column struct {
	title   string
	formula string
	hidden  bool
	make    func(p *pen) cell
}

// id is the column's id: unique, but not in the order of the columns.
func (c *column) id(i int) int { return (i ^ 1) + 1 }

// num is the column's position as the service gives it; a hidden column has the
// number of the one before it.
func (c *column) num(i int) int {
	if c.hidden {
		return i
	}
	return i + 1
}

// cell is one cell of a row.
type cell struct {
	text   string
	link   string
	number bool // the text is written as a JSON number
}

// pen writes the cells of one row.
type pen struct {
	report *report
	row    int
	kind   string
	depth  int
	// fixed is the same for a row in all saves. live is the same in most; in one
	// row of twenty-five it differs from save to save, so that saves can be compared.
	fixed, live *rand.Rand
}

// drift is one in how many rows changes from save to save.
const drift = 25

// pen returns the pen for a row of a save.
func (w *world) pen(r *report, save int64, row int) *pen {
	stable := w.seed ^ uint64(r.id)<<32
	p := &pen{report: r, row: row, kind: kindNormal, fixed: rand.New(rand.NewPCG(stable, uint64(row)))}
	live := rand.NewPCG(stable^uint64(save), uint64(row)|1<<40)
	if live.Uint64()%drift != 0 {
		live = rand.NewPCG(stable, uint64(row)|1<<40)
	}
	p.live = rand.New(live)
	if r.shape != nil {
		p.kind, p.depth = r.shape(row)
	}
	return p
}

// appendHeader appends the header row.
func appendHeader(b []byte, r *report) []byte {
	b = open(b, kindHeader, 0)
	for i := range r.columns {
		b = appendItem(b, r, i, cell{text: r.columns[i].title})
	}
	return append(b, "]}"...)
}

// appendRow appends a row of a save.
func (w *world) appendRow(b []byte, r *report, save int64, row int) []byte {
	p := w.pen(r, save, row)
	cells := make([]cell, len(r.columns))
	n := 0
	for i := range r.columns {
		cells[i] = r.columns[i].make(p)
		if cells[i] != (cell{}) {
			n = i + 1
		}
	}
	if !r.shortRows {
		n = len(cells)
	}
	b = open(b, p.kind, p.depth)
	for i, c := range cells[:n] {
		b = appendItem(b, r, i, c)
	}
	return append(b, "]}"...)
}

func open(b []byte, kind string, depth int) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","depth":`...)
	b = strconv.AppendInt(b, int64(depth), 10)
	return append(b, `,"items":[`...)
}

func appendItem(b []byte, r *report, i int, c cell) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	b = append(b, `{"text":`...)
	if c.number {
		b = append(b, c.text...)
	} else {
		b = appendText(b, c.text, r.escaped)
	}
	b = append(b, `,"link":`...)
	b = appendText(b, c.link, r.escaped)
	b = append(b, `,"hidden":`...)
	b = strconv.AppendBool(b, r.columns[i].hidden)
	return append(b, '}')
}

// appendText appends a JSON string, either as it is or, as an older encoder would,
// in ASCII with slashes escaped.
func appendText(b []byte, s string, escaped bool) []byte {
	const hex = "0123456789abcdef"
	unit := func(c uint16) {
		b = append(b, '\\', 'u', hex[c>>12], hex[c>>8&15], hex[c>>4&15], hex[c&15])
	}
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\' || c == '/' && escaped:
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < ' ':
			unit(uint16(c))
		case c < utf8.RuneSelf || !escaped:
			b = utf8.AppendRune(b, c)
		case c < 0x10000:
			unit(uint16(c))
		default:
			c -= 0x10000
			unit(uint16(0xd800 + c>>10))
			unit(uint16(0xdc00 + c&0x3ff))
		}
	}
	return append(b, '"')
}
