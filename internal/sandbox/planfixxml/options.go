package planfixxml

import (
	"fmt"
	"strconv"

	"reportsync/internal/sandbox/sim"
)

// Options change the simulated account. The zero value is an account as the profile
// of the sandbox has it.
type Options struct {
	// Lax leaves out the limit of requests a second.
	Lax bool
	// Still keeps the account as it is at the start, for measuring.
	Still bool
	// Tasks is how many there are at the start; 0 leaves it to the profile.
	Tasks int
	// Set are switches by name; they go before the sandbox's profile.
	Set map[string]string
}

const maxTasks = 1_000_000

// settings are the options and the profile, checked.
type settings struct {
	Options
	switches map[string]string
	calls    int // of a session
	quota    int
}

func (o Options) settle(profile map[string]string) (settings, error) {
	values, err := sim.Settle(switches, profile, o.Set)
	if err != nil {
		return settings{}, fmt.Errorf("planfix_xml sandbox: %w", err)
	}
	s := settings{Options: o, switches: values}
	number := func(name string) int {
		n, _ := strconv.Atoi(values[name]) // that it is one was checked
		return n
	}
	s.calls, s.quota = number(swCalls), number(swQuota)
	if s.Tasks == 0 {
		s.Tasks = number(swTasks)
	}
	if s.Tasks < 0 || s.Tasks > maxTasks {
		return settings{}, fmt.Errorf("planfix_xml sandbox: %d tasks: from 0 to %d", s.Tasks, maxTasks)
	}
	return s, nil
}

func (s *settings) is(name, value string) bool { return s.switches[name] == value }
