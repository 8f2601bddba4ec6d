package artifact

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"unicode/utf8"

	"reportsync/internal/export"
)

// Written finds out how a file of rows was written, as far as reading it back needs
// to know: from its beginning, because the export may be configured otherwise today.
func (s *Store) Written(a export.Artifact) (Spec, error) {
	if err := checkPath(a.Path); err != nil {
		return Spec{}, err
	}
	d, err := s.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return Spec{}, missing(&a, err)
	}
	if err != nil {
		return Spec{}, err
	}
	f, err := openWhole(d, &a)
	if err != nil {
		return Spec{}, err
	}
	longest := 64
	for _, c := range a.Columns {
		longest += 2*len(c.Name) + utf8.UTFMax + 3
	}
	head, err := io.ReadAll(io.LimitReader(f, int64(longest)))
	if err = errors.Join(err, f.Close()); err != nil {
		return Spec{}, failed(d, "read", a.Path, err)
	}
	for _, spec := range candidates(&a, head) {
		p, err := newParser(&a, spec)
		if err != nil {
			return Spec{}, err
		}
		if bytes.HasPrefix(head, p.head()) {
			return spec, nil
		}
	}
	return Spec{}, &DamagedError{Path: a.Path, Why: "its header is not the one of the recorded columns"}
}

// candidates are the ways in which a file that begins like this can have been
// written. A CSV file never begins as a JSON object does: a title with a quote in it
// is in quotes itself.
func candidates(a *export.Artifact, head []byte) []Spec {
	if len(head) == 0 || bytes.HasPrefix(head, []byte(`{"`)) || len(a.Columns) == 0 && head[0] == '{' {
		return []Spec{{Path: a.Path, Format: export.FormatJSONL}}
	}
	boms := []bool{false}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		boms = []bool{true, false} // a title can begin with that character too
	}
	delimiters := append([]rune{',', ';', '\t', '|'}, distinct(head)...)
	if len(a.Columns) == 1 {
		// Nothing is between cells, and what would have been may stand in one.
		delimiters = append([]rune{utf8.MaxRune}, delimiters...)
	}
	var out []Spec
	for _, delimiter := range delimiters {
		for _, bom := range boms {
			for _, escape := range []bool{false, true} {
				out = append(out, Spec{Path: a.Path, Format: export.FormatCSV, CSV: export.CSVOptions{Delimiter: delimiter, BOM: bom, EscapeFormulas: escape}})
			}
		}
	}
	return out
}

// distinct are the characters in a header that can separate cells.
func distinct(head []byte) []rune {
	seen := map[rune]bool{}
	var out []rune
	for _, r := range string(head) {
		if !seen[r] && checkDelimiter(r) == nil {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}
