package planfixxml

import "reportsync/internal/sandbox/sim"

// dice decide what is in the account: the same seed and names lead to the same throws.
type dice = sim.Dice

// What is decided, so that no two decisions share their throws.
const (
	forTask = iota + 1
	forEvent
	forAction
	forAnalytics
	forContact
	forSession
)

func newDice(seed uint64, what, n int) *dice { return sim.NewDice(seed, what, n) }

func pick[T any](d *dice, list []T) T { return list[d.N(len(list))] }
