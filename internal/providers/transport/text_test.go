package transport

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"https://acme.example.com/rest":   "https://acme.example.com/rest",
		"https://ACME.example.com/rest//": "https://acme.example.com/rest",
		" https://acme.example.com ":      "https://acme.example.com",
		"http://127.0.0.1:8080/rest/":     "http://127.0.0.1:8080/rest",
		"http://127.9.9.9/":               "http://127.9.9.9",
		"http://[::1]:1/x":                "http://[::1]:1/x",
		"http://localhost:1":              "http://localhost:1",
	}
	for in, want := range good {
		if u, err := ParseBaseURL(in); err != nil || u.String() != want {
			t.Errorf("%q: %v, %v, want %s", in, u, err, want)
		}
	}
	bad := map[string]string{
		"":                                   "scheme",
		"acme.example.com/rest":              "scheme",
		"http://acme.example.com/rest":       "unprotected",
		"http://localhost.evil.example":      "unprotected",
		"http://128.0.0.1":                   "unprotected",
		"ftp://acme.example.com":             "scheme",
		"https://":                           "host",
		"https://user:hunter2@example.com":   "password",
		"https://example.com/?token=hunter2": "query",
		"https://example.com/#x":             "fragment",
		"https://exa mple:hunter2/%zz":       "cannot be read",
	}
	for in, want := range bad {
		_, err := ParseBaseURL(in)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" a\r\n\tb ": "a b", "\x1b[31mred\x1b[0m": "[31mred [0m", "a\xffb": "ab", "a\u202eb": "ab", "": "", "Отчёт": "Отчёт",
	} {
		if got := Clean(in, 100); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := Clean(strings.Repeat("Ж", 100), 20); got != strings.Repeat("Ж", 9)+"…" {
		t.Errorf("cut to %q", got)
	}
	if got := Snippet([]byte("<!doctype html>\n<h1>Not <b>found</b></h1>")); got != "Not found" {
		t.Errorf("snippet %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x00b\u202e<\xff", 5)
	f.Add("<html><", 300)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		for _, out := range []string{Clean(s, limit), Snippet([]byte(s))} {
			if !utf8.ValidString(out) || strings.ContainsFunc(out, unicode.IsControl) || out != strings.TrimSpace(out) {
				t.Errorf("%q became %q", s, out)
			}
		}
		if out := Clean(s, limit); limit >= 0 && len(out) > limit+len("…") {
			t.Errorf("%d bytes, the limit is %d", len(out), limit)
		}
	})
}

func TestRedactor(t *testing.T) {
	t.Parallel()
	r := NewRedactor("top/secret", "", "abc")
	if got := r.Redact("x top/secret y top%2Fsecret abc"); got != "x (redacted) y (redacted) abc" {
		t.Errorf("redacted to %q", got)
	}
	err := r.Wrap(&fs.PathError{Op: "open", Path: "top/secret", Err: fs.ErrNotExist})
	if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "secret") {
		t.Errorf("wrapped to %v", err)
	}
	if plain := errors.New("plain"); !errors.Is(r.Wrap(plain), plain) || r.Wrap(nil) != nil || (Redactor{}).Redact("x") != "x" {
		t.Error("what holds no secret was changed")
	}
}

func TestCharset(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "", "application/json": "", "application/json; charset=UTF-8": "", "application/json;charset=\"utf8\"": "", "text/plain; charset=us-ascii": "",
		"application/json; charset=windows-1251": "windows-1251", "x; charset=\"a\x1b[2J\"": "a [2J", ";;": "", "application/json; charset": "",
	} {
		if got := Charset(http.Header{"Content-Type": {header}}); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
