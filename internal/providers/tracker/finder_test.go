package tracker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reportsync/internal/providers/jsonscan"
)

// foundIn is what a finder finds of each issue: the values of its fields as they are
// written, joined.
func foundIn(f *finder, body []byte) (out []string, err error) {
	n, err := f.find(body)
	for n := range n {
		var values []string
		for _, at := range f.found(n) {
			values = append(values, string(at.of(body)))
		}
		out = append(out, strings.Join(values, "|"))
	}
	return out, err
}

func TestFinder(t *testing.T) {
	t.Parallel()
	f := newFinder("id", "key", "id")
	for _, c := range []struct{ body, want, err string }{
		{`[]`, ``, ""},
		{` [ {"id":"1","key":"A-1"} , {"id":2,"x":[{"id":3}],"key":null} ] `, `"1"|"A-1"|"1";2|null|2`, ""},
		{`[{"key":"A","id":"1"},{"\u0069d":"2"},{},{"id":"3","id":"4"}]`, `"1"|"A"|"1";"2"||"2";||;"4"||"4"`, ""},
		{`[{"id":"1"},5,"x",[{"id":"2"}],null,{"id":"3"}]`, `"1"||"1";"3"||"3"`, ""},
		{`[{"id":"1"},{"id":"2"]`, "", "at byte 21, it is not JSON"},
		{`[{"id":"1"}] x`, "", "at byte 13, it is not JSON"},
		{`[{"id":"1"`, "", "more bytes"},
		{`[` + strings.Repeat(`{"id":`, 100), "", "nested too deep"},
	} {
		got, err := foundIn(f, []byte(c.body))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%.60s: %v, want %s", c.body, err, c.err)
			}
			continue
		}
		if text := strings.Join(got, ";"); err != nil || text != c.want {
			t.Errorf("%.60s: %s, %v; want %s", c.body, text, err, c.want)
		}
	}
}

// FuzzFind compares with encoding/json: which pages can be read, and what is in them.
func FuzzFind(f *testing.F) {
	for _, s := range []string{
		`[{"id":"1","key":"A-1","a":{"b":[1,"\\\""]}},{"id":2}]`, `[{},{"id":{"x":1},"id":[]}]`, `[1,{"\u0069d":null}] `, `[{"id":"1"},{"id":"2"]`, `[`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !strings.HasPrefix(strings.TrimSpace(string(body)), "[") {
			return // whoever asks for a page makes sure of that
		}
		got, err := foundIn(newFinder("id"), body)
		if err != nil && strings.Contains(err.Error(), jsonscan.ErrDepth.Error()) {
			return
		}
		if (err == nil) != json.Valid(body) {
			t.Fatalf("%q: %v, encoding/json says %t", body, err, json.Valid(body))
		}
		if err != nil {
			return
		}
		var want []string
		var items []json.RawMessage
		if err := json.Unmarshal(body, &items); err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			var m map[string]json.RawMessage
			if item[0] == '{' && json.Unmarshal(item, &m) == nil {
				want = append(want, string(m["id"]))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", body, fmt.Sprint(got), fmt.Sprint(want))
		}
	})
}
