package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		err  error
	}{
		{`{}`, nil},
		{`[]`, nil},
		{`{"a":[1,-2.5e+3,true,false,null,"\u00e9\n"],"b":{"c":{}}}`, nil},
		{" [ 1 , 2 ] ", nil},
		{`[1,]`, ErrSyntax},
		{`{"a":1,}`, ErrSyntax},
		{`{"a" 1}`, ErrSyntax},
		{`{a:1}`, ErrSyntax},
		{`[1 2]`, ErrSyntax},
		{`[01]`, ErrSyntax},
		{`[1.]`, ErrSyntax},
		{`[1e]`, ErrSyntax},
		{`["` + "\x01" + `"]`, ErrSyntax},
		{`["\x"]`, ErrSyntax},
		{`["\u00g0"]`, ErrSyntax},
		{`[nul]`, ErrSyntax},
		{`[] []`, ErrSyntax},
		{`12`, nil},
		{`-`, ErrSyntax},
		{`[1`, ErrShort},
		{`["a`, ErrShort},
		{`["a\`, ErrShort},
		{`["\u00`, ErrShort},
		{`{"a":`, ErrShort},
		{`{"a"`, ErrShort},
		{`{`, ErrShort},
		{`[tr`, ErrShort},
		{``, ErrShort},
		{strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), nil},
		{strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), ErrDepth},
		{strings.Repeat(`{"a":`, 10_000), ErrDepth},
	}
	for _, test := range tests {
		end, err := Check([]byte(test.text))
		if !errors.Is(err, test.err) {
			t.Errorf("%.40q: %v, want %v", test.text, err, test.err)
		}
		if err == nil && end < len(test.text) {
			t.Errorf("%.40q ends at %d", test.text, end)
		}
	}
}

func TestMembersAndElements(t *testing.T) {
	t.Parallel()
	b := []byte(` { "a" : [ 1, "two" ,null ] , "\u0062":"\"x\"" } `)
	var got []string
	end, err := Members(b, 1, func(key []byte, escaped bool, i int) (int, error) {
		if escaped {
			key = Unescape(bytes.Clone(key))
		}
		got = append(got, string(key))
		if b[i] != '[' {
			v, next, err := Value(b, i)
			got = append(got, string(v.Of(b)))
			return next, err
		}
		return Elements(b, i, func(i int) (int, error) {
			v, next, err := Value(b, i)
			got = append(got, string(v.Of(b)))
			return next, err
		})
	})
	if err != nil || end != len(b)-1 {
		t.Errorf("the object ends at %d of %d: %v", end, len(b), err)
	}
	if diff := cmp.Diff([]string{"a", "1", "two", "", "b", `"x"`}, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzCheck compares with encoding/json: what is valid, and what strings say.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,true,null,"\u00e9\ud83d\ude00\n"]}`, `[0,00]`, `"\ud800"`, ` {} `, `{"":{"":[]}}x`, `"a\`, `-`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		at, err := Check(b)
		if errors.Is(err, ErrDepth) {
			return
		}
		if valid := err == nil; valid != json.Valid(b) {
			t.Fatalf("%q: %v at %d, encoding/json says %t", b, err, at, json.Valid(b))
		}
		start := SkipSpace(b, 0)
		if err != nil || b[start] != '"' || !utf8.Valid(b) {
			return
		}
		var want string
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if v, _, _ := Value(b, start); string(v.Of(b)) != want {
			t.Errorf("%q is %q, want %q", b, v.Of(b), want)
		}
	})
}
