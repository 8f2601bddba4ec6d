package export

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a Go duration that may also use d (24 h) and w (7 d):
// "90d", "1w2d", "36h", "10m30s". Negative durations are refused.
func ParseDuration(s string) (time.Duration, error) {
	fail := func() (time.Duration, error) {
		return 0, fmt.Errorf("%q is not a duration; write for example \"24h\", \"7d\", \"2w\" or \"10m30s\"", s)
	}
	rest := s
	var total time.Duration
	for _, unit := range []struct {
		suffix string
		length time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		number, after, ok := strings.Cut(rest, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || !(n >= 0 && n*float64(unit.length) <= float64(1<<61)) { // NaN is neither
			return fail()
		}
		total += time.Duration(n * float64(unit.length))
		rest = after
	}
	if rest == "" && s != "" {
		return total, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || total+d < total {
		return fail()
	}
	return total + d, nil
}
