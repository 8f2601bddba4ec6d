package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/clock"
)

type note struct {
	Lines []string `json:"lines"`
}

func open(t *testing.T, dir string, wall clock.Clock) *Memory {
	t.Helper()
	m, err := Open(dir, wall, 7, Pace{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t *testing.T, c *Cell[note], line string) {
	t.Helper()
	if err := c.Update(func(n *note) error { n.Lines = append(n.Lines, line); return nil }); err != nil {
		t.Fatal(err)
	}
}

func lines(t *testing.T, c *Cell[note]) (got []string) {
	t.Helper()
	if err := c.View(func(n *note) { got = append(got, n.Lines...) }); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMemoryOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	dir, wall := filepath.Join(t.TempDir(), "a", "b"), &still{at: noon}
	m := open(t, dir, wall)
	write(t, NewCell[note](m, "x"), "one")
	m.Timeline().Advance(time.Hour)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}

	wall.at = noon.Add(10 * time.Minute)
	again, err := Open(dir, wall, 99, Pace{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if diff := cmp.Diff([]string{"one"}, lines(t, NewCell[note](again, "x"))); diff != "" {
		t.Error(diff)
	}
	if got, want := again.Timeline().Now(), noon.Add(70*time.Minute); !got.Equal(want) {
		t.Errorf("the clock shows %v, want %v: an hour was advanced and ten minutes passed", got, want)
	}
	if again.Seed() != 7 || !again.Born().Equal(noon) {
		t.Errorf("the world became another: seed %d, born %v", again.Seed(), again.Born())
	}
	info, err := os.Stat(filepath.Join(dir, memoryName))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v", info.Mode())
	}
}

func TestMemoryClockNeverGoesBackWithTheWall(t *testing.T) {
	t.Parallel()
	dir, wall := t.TempDir(), &still{at: noon}
	m := open(t, dir, wall)
	m.Timeline().Advance(time.Minute)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	wall.at = noon.Add(-24 * time.Hour)
	again := open(t, dir, wall)
	defer again.Close()
	if got, want := again.Timeline().Now(), noon.Add(time.Minute); !got.Equal(want) {
		t.Errorf("the clock shows %v, want %v", got, want)
	}
}

// A process that is killed leaves the folder as it is at that moment, at worst
// with a lock and half a new file.
func TestMemorySurvivesAKill(t *testing.T) {
	t.Parallel()
	dir, wall := t.TempDir(), &still{at: noon}
	m := open(t, dir, wall)
	defer m.Close()
	cell := NewCell[note](m, "x")
	write(t, cell, "before")

	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	write(t, cell, "after")
	for name, content := range map[string]string{memoryTemp: `{"format":1,"se`, lockName: ""} {
		if err := os.WriteFile(filepath.Join(killed, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, killed, wall)
	defer again.Close()
	got := NewCell[note](again, "x")
	if diff := cmp.Diff([]string{"before"}, lines(t, got)); diff != "" {
		t.Error(diff)
	}
	write(t, got, "on")
	if diff := cmp.Diff([]string{"before", "on"}, lines(t, got)); diff != "" {
		t.Error(diff)
	}
}

func TestMemoryIsSharedByProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			m, err := Open(dir, clock.Wall{}, 7, Pace{})
			if err != nil {
				t.Error(err)
				return
			}
			defer m.Close()
			cell := NewCell[note](m, "x")
			for i := range each {
				err := cell.Update(func(n *note) error { n.Lines = append(n.Lines, fmt.Sprint(w, i)); return nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	m := open(t, dir, clock.Wall{})
	defer m.Close()
	seen := make(map[string]bool)
	for _, l := range lines(t, NewCell[note](m, "x")) {
		seen[l] = true
	}
	if len(seen) != writers*each {
		t.Errorf("%d of %d changes are left", len(seen), writers*each)
	}
}

func TestMemoryFollowsTheClockOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir, wall := t.TempDir(), &still{at: noon}
	a, b := open(t, dir, wall), open(t, dir, wall)
	defer a.Close()
	defer b.Close()
	a.Timeline().Advance(time.Hour)
	if err := a.Touch(); err != nil {
		t.Fatal(err)
	}
	if err := NewCell[note](b, "x").View(func(*note) {}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.Timeline().Now(), noon.Add(time.Hour); !got.Equal(want) {
		t.Errorf("the other process's clock shows %v, want %v", got, want)
	}
}

func TestMemoryChangesAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := open(t, dir, &still{at: noon})
	defer m.Close()
	before, err := os.ReadFile(filepath.Join(dir, memoryName))
	if err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("no")
	if err := NewCell[note](m, "x").Update(func(*note) error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, memoryName))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Error(diff)
	}
}

func TestMemoryWithoutAFolder(t *testing.T) {
	t.Parallel()
	m := open(t, "", &still{at: noon})
	cell := NewCell[note](m, "x")
	write(t, cell, "one")
	if diff := cmp.Diff([]string{"one"}, lines(t, cell)); diff != "" {
		t.Error(diff)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestMemoryRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	doc := func(change func(*document)) string {
		d := document{Format: memoryFormat, Born: noon, Virtual: noon, Wall: noon}
		change(&d)
		raw, err := json.Marshal(&d)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for name, content := range map[string]string{
		"empty":        "",
		"cut":          `{"format":1,"seed":1,"bo`,
		"other format": doc(func(d *document) { d.Format = 2 }),
		"no birth":     doc(func(d *document) { d.Born = time.Time{} }),
		"before birth": doc(func(d *document) { d.Virtual = noon.Add(-time.Hour) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, memoryName), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, &still{at: noon}, 1, Pace{})
			if err == nil || !strings.Contains(err.Error(), "delete it to start a new sandbox") {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("damaged cell", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		content := doc(func(d *document) { d.Cells = map[string]json.RawMessage{"x": json.RawMessage(`[1]`)} })
		if err := os.WriteFile(filepath.Join(dir, memoryName), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		m := open(t, dir, &still{at: noon})
		defer m.Close()
		if err := NewCell[note](m, "x").View(func(*note) {}); err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("got %v", err)
		}
	})
}

func TestLockOfAKilledProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	synctest.Test(t, func(t *testing.T) {
		if err := root.WriteFile(lockName, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		unlock, err := lockFile(root, clock.Wall{})
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < lockStale*lockRetry {
			t.Errorf("took the lock over after %v", waited)
		}
		unlock()
		if _, err := root.Stat(lockName); err == nil {
			t.Error("the lock is still there")
		}
	})
}
