package sim

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// still is a wall clock that stands: time passes only by being moved.
type still struct{ at time.Time }

func (s *still) Now() time.Time                                   { return s.at }
func (s *still) Sleep(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
