// Package insandbox lets the tests of a provider run it against the simulator of its
// service, which was written apart from it.
package insandbox

import (
	"net/http"
	"os"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/providers"
	"reportsync/internal/sandbox"
	"reportsync/internal/sandbox/sim"
	"reportsync/internal/schema"
)

// Account is a provider and the simulated account that it talks to.
type Account struct {
	providers.Provider
	Server *sandbox.Server
	Args   schema.Values

	t    testing.TB
	name string
}

// Start starts a sandbox and configures a provider for it. At the end of the test the
// provider must have kept the service's limits and its own secrets.
func Start(t testing.TB, typ *providers.Type, o sandbox.Options, faults string, more schema.Values) *Account {
	t.Helper()
	list, err := sandbox.ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	o.Faults = list
	s, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	a := &Account{Server: s, Args: schema.Values{}, t: t, name: typ.Schema.Name}
	t.Cleanup(func() {
		if n := a.Counts().Violations; len(n) != 0 {
			t.Errorf("the service's limits were broken: %v", n)
		}
		if n := a.Counts().Leaks; n != 0 {
			t.Errorf("the credentials were sent elsewhere %d times", n)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	for _, attr := range typ.Schema.Body.Attributes {
		a.Args[attr.Name] = attr.Default
	}
	for name, value := range s.Credentials(a.name) {
		a.Args[name] = cty.StringVal(value)
	}
	for name, value := range more {
		a.Args[name] = value
	}
	dir := t.TempDir()
	a.Provider, err = typ.Configure(providers.ConfigureRequest{
		Args: a.Args, Transport: transport, Clock: s.Clock(), UserAgent: "reportsync/test",
		Scratch: func() (providers.Scratch, error) { return os.CreateTemp(dir, "scratch") },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Counts are what the service was asked so far.
func (a *Account) Counts() sim.Counts {
	a.t.Helper()
	stats, err := a.Server.Stats()
	if err != nil {
		a.t.Fatal(err)
	}
	return stats.Services[a.name]
}
