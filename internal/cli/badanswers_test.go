package cli_test

import (
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	saveList = "/rest/report/1/save/list"
	newData  = "/rest/report/1/save/8/data"
	canary   = "canary-token-4711"
)

// say answers always the same.
func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// typed is say with a content type.
func typed(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}
}

// oneRow is a chunk of one row under the header A.
func oneRow(cells ...string) string {
	return `{"result":"success","data":{"chunk":0,"rows":[{"type":"Header","depth":0,"items":[{"text":"A"}]},` +
		`{"type":"Normal","depth":0,"items":[` + strings.Join(cells, ",") + `]}]}}`
}

// What was fetched before stays as it is, byte for byte, whatever the service
// answers then; the message says what, where and how to go on.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path  string
		h     http.HandlerFunc
		codes [2]int // of plan and apply
		words []string
	}{
		"html instead of a list":   {saveList, say(200, "<html><body>Log in</body></html>"), [2]int{1, 1}, []string{"read saves of report 1", "Log in", "base_url"}},
		"html instead of rows":     {newData, say(200, "<html><body>Log in</body></html>"), [2]int{0, 3}, []string{"chunk 0 of save 8", "Log in", "base_url"}},
		"an empty answer":          {saveList, say(200, ""), [2]int{1, 1}, []string{"not what the service is known to send"}},
		"half a list":              {saveList, say(200, `{"result":"success","saves":[{"id":7`), [2]int{1, 1}, []string{"cut short", "Try again"}},
		"half the rows":            {newData, say(200, goodChunk[:len(goodChunk)-20]), [2]int{0, 3}, []string{"cut short", "Try again"}},
		"rows without an end":      {newData, say(200, oneRow(strings.Repeat(`{"text":"x"},`, 5000))), [2]int{0, 3}, []string{"not JSON"}},
		"no rows at all":           {newData, say(200, `{"result":"success","data":{"chunk":0}}`), [2]int{0, 3}, []string{"no rows"}},
		"another chunk":            {newData, say(200, strings.Replace(goodChunk, `"chunk":0`, `"chunk":3`, 1)), [2]int{0, 3}, []string{"chunk 3 came"}},
		"two answers in one":       {newData, say(200, goodChunk+goodChunk), [2]int{0, 3}, []string{"after top-level value"}},
		"a failure inside 200":     {newData, say(200, `{"result":"fail","code":6,"error":"no access"}`), [2]int{0, 3}, []string{"no access", "plan again"}},
		"a save that vanishes":     {newData, say(400, `{"result":"fail","code":9003,"error":"Report save not found"}`), [2]int{0, 3}, []string{"Report save not found", "plan again"}},
		"another shape":            {saveList, say(200, `{"result":"success","saves":{"a":1}}`), [2]int{1, 1}, []string{"must be a list, not a JSON object", "newer version"}},
		"nested without end":       {newData, say(200, strings.Repeat(`{"a":`, 10_000)), [2]int{0, 3}, []string{"nested too deep"}},
		"nested cells":             {newData, say(200, oneRow(`{"text":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+`}`)), [2]int{0, 3}, []string{"nested too deep"}},
		"a nested list":            {saveList, say(200, `{"saves":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+`}`), [2]int{1, 1}, []string{"depth"}},
		"a list without measure":   {saveList, say(200, `{"saves":[`+strings.Repeat(`{"id":1},`, 3<<20)+`{"id":1}]}`), [2]int{1, 1}, []string{"16 MiB"}},
		"a list in windows-1251":   {saveList, typed("application/json; charset=windows-1251", "{\"result\":\"success\",\"saves\":[{\"id\":8,\"reportId\":1,\"name\":\"\xcf\",\"chunksCount\":1}]}"), [2]int{1, 1}, []string{"windows-1251", "UTF-8", "proxy"}},
		"rows in windows-1251":     {newData, typed("application/json; charset=windows-1251", oneRow("{\"text\":\"\xcf\xf0\"}")), [2]int{0, 3}, []string{"windows-1251", "UTF-8", "proxy"}},
		"many rows in UTF-16":      {newData, typed("application/json; charset=utf-16", strings.Repeat("\x00 ", 100_000)), [2]int{0, 3}, []string{"utf-16", "UTF-8"}},
		"no answer in time":        {saveList, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, [2]int{1, 1}, []string{"did not answer in time", "timeout"}},
		"an error of the server":   {saveList, say(500, ""), [2]int{1, 1}, []string{"500", "try again later"}},
		"a terminal under attack":  {saveList, say(400, `{"result":"fail","code":41,"error":"\u001b[2J\u202eevil\u0007"}`), [2]int{1, 1}, []string{"evil"}},
		"a token that is repeated": {saveList, say(401, `{"result":"fail","code":1,"error":"unknown token `+canary+`"}`), [2]int{4, 4}, []string{"unknown token (redacted)", "PLANFIX_TOKEN"}},
		"a redirect elsewhere": {saveList, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2:9/x?token="+canary, http.StatusFound)
		}, [2]int{1, 1}, []string{"redirects to http://127.0.0.2:9", "base_url"}},
		"a redirect to a file": {saveList, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(302)
		}, [2]int{1, 1}, []string{"redirects"}},
		"a connection cut": {newData, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, goodChunk[:50])
		}, [2]int{0, 3}, []string{"broke off", "Try again"}},
		"a connection cut in many rows": {newData, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000000")
			_, _ = io.WriteString(w, oneRow(strings.Repeat(`{"text":"x"},`, 300_000) + `{"text":"x"}`)[:2_000_000])
		}, [2]int{0, 3}, []string{"broke off", "Try again"}},
		"not the encoding it says": {saveList, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "not gzip")
		}, [2]int{1, 1}, []string{"broke off"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var turned atomic.Bool
			s := fake(t, map[string]http.HandlerFunc{saveList: func(w http.ResponseWriter, r *http.Request) {
				body := `{"result":"success","saves":[{"id":7,"reportId":1,"name":"Save","chunksCount":1}]}`
				if turned.Load() {
					if tt.path == saveList {
						tt.h(w, r)
						return
					}
					body = strings.Replace(body, "]}", `,{"id":8,"reportId":1,"name":"New","chunksCount":1}]}`, 1)
				}
				_, _ = io.WriteString(w, body)
			}, newData: tt.h})
			dir := t.TempDir()
			write(t, dir, "main.hcl", only(s.URL))
			if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
				t.Fatalf("status %d\n%s%s", code, out, errs)
			}
			if slices.Contains(tt.words, "timeout") { // the others have all the time that a busy machine takes
				write(t, dir, "main.hcl", strings.Replace(only(s.URL), `"60s"`, `"300ms"`, 1))
			}
			turned.Store(true)
			before, known := tree(t, dir), knowledge(t, dir)
			check := func(want int, words []string, args ...string) {
				code, out, errs := call(t, dir, append(args, "-log-level=trace")...)
				said := out + errs
				if code != want {
					t.Errorf("%s: status %d, want %d\n%s", args, code, want, said)
				}
				mentions(t, errs, words...)
				if strings.ContainsAny(said, "\x1b\x07\u202e") || strings.Contains(said, canary) || strings.Contains(said, "json:") {
					t.Errorf("%s says what it must not: %q", args, said)
				}
			}
			planned := tt.words
			if tt.codes[0] == 0 {
				planned = nil
			}
			check(tt.codes[0], planned, "plan")
			unchanged(t, before, tree(t, dir))
			check(tt.codes[1], tt.words, "apply", "-auto-approve")
			same(t, before, tree(t, dir))
			if diff := cmp.Diff(known, knowledge(t, dir)); diff != "" {
				t.Errorf("the state knows other things:\n%s", diff)
			}
		})
	}
}

// mentions checks that a message holds words.
func mentions(t *testing.T, message string, list ...string) {
	t.Helper()
	said := words(message)
	for _, w := range list {
		if !strings.Contains(said, w) {
			t.Errorf("nothing is said about %q:\n%s", w, message)
		}
	}
}

// unchanged compares files, and shows only the names of those that differ.
func unchanged(t *testing.T, before, after map[string]string) {
	t.Helper()
	for path := range after {
		if was, ok := before[path]; !ok {
			t.Errorf("%s is new", path)
		} else if was != after[path] {
			t.Errorf("%s has changed", path)
		}
	}
	for path := range before {
		if _, ok := after[path]; !ok {
			t.Errorf("%s is gone", path)
		}
	}
}

// same compares files, except for the state, which keeps a history.
func same(t *testing.T, before, after map[string]string) {
	t.Helper()
	history := func(path, _ string) bool { return strings.Contains(path, ".reportsync"+string(filepath.Separator)) }
	for path, text := range after {
		if history(path, "") && strings.Contains(text, canary) {
			t.Errorf("the token is in %s", path)
		}
	}
	before, after = maps.Clone(before), maps.Clone(after)
	maps.DeleteFunc(before, history)
	maps.DeleteFunc(after, history)
	unchanged(t, before, after)
}

// knowledge is what the state knows of versions and files.
func knowledge(t *testing.T, dir string) string {
	t.Helper()
	code, out, errs := call(t, dir, "versions", "-json")
	if code != 0 {
		t.Fatalf("status %d\n%s%s", code, out, errs)
	}
	return out
}

// What is odd but whole is kept, and files stay what they promise to be.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 16<<20)
	for name, tt := range map[string]struct {
		chunk, csv, warning string
	}{
		"a huge cell":        {oneRow(`{"text":"` + huge + `"}`), "A\n" + huge + "\n", ""},
		"16,000 columns":     {oneRow(strings.TrimSuffix(strings.Repeat(`{"text":"y"},`, 16_000), ",")), "", "15999 columns"},
		"bytes of no text":   {oneRow("{\"text\":\"a\xff\xfeb\"}"), "A\na\ufffdb\n", "not UTF-8"},
		"half a pair":        {oneRow(`{"text":"a\ud800b"}`), "A\na\ufffdb\n", ""},
		"control characters": {oneRow(`{"text":"a\u0000\u001b[2J\u202eb"}`), "A\na\x00\x1b[2J\u202eb\n", ""},
		"a deep stranger":    {strings.Replace(goodChunk, `"result"`, `"x":`+strings.Repeat("[", 60)+strings.Repeat("]", 60)+`,"result"`, 1), "A\nx\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fake(t, map[string]http.HandlerFunc{"/rest/report/1/save/7/data": say(200, tt.chunk)})
			dir := t.TempDir()
			write(t, dir, "main.hcl", only(s.URL))
			code, out, errs := call(t, dir, "apply", "-auto-approve")
			if code != 0 {
				t.Fatalf("status %d\n%s%s", code, out, errs)
			}
			mentions(t, errs, tt.warning)
			if strings.ContainsAny(out+errs, "\x00\x1b\u202e") {
				t.Errorf("text of the service reaches the terminal as it is: %q", out+errs)
			}
			got, err := os.ReadFile(filepath.Join(dir, "exports", "planfix_report.one", "7.csv"))
			if err != nil || tt.csv != "" && string(got) != tt.csv {
				t.Errorf("%.100q, %v", got, err)
			}
			if head, _, _ := strings.Cut(string(got), "\n"); name == "16,000 columns" && strings.Count(head, ",") != 15_999 {
				t.Errorf("%d columns", strings.Count(head, ",")+1)
			}
			for _, args := range [][]string{{"plan", "-detailed-exitcode"}, {"verify"}} {
				if code, out, errs := call(t, dir, args...); code != 0 {
					t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
				}
			}
		})
	}
}
