// Package reliability proves what docs/reliability.md promises, on the built program
// and the sandbox: that it can be killed at any boundary, that faults of network and
// services are healed or told, and that nothing is paid twice.
//
// `go test` runs a sample of each proof. With REPORTSYNC_LONG=1 in the environment it
// runs all of them.
package reliability
