package tracker

import (
	"fmt"
	"strconv"

	"reportsync/internal/sandbox/sim"
)

// dice decide what is in the organisation.
type dice struct{ *sim.Dice }

// What is decided, so that no two decisions share their throws.
const (
	forBase = iota + 1
	forEvent
	forMoment
	forText
	forReport
	forID
)

func newDice(seed uint64, what, n int) dice { return dice{sim.NewDice(seed, what, n)} }

// rare is eight bits, each of them set only if it is so n times in a row.
func (d dice) rare(n int) uint8 {
	bits := ^uint8(0)
	for range n {
		bits &= uint8(d.Next())
	}
	return bits
}

// span is a number from 0 to k-1.
func (d dice) span(k int64) int64 { return int64(d.Next() % uint64(k)) }

// chance is true in so many of a hundred cases.
func (d dice) chance(percent int) bool { return d.N(100) < percent }

// hexID is an id of 24 hex digits that begins with a time in seconds, as the
// service's do.
func hexID(seconds int64, seed uint64, what, n int) string {
	return fmt.Sprintf("%08x%016x", uint32(seconds), newDice(seed, what, n).Next())
}

// isHexID reports whether s has the form of an id.
func isHexID(s string) bool {
	if len(s) != 24 {
		return false
	}
	for _, half := range []string{s[:12], s[12:]} {
		if _, err := strconv.ParseUint(half, 16, 64); err != nil {
			return false
		}
	}
	return true
}
