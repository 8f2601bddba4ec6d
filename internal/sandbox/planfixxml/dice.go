package planfixxml

// dice decide what is in the account: the same seed and names lead to the same throws.
type dice uint64

// What is decided, so that no two decisions share their throws.
const (
	forTask = iota + 1
	forEvent
	forAction
	forAnalytics
	forContact
	forSession
)

func newDice(seed uint64, what, n int) *dice {
	d := dice(seed ^ uint64(what)<<56 ^ uint64(n)*0x9e3779b97f4a7c15)
	d.next()
	return &d
}

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is a number from 0 to k-1.
func (d *dice) n(k int) int { return int(d.next() % uint64(k)) }

func pick[T any](d *dice, list []T) T { return list[d.n(len(list))] }
