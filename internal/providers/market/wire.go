package market

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// statusCalm is what the service says when it wants fewer requests, where others say
// 429.
const statusCalm = 420

// call is one call as this package makes it.
type call struct {
	op, method, path string
	query            url.Values
	body             []byte
	once             bool // must not be made twice
	judge            transport.Judge
}

// envelope is around most answers.
type envelope struct {
	Status string          `json:"status"`
	Result json.RawMessage `json:"result"`
	Errors []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"errors"`
}

// message is what the service says is wrong, on one line.
func (e *envelope) message() (code, text string) {
	var parts []string
	for _, x := range e.Errors {
		if code == "" {
			code = x.Code
		}
		if x.Message != "" {
			parts = append(parts, x.Message)
		} else if x.Code != "" {
			parts = append(parts, x.Code)
		}
	}
	return code, strings.Join(parts, "; ")
}

var (
	// keyPattern is what keys look like; not only ours may be in a message.
	keyPattern = regexp.MustCompile(`ACMA:[^\s"'<>,;]+`)
	// namedField is a field that a message names.
	namedField = regexp.MustCompile(`'([A-Za-z][A-Za-z0-9_.\[\]]*)'`)
	// tracePattern is what the support id looks like.
	tracePattern = regexp.MustCompile(`^[0-9A-Za-z-]{1,100}$`)
)

// judge says what an answer means: by its status, then by its text, since the codes
// are free text.
func judge(_ *transport.Call, a *transport.Answer) transport.Verdict {
	var env envelope
	decoded := json.Unmarshal(a.Body, &env) == nil
	good := a.Status >= 200 && a.Status < 300
	if good {
		if e := a.ForeignText(); e != nil {
			return transport.Verdict{Err: e}
		}
		if !decoded || env.Status != "ERROR" {
			return transport.Verdict{}
		}
	}
	v := transport.StatusVerdict(a)
	e := v.Err
	if decoded {
		if code, text := env.message(); text != "" {
			e.Code, e.Message = transport.Clean(code, 60), text
		}
	}
	e.Message = keyPattern.ReplaceAllString(e.Message, "ACMA:…")
	switch {
	case good:
		e.Kind, e.Hint, v.Retry = providers.Refused, "The service says so under a status that means success.", false
	default:
		classify(a, e, &v)
	}
	if trace := a.Header.Get("Traceparent"); tracePattern.MatchString(trace) {
		e.Message += " [traceparent " + trace + "]"
	}
	return v
}

// classify gives an error its kind and hint.
func classify(a *transport.Answer, e *providers.Error, v *transport.Verdict) {
	text := strings.ToLower(e.Message)
	has := func(s string) bool { return strings.Contains(text, s) }
	switch a.Status {
	case http.StatusBadRequest:
		badRequest(e, has)
	case http.StatusUnauthorized:
		e.Hint = "Check api_key, or oauth_token: it may be revoked, expired or copied in part. A key begins with ACMA:."
	case http.StatusForbidden:
		forbidden(e, has)
	case http.StatusNotFound:
		if e.Kind == providers.NotFound && !has("report not found") {
			e.Hint = "Check the ids in params (those of the API, not the numbers that the cabinet shows), and base_url."
		}
	case http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType:
		e.Kind, e.Hint = providers.Protocol, "The service does not take the request in this form; a newer version of this program may."
	case statusCalm, http.StatusTooManyRequests:
		calm(a, e, v, has)
	case http.StatusLocked:
		e.Kind, e.Hint = providers.Transient, "The cabinet is being moved within the service; run again in some hours."
		v.Retry = false
	case 499:
		e.Kind, e.Hint = providers.Transient, "The service found that we had hung up; raise timeout."
		v.Retry = true
	}
}

func badRequest(e *providers.Error, has func(string) bool) {
	e.Kind = providers.Invalid
	switch {
	case has("without subscription, you cannot request data older"), has("you cannot request data older than"):
		e.Kind = providers.Refused
		e.Hint = "The subscription does not reach so far back: begin the period later, or set `from` in the period block."
	case has("only default prices are used"):
		e.Hint = "The cabinet has the same prices for all shops: ask with business_id instead of campaign_id."
	case has("signed with the agency"):
		e.Kind, e.Hint = providers.Refused, "The contract is the agency's; this report cannot be had for it. Remove the export, or leave that type of contract out."
	case has("campaign type is not allowed"):
		e.Kind, e.Hint = providers.Refused, "The shop's work model has no such report; leave the shop out, for example by placement_types of data.yandex_market_campaigns."
	case has("x-business-id"), has("url businessid"):
		e.Hint = "Check business_id in the provider block and in params: they must be the same cabinet."
	default:
		e.Hint = "Check params."
		if m := namedField.FindStringSubmatch(e.Message); m != nil {
			e.Hint = fmt.Sprintf("Check params.%s.", inHCL(m[1]))
		}
	}
}

// inHCL is a field of the service's as a configuration names it.
func inHCL(field string) string {
	var b strings.Builder
	for i, r := range field {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func forbidden(e *providers.Error, has func(string) bool) {
	e.Kind = providers.Permission
	switch {
	case has("any of the scopes"):
		e.Hint = "Add one of these scopes to the key in the cabinet; that takes up to ten minutes. all-methods:read-only is enough for everything."
	case has("no access to campaigns"):
		e.Hint = "The token belongs to another cabinet, or may not see these shops; data.yandex_market_campaigns lists those it can see."
	case has("does not match businessid"):
		e.Hint = "Check business_id in the provider block and in params: they must be the same cabinet."
	case has("api for campaign"), has("api for business"):
		e.Kind, e.Hint = providers.Refused, "Switch the API of the shop on in the cabinet, or leave it out: data.yandex_market_campaigns lists those that can be used."
	case has("deprecated"):
		e.Kind, e.Hint = providers.Transient, "The service is retiring this method and refuses it now and then. Run again later, and upgrade this program or use the successor soon."
	default:
		e.Hint = "Check what the token is allowed to do in the cabinet."
	}
}

// calm tells the three reasons apart for which the service wants fewer requests.
// Nothing was carried out in any case.
func calm(a *transport.Answer, e *providers.Error, v *transport.Verdict, has func(string) bool) {
	v.Retry = true
	switch {
	case has("active reports limit"):
		e.Kind, e.RetryAfter = providers.Busy, 45*time.Second
		v.Waits = []time.Duration{e.RetryAfter}
		e.Hint = "The cabinet has as many reports in progress as its subscription allows, perhaps started elsewhere."
	case has("parallel requests"):
		e.Kind, e.RetryAfter = providers.TooSoon, 3*time.Second
		v.Waits = []time.Duration{3 * time.Second}
		e.Hint = "Other programs use the same cabinet; lower max_in_flight."
	default:
		e.Kind = providers.TooSoon
		if _, until, ok := window(a.Header); ok {
			e.RetryAfter = until
			v.Waits = []time.Duration{until}
		}
		e.Hint = "The allowance of this window is used up, perhaps by other programs of the same cabinet."
	}
	if d := transport.RetryAfter(a.Header, time.Time{}); d > 0 {
		e.RetryAfter = d
	}
}

// window reads what the service says about the window of a limit: how many calls are
// left, and how long it still lasts, by the service's own clock and a little more.
func window(h http.Header) (remaining string, left time.Duration, ok bool) {
	end, err := http.ParseTime(h.Get("X-RateLimit-Resource-Until"))
	if err != nil {
		return "", 0, false
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return "", 0, false
	}
	return strings.TrimSpace(h.Get("X-RateLimit-Resource-Remaining")), max(end.Sub(now), 0) + time.Second, true
}

// do makes a call and returns the whole answer, which is JSON.
func (p *provider) do(ctx context.Context, c call) (*transport.Answer, error) {
	t := &transport.Call{Op: c.op, Method: c.method, Path: c.path, Query: c.query, Body: c.body, Repeatable: !c.once, Judge: judge}
	if c.judge != nil {
		t.Judge = c.judge
	}
	if c.method == http.MethodPost {
		t.Header = http.Header{"Content-Type": {"application/json"}}
	}
	a, err := p.client.Do(ctx, t)
	if err != nil {
		return nil, err
	}
	if !json.Valid(a.Body) {
		return nil, p.odd(c.op, a, "the answer is not JSON")
	}
	return a, nil
}

// read makes a call and decodes the result of its answer into out.
func (p *provider) read(ctx context.Context, c call, out any) error {
	a, err := p.do(ctx, c)
	if err != nil {
		return err
	}
	var env envelope
	if err := json.Unmarshal(a.Body, &env); err != nil || len(env.Result) == 0 || json.Unmarshal(env.Result, out) != nil {
		return p.odd(c.op, a, "the answer has another shape than expected")
	}
	return nil
}

// odd is the error of an answer that is not what the service is known to send. Links
// in it are not shown.
func (p *provider) odd(op string, a *transport.Answer, what string) error {
	if text := transport.Snippet(a.Body); text != "" && !strings.Contains(text, "://") {
		what += " (" + text + ")"
	}
	return &providers.Error{
		Kind: providers.Protocol, Op: op, Status: a.Status, Message: transport.Clean(p.client.Redactor().Redact(what), 500),
		Hint: "Check base_url, and whether a proxy or a login page answers in the service's place.",
	}
}
