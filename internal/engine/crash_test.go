package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"reportsync/internal/engine"
)

var errCrash = errors.New("the process died")

// A run that dies at any call of the service, before or after the call had its
// effect, is followed by one that ends what was begun, and the service is asked
// for each generation once.
func TestCrashAtEveryCall(t *testing.T) {
	t.Parallel()
	hcl := report(`mode = "generate"`) + strings.Replace(report(), "weekly", "saved", 1)
	dry := newWorld(t, hcl, 1, 2)
	dry.apply()
	total := 0
	for _, n := range dry.service.calls {
		total += n
	}
	if total < 8 {
		t.Fatalf("only %d calls: %v", total, dry.service.calls)
	}
	for at := 1; at <= total; at++ {
		for _, effect := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d effect %t", at, effect), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, hcl, 1, 2)
				ctx, die := context.WithCancelCause(t.Context())
				n := 0
				w.service.onCall = func(name string) error {
					if n++; n != at {
						return nil
					}
					die(errCrash)
					if effect {
						if name == "generate" {
							w.service.loseAnswer = 1
						}
						return nil
					}
					return errCrash
				}
				_, _ = w.run(ctx, ctx, engine.ApplyOptions{})
				w.service.onCall = nil
				w.apply()
				w.apply() // the mirror of the same report finds what the other has generated
				if w.service.generated != 1 {
					t.Errorf("%d generations, want one", w.service.generated)
				}
				if len(w.service.violations) > 0 {
					t.Errorf("the service was asked too soon: %v", w.service.violations)
				}
				w.empty()
			})
		}
	}
}
