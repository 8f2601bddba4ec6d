package cli_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake is a service with one report of one save, of which a test replaces answers.
func fake(t *testing.T, answers map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	plain := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
	}
	all := map[string]http.HandlerFunc{
		"/rest/report/list":                plain(`{"result":"success","reports":[{"id":1,"name":"One"}]}`),
		"/rest/report/1/save/list":         plain(`{"result":"success","saves":[{"id":7,"reportId":1,"name":"Save","chunksCount":1}]}`),
		"/rest/report/1/save/7/data":       plain(goodChunk),
		"/rest/report/1/save/2/data":       plain(goodChunk),
		"/rest/report/1/save/..%2F..%2Fx/": plain(goodChunk),
	}
	for path, h := range answers {
		all[path] = h
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		h, ok := all[r.URL.Path]
		if !ok {
			http.Error(w, "<html>not here</html>", http.StatusNotFound)
			return
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

const goodChunk = `{"result":"success","data":{"chunk":0,"rows":[{"type":"Header","depth":0,"items":[{"text":"A"}]},{"type":"Normal","depth":0,"items":[{"text":"x"}]}]}}`

// only is a configuration of one export against a server.
func only(url string, args ...string) string {
	return fmt.Sprintf("provider \"planfix\" {\n  base_url = %q\n  token = \"canary-token-4711\"\n  requests_per_second = 1000\n  max_retries = 0\n  timeout = \"2s\"\n}\n"+
		"export \"planfix_report\" \"one\" {\n  report_id = \"1\"\n  %s\n}\n", url+"/rest", strings.Join(args, "\n  "))
}

// tree is every file below a folder with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		out[p] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBadAnswers(t *testing.T) {
	t.Parallel()
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const saves, data = "/rest/report/1/save/list", "/rest/report/1/save/7/data"
	for name, tt := range map[string]struct {
		path string
		h    http.HandlerFunc
		code int
		word string
	}{
		"html instead of a list": {saves, say(200, "<html><body>Log in</body></html>"), 1, "base_url"},
		"html instead of rows":   {data, say(200, "<html><body>Log in</body></html>"), 3, ""},
		"an empty answer":        {saves, say(200, ""), 1, ""},
		"half a list":            {saves, say(200, `{"result":"success","saves":[{"id":7`), 1, ""},
		"half the rows":          {data, say(200, goodChunk[:len(goodChunk)-20]), 3, ""},
		"rows without an end":    {data, say(200, `{"result":"success","data":{"chunk":0,"rows":[`+strings.Repeat(`{"type":"Normal","items":[{"text":"x"}]},`, 3)), 3, ""},
		"no rows at all":         {data, say(200, `{"result":"success","data":{"chunk":0}}`), 3, "rows"},
		"another chunk":          {data, say(200, strings.Replace(goodChunk, `"chunk":0`, `"chunk":3`, 1)), 3, "chunk"},
		"a failure inside 200":   {data, say(200, `{"result":"fail","code":6,"error":"no access"}`), 3, ""},
		"nested without end":     {data, say(200, strings.Repeat(`{"a":`, 10_000)), 3, ""},
		"nested cells":           {data, say(200, `{"data":{"rows":[{"type":"Normal","items":[{"text":`+strings.Repeat("[", 10_000)), 3, ""},
		"a redirect elsewhere": {saves, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2:9/x", http.StatusFound)
		}, 1, "redirect"},
		"a redirect to a file": {saves, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(302)
		}, 1, "redirect"},
		"no answer in time":        {saves, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 1, ""},
		"a terminal under attack":  {saves, say(400, `{"result":"fail","code":41,"error":"\u001b[2J\u202eevil\u0007"}`), 1, "evil"},
		"a token that is repeated": {saves, say(401, `{"result":"fail","code":1,"error":"unknown token canary-token-4711"}`), 4, "token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fake(t, map[string]http.HandlerFunc{tt.path: tt.h})
			dir := t.TempDir()
			write(t, dir, "main.hcl", only(s.URL))
			if tt.path == saves {
				before := tree(t, dir)
				if code, out, errs := call(t, dir, "plan"); code != tt.code || !strings.Contains(errs, tt.word) {
					t.Errorf("plan: status %d, want %d and %q\n%s%s", code, tt.code, tt.word, out, errs)
				}
				if after := tree(t, dir); len(after) != len(before) {
					t.Errorf("plan has written files: %d after %d", len(after), len(before))
				}
			}
			code, out, errs := call(t, dir, "apply", "-auto-approve", "-log-level=trace")
			if tt.path == data && code != tt.code || code == 0 || !strings.Contains(errs, tt.word) {
				t.Errorf("apply: status %d, want %d and %q\n%s%s", code, tt.code, tt.word, out, errs)
			}
			if strings.ContainsAny(out+errs, "\x1b\x07\u202e") {
				t.Errorf("text of the service reaches the terminal as it is: %q", out+errs)
			}
			if strings.Contains(out+errs, "canary-token-4711") {
				t.Errorf("the token is shown:\n%s%s", out, errs)
			}
			if found, _ := filepath.Glob(filepath.Join(dir, "exports", "*", "*")); len(found) != 0 {
				t.Errorf("files were published: %q", found)
			}
			for path, text := range tree(t, filepath.Join(dir, ".reportsync")) {
				if strings.Contains(text, "canary-token-4711") {
					t.Errorf("the token is in %s", path)
				}
			}
		})
	}
}

func TestHostileNamesStayBelowTheRoot(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		`..\/..\/..\/etc\/passwd`, `\/abs`, `..`, `.`, `a\u0000b`, `\u202egnp.exe`, `CON`, `nul.csv`, strings.Repeat("я", 2048), ` trailing. `, `line\nbreak`, ``,
	} {
		s := fake(t, map[string]http.HandlerFunc{"/rest/report/1/save/list": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"result":"success","saves":[{"id":7,"reportId":1,"name":"%s","chunksCount":1}]}`, name)
		}})
		outer := t.TempDir()
		dir := filepath.Join(outer, "a", "b")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, dir, "main.hcl", only(s.URL, `path = "x/${version.name}/${version.id}.csv"`))
		if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
			t.Errorf("%q: status %d\n%s%s", name, code, out, errs)
		}
		for p := range tree(t, outer) {
			rel, err := filepath.Rel(dir, p)
			if err != nil || rel != "main.hcl" && !strings.HasPrefix(rel, filepath.Join("exports", "x")+"/") && !strings.HasPrefix(rel, ".reportsync/") {
				t.Errorf("%q: %s was written", name, rel)
			}
			if info, err := os.Stat(p); err != nil || rel != "main.hcl" && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%q: %s can be read by others", name, rel)
			}
		}
		if code, out, _ := call(t, dir, "plan", "-detailed-exitcode"); code != 0 {
			t.Errorf("%q: the plan after apply is not empty\n%s", name, out)
		}
	}
}

func TestStatesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := fake(t, nil)
	made := func(t *testing.T) (dir, file string) {
		t.Helper()
		dir = t.TempDir()
		write(t, dir, "main.hcl", only(s.URL))
		if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
			t.Fatalf("status %d\n%s%s", code, out, errs)
		}
		return dir, filepath.Join(dir, ".reportsync", "state.db")
	}
	for name, damage := range map[string]func([]byte) []byte{
		"of a newer version": func(b []byte) []byte { b[63] = 99; return b }, // user_version is at 60
		"cut":                func(b []byte) []byte { return b[:len(b)/2] },
		"overwritten": func(b []byte) []byte {
			for i := 100; i < len(b); i++ {
				b[i] = 0xff
			}
			return b
		},
		"something else": func([]byte) []byte { return []byte(strings.Repeat("rubbish ", 100)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file := made(t)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			before := tree(t, filepath.Join(dir, "exports"))
			for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}, {"versions"}, {"verify"}} {
				code, out, errs := call(t, dir, args...)
				if code != 1 || !strings.Contains(strings.ReplaceAll(errs, "\n", ""), "state") {
					t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
				}
			}
			after, err := os.ReadFile(file)
			if err != nil || string(after) != string(damage(data)) && name != "of a newer version" {
				t.Errorf("the state's file was changed (%v)", err)
			}
			if got := tree(t, filepath.Join(dir, "exports")); len(got) != len(before) {
				t.Errorf("%d exported files after %d", len(got), len(before))
			}
		})
	}
}
