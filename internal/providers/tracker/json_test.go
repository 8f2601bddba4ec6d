package tracker

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/providers/jsonscan"
)

func TestFlat(t *testing.T) {
	t.Parallel()
	cases := []struct{ val, part, want string }{
		{`"a\"b\u0041"`, "", `a"bA`},
		{`12.50`, "", "12.50"},
		{`true`, "", "true"},
		{`null`, "", ""},
		{`{"self":"x","id":"1","key":"open","display":"Открыт"}`, "", "Открыт"},
		{`{"self":"x","id":"1","key":"open","display":"Открыт"}`, "key", "open"},
		{`{"self":"x","id":1,"key":"open","display":"Открыт"}`, "id", "1"},
		{`{"id":"1"}`, "", "1"},
		{`{"id":"1"}`, "key", ""},
		{`[{"display":"a"},{"display":"b"}]`, "", "a; b"},
		{`[{"display":"a","id":"1"},{"display":"b","id":"2"}]`, "id", "1; 2"},
		{`["x","y"]`, "", "x; y"},
		{`[]`, "", ""},
		{`{"primary":{"id":"1","display":"P"},"secondary":[{"display":"S"},{"display":"T"}]}`, "", "P; S; T"},
		{`{"primary":{"id":"1","display":"P"},"secondary":[]}`, "id", "1"},
		{`{"what":"is this"}`, "", `{"what":"is this"}`},
	}
	for _, c := range cases {
		if got := string(flat(nil, []byte(c.val), c.part)); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.val, c.part, got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-05-12T13:04:05.678+0000":  "2026-05-12T13:04:05.678Z",
		"2026-05-31T23:59:59.999+0000":  "2026-05-31T23:59:59.999Z",
		"2024-02-29T00:00:00.000+0000":  "2024-02-29T00:00:00Z",
		"2026-05-12T01:04:05.000+0300":  "2026-05-11T22:04:05Z",
		"2026-05-12T13:04:05.678+00:00": "2026-05-12T13:04:05.678Z",
		"2026-05-12T13:04:05Z":          "2026-05-12T13:04:05Z",
		"2026-02-29T00:00:00.000+0000":  "", "2026-13-01T00:00:00.000+0000": "", "2026-01-00T00:00:00.000+0000": "",
		"2026-05-12T24:00:00.000+0000": "", "2026-05-12T13:60:00.000+0000": "", "2026-05-12T13:00:60.000+0000": "",
		"2026-05-12 13:00:00.000+0000": "", "2026-05-1xT13:00:00.000+0000": "", "": "", "вчера": "",
	} {
		if got := parseTime(text); want == "" && !got.IsZero() || want != "" && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %s, want %q", text, got, want)
		}
		if got, slow := parseTime([]byte(text)), parseTime(text); !got.Equal(slow) {
			t.Errorf("%q as bytes is %s, as text %s", text, got, slow)
		}
	}
}

// FuzzWalk walks over any valid JSON as the library reads it.
func FuzzWalk(f *testing.F) {
	for _, s := range []string{
		`[{"id":"1","a":[1,2,{"b":"\\\""}],"c":null}, {} , []]`, ` { "a" : "b\\" , "c" : [ ] } `, `"x"`, `[[],[[]],{"":{"":""}}]`, `[1e5,-0.5,true]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := jsonscan.Check(b); err != nil {
			return
		}
		var walk func(v []byte) any
		walk = func(v []byte) any {
			switch v[0] {
			case '{':
				m := map[string]any{}
				members(v, func(key, val []byte) {
					var k string
					if err := json.Unmarshal([]byte(`"`+string(key)+`"`), &k); err != nil {
						t.Fatalf("key %q: %v", key, err)
					}
					m[k] = walk(val)
				})
				return m
			case '[':
				l := []any{}
				elements(v, func(val []byte) { l = append(l, walk(val)) })
				return l
			case '"':
				return string(appendText(nil, v))
			case 'n':
				return nil
			}
			if v[0] == 't' || v[0] == 'f' {
				return v[0] == 't'
			}
			return json.Number(v)
		}
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			return
		}
		if !utf8.Valid(b) {
			return // which the library replaces
		}
		if diff := cmp.Diff(want, walk(bytes.TrimSpace(b))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestLinked(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`<api.tracker.yandex.net/v3/issues/_search?id=5f2ad&perPage=10>; rel="next"`: "5f2ad",
		`<https://other.host/x?id=a%2Bb>; rel = "next"`:                              "a+b",
		`<x?id=1>; rel="first", <x?id=2>; rel="next"`:                                "2",
		`<x?id=1>; rel="first"`:                                                      "", `garbage`: "", ``: "",
	} {
		if got := linked(map[string][]string{"Link": {line}}, "id"); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
