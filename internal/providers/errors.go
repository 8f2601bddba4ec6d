package providers

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what an error means for what to do next. Kinds are few; the service's
// own codes stay in Code.
type Kind string

// The kinds of provider errors.
const (
	// Auth: the credentials are refused; nothing of this account can work.
	Auth Kind = "auth"
	// Permission: the credentials are good, but not for this.
	Permission Kind = "permission"
	// NotFound: the object does not exist or is not visible.
	NotFound Kind = "not found"
	// Gone: a version that was listed is no longer there.
	Gone Kind = "gone"
	// Invalid: the request itself is refused; asking again is useless.
	Invalid Kind = "invalid"
	// Refused: the service will not do this for this account (tariff).
	Refused Kind = "refused"
	// Quota: the account's allowance for the day is used up; stop cleanly, the
	// next run goes on.
	Quota Kind = "quota"
	// TooSoon: wait until RetryAfter has passed; nothing was started.
	TooSoon Kind = "too soon"
	// Busy: another generation runs; RequestID names it if the service said so.
	Busy Kind = "busy"
	// Transient: a passing fault of service or network; the request was safe to
	// repeat and was repeated without success.
	Transient Kind = "transient"
	// Protocol: the answer is not what the service is known to send.
	Protocol Kind = "protocol"
	// Uncertain: the answer to a call that must not be repeated was lost.
	Uncertain Kind = "uncertain"
)

// Error is an error of a service, a network, or an answer.
type Error struct {
	Kind Kind
	// Op is what was being done: read report list.
	Op string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Code is the service's own code, as text.
	Code string
	// Message is what the service said, cleaned of control characters and secrets.
	Message string
	// Hint says how to go on.
	Hint string
	// RetryAfter is how long to wait, for TooSoon.
	RetryAfter time.Duration
	// RequestID is the running generation, for Busy.
	RequestID string
	// Err is the cause, if there is one.
	Err error
}

// Error returns one line: what was done, what came back, and how to go on.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Op != "" {
		b.WriteString(": ")
	}
	switch {
	case e.Message != "":
		b.WriteString(e.Message)
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		b.WriteString(string(e.Kind))
	}
	switch {
	case e.Code != "" && e.Status != 0:
		fmt.Fprintf(&b, " (code %s, HTTP %d)", e.Code, e.Status)
	case e.Code != "":
		fmt.Fprintf(&b, " (code %s)", e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first [Error] in err's tree, or "".
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// HintOf returns the hint of the first [Error] in err's tree, or "".
func HintOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Hint
	}
	return ""
}
