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
		"/rest/report/list":          plain(`{"result":"success","reports":[{"id":1,"name":"One"}]}`),
		"/rest/report/1/save/list":   plain(`{"result":"success","saves":[{"id":7,"reportId":1,"name":"Save","chunksCount":1}]}`),
		"/rest/report/1/save/7/data": plain(goodChunk),
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
	return fmt.Sprintf("provider \"planfix\" {\n  base_url = %q\n  token = \"canary-token-4711\"\n  requests_per_second = 1000\n  max_retries = 0\n  timeout = \"60s\"\n}\n"+
		"export \"planfix_report\" \"one\" {\n  report_id = \"1\"\n  %s\n}\n", url+"/rest", strings.Join(args, "\n  "))
}

// words is text as it was before it was broken into lines inside a frame.
func words(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(s)), " ")
}

// tree is every file below a folder with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			out[p], err = os.Readlink(p)
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
