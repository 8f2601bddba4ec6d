package planfix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"reportsync/internal/providers/jsonscan"
)

// benchChunk is a chunk of rows with cells as a report has them: ids with links,
// names, amounts, dates, some quotes and line breaks.
func benchChunk(rows int, numbers bool) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString(`{"result":"success","data":{"chunk":0,"rows":[`)
	item := func(i int, text, link string) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"text":%s,"link":"%s","hidden":false}`, text, link)
	}
	words := strings.Fields("Отчёт call the customer about delivery Иванов invoice paid overdue in progress 548 min")
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"type":"Normal","depth":0,"items":[`)
		for c := range 12 {
			switch c {
			case 0:
				item(c, fmt.Sprintf(`"%d"`, 20000+r), fmt.Sprintf("https://acme.planfix.com/task/%d", 20000+r))
			case 1:
				text := words[rnd.IntN(len(words))] + " " + words[rnd.IntN(len(words))]
				if rnd.IntN(20) == 0 {
					text += `\n\"` + words[rnd.IntN(len(words))] + `\"`
				}
				item(c, `"`+text+`"`, "")
			case 2:
				if numbers {
					item(c, fmt.Sprint(rnd.IntN(100000)), "")
					break
				}
				fallthrough
			default:
				switch c % 3 {
				case 0:
					item(c, fmt.Sprintf(`"%02d-%02d-2025"`, 1+rnd.IntN(28), 1+rnd.IntN(12)), "")
				case 1:
					item(c, fmt.Sprintf(`"%d %03d,%02d"`, rnd.IntN(90), rnd.IntN(1000), rnd.IntN(100)), "")
				default:
					item(c, `"`+words[rnd.IntN(len(words))]+`"`, "")
				}
			}
		}
		b.WriteString("]}")
	}
	b.WriteString(`]}}`)
	return b.Bytes()
}

func BenchmarkScanner(b *testing.B) {
	for _, kind := range []struct {
		name    string
		numbers bool
	}{{"strings", false}, {"numbers", true}} {
		body := benchChunk(10_000, kind.numbers)
		for _, lessons := range []int{0, maxLessons} {
			name := "/scanner"
			if lessons > 0 {
				name = "/without template"
			}
			b.Run(kind.name+name, func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					s := newScanner(bytes.NewReader(body), false)
					s.tpl.lessons = lessons
					if n := countCells(b, s); n != 120_000 {
						b.Fatal(n)
					}
				}
			})
		}
		b.Run(kind.name+"/rows", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				rd := &reader{p: &provider{}, before: newTable(options{hidden: true})}
				rows, n := rowsOf(rd, bytes.NewReader(body)), 0
				for {
					cells, err := rows.Next()
					if errors.Is(err, io.EOF) {
						break
					}
					n += len(cells)
				}
				if n != 120_000 {
					b.Fatal(n)
				}
			}
		})
		b.Run(kind.name+"/bare", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if n := bareScan(bytes.NewReader(body)); n != 120_000 {
					b.Fatal(n)
				}
			}
		})
	}
}

// bareScan is the least that reads the cells of a chunk: a byte at a time through a
// buffer, trusting the input. It is what the scanner is measured against.
func bareScan(src io.Reader) (cells int) {
	p := &bare{src: src, buf: make([]byte, 256<<10)}
	for p.until('[') { // "rows":[
		break
	}
	var text []byte
	for {
		c := p.next()
		if c == ']' {
			return cells
		}
		if c != '{' {
			continue
		}
		for { // a row's keys
			if c = p.space(); c == '}' {
				break
			}
			if c != '"' {
				continue
			}
			text = p.str(text[:0])
			items := string(text) == "items"
			p.until(':')
			if !items {
				text = p.any(text[:0])
				continue
			}
			p.until('[')
			for {
				c = p.space()
				if c == ']' {
					break
				}
				if c != '{' {
					continue
				}
				for {
					if c = p.space(); c == '}' {
						break
					}
					if c != '"' {
						continue
					}
					text = p.str(text[:0])
					isText := string(text) == "text"
					p.until(':')
					text = p.any(text[:0])
					if isText {
						cells++
					}
				}
			}
		}
	}
}

type bare struct {
	src  io.Reader
	buf  []byte
	r, w int
}

func (p *bare) next() byte {
	if p.r == p.w {
		n, err := p.src.Read(p.buf)
		if n == 0 && err != nil {
			return 0
		}
		p.r, p.w = 0, n
	}
	c := p.buf[p.r]
	p.r++
	return c
}

func (p *bare) until(want byte) bool {
	for {
		if c := p.next(); c == want || c == 0 {
			return c == want
		}
	}
}

func (p *bare) space() byte {
	for {
		if c := p.next(); c != ' ' && c != '\n' && c != ',' {
			return c
		}
	}
}

func (p *bare) str(dst []byte) []byte {
	for {
		// The run up to the next quote or backslash that is in the buffer.
		chunk := p.buf[p.r:p.w]
		i := 0
		for i < len(chunk) && chunk[i] != '"' && chunk[i] != '\\' {
			i++
		}
		dst = append(dst, chunk[:i]...)
		p.r += i
		if i == len(chunk) {
			dst = append(dst, p.next())
			if c := dst[len(dst)-1]; c == '"' {
				return dst[:len(dst)-1]
			} else if c != '\\' {
				continue
			}
			dst = dst[:len(dst)-1]
		} else if c := p.next(); c == '"' {
			return dst
		}
		dst = append(dst, jsonscan.Unescape([]byte{'\\', p.next()})...)
	}
}

// any reads a scalar.
func (p *bare) any(dst []byte) []byte {
	c := p.space()
	if c == '"' {
		return p.str(dst)
	}
	for c != ',' && c != '}' && c != 0 {
		dst = append(dst, c)
		c = p.next()
	}
	p.r--
	return dst
}

func rowsOf(r *reader, src io.Reader) interface{ Next() ([][]byte, error) } {
	r.table = r.before.clone()
	return &rows{scan: newScanner(src, false), table: r.table, count: &r.counted, clean: strings.TrimSpace}
}

func countCells(b *testing.B, s *scanner) (n int) {
	defer s.close()
	for {
		r, err := s.next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			b.Fatal(err)
		}
		n += len(r.cells)
	}
}
