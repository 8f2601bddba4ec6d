package providertest

import (
	"testing"

	"go.uber.org/goleak"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// Harness makes what the suite works on.
type Harness struct {
	// New starts a fresh service and a provider for it. Both must end with t's
	// cleanup, connections included. Waits should take no time: use a clock that
	// runs fast.
	New func(t *testing.T) *Fixture
}

// Fixture is a provider and the service it talks to. Functions that are nil skip
// what needs them.
type Fixture struct {
	Provider providers.Provider
	// Target has at least two versions on the service unless it is read, and the newest
	// has at least one part with at least one row.
	Target providers.Target
	// Reading is set when a version is a reading of a list: none is listed, and
	// observing may ask nothing.
	Reading bool
	// Made is a version that was made before, for services that list none.
	Made *export.Version
	// Secrets must appear in no message.
	Secrets []string
	// Data are the data sources to read, by type.
	Data map[string]schema.Values

	// CutBody makes the body of the next part break off inside its rows, once.
	CutBody func()
	// Hang makes the service take requests and answer none, until the end of the
	// test or until the request is given up. (A handler of net/http notices that
	// only once it has read the request's body.)
	Hang func()
	// Refuse are ways to make every call from now on fail, by name. Answers should
	// repeat the secrets where the service could.
	Refuse map[string]func()
}

// Run runs the suite. It looks for goroutines that are left behind, so the test
// that calls it must not be parallel.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *Fixture)
	}{
		{"account", testAccount},
		{"observe", testObserve},
		{"data", testData},
		{"open", testOpen},
		{"again", testAgain},
		{"again in the middle", testAgainMiddle},
		{"cut body", testCutBody},
		{"close early", testCloseEarly},
		{"cancelled", testCancelled},
		{"hanging", testHanging},
		{"concurrent", testConcurrent},
	} {
		h.run(t, c.name, c.test)
	}
	// The names of the refusals are the fixture's; one is made to learn them.
	var names []string
	h.run(t, "refusals", func(_ *testing.T, f *Fixture) {
		for name := range f.Refuse {
			names = append(names, name)
		}
	})
	for _, name := range names {
		h.run(t, "refused: "+name, func(t *testing.T, f *Fixture) {
			f.Refuse[name]()
			testRefused(t, f)
		})
	}
}

// run runs one test on a fixture of its own, and checks that nothing runs on after it.
func (h Harness) run(t *testing.T, name string, test func(*testing.T, *Fixture)) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	ok := t.Run(name, func(t *testing.T) { test(t, h.New(t)) })
	if ok {
		goleak.VerifyNone(t, before)
	}
}
