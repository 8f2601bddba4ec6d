package providers

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// Defaults are the values that the arguments common to all providers have for
// one service.
type Defaults struct {
	// BaseURL is empty for a service that has no address of its own.
	BaseURL        string
	BaseURLEnv     string
	BaseURLExample string
	// BaseURLNote ends the description of base_url.
	BaseURLNote       string
	RequestsPerSecond float64
	MaxInFlight       int
	Timeout           string
	MaxRetries        int
	PollInterval      string
	PollTimeout       string
}

// CommonAttributes are the arguments that every provider has.
func CommonAttributes(d Defaults) []schema.Attribute {
	baseURL := schema.Attribute{
		Name: "base_url", Type: cty.String, Env: d.BaseURLEnv, Example: d.BaseURLExample,
		Description: "The address of the API: https, or http for loopback addresses only. " + d.BaseURLNote,
	}
	if d.BaseURL != "" {
		baseURL.Default = cty.StringVal(d.BaseURL)
	}
	return []schema.Attribute{
		baseURL,
		{
			Name: "requests_per_second", Type: cty.Number, Default: cty.NumberFloatVal(d.RequestsPerSecond), Example: "0.5",
			Description: "How many requests are started per second at most; below 1 they are further apart.",
		},
		{
			Name: "max_in_flight", Type: cty.Number, Default: cty.NumberIntVal(int64(d.MaxInFlight)), Example: "2",
			Description: "How many requests may be under way at once. It is also how many exports of the account are worked on at once.",
		},
		{
			Name: "timeout", Type: cty.String, Duration: true, Default: cty.StringVal(d.Timeout), Example: `"60s"`,
			Description: "How long one attempt may take until the answer begins, and how long an answer may bring nothing.",
		},
		{
			Name: "max_retries", Type: cty.Number, Default: cty.NumberIntVal(int64(d.MaxRetries)), Example: "2",
			Description: "How often a call is repeated after a passing fault, with growing pauses. Calls that start or create something are never repeated.",
		},
		{
			Name: "poll_interval", Type: cty.String, Duration: true, Default: cty.StringVal(d.PollInterval), Example: `"5s"`,
			Description: "How long to wait before first asking whether a generation is ready; later waits grow to 30s.",
		},
		{
			Name: "poll_timeout", Type: cty.String, Duration: true, Default: cty.StringVal(d.PollTimeout), Example: `"30m"`,
			Description: "How long a generation is waited for. After that the run ends, and the next one goes on waiting.",
		},
		{
			Name: "ca_file", Type: cty.String, Example: `"${path.config}/ca.pem"`,
			Description: "A file with certificates (PEM) that are trusted besides the system's; an absolute path.",
		},
	}
}

// Settings are the arguments of [CommonAttributes], except base_url, as decoded.
type Settings struct {
	RequestsPerSecond float64
	MaxInFlight       int
	Timeout           time.Duration
	MaxRetries        int
	PollInterval      time.Duration
	PollTimeout       time.Duration
	CAFile            string
}

// Bounds of the common arguments.
const (
	maxRequestsPerSecond = 100_000
	maxMaxInFlight       = 64
	maxMaxRetries        = 20
)

// ReadSettings reads the common arguments. The error names the argument that is
// out of range, and the range.
func ReadSettings(args schema.Values) (Settings, error) {
	s := Settings{
		RequestsPerSecond: args.Float("requests_per_second"),
		MaxInFlight:       args.Int("max_in_flight"),
		Timeout:           args.Duration("timeout"),
		MaxRetries:        args.Int("max_retries"),
		PollInterval:      args.Duration("poll_interval"),
		PollTimeout:       args.Duration("poll_timeout"),
		CAFile:            args.String("ca_file"),
	}
	switch {
	case s.RequestsPerSecond <= 0 || s.RequestsPerSecond > maxRequestsPerSecond:
		return s, fmt.Errorf("requests_per_second = %g must be more than 0 and at most %d", s.RequestsPerSecond, maxRequestsPerSecond)
	case s.MaxInFlight < 1 || s.MaxInFlight > maxMaxInFlight:
		return s, fmt.Errorf("max_in_flight = %d must be from 1 to %d", s.MaxInFlight, maxMaxInFlight)
	case s.MaxRetries < 0 || s.MaxRetries > maxMaxRetries:
		return s, fmt.Errorf("max_retries = %d must be from 0 to %d", s.MaxRetries, maxMaxRetries)
	}
	for _, name := range []string{"timeout", "poll_interval", "poll_timeout"} {
		text := args.String(name)
		if d, err := export.ParseDuration(text); err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		} else if d <= 0 {
			return s, fmt.Errorf("%s = %q must be longer than nothing", name, text)
		}
	}
	return s, nil
}

// Spacing is the time between the starts of two requests.
func (s Settings) Spacing() time.Duration {
	return time.Duration(float64(time.Second) / s.RequestsPerSecond)
}

// Limits returns the account's limits; the interval between generations is the
// service's own and 0 where there is none.
func (s Settings) Limits(generationInterval time.Duration) Limits {
	return Limits{
		MaxInFlight: s.MaxInFlight, RequestsPerSecond: s.RequestsPerSecond,
		GenerationInterval: generationInterval, PollTimeout: s.PollTimeout, PollIntervals: pollIntervals(s.PollInterval),
	}
}

// pollIntervals begins with the first and grows: a generation that is not ready
// soon is not made ready by asking.
func pollIntervals(first time.Duration) []time.Duration {
	out := []time.Duration{first}
	for _, s := range []time.Duration{3, 5, 10, 20, 30} {
		if d := s * time.Second; d > first {
			out = append(out, d)
		}
	}
	return out
}
