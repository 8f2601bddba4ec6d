package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"reportsync/internal/failpoint"
	"reportsync/internal/providers"
)

const (
	// errorBody is how much of an error's body is read.
	errorBody = 64 << 10
	// defaultMaxBody bounds a whole answer in memory.
	defaultMaxBody = 16 << 20
	// peekSize is how long an answer may be and still count as short.
	peekSize = 4 << 10
)

// Client makes calls to one account of a service. It is safe for concurrent use.
type Client struct {
	opt    Options
	pace   *pacer
	redact Redactor
}

// New returns a client.
func New(o Options) *Client {
	o = o.withDefaults()
	return &Client{opt: o, pace: newPacer(o.Clock, o.Interval, o.MaxInFlight), redact: NewRedactor(o.Secrets...)}
}

// Redactor returns what the client hides secrets with, for text that reaches the
// provider by other ways.
func (c *Client) Redactor() Redactor { return c.redact }

// Do makes a call and holds the whole answer in memory. The error is a
// *[providers.Error], except when ctx ended first.
func (c *Client) Do(ctx context.Context, call *Call) (*Answer, error) {
	var answer *Answer
	err := c.repeat(ctx, call, func(res *response) (*Verdict, error) {
		limit := call.MaxBody
		if limit <= 0 {
			limit = defaultMaxBody
		}
		a, err := res.whole(limit)
		if err != nil {
			return nil, err
		}
		answer = a
		return c.judge(call, a), nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// Open makes a call and returns the answer as a stream. A short answer is judged
// like one of [Client.Do]; of a longer one only the status is known. The caller
// closes the stream.
func (c *Client) Open(ctx context.Context, call *Call) (*Stream, error) {
	var stream *Stream
	err := c.repeat(ctx, call, func(res *response) (*Verdict, error) {
		if res.status < 200 || res.status > 299 {
			a, err := res.whole(errorBody)
			if err != nil {
				return nil, err
			}
			return c.judge(call, a), nil
		}
		head, whole, err := res.peek(peekSize)
		if err != nil {
			return nil, err
		}
		stream = &Stream{Status: res.status, Header: res.header, head: head, body: res}
		if whole {
			stream.Whole = head
			return c.judge(call, &Answer{Status: res.status, Header: res.header, Body: head}), nil
		}
		return &Verdict{}, nil
	})
	if err != nil {
		return nil, err
	}
	return stream, nil
}

// judge asks what an answer means and completes the error.
func (c *Client) judge(call *Call, a *Answer) *Verdict {
	j := call.Judge
	if j == nil || (a.Status >= 300 && a.Status < 400) {
		j = JudgeStatus
	}
	v := j(call, a)
	if e := v.Err; e != nil {
		e.Op = call.Op
		if e.Status == 0 {
			e.Status = a.Status
		}
		e.Message = Clean(c.redact.Redact(e.Message), messageSize)
		e.Err = c.redact.Wrap(e.Err)
		if d := RetryAfter(a.Header, c.opt.Clock.Now()); d > 0 && e.RetryAfter == 0 {
			e.RetryAfter = d
		}
	}
	return &v
}

// repeat attempts the call until the answer is good or another attempt is of no
// use. Take reads the answer; what it does not read is thrown away unless its
// verdict is good.
func (c *Client) repeat(ctx context.Context, call *Call, take func(*response) (*Verdict, error)) error {
	r := &retry{c: c, call: call}
	for {
		v, retryAfter, err := c.attempt(ctx, call, take)
		if err != nil {
			return err
		}
		if v.Err == nil {
			return nil
		}
		more, err := r.again(ctx, v, retryAfter)
		if err != nil {
			return fmt.Errorf("%s: %w", call.Op, err)
		}
		if !more {
			return c.final(v, retryAfter)
		}
	}
}

// final is the error of a call that is not attempted again.
func (c *Client) final(v *Verdict, retryAfter time.Duration) error {
	e := v.Err
	if e.Kind == providers.Transient && retryAfter > c.opt.MaxRetryAfter {
		e.Kind = providers.Quota
		e.Hint = fmt.Sprintf("The service asks to be left alone for %s; run again after that.", retryAfter.Round(time.Second))
	}
	return e
}

// attempt makes the call once. Its error is final; a failure that may pass is a
// verdict.
func (c *Client) attempt(ctx context.Context, call *Call, take func(*response) (*Verdict, error)) (*Verdict, time.Duration, error) {
	if err := c.pace.enter(ctx); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", call.Op, err) // nothing was sent
	}
	if admit := providers.TraceOf(ctx).Admit; admit != nil {
		if err := admit(); err != nil {
			c.pace.leave()
			return nil, 0, fmt.Errorf("%s: %w", call.Op, err)
		}
	}
	began := c.opt.Clock.Now()
	failpoint.Hit("call.before")
	res, sent, err := c.send(ctx, call)
	failpoint.Hit("call.after")
	status := 0
	var v *Verdict
	var wait time.Duration
	if err == nil {
		status = res.status
		c.remaining(ctx, res.header)
		dated(ctx, res.header)
		wait = RetryAfter(res.header, c.opt.Clock.Now())
		v, err = take(res)
		if err != nil || v.Err != nil {
			_ = res.Close()
		}
	}
	took := c.opt.Clock.Now().Sub(began)
	c.report(ctx, call, status, took, err)
	if err == nil {
		return v, wait, nil
	}
	e, foreign := errors.AsType[*providers.Error](err)
	if !foreign {
		e = c.fault(ctx, call, err, sent)
	}
	if ctx.Err() != nil {
		if e.Kind == providers.Uncertain {
			return nil, 0, e
		}
		return nil, 0, fmt.Errorf("%s: %w", call.Op, context.Cause(ctx))
	}
	return &Verdict{Err: e, Retry: !foreign && worthRepeating(err)}, 0, nil
}

func (c *Client) remaining(ctx context.Context, h http.Header) {
	hook := providers.TraceOf(ctx).Remaining
	if c.opt.Remaining == nil || hook == nil {
		return
	}
	if quota, left, ok := c.opt.Remaining(h); ok {
		hook(quota, left)
	}
}

// dated tells by whose clock the answer was given.
func dated(ctx context.Context, h http.Header) {
	hook := providers.TraceOf(ctx).Date
	if hook == nil {
		return
	}
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		hook(at)
	}
}

func (c *Client) report(ctx context.Context, call *Call, status int, took time.Duration, err error) {
	if hook := providers.TraceOf(ctx).Request; hook != nil {
		hook(call.Op, status, took)
	}
	args := []any{"method", call.Method, "path", c.redact.Redact(call.target()), "status", status, "took", took}
	if err != nil {
		args = append(args, "error", c.redact.Redact(err.Error()))
	}
	c.opt.Log.Debug("request", args...)
}

// target is path and query, or, of a link, its host.
func (call *Call) target() string {
	if call.Link != nil {
		return call.Link.Scheme + "://" + call.Link.Host
	}
	if len(call.Query) == 0 {
		return call.Path
	}
	return call.Path + "?" + call.Query.Encode()
}

// send makes the request and waits for the headers. The slot of the pacer is
// given back by the response. An error comes with whether the service may have
// seen the request.
func (c *Client) send(ctx context.Context, call *Call) (res *response, sent bool, err error) {
	parent := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	res = &response{ctx: ctx, cancel: cancel, parent: parent, leave: c.pace.leave, stall: c.opt.StallTimeout, client: c, call: call}
	var connected atomic.Bool
	req, err := c.request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}), call)
	if err != nil {
		res.end()
		return nil, false, err
	}
	timer := time.AfterFunc(c.opt.HeaderTimeout, func() { cancel(errNoHeaders) })
	got, err := c.roundTrip(call, req)
	if !timer.Stop() && err == nil {
		_ = got.Body.Close()
		err = errNoHeaders
	}
	if err != nil {
		// Only the standard transport is known to tell of its connections.
		_, tells := c.opt.Base.(*http.Transport)
		sent = !neverSent(err) && (connected.Load() || !tells)
		err = causeOf(ctx, err)
		res.end()
		return nil, sent, err
	}
	return res, true, res.begin(got)
}

func (c *Client) request(ctx context.Context, call *Call) (*http.Request, error) {
	var body io.Reader
	if call.Body != nil {
		body = bytes.NewReader(call.Body)
	}
	if call.Link != nil {
		return c.linked(ctx, call, call.Link)
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, c.opt.BaseURL.String()+call.target(), body)
	if err != nil {
		return nil, &providers.Error{Kind: providers.Invalid, Op: call.Op, Message: "the request cannot be made: " + c.redact.Redact(err.Error())}
	}
	for _, h := range []http.Header{c.opt.Header, call.Header} {
		for k, vs := range h {
			req.Header[http.CanonicalHeaderKey(k)] = vs
		}
	}
	if c.opt.UserAgent != "" {
		req.Header.Set("User-Agent", c.opt.UserAgent)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Close = c.opt.OneRequestEach
	return req, nil
}

// causeOf returns why a request was cut off by us, instead of how that looked
// from below.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
