package transport

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"reportsync/internal/clock"
)

// Options are what a [Client] is made from. Zero values of the durations and
// counts mean the defaults named beside them, except where noted.
type Options struct {
	// Base makes the connections. It is used directly, below any http.Client, so
	// nothing in it may follow redirects.
	Base  http.RoundTripper
	Clock clock.Clock
	Log   *slog.Logger
	// BaseURL is what paths are appended to; see [ParseBaseURL].
	BaseURL *url.URL
	// UserAgent and Header go with every request.
	UserAgent string
	Header    http.Header
	// Secrets are replaced wherever they appear in a message or a log.
	Secrets []string

	// OneRequestEach makes a connection for each request, for services that keep none
	// open.
	OneRequestEach bool
	// Interval is the shortest time between the starts of two requests; 0 means
	// no spacing.
	Interval time.Duration
	// MaxInFlight is the number of requests at once, bodies included; default 1.
	MaxInFlight int
	// MaxRetries is how often a repeatable call is made again; 0 means never.
	MaxRetries int
	// FirstBackoff is the wait before the first repetition, doubled each time up
	// to MaxBackoff; defaults 1 s and 30 s.
	FirstBackoff, MaxBackoff time.Duration
	// MaxRetryAfter is the longest Retry-After that is waited for within a call;
	// default 2 min.
	MaxRetryAfter time.Duration
	// HeaderTimeout is how long one attempt may take until its headers are there;
	// StallTimeout how long a body may bring no byte. Both are real time, whatever
	// the clock; default 120 s and 60 s.
	HeaderTimeout, StallTimeout time.Duration

	// Remaining reads from an answer's headers how much of a quota is left. It
	// may be nil.
	Remaining func(http.Header) (quota string, left int, ok bool)
	// Jitter returns numbers in [0, 1); default math/rand.
	Jitter func() float64
}

func (o Options) withDefaults() Options {
	if o.Base == nil {
		o.Base = http.DefaultTransport
	}
	if o.Clock == nil {
		o.Clock = clock.Wall{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.MaxInFlight = max(o.MaxInFlight, 1)
	o.FirstBackoff = orDefault(o.FirstBackoff, time.Second)
	o.MaxBackoff = orDefault(o.MaxBackoff, 30*time.Second)
	o.MaxRetryAfter = orDefault(o.MaxRetryAfter, 2*time.Minute)
	o.HeaderTimeout = orDefault(o.HeaderTimeout, 120*time.Second)
	o.StallTimeout = orDefault(o.StallTimeout, 60*time.Second)
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return o
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}
