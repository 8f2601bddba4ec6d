package sim

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// Faults decides which requests are hit. The same orders, seed and sequence of
// requests lead to the same decisions.
type Faults struct {
	mu    sync.Mutex
	rules []rule
}

type rule struct {
	Fault
	matched int
	chance  *rand.Rand
}

// NewFaults returns the decider for a list of orders.
func NewFaults(orders []Fault, seed uint64) *Faults {
	f := &Faults{}
	for i, o := range orders {
		f.rules = append(f.rules, rule{Fault: o, chance: rand.New(rand.NewPCG(seed, uint64(i)))})
	}
	return f
}

// Pick returns the name of the fault for a request, or "". Every order counts the
// requests that match it, hit or not; the first order that hits wins. A service is
// asked only to play what its [Info] lists.
func (f *Faults) Pick(info *Info, endpoint string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	picked := ""
	for i := range f.rules {
		r := &f.rules[i]
		if r.matches(info, endpoint) && r.hits() && picked == "" {
			picked = r.Name
		}
	}
	return picked
}

func (f *Fault) matches(info *Info, endpoint string) bool {
	has := func(k Kind) bool { return k.Name == f.Name }
	if !slices.ContainsFunc(Common, has) && !slices.ContainsFunc(info.Faults, has) {
		return false
	}
	return f.Target == "" || f.Target == info.Provider || f.Target == endpoint || f.Target == info.Provider+"/"+endpoint
}

func (r *rule) hits() bool {
	r.matched++
	if r.Chance > 0 {
		return r.chance.Float64() < r.Chance
	}
	return r.matched >= r.First && (r.Last == 0 || r.matched <= r.Last)
}
