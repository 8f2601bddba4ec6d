package sim

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"reportsync/internal/clock"
)

func TestTimelineHurriesOnlyWhileSomebodySleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tl := NewTimeline(clock.Wall{}, noon, Pace{Speed: 600})
		time.Sleep(3 * time.Second) // work
		if got := tl.Now().Sub(noon); got != 3*time.Second {
			t.Errorf("3 s of work took %v", got)
		}
		began := time.Now()
		if err := tl.Sleep(t.Context(), 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		if wall := time.Since(began); wall != time.Second {
			t.Errorf("10 min at 600 times the speed took %v on the wall", wall)
		}
		if got, want := tl.Now().Sub(noon), 10*time.Minute+3*time.Second; got != want {
			t.Errorf("after the sleep %v have passed, want %v", got, want)
		}
		time.Sleep(time.Second)
		if got, want := tl.Now().Sub(noon), 10*time.Minute+4*time.Second; got != want {
			t.Errorf("after more work %v have passed, want %v", got, want)
		}
	})
}

func TestTimelineSleepersDoNotAddUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tl := NewTimeline(clock.Wall{}, noon, Pace{Speed: 60})
		var wg sync.WaitGroup
		for _, d := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute} {
			wg.Go(func() {
				if err := tl.Sleep(t.Context(), d); err != nil {
					t.Error(err)
				}
				if got := tl.Now().Sub(noon); got != d {
					t.Errorf("a sleep of %v ended after %v", d, got)
				}
			})
		}
		wg.Wait()
	})
}

func TestTimelineAlwaysHurriesForOtherProcesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tl := NewTimeline(clock.Wall{}, noon, Pace{Speed: 60, Always: true})
		time.Sleep(time.Second)
		if got := tl.Now().Sub(noon); got != time.Minute {
			t.Errorf("a second at 60 times the speed is %v", got)
		}
	})
}

func TestTimelineAdvanceWakesSleepers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tl := NewTimeline(clock.Wall{}, noon, Pace{})
		began, woke := time.Now(), make(chan error, 1)
		go func() { woke <- tl.Sleep(context.Background(), time.Hour) }()
		synctest.Wait()
		tl.Advance(30 * time.Minute)
		synctest.Wait()
		select {
		case <-woke:
			t.Fatal("woke half an hour early")
		default:
		}
		tl.Advance(31 * time.Minute)
		if err := <-woke; err != nil {
			t.Errorf("sleep ended with %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the sleep went on for %v after the clock had passed its end", took)
		}
	})
}

func TestTimelineSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tl := NewTimeline(clock.Wall{}, noon, Pace{Speed: 2})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := tl.Sleep(ctx, time.Hour); err == nil {
			t.Error("slept on without a context")
		}
		if err := tl.Sleep(ctx, 0); err == nil {
			t.Error("a sleep of nothing hides that its context has ended")
		}
		if got := tl.Now().Sub(noon); got != 2*time.Second {
			t.Errorf("%v have passed, want 2s", got)
		}
	})
}

func TestTimelineNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	wall := &still{at: noon}
	tl := NewTimeline(wall, noon, Pace{Speed: 600, Always: true})
	wall.at = noon.Add(-time.Hour)
	if got := tl.Now(); got.Before(noon) {
		t.Errorf("the wall clock was set back and took the timeline to %v", got)
	}
	tl.Advance(-time.Minute)
	if got := tl.Now(); got.Before(noon) {
		t.Errorf("advanced backwards to %v", got)
	}
}
