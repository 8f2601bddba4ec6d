//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak is the largest amount of memory that a process had in bytes.
func peak(state *os.ProcessState) int64 {
	r, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(r.Maxrss) //nolint:unconvert // its type differs between systems
	}
	return int64(r.Maxrss) << 10 //nolint:unconvert // its type differs between systems
}
