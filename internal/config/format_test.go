package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"reportsync/internal/config"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"aligns":         {"export \"a\" \"b\" {\nreport_id=\"1\"\n  x = 2\n}\n", "export \"a\" \"b\" {\n  report_id = \"1\"\n  x         = 2\n}\n"},
		"keeps comments": {"# top\na=1 // end\n", "# top\na = 1 // end\n"},
		"keeps mistakes": {"a = {{\n", "a = { {\n"},
		"empty":          {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := string(config.Format([]byte(tt.src))); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// Formatting twice changes nothing.
func TestFormatTwice(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("testdata", "diags", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(text).Files {
			if filepath.Ext(f.Name) != ".hcl" {
				continue
			}
			once := config.Format(f.Data)
			if twice := config.Format(once); string(twice) != string(once) {
				t.Errorf("%s in %s changes again:\n%s\n---\n%s", f.Name, path, once, twice)
			}
		}
	}
}
