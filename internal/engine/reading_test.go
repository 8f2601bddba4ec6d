package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/plan"
)

func newLedgerWorld(t testing.TB, rows int, args ...string) (*world, *ledger) {
	t.Helper()
	w := newWorld(t, ledgerTasks(args...))
	l := &ledger{left: -1}
	for i := range rows {
		l.rows = append(l.rows, fmt.Sprintf("%d,row", i+1))
	}
	w.more = append(w.more, ledgerType(l))
	return w, l
}

func ledgerTasks(args ...string) string {
	return fmt.Sprintf("export \"ledger_list\" \"tasks\" {\n  list = \"tasks\"\n  %s\n}\n", strings.Join(args, "\n  "))
}

// stops applies and expects that the work stays pending.
func (w *world) stops(detail string) {
	w.t.Helper()
	applied, _ := w.run(w.t.Context(), w.t.Context(), engine.ApplyOptions{})
	if r := applied.Results[0]; r.Outcome != plan.Pending || !strings.Contains(r.Detail, detail) {
		w.t.Fatalf("%s: %v %q", r.Outcome, r.Err, r.Detail)
	}
	if got := w.finals(); len(got) > 0 {
		w.t.Errorf("published in part: %v", got)
	}
}

// finals are the files without manifests and what is hidden.
func (w *world) finals() []string {
	var out []string
	for _, f := range w.files() {
		if !strings.HasSuffix(f, ".manifest.json") && !strings.HasPrefix(f, ".") {
			out = append(out, f)
		}
	}
	return out
}

func ledgerCSV(l *ledger) string { return "id,text\n" + strings.Join(l.rows, "\n") + "\n" }

func TestReadingStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 14)
	l.left = 2
	w.stops("quota is used up")
	w.clock.now = w.clock.now.Add(24 * time.Hour)
	l.left = 1
	w.stops("quota is used up")
	w.clock.now = w.clock.now.Add(24 * time.Hour)
	l.left = -1
	w.apply()
	if l.pages != 5 || l.kept != 3 {
		t.Errorf("%d pages were asked for, %d were kept", l.pages, l.kept)
	}
	if got := w.finals(); len(got) != 1 || w.read(got[0]) != ledgerCSV(l) {
		t.Errorf("files %v", got)
	}
	w.empty()
}

// What was kept belongs to the arguments it was read for.
func TestReadingOfOtherArgumentsStartsOver(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 14)
	l.left = 2
	w.stops("quota is used up")
	w.hcl = strings.ReplaceAll(w.hcl, `"tasks"`+"\n", `"people"`+"\n")
	l.left = -1
	w.apply()
	if l.pages != 7 || l.kept != 0 {
		t.Errorf("%d pages were asked for, %d were kept", l.pages, l.kept)
	}
	w.empty()
}

func TestReadingSurvivesDeathAtEveryPage(t *testing.T) {
	t.Parallel()
	for page := 1; page <= 5; page++ {
		w, l := newLedgerWorld(t, 14)
		l.onPage = func(n int) error {
			if n == page {
				return errors.New("killed")
			}
			return nil
		}
		applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
		if applied.Results[0].Outcome != plan.Failed {
			t.Fatalf("page %d: %+v", page, applied.Results[0])
		}
		l.onPage = nil
		w.apply()
		if l.pages != 6 || l.kept != page-1 {
			t.Errorf("page %d: %d pages were asked for, %d were kept", page, l.pages, l.kept)
		}
		if got := w.finals(); len(got) != 1 || w.read(got[0]) != ledgerCSV(l) {
			t.Errorf("page %d: files %v", page, got)
		}
		w.empty()
	}
}

func TestReadingReadsABrokenPageAgain(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 5)
	l.breaks = 2
	w.apply()
	if got := w.finals(); len(got) != 1 || w.read(got[0]) != ledgerCSV(l) {
		t.Errorf("files %v", got)
	}
	w.empty()
}

// next makes another reading due.
func (w *world) next() {
	w.clock.now = w.clock.now.Add(25 * time.Hour)
}

func TestIncrement(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"tasks.csv", "tasks/${version.id}.csv"} {
		w, l := newLedgerWorld(t, 7, `every = "24h"`, fmt.Sprintf("path = %q", path), "retention {\n keep_last = 1\n }")
		w.apply()
		w.next()
		l.rows = []string{"1,row", "2,new", "4,row", "5,row", "6,row", "7,row", "8,row"}
		l.changed, l.gone = []string{"2,new", "8,row"}, true
		l.pages = 0
		w.apply()
		if l.pages != 1 || l.based == "" {
			t.Errorf("%d pages were asked for, based on %q", l.pages, l.based)
		}
		if got := w.finals(); len(got) != 1 || w.read(got[0]) != ledgerCSV(l) {
			t.Errorf("files %v", got)
		}
		known := w.snapshot().Instances
		for _, k := range known {
			if v := k.Latest(); v.Rows != 7 || v.Meta["rows"] != "2" {
				t.Errorf("%+v", v)
			}
		}
		w.empty()
	}
}

// An increment that had to stop goes on upon the same base only.
func TestIncrementStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 8, `every = "24h"`, `path = "tasks.csv"`)
	w.apply()
	w.next()
	for i := range l.rows {
		l.rows[i] = fmt.Sprintf("%d,new", i+1)
	}
	l.changed, l.left, l.pages = l.rows, 2, 0
	if applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{}); applied.Results[0].Outcome != plan.Pending {
		t.Fatalf("%+v", applied.Results[0])
	}
	if got := w.read("tasks.csv"); !strings.Contains(got, "8,row") {
		t.Errorf("the earlier version is not what it was: %q", got)
	}
	l.left = -1
	w.apply()
	if l.pages != 3 || l.kept != 2 || w.read("tasks.csv") != ledgerCSV(l) {
		t.Errorf("%d pages, %d kept: %q", l.pages, l.kept, w.read("tasks.csv"))
	}
	w.empty()
}

func TestIncrementNeedsAWholeBase(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(w *world, file string) error{
		"edited": func(w *world, file string) error {
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			text := strings.Replace(w.read("tasks.csv"), "row", "raw", 1)
			return errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chtimes(file, info.ModTime(), info.ModTime()))
		},
		"gone": func(_ *world, file string) error { return os.Remove(file) },
		"written before": func(w *world, _ string) error {
			w.hcl = strings.Replace(w.hcl, "every", "format = \"jsonl\"\nevery", 1)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, l := newLedgerWorld(t, 7, `every = "24h"`, `path = "tasks.csv"`)
			w.apply()
			w.next()
			if err := harm(w, filepath.Join(w.dir, "exports", "tasks.csv")); err != nil {
				t.Fatal(err)
			}
			l.pages = 0
			w.apply()
			if l.based != "" || l.pages < 3 {
				t.Errorf("built upon %q with %d pages", l.based, l.pages)
			}
			if got := w.read("tasks.csv"); name != "written before" && got != ledgerCSV(l) {
				t.Error(cmp.Diff(ledgerCSV(l), got))
			}
			w.empty()
		})
	}
}

func TestAnotherFormatIsAnotherReading(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 4)
	w.apply()
	w.empty()
	w.clock.now = w.clock.now.Add(time.Minute)
	w.hcl = ledgerTasks(`format = "jsonl"`)
	w.apply()
	if got := w.finals(); len(got) != 2 || l.pages != 4 {
		t.Errorf("%d pages, files %v", l.pages, got)
	}
	w.empty()
}

// What retention does not keep stays until its successor is there.
func TestRefusedVersionLeavesTheOneBefore(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 7, `every = "24h"`, "min_rows = 5", "retention {\n keep_last = 1\n }")
	w.apply()
	before := w.finals()
	w.next()
	l.rows, l.changed, l.gone = l.rows[:1], l.rows[:1], true
	applied, _ := w.run(t.Context(), t.Context(), engine.ApplyOptions{})
	if r := applied.Results[0]; r.Outcome != plan.Failed {
		t.Fatalf("%+v", r)
	}
	if d := cmp.Diff(before, w.finals()); d != "" {
		t.Error(d)
	}
}

// What was kept as it came cannot be built upon.
func TestRawReadingsAreWhole(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 4, `every = "24h"`, `format = "raw"`)
	w.apply()
	w.next()
	w.apply()
	if l.based != "" || l.pages != 4 {
		t.Errorf("built upon %q, %d pages", l.based, l.pages)
	}
	w.empty()
}

// A clock that was years ahead and is right again does not make an export wait for
// years: it is read once, that is the newest version, and then by the new time.
func TestReadingAfterTheClockWasAhead(t *testing.T) {
	t.Parallel()
	w, l := newLedgerWorld(t, 3, `every = "24h"`)
	right := w.clock.now
	w.clock.now = right.AddDate(4, 0, 0)
	w.apply()
	w.clock.now = right
	w.apply()
	w.empty()
	if got := w.finals(); len(got) != 2 {
		t.Fatalf("files %v", got)
	}
	var latest *export.KnownVersion
	for _, k := range w.snapshot().Instances {
		latest = k.Latest()
	}
	if !latest.FetchedAt.Equal(right) {
		t.Errorf("the newest version is %s, fetched %s", latest.ID, latest.FetchedAt)
	}
	w.clock.now = right.Add(23 * time.Hour)
	w.empty()
	w.clock.now = right.Add(25 * time.Hour)
	w.apply()
	w.empty()
	if got := w.finals(); len(got) != 3 || l.pages < 3 {
		t.Errorf("files %v, %d pages", got, l.pages)
	}
}

// Two readings that begin within one second are two versions.
func TestReadingsWithinASecond(t *testing.T) {
	t.Parallel()
	w, _ := newLedgerWorld(t, 3, `every = "1ms"`)
	w.apply()
	w.clock.now = w.clock.now.Truncate(time.Second).Add(10 * time.Millisecond)
	w.apply()
	w.clock.now = w.clock.now.Add(10 * time.Millisecond)
	w.apply()
	if got := w.finals(); len(got) != 3 {
		t.Errorf("files %v", got)
	}
}
