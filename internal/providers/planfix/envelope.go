package planfix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// envelope is what stands around every answer. Names are matched in any case: the
// manual prints them capitalised, the service sends them in lower case.
type envelope struct {
	Result    scalar `json:"result"`
	Code      scalar `json:"code"`
	Error     scalar `json:"error"`
	Message   scalar `json:"message"`
	RequestID scalar `json:"requestId"`
}

// failed reports whether the envelope tells of a failure. A logical failure may
// come with any HTTP status; a success without result is known of chunks.
func (e *envelope) failed(status int) bool {
	switch {
	case !good(status):
		return true
	case e.Result.set:
		return !strings.EqualFold(e.Result.text, "success")
	}
	return e.Code.set && e.Code.text != "0" || e.Error.text != ""
}

func good(status int) bool { return status >= 200 && status <= 299 }

// judge says what an answer means: by the code first, by the HTTP status second.
func judge(_ *transport.Call, a *transport.Answer) transport.Verdict {
	var env envelope
	if err := json.Unmarshal(a.Body, &env); err != nil || transport.IsHTML(a.Body) {
		v := transport.StatusVerdict(a)
		// What did come can be rows, which do not belong into messages.
		if e, ok := errors.AsType[*json.SyntaxError](err); ok && good(a.Status) && startsAsJSON(a.Body) {
			v.Err.Message = fmt.Sprintf("the answer is not JSON: at byte %d, %s", e.Offset, e)
		}
		if good(a.Status) && cutShort(a.Body) {
			v.Retry, v.Err.Message = true, fmt.Sprintf("the answer is cut short: it ends after %d bytes, inside the data", len(a.Body))
			v.Err.Hint = "Try again; check a proxy on the way if it goes on."
			v.Err.Err = io.ErrUnexpectedEOF
		}
		return v
	}
	if !env.failed(a.Status) {
		return transport.Verdict{Err: a.ForeignText()}
	}
	return verdict(&env, a)
}

// startsAsJSON tells an answer of the service from a page of something else.
func startsAsJSON(body []byte) bool {
	start := bytes.TrimLeft(body, "\ufeff \t\r\n")
	return len(start) > 0 && (start[0] == '{' || start[0] == '[')
}

// cutShort reports whether a body is the beginning of JSON.
func cutShort(body []byte) bool {
	var any json.RawMessage
	err := json.NewDecoder(strings.NewReader(string(body))).Decode(&any)
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// verdict is what a failure means.
func verdict(env *envelope, a *transport.Answer) transport.Verdict {
	code, err := strconv.Atoi(env.Code.text)
	if err != nil {
		return unknown(env, a)
	}
	m := meaningOf(code)
	if m == nil {
		return unknown(env, a)
	}
	e := &providers.Error{Kind: m.kind, Status: a.Status, Code: env.Code.text, Message: env.text(), Hint: m.hint}
	if e.Message == "" {
		e.Message = m.text
	}
	v := transport.Verdict{Err: e}
	server := a.Status >= 500 || good(a.Status)
	switch code {
	case codeUnspecified:
		if v.Retry, v.Max = true, 3; !server {
			e.Kind = providers.Invalid
		}
	case codeBadJSON:
		if server {
			e.Kind, v.Retry, v.Max = providers.Transient, true, 3
		}
	case codeQuota:
		v = quota(e, a.Header)
	case codeBusy:
		e.RequestID = runningID(env)
	case codeTooSoon:
		if e.RetryAfter = transport.RetryAfter(a.Header, time.Time{}); e.RetryAfter == 0 {
			e.RetryAfter = slotInterval
		}
	default:
		v.Retry = m.kind == providers.Transient
	}
	return v
}

// unknown is what a failure means whose code is not known.
func unknown(env *envelope, a *transport.Answer) transport.Verdict {
	v := transport.StatusVerdict(a)
	if good(a.Status) {
		v.Err.Kind, v.Err.Hint = providers.Invalid, ""
		v.Err.Message = "the service reports a failure"
	}
	if text := env.text(); text != "" {
		v.Err.Message = text
	}
	v.Err.Code = env.Code.text
	return v
}

func (e *envelope) text() string {
	if e.Error.text != "" {
		return e.Error.text
	}
	return e.Message.text
}

// quota tells the two uses of code 22 apart. The manual calls it the daily quota;
// some clients meet it as a limit of the moment. As long as the service says that
// requests are left, a few pauses may help.
func quota(e *providers.Error, h http.Header) transport.Verdict {
	v := transport.Verdict{Err: e}
	if _, left, ok := remaining(h); ok && left > 0 {
		v.Retry, v.Waits = true, []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second}
		v.Max = len(v.Waits)
	}
	return v
}

// remaining reads how many requests are left today; the service refreshes the
// number about every ten minutes.
func remaining(h http.Header) (name string, left int, ok bool) {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("X-RateLimit-Remaining")))
	return "requests left today", n, err == nil
}

// runningPattern finds the request id at the end of "Report already in progress
// by requestId - XXXX", written this way or a little differently.
var runningPattern = regexp.MustCompile(`(?i)(?:request\s*_?id\s*[-–—:=]*\s*|[-–—:=]\s+)["'(\[]?([A-Za-z0-9][A-Za-z0-9._~-]{3,}?)["')\].\s]*$`)

// runningID is the id of the generation that a refusal names, or "".
func runningID(env *envelope) string {
	if env.RequestID.text != "" {
		return env.RequestID.text
	}
	if m := runningPattern.FindStringSubmatch(env.text()); m != nil {
		return m[1]
	}
	return ""
}
