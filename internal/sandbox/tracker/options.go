package tracker

import (
	"fmt"
	"strconv"
	"time"

	"reportsync/internal/sandbox/sim"
)

// Provider is the name that configurations use for the service.
const Provider = "yandex_tracker"

// Options change the simulated organisation. The zero value is an organisation as
// the profile of the sandbox has it.
type Options struct {
	// Lax leaves out the limit of requests a second.
	Lax bool
	// Still keeps the issues as they are at the start, for measuring.
	Still bool
	// Issues is how many there are at the start; 0 leaves it to the profile.
	Issues int
	// Latency is how long every answer takes, on the wall clock.
	Latency time.Duration
	// Set are switches by name; they go before the sandbox's profile.
	Set map[string]string
}

// maxIssues keeps a typing error from filling the memory of the machine.
const maxIssues = 1_000_000

// settings are the options and the profile, checked.
type settings struct {
	Options
	switches map[string]string
	zone     *time.Location // of dates in queries
	rate     int            // requests a second; 0 is any number
	build    time.Duration  // of a report
}

func (o Options) settle(profile map[string]string) (settings, error) {
	if o.Issues < 0 || o.Latency < 0 {
		return settings{}, fmt.Errorf("tracker sandbox: options %+v: no number may be negative", o)
	}
	values, err := sim.Settle(switches, profile, o.Set)
	if err != nil {
		return settings{}, fmt.Errorf("tracker sandbox: %w", err)
	}
	s := settings{Options: o, switches: values}
	number := func(name string) int {
		n, _ := strconv.Atoi(values[name]) // that it is one was checked
		return n
	}
	if s.Issues == 0 {
		s.Issues = number(swIssues)
	}
	if s.Issues > maxIssues {
		return settings{}, fmt.Errorf("tracker sandbox: %d issues: at most %d", s.Issues, maxIssues)
	}
	if !o.Lax {
		s.rate = number(swRate)
	}
	s.build = time.Duration(number(swBuild)) * time.Second
	at, err := time.Parse("-07:00", values[swZone])
	if err != nil {
		return settings{}, fmt.Errorf("tracker sandbox: zone %q: %w", values[swZone], err)
	}
	_, offset := at.Zone()
	s.zone = time.FixedZone(values[swZone], offset)
	return s, nil
}

// is reports whether a switch has a value.
func (s *settings) is(name, value string) bool { return s.switches[name] == value }
