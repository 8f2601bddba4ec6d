package sim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMeter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := open(t, dir, &still{at: noon})
	meter := NewMeter(m, "shop")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(meter.Came("list", true, noon))
	must(meter.Came("data", true, noon))
	must(meter.Came("data", false, noon))
	must(meter.Went(&Call{Endpoint: "data", Refusal: "22", Violation: TooFast, Generated: true}, Slow))
	must(meter.Leaked())
	must(m.Close())

	again := open(t, dir, &still{at: noon})
	defer again.Close()
	meter = NewMeter(again, "shop")
	got, err := meter.Counts()
	must(err)
	want := Counts{
		Requests: map[string]int{"list": 1, "data": 2}, Refusals: map[string]int{"22": 1}, Faults: map[string]int{Slow: 1}, Struck: map[string]int{"data": 1},
		Violations: map[string]int{TooFast: 1}, Generations: 1, Leaks: 1, Day: "2026-03-01", Today: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Total() != 3 || got.Total("data") != 2 {
		t.Errorf("totals: %d, %d", got.Total(), got.Total("data"))
	}
	tomorrow := noon.Add(12 * time.Hour)
	if n, err := meter.Today(tomorrow); n != 0 || err != nil {
		t.Errorf("tomorrow begins with %d, %v", n, err)
	}
	must(meter.Came("list", true, tomorrow))
	if n, err := meter.Today(tomorrow); n != 1 || err != nil {
		t.Errorf("tomorrow has %d, %v", n, err)
	}
}
