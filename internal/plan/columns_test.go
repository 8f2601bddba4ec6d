package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
)

func TestColumnChanges(t *testing.T) {
	t.Parallel()
	file := func(sheet string, names ...string) export.Artifact {
		a := export.Artifact{Sheet: sheet}
		for _, n := range names {
			a.Columns = append(a.Columns, export.Column{Name: n})
		}
		return a
	}
	kept := func(id string, files ...export.Artifact) export.KnownVersion {
		return export.KnownVersion{Version: export.Version{ID: id}, Status: export.Kept, Artifacts: files}
	}
	before := []export.KnownVersion{
		kept("1", file("", "a", "b"), file("boost", "x")),
		kept("2", file("", "a", "b", "c"), file("shelf")),
		{Version: export.Version{ID: "3"}, Status: export.Pruned, Artifacts: []export.Artifact{file("", "z")}},
	}
	for _, c := range []struct {
		name  string
		files []export.Artifact
		want  []string
	}{
		{"the same in another order", []export.Artifact{file("", "c", "a", "b")}, nil},
		{"gained and lost", []export.Artifact{file("", "a", "b", "d")}, []string{"the columns have changed since version 2 (new: d; gone: c)"}},
		{"a sheet that was missing for a while", []export.Artifact{file("boost", "x", "y")}, []string{`the columns of "boost" have changed since version 1 (new: y)`}},
		{"a sheet without columns tells nothing", []export.Artifact{file("boost")}, nil},
		{"a new sheet", []export.Artifact{file("pads", "q")}, nil},
	} {
		if d := cmp.Diff(c.want, ColumnChanges(before, c.files)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}
