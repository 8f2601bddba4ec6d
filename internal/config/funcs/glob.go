package funcs

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// compileGlob returns a matcher for a pattern in which * and ? stay within a
// folder, ** crosses folders, and {a,b} lists alternatives.
func compileGlob(pattern string) (func(string) bool, error) {
	var alternatives [][]string
	for _, p := range expandBraces(pattern) {
		parts := strings.Split(path.Clean(filepath.ToSlash(p)), "/")
		for _, part := range parts {
			if _, err := path.Match(part, ""); err != nil {
				return nil, fmt.Errorf("%q is not a file pattern", pattern)
			}
		}
		alternatives = append(alternatives, parts)
	}
	return func(name string) bool {
		names := strings.Split(name, "/")
		for _, parts := range alternatives {
			if matchParts(parts, names) {
				return true
			}
		}
		return false
	}, nil
}

// maxAlternatives keeps nested braces from multiplying without end.
const maxAlternatives = 256

func expandBraces(p string) []string {
	out := []string{p}
	for i := 0; i < len(out) && len(out) < maxAlternatives; {
		open := strings.IndexByte(out[i], '{')
		if open < 0 {
			i++
			continue
		}
		length := strings.IndexByte(out[i][open:], '}')
		if length < 0 {
			i++
			continue
		}
		head, inner, tail := out[i][:open], out[i][open+1:open+length], out[i][open+length+1:]
		out = append(out[:i], out[i+1:]...)
		for alt := range strings.SplitSeq(inner, ",") {
			out = append(out, head+alt+tail)
		}
	}
	return out
}

func matchParts(parts, names []string) bool {
	for len(parts) > 0 {
		if parts[0] == "**" {
			for i := range len(names) + 1 {
				if matchParts(parts[1:], names[i:]) {
					return true
				}
			}
			return false
		}
		if len(names) == 0 {
			return false
		}
		if ok, err := path.Match(parts[0], names[0]); err != nil || !ok {
			return false
		}
		parts, names = parts[1:], names[1:]
	}
	return len(names) == 0
}
