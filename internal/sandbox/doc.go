// Package sandbox runs simulators of the services on a loopback address, so that
// a configuration can be tried without credentials and without spending a quota,
// and so that the tool can be tested against services that misbehave.
//
// The simulators live in a world with a clock of its own and a memory in a file:
// new reports appear as the virtual hours pass, what was generated stays, and a
// process that ends, or is killed, leaves the world as it was. They refuse what
// the real services refuse, enforce their limits, and can be told to misbehave
// with [ParseFaults].
//
// Package sim holds what the simulators have in common; each service is a package
// beside it. To add one, write the package and register it in services.
//
// The sandbox shares no code with the providers and is no mock to be programmed
// by a test: what it plays is decided by the requests, the faults and the time.
package sandbox
