// Package engine walks one run from a configuration to files: it evaluates
// blocks in the order of their dependencies, asks providers what exists, lets
// package plan decide, and carries out the steps.
//
// It owns order, retries across runs, the journal and the files' way into the
// state: before a call that must not be made twice an intent is written, after it
// the request id; the state learns of a file only after it is durable. It prints
// nothing (it tells [Events] what happens), speaks no service's language, and
// decides nothing about what should be done.
package engine
