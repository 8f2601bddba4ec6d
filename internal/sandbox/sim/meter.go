package sim

import (
	"maps"
	"time"
)

// Counts are what one service was asked and what it said, since its memory was
// made.
type Counts struct {
	// Requests by endpoint; those that were refused, lost or never answered too.
	Requests map[string]int `json:"requests"`
	// Refusals by the service's own error code.
	Refusals map[string]int `json:"refusals,omitempty"`
	// Faults that were played, by name.
	Faults map[string]int `json:"faults,omitempty"`
	// Struck are the requests that met a fault, by endpoint.
	Struck map[string]int `json:"struck,omitempty"`
	// Violations of a limit, by kind: "pace" for requests that came too close to
	// each other, "parallel" for those that came while another was being served.
	Violations map[string]int `json:"violations,omitempty"`
	// Generations that were started.
	Generations int `json:"generations"`
	// Leaks are requests that brought a credential to another host, where a
	// redirect had pointed.
	Leaks int `json:"leaks"`
	// Day is the virtual day of Today, and Today the requests charged to it.
	Day   string `json:"day,omitempty"`
	Today int    `json:"today"`
}

// Total is the number of requests to the named endpoints, or to all.
func (c Counts) Total(endpoints ...string) int {
	n := 0
	if len(endpoints) == 0 {
		for _, k := range c.Requests {
			n += k
		}
	}
	for _, e := range endpoints {
		n += c.Requests[e]
	}
	return n
}

// clone returns a copy that shares nothing.
func (c Counts) clone() Counts {
	c.Requests, c.Refusals = maps.Clone(c.Requests), maps.Clone(c.Refusals)
	c.Faults, c.Struck, c.Violations = maps.Clone(c.Faults), maps.Clone(c.Struck), maps.Clone(c.Violations)
	return c
}

// Meter counts for one service.
type Meter struct{ cell *Cell[Counts] }

// NewMeter returns the meter of a provider.
func NewMeter(m *Memory, provider string) *Meter {
	return &Meter{cell: NewCell[Counts](m, provider+".counts")}
}

// Came counts a request before it is served, so that it is counted even if the
// process does not live to serve it.
func (m *Meter) Came(endpoint string, charged bool, now time.Time) error {
	return m.cell.Update(func(c *Counts) error {
		bump(&c.Requests, endpoint)
		if day := dayOf(now); c.Day != day {
			c.Day, c.Today = day, 0
		}
		if charged {
			c.Today++
		}
		return nil
	})
}

// Went counts what became of a request, if there is something to count.
func (m *Meter) Went(call *Call, fault string) error {
	if call.Refusal == "" && call.Violation == "" && fault == "" && !call.Generated {
		return nil
	}
	return m.cell.Update(func(c *Counts) error {
		bump(&c.Refusals, call.Refusal)
		bump(&c.Violations, call.Violation)
		bump(&c.Faults, fault)
		if fault != "" {
			bump(&c.Struck, call.Endpoint)
		}
		if call.Generated {
			c.Generations++
		}
		return nil
	})
}

// Leaked counts a credential that was brought to another host.
func (m *Meter) Leaked() error {
	return m.cell.Update(func(c *Counts) error {
		c.Leaks++
		return nil
	})
}

// Today is how many requests were charged to the day of now.
func (m *Meter) Today(now time.Time) (n int, err error) {
	err = m.cell.View(func(c *Counts) {
		if c.Day == dayOf(now) {
			n = c.Today
		}
	})
	return n, err
}

// Counts are the counts so far.
func (m *Meter) Counts() (counts Counts, err error) {
	err = m.cell.View(func(c *Counts) { counts = c.clone() })
	return counts, err
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func bump(m *map[string]int, key string) {
	if key == "" {
		return
	}
	if *m == nil {
		*m = make(map[string]int)
	}
	(*m)[key]++
}
