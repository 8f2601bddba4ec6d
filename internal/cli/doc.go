// Package cli holds the commands: for each a file with its options, its flags and
// what it runs. It turns arguments into calls of engine and hands what comes back
// to view; it decides the exit status and nothing else. Nothing here prints by
// itself, reads a global, or exits.
package cli
