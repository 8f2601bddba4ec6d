package tracker

import (
	"strings"
	"testing"

	"reportsync/internal/sandbox/sim/simtest"
)

func TestOptionsRefuse(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		"no number may be negative":       {Issues: -1},
		"-1ns":                            {Latency: -1},
		"at most 1000000":                 {Issues: maxIssues + 1},
		`there is no switch "x"`:          {Set: map[string]string{"x": "on"}},
		`switch "reads": there is no val`: {Set: map[string]string{"reads": "maybe"}},
	} {
		if _, err := o.settle(nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

func TestOptionsGoBeforeTheProfile(t *testing.T) {
	t.Parallel()
	s, err := Options{Set: map[string]string{"reads": "off"}}.settle(map[string]string{"reads": "bare", "issues": "7", "zone": "-10:00"})
	if err != nil || s.switches["reads"] != "off" || s.Issues != 7 || s.switches["deletes"] != "on" || s.rate != 20 {
		t.Errorf("%+v %v", s, err)
	}
	if _, offset := simtest.Noon.In(s.zone).Zone(); offset != -36000 {
		t.Errorf("offset %d", offset)
	}
	if s, err := (Options{Issues: 3, Lax: true}).settle(map[string]string{"issues": "7"}); err != nil || s.Issues != 3 || s.rate != 0 {
		t.Errorf("%+v %v", s, err)
	}
}
