package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/plan"
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
	keeping := func(id string, files ...export.Artifact) export.KnownVersion {
		return export.KnownVersion{Version: export.Version{ID: id}, Status: export.Kept, Artifacts: files}
	}
	before := []export.KnownVersion{
		keeping("1", file("", "a", "b"), file("boost", "x")),
		keeping("2", file("", "a", "b", "c"), file("shelf")),
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
		if d := cmp.Diff(c.want, plan.ColumnChanges(before, export.Version{ID: "9"}, c.files)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// A reading that a killed run has brought to disk and not recorded is taken, if it is
// the newer one, and young enough is not read again.
func TestReadingsThatWereNotRecorded(t *testing.T) {
	t.Parallel()
	in := plan.Input{
		Wanted: []plan.Wanted{wanted(source(export.SourceRead, time.Hour))}, State: snapshot(known(kept(1, 3*time.Hour))), Now: now,
		OnDisk: func(export.Address) []export.KnownVersion {
			return []export.KnownVersion{kept(1, 3*time.Hour), kept(0, 5*time.Hour), kept(2, time.Minute)}
		},
		Adoptable: func(_ export.Address, v export.Version, at string) bool { return at == path(v) },
	}
	if got, want := brief(plan.Compute(in)), "update adopt:2"; !strings.Contains(got, want) || strings.Contains(got, "fetch") || strings.Contains(got, "adopt:0") {
		t.Errorf("got %q, want %q", got, want)
	}
	in.OnDisk = func(export.Address) []export.KnownVersion { return []export.KnownVersion{kept(2, 2*time.Hour)} }
	if got := brief(plan.Compute(in)); !strings.Contains(got, "adopt:2") || !strings.Contains(got, "fetch") {
		t.Errorf("got %q, want it to be adopted, and another reading", got)
	}
}
