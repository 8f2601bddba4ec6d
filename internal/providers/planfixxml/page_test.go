package planfixxml

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"reportsync/internal/export"
)

// FuzzPage reads any bytes as an answer: what is taken for whole must be well-formed
// XML to the library as well, and no item may get lost.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`<response status="ok"><tasks totalCount="2" count="2">` + item + `<task/></tasks></response>`))
	f.Add([]byte(`<?xml version="1.0" encoding="UTF-8"?><response status="ok"><tasks/></response>`))
	f.Add([]byte(`<response><x><tasks totalCount="-1"><a/>text<!-- c --><task a="b"><![CDATA[x]]></task></tasks></x></response>`))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><response><tasks><task>&b;</task></tasks></response>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parsePage(body, "tasks", "task")
		if err != nil {
			return
		}
		dec := xml.NewDecoder(bytes.NewReader(body))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("taken for whole, but: %v", err)
			}
		}
		tab := newTable(nil, false, nil)
		for _, n := range p.items {
			if got := len(tab.row(n)); got != tab.columns.Len() {
				t.Fatalf("%d cells for %d columns", got, tab.columns.Len())
			}
		}
	})
}

func benchmarkPage() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><response status="ok"><tasks totalCount="100" count="100">`)
	for range 100 {
		b.WriteString(item)
	}
	b.WriteString(`</tasks></response>`)
	return []byte(b.String())
}

// BenchmarkPage reads a page into CSV. It is to be compared with BenchmarkTokens.
func BenchmarkPage(b *testing.B) {
	body := benchmarkPage()
	b.SetBytes(int64(len(body)))
	r := &reader{method: *find("task.getList"), table: newTable(nil, false, nil)}
	var record []string
	for b.Loop() {
		p, err := parsePage(body, "tasks", "task")
		if err != nil {
			b.Fatal(err)
		}
		var out export.Rows = &rows{items: p.items, reader: r}
		w := csv.NewWriter(io.Discard)
		for {
			cells, err := out.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			record = record[:0]
			for _, c := range cells {
				record = append(record, string(c))
			}
			if err := w.Write(record); err != nil {
				b.Fatal(err)
			}
		}
		w.Flush()
	}
}

// BenchmarkTokens is the bare loop over the same bytes.
func BenchmarkTokens(b *testing.B) {
	body := benchmarkPage()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		dec := xml.NewDecoder(bytes.NewReader(body))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(fmt.Errorf("%w", err))
			}
		}
	}
}
