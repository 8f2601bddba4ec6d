package planfix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/providers/jsonscan"
)

// plainRow is a row as encoding/json reads it.
type plainRow struct {
	Type, Depth string
	Cells       []string
	Links       []string
}

// scanAll reads a chunk with the scanner.
func scanAll(src io.Reader) (out []plainRow, s *scanner, err error) {
	s = newScanner(src, true)
	defer s.close()
	for {
		r, err := s.next()
		if errors.Is(err, io.EOF) {
			return out, s, nil
		}
		if err != nil {
			return out, s, err
		}
		p := plainRow{Type: string(r.typ), Depth: string(r.depth)}
		for i := range r.cells {
			p.Cells = append(p.Cells, string(r.cells[i]))
			p.Links = append(p.Links, string(r.links[i]))
		}
		out = append(out, p)
	}
}

func TestScanner(t *testing.T) {
	t.Parallel()
	item := func(text string) string { return `{"text":` + text + `,"link":"","hidden":false}` }
	row := func(items ...string) string {
		return `{"type":"Normal","depth":0,"items":[` + strings.Join(items, ",") + `]}`
	}
	one := func(cells ...string) plainRow {
		return plainRow{Type: "Normal", Depth: "0", Cells: cells, Links: make([]string, len(cells))}
	}
	tests := []struct {
		name, body string
		want       []plainRow
		err        string
	}{
		{name: "bare", body: `{"chunk":0,"rows":[` + row(item(`"a"`)) + `]}`, want: []plainRow{one("a")}},
		{name: "wrapped", body: `{"result":"success","data":{"chunk":0,"rows":[` + row(item(`"a"`)) + `]}}`, want: []plainRow{one("a")}},
		{name: "keys in another order", body: `{"data":{"rows":[` + row(item(`"a"`)) + `],"chunk":0},"result":"success"}`, want: []plainRow{one("a")}},
		{name: "capitals", body: `{"Data":{"Rows":[{"Type":"Normal","DEPTH":0,"Items":[{"Text":"a"}]}]}}`, want: []plainRow{one("a")}},
		{name: "data that is no object", body: `{"data":null,"rows":[` + row(item(`"a"`)) + `]}`, want: []plainRow{one("a")}},
		{name: "extra keys", body: `{"x":{"rows":[1,[2]]},"rows":[{"a":[{}],"type":"Normal","b":"\"","depth":0,"items":[{"q":1e5,"text":"a"}],"c":null}]}`, want: []plainRow{one("a")}},
		{
			name: "texts that are no strings", body: `{"rows":[` + row(item("2"), item("-7.50e+3"), item("true"), item("false"), item("null"), item(`{"a":[1, 2]}`)) + `]}`,
			want: []plainRow{one("2", "-7.50e+3", "true", "false", "", `{"a":[1, 2]}`)},
		},
		{name: "items that are no objects", body: `{"rows":[` + row(`"a"`, `1`, `null`, `{}`) + `]}`, want: []plainRow{one("a", "1", "", "")}},
		{
			name: "escapes", body: `{"rows":[` + row(item(`"\"\\\/\b\f\n\r\t"`), item(`"\u0416\u00e9"`), item(`"\ud83d\ude00!"`), item(`"\ud83dx\ude00"`), item(`"\ud83d\u0041"`)) + `]}`,
			want: []plainRow{one("\"\\/\b\f\n\r\t", "Жé", "😀!", "\ufffdx\ufffd", "\ufffdA")},
		},
		{
			name: "link", body: `{"rows":[` + row(`{"text":"a","link":"https://x/\"1\"","hidden":true}`) + `]}`,
			want: []plainRow{{Type: "Normal", Depth: "0", Cells: []string{"a"}, Links: []string{`https://x/"1"`}}},
		},
		{
			name: "no items", body: `{"rows":[{"type":"Total","depth":1},{"type":"Total","items":null},{"items":[]}]}`,
			want: []plainRow{{Type: "Total", Depth: "1"}, {Type: "Total"}, {}},
		},
		{name: "no rows", body: `{"rows":[]}`},
		{
			name: "space", body: " \r\n{ \"rows\" : [ {\t\"type\" : \"Normal\" , \"depth\" : 0 , \"items\" : [ { \"text\" : \"a\" } , { \"text\" : \"b\" } ] } , {\"type\":\"Normal\",\"depth\":0,\"items\":[]} ] } \n",
			want: []plainRow{one("a", "b"), {Type: "Normal", Depth: "0"}},
		},
		{name: "trailing", body: `{"rows":[]}{}`, err: "behind its end"},
		{name: "trailing comma", body: `{"rows":[` + row() + `,]}`, want: []plainRow{{Type: "Normal", Depth: "0"}}, err: "not JSON"},
		{name: "rows twice", body: `{"rows":[],"data":{"rows":[]}}`, err: "rows twice"},
		{name: "not an object", body: `[]`, err: "not JSON"},
		{name: "row that is none", body: `{"rows":[1]}`, err: "not JSON"},
		{name: "items twice", body: `{"rows":[{"items":[],"items":[]}]}`, err: "not JSON"},
		{name: "raw line break", body: "{\"rows\":[{\"items\":[\"a\nb\"]}]}", err: "not JSON"},
		{name: "bad escape", body: `{"rows":[{"items":["\x"]}]}`, err: "not JSON"},
		{name: "bad number", body: `{"rows":[{"items":[01]}]}`, err: "not JSON"},
		{name: "html", body: `<html>`, err: "not JSON"},
		{name: "deep", body: `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, err: "too deep"},
		{name: "cut in the rows", body: `{"rows":[` + row(item(`"a"`)), want: []plainRow{one("a")}, err: "unexpected EOF"},
		{name: "cut in a row", body: `{"rows":[{"type":"Normal","dep`, err: "unexpected EOF"},
		{name: "empty", body: ``, err: "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, src := range map[string]io.Reader{
				"at once": strings.NewReader(tt.body), "by bytes": iotest.OneByteReader(strings.NewReader(tt.body)),
			} {
				got, _, err := scanAll(src)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s: rows (-want +got):\n%s", name, diff)
				}
				if text := fmt.Sprint(err); tt.err == "" && err != nil || !strings.Contains(text, tt.err) {
					t.Errorf("%s: error = %v, want %q", name, err, tt.err)
				}
			}
		})
	}
}

// Rows that change in every way between one and the next must not be taken for
// each other.
func TestScannerTemplates(t *testing.T) {
	t.Parallel()
	rows := []string{
		`{"type":"Header","depth":0,"items":[{"text":"A","link":"","hidden":false},{"text":"B","link":"","hidden":true}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1","link":"","hidden":false},{"text":"2","link":"","hidden":false}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1","link":"https://x/1","hidden":false},{"text":"\"2\"","link":"","hidden":false}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1","link":"","hidden":false},{"text":"2","link":"https://\u0078/2","hidden":false}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":17,"link":"","hidden":false},{"text":"2","link":"","hidden":true}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1","link":"","hidden":false},{"text":null,"link":"","hidden":false}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1","link":"","hidden":false}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1","link":"","hidden":false},{"text":"2","link":"","hidden":false},{"text":"3","link":"","hidden":false}]}`,
		`{"type":"Normal","depth":1,"items":[{"text":"1","link":"","hidden":false},{"text":"2","link":"","hidden":false}]}`,
		`{"type":"Normal","depth":0,"items":[{"link":"l","text":"1","hidden":false},{"link":"","text":"2","hidden":false}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1"},{"text":"2"}]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"},{\"text\":\"","link":"","hidden":false},{"text":"\\","link":"","hidden":false}]}`,
		`{"items":[{"text":"1","link":"","hidden":false},{"text":"2","link":"","hidden":false}],"depth":2,"type":"Total"}`,
		`{"items":[{"text":"1","link":"","hidden":false},{"text":"2","link":"","hidden":false}],"depth":3,"type":"Total"}`,
		`{"type":"Normal","depth":0,"items":[]}`,
		`{"type":"Normal","depth":0,"items":[{"text":"1","text":"2","link":"","link":"z"},{"text":"2","link":""}]}`,
	}
	var body strings.Builder
	body.WriteString(`{"rows":[`)
	n := 0
	for i := range rows {
		for j := range rows {
			for _, k := range []int{i, i, j} {
				if n++; n > 1 {
					body.WriteByte(',')
				}
				body.WriteString(rows[k])
			}
		}
	}
	body.WriteString(`]}`)
	compare(t, []byte(body.String()))
}

// compare reads a chunk with the scanner and with encoding/json.
func compare(t *testing.T, body []byte) {
	t.Helper()
	want, wantOK := reference(body)
	for name, src := range map[string]io.Reader{
		"at once": bytes.NewReader(body), "in halves": iotest.HalfReader(bytes.NewReader(body)), "by bytes": iotest.OneByteReader(bytes.NewReader(body)),
	} {
		got, s, err := scanAll(src)
		if ok := err == nil && s.found; ok != wantOK {
			t.Fatalf("%s: the scanner says %v (error %v), encoding/json %v:\n%q", name, ok, err, wantOK, body)
		}
		if !wantOK {
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: rows (-encoding/json +scanner):\n%s\n%q", name, diff, body)
		}
	}
}

// object is a JSON object with its members in order.
type member struct {
	key   string
	value json.RawMessage
}

func membersOf(raw []byte) []member {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []member
	for dec.More() {
		k, _ := dec.Token()
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return nil
		}
		out = append(out, member{keyName([]byte(k.(string)), false), v})
	}
	return out
}

// reference reads a chunk with encoding/json; ok is false where the scanner must
// refuse it.
func reference(body []byte) (out []plainRow, ok bool) {
	if !json.Valid(body) || body[len(bytes.TrimSpace(body))-1] != '}' && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return nil, false
	}
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) || tooDeep(body) {
		return nil, false
	}
	var lists []json.RawMessage
	for _, m := range membersOf(body) {
		switch {
		case m.key == "rows" && m.value[0] == '[':
			lists = append(lists, m.value)
		case m.key == "data" && m.value[0] == '{':
			for _, in := range membersOf(m.value) {
				if in.key == "rows" && in.value[0] == '[' {
					lists = append(lists, in.value)
				}
			}
		}
	}
	if len(lists) != 1 {
		return nil, false
	}
	var rows []json.RawMessage
	_ = json.Unmarshal(lists[0], &rows)
	for _, raw := range rows {
		r, ok := referenceRow(raw)
		if !ok {
			return nil, false
		}
		out = append(out, r)
	}
	return out, true
}

func referenceRow(raw json.RawMessage) (r plainRow, ok bool) {
	if raw[0] != '{' {
		return r, false
	}
	items := false
	for _, m := range membersOf(raw) {
		switch {
		case m.key == "type":
			r.Type = asText(m.value)
		case m.key == "depth":
			r.Depth = asText(m.value)
		case m.key == "items" && m.value[0] == '[':
			if items {
				return r, false
			}
			items = true
			var list []json.RawMessage
			_ = json.Unmarshal(m.value, &list)
			for _, it := range list {
				text, link := asText(it), ""
				if it[0] == '{' {
					text = ""
					for _, m := range membersOf(it) {
						switch m.key {
						case "text":
							text = asText(m.value)
						case "link":
							link = asText(m.value)
						}
					}
				}
				r.Cells, r.Links = append(r.Cells, text), append(r.Links, link)
			}
		}
	}
	return r, true
}

func asText(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s)
		return s
	case 'n':
		return ""
	}
	return string(raw)
}

// tooDeep reports whether a body is nested so that the scanner may refuse it.
func tooDeep(body []byte) bool {
	depth, deepest, inString := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '{' || c == '['):
			depth++
			deepest = max(deepest, depth)
		case !inString && (c == '}' || c == ']'):
			depth--
		}
	}
	return deepest > jsonscan.MaxDepth
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{
		`{"result":"success","data":{"chunk":0,"rows":[{"type":"Header","depth":0,"items":[{"text":"A","link":"","hidden":false}]},{"type":"Normal","depth":0,"items":[{"text":"\ud83d\ude00","link":"","hidden":false}]}]}}`,
		`{"rows":[{"type":"Normal","depth":0,"items":[{"text":"1","link":"","hidden":false},{"text":"2","link":"","hidden":false}]},{"type":"Normal","depth":0,"items":[{"text":"3","link":"l","hidden":false},{"text":4,"link":"","hidden":false}]}]}`,
		`{"chunk":1,"rows":[ {"items":[ "a" , 1e5,null,{"text":[1,{"a":"b"}]} ],"x":{}} ]}`,
		`{"Rows":[{"ITEMS":[{"te\u0078t":"\"\\"}]}],"code":22}`,
		`{"rows":[{"items":[{"text":"1"},{"text":"2"}]},{"items":[{"text":"1"},{"text":"\u00"}]}]}`,
		`{"rows":[{"type":"Normal","items":[{"text":"1"}, {"text":"2"}]}, {"type":"Normal","items":[{"text":"3"}, {"text":"4"}]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if tooDeep(body) || !utf8.Valid(body) {
			_, _, _ = scanAll(bytes.NewReader(body)) // must only not panic
			return
		}
		compare(t, body)
	})
}

// endless is a value that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// A row is held as a whole, so it must have a bound.
func TestRowWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newScanner(io.MultiReader(strings.NewReader(`{"rows":[{"type":"Normal","items":[{"text":"`), endless{}), false)
	defer s.close()
	if _, err := s.next(); !errors.Is(err, errTooLarge) || !strings.Contains(err.Error(), "64 MiB") {
		t.Errorf("error %v", err)
	}
}
