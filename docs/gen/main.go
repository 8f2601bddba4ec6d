// Command gen writes the reference pages: a page for each command, and the tables
// of arguments inside the provider pages. With -check it only tells whether the
// pages are current.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"reportsync/internal/cli"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail if a page is not current")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(check bool) error {
	pages := cli.CommandPages()
	for _, p := range cli.ProviderTables() {
		name := filepath.Join("docs", "providers", p.Provider+".md")
		old, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read the page around the tables: %w", err)
		}
		page, err := between(old, "<!-- generated: arguments -->\n", "<!-- end of generated -->\n", p.Text)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		pages[name] = page
	}
	for name, text := range pages {
		old, err := os.ReadFile(name)
		if err == nil && bytes.Equal(old, text) {
			continue
		}
		if check {
			return fmt.Errorf("%s is not current; run: go run ./docs/gen", name)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	return nil
}

// between replaces what stands between two marks.
func between(page []byte, begin, end, text string) ([]byte, error) {
	i := bytes.Index(page, []byte(begin))
	j := bytes.Index(page, []byte(end))
	if i < 0 || j < i {
		return nil, fmt.Errorf("the marks %q and %q are missing", begin, end)
	}
	var b bytes.Buffer
	b.Write(page[:i+len(begin)])
	b.WriteString(text)
	b.Write(page[j:])
	return b.Bytes(), nil
}
