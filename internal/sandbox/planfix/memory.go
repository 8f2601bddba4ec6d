package planfix

import (
	"slices"
	"time"
)

// memory is what has happened to the account.
type memory struct {
	// Generations that were started, the oldest first. Everything about one is
	// decided when it starts, so that nothing is lost if the process ends before
	// it is ready.
	Generations []generation `json:"generations,omitempty"`
	// Extra are saves that appeared out of turn.
	Extra []extra `json:"extra,omitempty"`
	// Deleted are the ids of saves that were deleted.
	Deleted []int64 `json:"deleted,omitempty"`
}

// generation is one generation of a report.
type generation struct {
	Request string    `json:"request"`
	Report  int64     `json:"report"`
	Save    int64     `json:"save"`
	Started time.Time `json:"started"`
	Ready   time.Time `json:"ready"`
}

// extra is a save that no schedule made.
type extra struct {
	Save   int64     `json:"save"`
	Report int64     `json:"report"`
	At     time.Time `json:"at"`
}

// last is the newest generation, or nil.
func (m *memory) last() *generation {
	if len(m.Generations) == 0 {
		return nil
	}
	return &m.Generations[len(m.Generations)-1]
}

// find is the generation of that request id, or nil.
func (m *memory) find(request string) *generation {
	i := slices.IndexFunc(m.Generations, func(g generation) bool { return g.Request == request })
	if i < 0 {
		return nil
	}
	return &m.Generations[i]
}

// forget drops the generations whose saves are gone, but never the newest, which
// the limit is counted from.
func (m *memory) forget(now time.Time) {
	if len(m.Generations) == 0 {
		return
	}
	newest := m.Generations[len(m.Generations)-1]
	m.Generations = append(slices.DeleteFunc(m.Generations[:len(m.Generations)-1], func(g generation) bool {
		return !now.Before(g.Ready.Add(keepGenerated))
	}), newest)
}
