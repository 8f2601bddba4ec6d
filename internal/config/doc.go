// Package config is the language of reportsync: it reads the HCL files of a
// folder (or one file), checks them, and turns export blocks into wanted
// instances.
//
// Work goes in two stages. [Load] reads and checks everything that can be checked
// without asking a service: syntax, block and argument names, types, references,
// cycles, variable values. It yields a [Config], whose [Config.Nodes] are the
// blocks in the order of their dependencies. A [Config.NewEval] is then one
// evaluation: the caller hands it the results of data sources and exports as they
// become known, and asks it for providers, data instances, export instances and
// outputs. What depends on a result not handed in yet is unknown, never guessed.
//
// What the arguments of providers, exports and data sources are called and which
// types they have comes from package schema alone; the package knows no service.
// It opens no connection, writes no file, asks no clock and reads no environment:
// all of that is in [Options]. It decides nothing about what is to be fetched.
//
// Diagnostics have a constant summary; the detail says what is wrong, why, and
// how to go on, and points at the place. Sensitive values carry the mark
// [funcs.Sensitive] inside and never appear in a diagnostic.
package config
