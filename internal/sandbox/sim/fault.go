package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind is a way to misbehave.
type Kind struct{ Name, Doc string }

// The faults that every service can play. The server plays them, without the
// service noticing.
const (
	BadGateway  = "502-html"
	TooMany     = "429"
	NotFound    = "html-404"
	Truncate    = "truncate"
	Reset       = "reset"
	Slow        = "slow"
	LostAnswer  = "lost-answer"
	NeverAnswer = "never"
	ClockSkew   = "clock-skew"
	Redirect    = "redirect"
	ServerError = "500-empty"
	Calm        = "420"
	Corrupt     = "corrupt"
	Duplicate   = "duplicate"
	Throttle    = "throttle"
	Delay       = "delay"
)

// Common are the faults that every service can play.
var Common = []Kind{
	{BadGateway, "a gateway's HTML page with status 502 instead of an answer; nothing is carried out"},
	{TooMany, "status 429 with Retry-After: 30; nothing is carried out"},
	{NotFound, "an HTML page with status 404 instead of an answer; nothing is carried out"},
	{Truncate, "the answer is cut in the middle, in a well-formed HTTP message"},
	{Reset, "the connection is reset in the middle of the answer"},
	{Slow, "the answer comes in drops and takes 20 s"},
	{LostAnswer, "the request is carried out and the connection closed without an answer"},
	{NeverAnswer, "the connection stays open and no answer comes; nothing is carried out"},
	{ClockSkew, "the Date header is three hours ahead"},
	{Redirect, "a redirect to another host, which notes whether it was sent the token"},
	{ServerError, "status 500 without a body; nothing is carried out"},
	{Calm, "status 420 with a text; nothing is carried out"},
	{Corrupt, "a byte in the middle of the answer is 0"},
	{Duplicate, "the request is carried out twice, and answered as the second one"},
	{Throttle, "the answer comes at 1 KiB a second"},
	{Delay, "the answer begins after 30 s"},
}

// Fault is one order to misbehave.
type Fault struct {
	Name string
	// Target is "" for all requests, a provider, an endpoint, or both with a slash
	// between them.
	Target string
	// First and Last bound, from 1, which of the requests that match are hit; a
	// Last of 0 means all that follow.
	First, Last int
	// Chance is the probability that a request that matches is hit; 0 counts as 1.
	Chance float64
}

// String returns the fault in the notation that [Catalogue.Parse] reads.
func (f Fault) String() string {
	target := f.Target
	if target == "" {
		target = "*"
	}
	switch {
	case f.Chance > 0:
		return fmt.Sprintf("%s:%s:%s", f.Name, target, strconv.FormatFloat(f.Chance, 'f', -1, 64))
	case f.Last == 0 && f.First <= 1:
		return f.Name + ":" + target
	case f.Last == 0:
		return fmt.Sprintf("%s:%s:%d-", f.Name, target, f.First)
	case f.First <= 1:
		return fmt.Sprintf("%s:%s:%d", f.Name, target, f.Last)
	default:
		return fmt.Sprintf("%s:%s:%d-%d", f.Name, target, f.First, f.Last)
	}
}

// Catalogue is what faults there are and what they can be aimed at.
type Catalogue []Info

// Parse reads a list of faults, separated by commas, each of the form
//
//	NAME[:TARGET[:WHICH]]
//
// TARGET is an endpoint, a provider, PROVIDER/ENDPOINT, or * for everything, which
// is the default. WHICH of the requests that match are hit: 2 means the first two,
// 3-3 the third, 3- the third and all after it, 0.1 one in ten by chance. Without
// it all are.
func (c Catalogue) Parse(list string) ([]Fault, error) {
	var faults []Fault
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		f, err := c.parse(item)
		if err != nil {
			return nil, fmt.Errorf("fault %q: %w", item, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func (c Catalogue) parse(item string) (Fault, error) {
	parts := strings.Split(item, ":")
	if len(parts) > 3 {
		return Fault{}, fmt.Errorf("it has %d parts; write NAME, NAME:ENDPOINT or NAME:ENDPOINT:WHICH", len(parts))
	}
	f := Fault{Name: parts[0], First: 1}
	if known := c.names(); !slices.Contains(known, f.Name) {
		return f, unknown("fault", f.Name, known)
	}
	if len(parts) > 1 && parts[1] != "*" && parts[1] != "" {
		f.Target = parts[1]
		if known := c.targets(f.Name); !slices.Contains(known, f.Target) {
			return f, unknown("endpoint", f.Target, known)
		}
	}
	if len(parts) > 2 {
		if err := f.which(parts[2]); err != nil {
			return f, err
		}
	}
	return f, nil
}

// which reads the third part.
func (f *Fault) which(s string) error {
	wrong := fmt.Errorf("%q says which requests are hit: write 2 for the first two, 3-3 for the third, 3- for all from the third on, or 0.1 for one in ten", s)
	if strings.Contains(s, ".") {
		p, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(p) || p <= 0 || p > 1 {
			return wrong
		}
		if p < 1 { // a chance of 1 is all of them, which needs no chance
			f.Chance = p
		}
		return nil
	}
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		first, last = "1", s
	}
	a, err := strconv.Atoi(first)
	if err != nil || a < 1 {
		return wrong
	}
	b := 0
	if last != "" {
		if b, err = strconv.Atoi(last); err != nil || b < a {
			return wrong
		}
	} else if !isRange {
		return wrong
	}
	f.First, f.Last = a, b
	return nil
}

// names are the faults that exist.
func (c Catalogue) names() []string {
	var names []string
	for _, k := range Common {
		names = append(names, k.Name)
	}
	for _, info := range c {
		for _, k := range info.Faults {
			if !slices.Contains(names, k.Name) {
				names = append(names, k.Name)
			}
		}
	}
	return names
}

// targets are what a fault can be aimed at: everything, or what belongs to the
// services that know it.
func (c Catalogue) targets(fault string) []string {
	common := slices.ContainsFunc(Common, func(k Kind) bool { return k.Name == fault })
	var targets []string
	for _, info := range c {
		if !common && !slices.ContainsFunc(info.Faults, func(k Kind) bool { return k.Name == fault }) {
			continue
		}
		targets = append(targets, info.Provider)
		for _, e := range info.Endpoints {
			if !slices.Contains(targets, e) {
				targets = append(targets, e)
			}
			targets = append(targets, info.Provider+"/"+e)
		}
	}
	return targets
}
