// Package sim holds what every simulated service has in common: the interface
// that the sandbox's server serves, the virtual clock, the memory that outlives
// the process, the gate that enforces a pace, the counters and the faults.
//
// It knows no service, and no part of the tool that the simulators exist to
// test: a mistake shared with a provider would cancel out.
package sim
