package plan

import (
	"fmt"
	"slices"
	"strings"

	"reportsync/internal/export"
)

// ColumnChanges says which columns the files of a version have gained or lost against
// the last version before it that has the same sheet, a sentence for each sheet. A
// sheet that is missing or has no columns tells nothing: services leave out what is
// empty. Known versions are from old to new; those that are not on disk are passed over.
func ColumnChanges(known []export.KnownVersion, v export.Version, files []export.Artifact) []string {
	var before []export.KnownVersion
	for i := range known {
		if known[i].Version.Compare(v) < 0 {
			before = append(before, known[i])
		}
	}
	var out []string
	done := map[string]bool{}
	for i := range files {
		f := &files[i]
		if done[f.Sheet] || len(f.Columns) == 0 {
			continue
		}
		done[f.Sheet] = true
		old, id := lastColumns(before, f.Sheet)
		if old == nil {
			continue
		}
		gained, lost := without(f.Columns, old), without(old, f.Columns)
		if len(gained)+len(lost) == 0 {
			continue
		}
		var parts []string
		if len(gained) > 0 {
			parts = append(parts, "new: "+strings.Join(gained, ", "))
		}
		if len(lost) > 0 {
			parts = append(parts, "gone: "+strings.Join(lost, ", "))
		}
		where := "the columns"
		if f.Sheet != "" {
			where = fmt.Sprintf("the columns of %q", f.Sheet)
		}
		out = append(out, fmt.Sprintf("%s have changed since version %s (%s)", where, id, strings.Join(parts, "; ")))
	}
	return out
}

// columnNotes says how the columns of the newest version differ from those before it.
func columnNotes(w *Wanted, known *export.Known) []string {
	if known == nil || w.Policy.SchemaChange == "" || w.Policy.SchemaChange == export.OverlookChange {
		return nil
	}
	latest := known.Latest()
	if latest == nil {
		return nil
	}
	var out []string
	for _, text := range ColumnChanges(known.Versions, latest.Version, latest.Artifacts) {
		out = append(out, fmt.Sprintf("version %s: %s", latest.ID, text))
	}
	return out
}

// lastColumns are the columns that the sheet had last, and in which version.
func lastColumns(versions []export.KnownVersion, sheet string) ([]export.Column, string) {
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].Status != export.Kept {
			continue
		}
		for j := range versions[i].Artifacts {
			if a := &versions[i].Artifacts[j]; a.Sheet == sheet && len(a.Columns) > 0 {
				return a.Columns, versions[i].ID
			}
		}
	}
	return nil, ""
}

// without are the names in a that are not in b.
func without(a, b []export.Column) []string {
	var out []string
	for _, c := range a {
		if !slices.ContainsFunc(b, func(o export.Column) bool { return o.Name == c.Name }) {
			out = append(out, c.Name)
		}
	}
	return out
}
