package view

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every type of event is on the reference page.
func TestEventsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	emit := regexp.MustCompile(`emit\([^,()]+, "([a-z_]+)"`)
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range emit.FindAllSubmatch(source, -1) {
			found++
			if !strings.Contains(string(page), "`"+string(m[1])+"`") {
				t.Errorf("%s emits %s, which docs/json.md does not name", name, m[1])
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d events were found", found)
	}
}
