package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/clock"
)

func TestSpacing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const d = 1050 * time.Millisecond
		base := scripted(answering(200, "{}"))
		c := client(base, func(o *Options) { o.Interval, o.MaxInFlight = d, 8 })
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := c.Do(t.Context(), &reading); err != nil {
					t.Error(err)
				}
			})
		}
		// One that gives up while it waits in line holds up nobody.
		ctx, cancel := context.WithTimeout(t.Context(), d/2)
		defer cancel()
		synctest.Wait()
		if _, err := c.Do(ctx, &reading); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		wg.Wait()
		if diff := cmp.Diff([]time.Duration{0, d, 2 * d, 3 * d}, base.at); diff != "" {
			t.Errorf("starts (-want +got):\n%s", diff)
		}
		time.Sleep(10 * d) // a pause earns no burst
		for range 2 {
			_, _ = c.Do(t.Context(), &reading)
		}
		if got := base.at[5] - base.at[4]; got != d {
			t.Errorf("after a pause, requests are %s apart", got)
		}
	})
}

// A clock that is set back must not stop the requests.
func TestSpacingClockBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := &shifted{}
		p := newPacer(clk, time.Second, 2)
		_ = p.enter(t.Context())
		clk.shift = -24 * time.Hour
		began := clock.Wall{}.Now()
		_ = p.enter(t.Context())
		if d := (clock.Wall{}).Now().Sub(began); d != time.Second {
			t.Errorf("waited %s", d)
		}
	})
}

type shifted struct {
	clock.Wall
	shift time.Duration
}

func (c *shifted) Now() time.Time { return c.Wall.Now().Add(c.shift) }

// A request is in flight until its body is read or closed.
func TestInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := strings.Repeat("x", 2*peekSize)
		c := client(scripted(answering(200, body)), func(o *Options) { o.MaxInFlight = 2 })
		first, err := c.Open(t.Context(), &reading)
		if err != nil {
			t.Fatal(err)
		}
		second, err := c.Open(t.Context(), &reading)
		if err != nil {
			t.Fatal(err)
		}
		var third *Stream
		go func() { third, _ = c.Open(t.Context(), &reading) }()
		synctest.Wait()
		if third != nil {
			t.Fatal("three are in flight")
		}
		if got, err := io.ReadAll(first); err != nil || string(got) != body {
			t.Fatalf("%d bytes, error %v", len(got), err)
		}
		if n, err := first.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("after the end: %d, %v", n, err)
		}
		synctest.Wait()
		if third == nil {
			t.Fatal("the third waits although the first has ended")
		}
		for _, s := range []*Stream{first, second, third} {
			_ = s.Close()
			_ = s.Close()
		}
		if n := len(c.pace.slots); n != 0 {
			t.Errorf("%d places are still taken", n)
		}
	})
}

func TestNoHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := clock.Wall{}.Now()
		c := client(roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}), func(o *Options) { o.HeaderTimeout, o.MaxRetries = 30*time.Second, 1 })
		_, err := c.Do(t.Context(), &reading)
		kindOf(t, err, "transient")
		if !errors.Is(err, errNoHeaders) || (clock.Wall{}).Now().Sub(began) != 61*time.Second {
			t.Errorf("error %v after %s", err, clock.Wall{}.Now().Sub(began))
		}
		_, err = c.Do(t.Context(), &starting)
		kindOf(t, err, "uncertain")
	})
}

// stalling is a body that stops.
type stalling struct {
	ctx  context.Context
	left io.Reader
}

func (s *stalling) Read(p []byte) (int, error) {
	if n, err := s.left.Read(p); err == nil {
		return n, nil
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (s *stalling) Close() error { return nil }

func TestStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(roundTrip(func(r *http.Request) (*http.Response, error) {
			res := reply(200, "")
			res.Body = &stalling{r.Context(), strings.NewReader(strings.Repeat("x", 2*peekSize))}
			return res, nil
		}), func(o *Options) { o.StallTimeout = 20 * time.Second })
		s, err := c.Open(t.Context(), &reading)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // a slow reader is no stall of the server's
		began := clock.Wall{}.Now()
		got, err := io.ReadAll(s)
		kindOf(t, err, "transient")
		if len(got) != 2*peekSize || !errors.Is(err, errStalled) || (clock.Wall{}).Now().Sub(began) != 20*time.Second {
			t.Errorf("%d bytes, error %v after %s", len(got), err, clock.Wall{}.Now().Sub(began))
		}
	})
}
