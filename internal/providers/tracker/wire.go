package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"reportsync/internal/providers"
	"reportsync/internal/providers/jsonscan"
	"reportsync/internal/providers/transport"
)

// request is one call as this package makes it.
type request struct {
	op, method, path string
	query            url.Values
	body             any
	header           http.Header
	once             bool   // must not be made twice
	large            bool   // the answer can be large
	buffer           []byte // for the answer
	scanned          bool   // whoever reads the answer finds out whether it is JSON
}

// refusal is the body of an error. What is in errors need not be text.
type refusal struct {
	Errors   map[string]json.RawMessage `json:"errors"`
	Messages []string                   `json:"errorMessages"`
	Status   text                       `json:"statusCode"`
}

// message is what the service says, on one line.
func (r *refusal) message() string {
	parts := slices.Clone(r.Messages)
	for _, name := range slices.Sorted(maps.Keys(r.Errors)) {
		parts = append(parts, name+": "+string(appendText(nil, r.Errors[name])))
	}
	return strings.Join(parts, " ")
}

// judge says what an answer means: by its status, never by its text.
func judge(c *transport.Call, a *transport.Answer) transport.Verdict {
	if a.Status >= 200 && a.Status < 300 {
		return transport.Verdict{Err: a.ForeignText()}
	}
	v := transport.StatusVerdict(a)
	e := v.Err
	var r refusal
	if json.Unmarshal(a.Body, &r) == nil {
		if text := r.message(); text != "" {
			e.Message = text
		}
	}
	switch a.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		e.Kind, e.Hint = providers.Invalid, "Check the arguments of the export."
	case http.StatusUnauthorized:
		e.Hint = "Check token, token_type and the organisation's id. IAM tokens live for 12 hours at most; a service account has to be enabled for Tracker by its support."
	case http.StatusForbidden:
		e.Hint = "The user behind the token has the same rights here as on the pages of Tracker; check those."
	case http.StatusConflict, http.StatusPreconditionFailed:
		e.Kind, e.Hint = providers.Refused, "It was changed by somebody else meanwhile; plan again."
	case http.StatusLocked:
		e.Kind, e.Hint = providers.Refused, "The object has been changed too often and is locked by the service; it has to be replaced."
	case http.StatusPreconditionRequired:
		e.Kind = providers.Refused
	case http.StatusTooManyRequests:
		v.Max = 6
		e.Hint = "The service asks for fewer requests; lower requests_per_second."
	}
	if !c.Repeatable && (a.Status >= 500 || a.Status == http.StatusConflict) {
		// It may have been carried out all the same.
		e.Kind = providers.Uncertain
	}
	return v
}

// do makes a call and returns the whole answer, which is JSON unless it is empty or
// that is found out later.
func (p *provider) do(ctx context.Context, r request) (*transport.Answer, error) {
	c := &transport.Call{Op: r.op, Method: r.method, Path: r.path, Query: r.query, Header: r.header, Repeatable: !r.once, Buffer: r.buffer, Judge: judge}
	if r.large {
		c.MaxBody = maxPage
	}
	if r.body != nil {
		body, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.op, err)
		}
		c.Body = body
		c.Header = c.Header.Clone()
		if c.Header == nil {
			c.Header = http.Header{}
		}
		c.Header.Set("Content-Type", "application/json")
	}
	a, err := p.client.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	if !r.scanned && len(bytes.TrimSpace(a.Body)) > 0 {
		if at, err := jsonscan.Check(a.Body); err != nil {
			return nil, p.odd(r.op, a, fmt.Sprintf("the answer cannot be read: at byte %d, %s", at, err))
		}
	}
	return a, nil
}

// read makes a call and decodes its answer into out.
func (p *provider) read(ctx context.Context, r request, out any) (*transport.Answer, error) {
	a, err := p.do(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return nil, p.odd(r.op, a, "the answer has another shape than expected")
	}
	return a, nil
}

// odd is the error of an answer that is not what the service is known to send.
func (p *provider) odd(op string, a *transport.Answer, what string) error {
	if text := transport.Snippet(a.Body); text != "" {
		what += " (" + text + ")"
	}
	e := &providers.Error{
		Kind: providers.Protocol, Op: op, Status: a.Status, Message: transport.Clean(p.client.Redactor().Redact(what), 500),
		Hint: "Check base_url, and whether a proxy or a login page answers in the service's place.",
	}
	if cut(a.Body) {
		e.Err = io.ErrUnexpectedEOF
	}
	return e
}

// cut reports whether a body is the beginning of JSON.
func cut(body []byte) bool {
	var any json.RawMessage
	return errors.Is(json.NewDecoder(bytes.NewReader(body)).Decode(&any), io.ErrUnexpectedEOF)
}

func statusOf(err error) int {
	if e, ok := errors.AsType[*providers.Error](err); ok {
		return e.Status
	}
	return 0
}
