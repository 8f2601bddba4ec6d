package export_test

import (
	"testing"
	"time"

	"reportsync/internal/export"
)

// A clock that was set back by two days does not make anybody wait for two days.
func TestLimitAfterAClockWasSetBack(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	l := export.Limit{LastStart: start, NotBefore: start.Add(10 * time.Minute)}
	for _, c := range []struct{ now, want time.Time }{
		{start.Add(time.Minute), l.NotBefore},
		{start.Add(48 * time.Hour), l.NotBefore},
		{start, l.NotBefore},
		{start.Add(-48 * time.Hour), start.Add(-48*time.Hour + 10*time.Minute)},
	} {
		if got := l.Free(c.now); !got.Equal(c.want) {
			t.Errorf("at %s: %s, want %s", c.now, got, c.want)
		}
	}
	if got := (export.Limit{}).Free(start); !got.IsZero() {
		t.Errorf("never used: %s", got)
	}
}
