package providers

import (
	"context"
	"time"
)

// Trace hears what happens below a call, as httptrace does for HTTP. Fields may
// be nil. Hooks are called from several goroutines.
type Trace struct {
	// Request is called after every answer or failure; bytes count the body read
	// so far, status is 0 without an answer.
	Request func(op string, status int, took time.Duration)
	// Waiting is called before a wait longer than a second, with the reason in
	// plain words.
	Waiting func(reason string, until time.Time)
	// Remaining is called when the service told how much of a quota is left.
	Remaining func(quota string, left int)
	// Date is called with the moment that the service gave its answer, by its clock.
	Date func(at time.Time)
	// Bytes is called as bodies are read.
	Bytes func(n int)
	// Admit is called before every request. An error of kind [Quota] keeps it from
	// being made: the account's own count for the day is used up.
	Admit func() error
	// Allowed is called when the service told when the next generation of a limit
	// may start; limit is a [Slot]'s.
	Allowed func(limit string, at time.Time)
}

type traceKey struct{}

// WithTrace returns a context whose calls report to t.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf returns the trace of the context, never nil.
func TraceOf(ctx context.Context) *Trace {
	if t, ok := ctx.Value(traceKey{}).(*Trace); ok && t != nil {
		return t
	}
	return &Trace{}
}
