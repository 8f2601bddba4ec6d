// Command gen writes the reference pages: a page for each command, and the tables
// inside the pages about providers and the language. With -check it only tells
// whether the pages are current.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"reportsync/internal/cli"
	"reportsync/internal/view"
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
		if err := fill(pages, filepath.Join("docs", "providers", p.Provider+".md"), map[string]string{"arguments": p.Text}); err != nil {
			return err
		}
	}
	if err := fill(pages, filepath.Join("docs", "language.md"), cli.LanguageParts()); err != nil {
		return err
	}
	if err := fill(pages, filepath.Join("docs", "json.md"), map[string]string{"documents": view.DocumentTables()}); err != nil {
		return err
	}
	if err := fill(pages, filepath.Join("docs", "sandbox.md"), cli.SandboxParts()); err != nil {
		return err
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

// fill adds a page that is written by hand, with its generated parts replaced.
func fill(pages map[string][]byte, name string, parts map[string]string) error {
	page, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read the page around the tables: %w", err)
	}
	for part, text := range parts {
		if page, err = replace(page, part, text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	pages[name] = page
	return nil
}

// replace replaces the part of a page that stands between its marks.
func replace(page []byte, part, text string) ([]byte, error) {
	begin, end := "<!-- generated: "+part+" -->\n", "<!-- end of generated -->\n"
	before, rest, ok := bytes.Cut(page, []byte(begin))
	if !ok {
		return nil, fmt.Errorf("the mark %q is missing", begin)
	}
	_, after, ok := bytes.Cut(rest, []byte(end))
	if !ok {
		return nil, fmt.Errorf("the mark %q is missing behind %q", end, begin)
	}
	return slices.Concat(before, []byte(begin+text+end), after), nil
}
