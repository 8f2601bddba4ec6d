package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

const (
	nativeExt = ".hcl"
	jsonExt   = ".hcl.json"
)

// source is a configuration file as read.
type source struct {
	name string // as shown in diagnostics: relative to the working folder
	text []byte
}

// location is where the configuration was found.
type location struct {
	root    string // absolute folder
	stem    string // of a single file
	sources []source
}

// locate finds and reads the files of the configuration.
func locate(o *Options) (location, hcl.Diagnostics) {
	path := o.Dir
	if o.Path != "" {
		path = within(o.Dir, o.Path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return location{root: path}, hcl.Diagnostics{fileProblem("Configuration not found", show(o, path), err, "-config=PATH names a file or a folder that exists.")}
	}
	loc := location{root: path}
	names := []string{path}
	if info.IsDir() {
		if names, err = configFiles(path); err != nil {
			return loc, hcl.Diagnostics{fileProblem("Configuration not found", show(o, path), err, "-config=PATH names a file or a folder that exists.")}
		}
		if len(names) == 0 {
			return loc, hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "No configuration files",
				Detail: fmt.Sprintf("There is no *.hcl or *.hcl.json file in %s. \"reportsync init\" writes one to start from; -config=PATH names another file or folder.", path),
			}}
		}
	} else {
		loc.root = filepath.Dir(path)
		loc.stem = stem(filepath.Base(path))
	}
	var diags hcl.Diagnostics
	for _, n := range names {
		text, err := os.ReadFile(n)
		if err != nil {
			diags = append(diags, fileProblem("Configuration file cannot be read", show(o, n), err, "Check its permissions, or move it away."))
			continue
		}
		loc.sources = append(loc.sources, source{show(o, n), text})
	}
	return loc, diags
}

// configFiles lists the configuration files of a folder in the order of their
// names. What editors leave behind is no configuration.
func configFiles(dir string) ([]string, error) {
	return listFiles(dir, func(name string) bool {
		return strings.HasSuffix(name, nativeExt) || strings.HasSuffix(name, jsonExt)
	})
}

func listFiles(dir string, wanted func(name string) bool) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || e.IsDir() || !wanted(name) {
			continue
		}
		out = append(out, filepath.Join(dir, name))
	}
	slices.Sort(out)
	return out, nil
}

// parse parses the sources into files, side by side but in the same order.
func parse(sources []source) ([]*hcl.File, map[string]*hcl.File, hcl.Diagnostics) {
	parsed := make([]*hcl.File, len(sources))
	problems := make([]hcl.Diagnostics, len(sources))
	var wg sync.WaitGroup
	for i, s := range sources {
		wg.Go(func() { parsed[i], problems[i] = parseFile(s) })
	}
	wg.Wait()
	var diags hcl.Diagnostics
	byName := make(map[string]*hcl.File, len(sources))
	files := make([]*hcl.File, 0, len(sources))
	for i, f := range parsed {
		diags = append(diags, problems[i]...)
		if f != nil {
			files = append(files, f)
			byName[sources[i].name] = f
		}
	}
	return files, byName, diags
}

// maxNesting is how deep brackets may nest; the parser descends with every one.
const maxNesting = 1000

func parseFile(s source) (*hcl.File, hcl.Diagnostics) {
	if d := nesting(s); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	if strings.HasSuffix(s.name, ".json") {
		return hcljson.Parse(s.text, s.name)
	}
	return parseNative(s, chunkSize)
}

// nesting refuses what would exhaust the parser's stack. It counts brackets
// wherever they are, strings and comments included: no sane file comes near.
func nesting(s source) *hcl.Diagnostic {
	depth, pos := 0, hcl.InitialPos
	for i, b := range s.text {
		switch b {
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				pos.Column, pos.Byte = i-pos.Byte+1, i
				rng := hcl.Range{Filename: s.name, Start: pos, End: pos}
				return diag(rng, "Nested too deeply", "Brackets are nested more than %d deep here.", maxNesting)
			}
		case ')', ']', '}':
			depth = max(depth-1, 0)
		case '\n':
			pos = hcl.Pos{Line: pos.Line + 1, Column: 1, Byte: i + 1}
		}
	}
	return nil
}

// within joins a path to a folder unless it is absolute.
func within(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// show returns the path as a user would write it in the working folder.
func show(o *Options, path string) string {
	rel, err := filepath.Rel(o.Dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

func stem(name string) string {
	if s, ok := strings.CutSuffix(name, jsonExt); ok {
		return s
	}
	return strings.TrimSuffix(name, filepath.Ext(name))
}

func fileProblem(summary, name string, err error, hint string) *hcl.Diagnostic {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf("read %s: %s. %s", name, err, hint)}
}
