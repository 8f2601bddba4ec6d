// Package plan decides what has to be done: a pure function from what is wanted,
// what the state knows, what exists on the service and what time it is, to
// changes and their steps. Nothing else in reportsync decides.
//
// It performs no I/O and asks no clock; the same input always gives the same
// plan. It also holds the saved form of a plan (see [Encode] and [Decode]), as
// bytes.
package plan
