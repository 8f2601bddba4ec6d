// Command bench measures reportsync against programs that do the same work and
// nothing else, and against terraform where that does work of the same shape.
//
//	go run ./bench                 # everything, about a quarter of an hour
//	go run ./bench rows latency    # some of it
//	go run ./bench -short          # tiny sizes: does it still run?
//
// Whole processes are run in turn, the product and its rival, so that whatever
// else the machine does hits both. Wall time, processor time and peak memory are
// what the system counted for the process. Figures are ratios of medians, with the
// smallest and the largest ratio of a pair: they carry over to other machines where
// seconds do not.
//
// It needs Go and nothing else: the simulated service and the rivals are this same
// program, run again with a role as its first argument. It imports no package of
// the product, whose binary it builds and runs as a user would; a service that
// answers from memory keeps the product's own simulators out of the figures. It
// judges, but does not fail, when a target is missed.
package main
