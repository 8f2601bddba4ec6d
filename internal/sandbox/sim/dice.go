package sim

// Dice decide what is in a simulated account: the same seed and the same decision lead
// to the same throws.
type Dice uint64

// NewDice returns the dice for the n-th decision of a kind.
func NewDice(seed uint64, kind, n int) *Dice {
	d := Dice(seed ^ uint64(kind)<<56 ^ uint64(n)*0x9e3779b97f4a7c15)
	d.Next()
	return &d
}

// Next is the next throw (SplitMix64).
func (d *Dice) Next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// N is a number from 0 to k-1.
func (d *Dice) N(k int) int { return int(d.Next() % uint64(k)) }
