// Package state keeps what reportsync knows between runs: a SQLite database in
// one file.
//
// It holds the instances with their versions and files, the journal of calls that
// must not be made twice (an [export.Intent] before the call, an [export.Request]
// after it), the clocks of the accounts' limits, outputs, and the history of
// runs. It decides nothing: the planner reads a [State.Snapshot], the engine
// writes down what it does.
//
// There is one writer at a time. Writing methods belong to a [Lease], so that
// code that has no lease cannot write, and each of them checks in its own
// transaction that the lease is still the one in the file: a process that slept
// while another took over gets [ErrLeaseLost] and changes nothing. Readers never
// wait for a writer. A write that has returned is on disk (WAL with
// synchronous=FULL); it is not cut short by a cancelled context.
//
// The package refuses to guess. A file that is damaged, is not a state, or was
// written by a newer version is an error that says how to go on; it is never
// replaced by a fresh one.
//
// What is never in it: tokens, signed links, sensitive values. Changes of those
// are noticed by [State.Hash], with a random key that lives in the file.
//
// The database must be on a local disk: SQLite's shared memory does not work on
// network file systems. Moments are stored as nanoseconds since 1970, which reach
// from 1677 to 2262; the zero time is NULL.
package state
