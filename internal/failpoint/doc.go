// Package failpoint marks the boundaries at which a process can die and must not do
// harm: before and after each write to the journal, call of a service, and change of a
// file.
//
// In the product [Hit] does nothing and costs nothing. A binary that is built with the
// tag failpoints can be told by its environment to die at one of them:
//
//	REPORTSYNC_FAILPOINT=rename.after     at the first hit of that name
//	REPORTSYNC_FAILPOINT=rename.after:3   at the third
//	REPORTSYNC_FAILPOINT=#120             at the 120th hit of any
//	REPORTSYNC_FAILPOINT_TRACE=FILE       appends the names of all hits to a file
package failpoint
