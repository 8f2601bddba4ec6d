// Package export holds the vocabulary of reportsync: the nouns that every other
// package speaks of and that none of them owns.
//
//   - An export is one declared block; with for_each it has several instances,
//     each with an [Address].
//   - A [Version] is one immutable snapshot of an export: a Planfix save, a
//     Market report, one reading of a list. It may cover a [Period].
//   - A [Request] is a generation that was started on the service and is known
//     by its request id; an [Intent] is the note written before it was asked for.
//   - A [Part] is a chunk, page or sheet of a version, and [Rows] its records.
//   - An [Artifact] is a local file made from a version.
//   - [Known] is what the state knows of one instance; a [Snapshot] is all of it
//     at one moment.
//
// The package is pure data: it reads no file, opens no connection, asks no clock
// and knows neither HCL nor SQL nor any service. Whoever needs those wraps these
// types, so that the planner can stay a function from data to data.
package export
