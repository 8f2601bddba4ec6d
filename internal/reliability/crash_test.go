package reliability

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// boundaries runs the scenario once and returns the boundaries that it passes, in
// order, and how often Market was asked for something.
func boundaries(t *testing.T) (passed []string, asked int) {
	t.Helper()
	p := newPlace(t, scenario)
	trace := filepath.Join(t.TempDir(), "trace")
	if out, code := p.run([]string{"REPORTSYNC_FAILPOINT_TRACE=" + trace}, "apply", "-auto-approve"); code != 0 {
		t.Fatalf("exit status %d\n%s", code, out)
	}
	p.settled()
	asked = p.made().market
	p.paidOnce(t, asked)
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(raw)), asked
}

// paidOnce makes sure that each generation and creation was asked for once. Market has
// no list of what was asked for: an answer that was lost on its way into the journal
// costs another one, and the run says so.
func (p *place) paidOnce(t *testing.T, asked int) {
	t.Helper()
	made := p.made()
	if made.planfix != 1 {
		t.Errorf("planfix: %d generations, want one", made.planfix)
	}
	lost := strings.Count(p.out.String(), "the answer was lost") + strings.Count(p.out.String(), "the answer to the generation was lost")
	if made.market < asked || made.market > asked+lost {
		t.Errorf("market: %d generations, want %d; %d answers were lost", made.market, asked, lost)
	}
	if made.tracker != 1 {
		t.Errorf("tracker: %d reports were created, want one", made.tracker)
	}
	for provider, c := range p.stats() {
		if c.Leaks != 0 {
			t.Errorf("%s: %d leaks", provider, c.Leaks)
		}
	}
}

// Killed at a boundary, the program goes on in its next run as if nothing had been.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	passed, asked := boundaries(t)
	names := map[string]int{}
	for _, name := range passed {
		names[name]++
	}
	t.Logf("%d boundaries: %v", len(passed), names)
	for _, name := range []string{
		"journal.before", "journal.commit", "journal.after", "call.before", "call.after", "create.before", "create.after", "write.before", "write.after",
		"rename.before", "rename.after", "fsync.before", "fsync.after", "fsync-folder.before", "fsync-folder.after",
	} {
		if names[name] == 0 {
			t.Errorf("the scenario does not pass %s", name)
		}
	}
	var orders []string
	if long {
		for i := range passed {
			orders = append(orders, fmt.Sprintf("#%d", i+1))
		}
	} else {
		rnd := rand.New(rand.NewPCG(1, 20261125))
		for name, n := range names {
			orders = append(orders, fmt.Sprintf("%s:%d", name, 1+rnd.IntN(n)))
		}
		slices.Sort(orders)
	}
	for _, order := range orders {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, scenario)
			p.run([]string{"REPORTSYNC_FAILPOINT=" + order}, "apply", "-auto-approve") // another order of things may not get that far
			p.must("apply", "-auto-approve")
			p.settled()
			p.paidOnce(t, asked)
		})
	}
}
