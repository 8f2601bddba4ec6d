package reliability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Killed at random moments, several times in a row, the program ends up where it would
// have been.
func TestRandomKills(t *testing.T) {
	t.Parallel()
	kills, seed := 24, uint64(20261125)
	if long {
		kills = 200
	}
	ref := newPlace(t, scenario)
	began := time.Now()
	ref.must("apply", "-auto-approve")
	took := time.Since(began)
	once, want := ref.made(), ref.content()
	rnd := rand.New(rand.NewPCG(seed, 1))
	const each = 4
	for n := range kills / each {
		var delays [each]time.Duration
		for i := range delays {
			delays[i] = time.Duration(rnd.Int64N(int64(took)))
		}
		t.Run(fmt.Sprintf("%d", n), func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, scenario)
			for _, d := range delays {
				ctx, cancel := context.WithTimeout(t.Context(), d)
				p.runFor(ctx, nil, "apply", "-auto-approve") // killed with the context
				cancel()
			}
			p.must("apply", "-auto-approve")
			p.settled()
			p.same(want)
			p.paidOnce(once)
		})
	}
}
