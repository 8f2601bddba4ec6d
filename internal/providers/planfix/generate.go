package planfix

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

const (
	// settle is how long a lost call is given to arrive before anything else is asked.
	settle = 15 * time.Second
	// undecidedWait is how long to wait before asking again what became of a call.
	undecidedWait = time.Minute
)

// Generate implements [providers.Generator].
func (p *provider) Generate(ctx context.Context, t providers.Target, _ *export.Period) (string, error) {
	id, err := p.reportID(ctx, t)
	if err != nil {
		return "", err
	}
	return p.generate(ctx, id)
}

// generate makes the call that starts a generation, once. Whatever leaves open
// whether the service has started one is [providers.Uncertain].
func (p *provider) generate(ctx context.Context, reportID string) (string, error) {
	r := request{
		op: "start generation of report " + reportID, method: http.MethodPost,
		path: "/report/" + url.PathEscape(reportID) + "/generate", once: true, judge: judgeGenerate,
	}
	c, err := r.call()
	if err != nil {
		return "", err
	}
	a, err := p.client.Do(ctx, c)
	if err != nil {
		return "", err
	}
	var answer envelope
	if err := json.Unmarshal(a.Body, &answer); err != nil {
		return "", uncertain(r.op, a.Status, err)
	}
	return answer.RequestID.text, nil
}

// judgeGenerate decides which refusals prove that nothing was started.
func judgeGenerate(c *transport.Call, a *transport.Answer) transport.Verdict {
	v := judge(c, a)
	if v.Err == nil {
		var answer envelope
		if err := json.Unmarshal(a.Body, &answer); err != nil || answer.RequestID.text == "" {
			v.Err = uncertain(c.Op, a.Status, err)
		}
		return v
	}
	e := v.Err
	switch {
	case a.Status == http.StatusTooManyRequests && e.Kind == providers.Transient:
		e.Kind, e.Hint = providers.TooSoon, "The service asks for fewer requests."
		if e.RetryAfter = transport.RetryAfter(a.Header, time.Time{}); e.RetryAfter == 0 {
			e.RetryAfter = undecidedWait
		}
	case e.Kind == providers.Quota, e.Kind == providers.Busy, e.Kind == providers.TooSoon,
		e.Kind == providers.Auth, e.Kind == providers.Permission, e.Kind == providers.NotFound, e.Kind == providers.Refused:
		// The code, or a plain status, says what happened.
	case e.Code == "" && a.Status >= 300 && a.Status < 500 && a.Status != http.StatusRequestTimeout:
		// A web page or a redirect: the request did not get that far.
	case e.Kind == providers.Invalid && e.Code != "" && e.Code != "0" && a.Status < 500:
		// It was refused as it stands.
	default:
		// Among these is code 0, which the service also sends when it has failed on
		// the way.
		e.Kind = providers.Uncertain
		e.Hint = hintUncertain
	}
	return v
}

const hintUncertain = "The service may have started it all the same; this is found out before it is asked again."

func uncertain(op string, status int, err error) *providers.Error {
	return &providers.Error{
		Kind: providers.Uncertain, Op: op, Status: status, Err: err, Hint: hintUncertain,
		Message: "the answer names no request id",
	}
}

// Poll implements [providers.Generator].
func (p *provider) Poll(ctx context.Context, t providers.Target, r export.Request) (providers.Progress, error) {
	reportID, err := p.reportID(ctx, t)
	if err != nil {
		return providers.Progress{}, err
	}
	op := "ask for generation " + r.ID
	var answer struct {
		Status scalar `json:"status"`
		Save   *save  `json:"save"`
	}
	err = p.read(ctx, request{op: op, method: http.MethodGet, path: "/report/status/" + url.PathEscape(r.ID)}, &answer)
	switch {
	case isCode(err, codeNoRequest):
		return providers.Progress{State: providers.Lost, Detail: "unknown to the service"}, nil
	case err != nil:
		return providers.Progress{}, err
	}
	out := providers.Progress{State: providers.Running, Detail: transport.Clean(answer.Status.text, 100)}
	switch strings.ToLower(answer.Status.text) {
	case "ready":
		return p.ready(ctx, op, reportID, answer.Save, out)
	case "error", "failed":
		out.State = providers.Failed
	case "":
		return out, p.shape(op, "status", errMissing)
	}
	return out, nil // a word that is not known is not an end
}

// ready completes a generation that has ended: the answer names the save but not
// its number of chunks, which only the list tells. A save that is not listed is
// read without knowing the number.
func (p *provider) ready(ctx context.Context, op, reportID string, s *save, out providers.Progress) (providers.Progress, error) {
	if s == nil || s.ID.text == "" {
		return providers.Progress{}, p.shape(op, "save", errMissing)
	}
	if s.ReportID.text != "" && s.ReportID.text != reportID {
		out.State = providers.Foreign
		return out, nil
	}
	v := s.version()
	list, _, err := p.saves(ctx, reportID)
	if err != nil {
		return providers.Progress{}, err
	}
	for i := range list {
		if list[i].ID == v.ID {
			v = list[i]
		}
	}
	out.State, out.Version = providers.Ready, &v
	return out, nil
}

// Reconcile implements [providers.Generator].
//
// A save that is newer than all that were there before the call is its work, or
// as good. Otherwise the call is made once more, because the service refuses a
// second generation: while the first runs, its refusal names the request, and for
// ten minutes after the start it refuses without a name. Only when neither
// happens is nothing running, and the call has started a generation itself.
func (p *provider) Reconcile(ctx context.Context, t providers.Target, in export.Intent) (providers.Reconciled, error) {
	id, err := p.reportID(ctx, t)
	if err != nil {
		return providers.Reconciled{}, err
	}
	list, _, err := p.saves(ctx, id)
	if err != nil {
		return providers.Reconciled{}, err
	}
	if n := len(list); n > 0 && newer(list[n-1].ID, in.After) {
		return providers.Reconciled{Outcome: providers.FoundVersion, Version: &list[n-1]}, nil
	}
	if age := p.clock.Now().Sub(in.StartedAt); age >= 0 && age < settle {
		return providers.Reconciled{Outcome: providers.Undecided, Wait: settle - age}, nil
	}
	requestID, err := p.generate(ctx, id)
	if err == nil {
		return providers.Reconciled{Outcome: providers.FoundRequest, RequestID: requestID, Started: true}, nil
	}
	e, ok := asError(err)
	switch {
	case ok && e.Kind == providers.Busy && e.RequestID != "":
		return providers.Reconciled{Outcome: providers.FoundRequest, RequestID: e.RequestID}, nil
	case ok && (e.Kind == providers.Busy || e.Kind == providers.TooSoon):
		wait := undecidedWait
		if e.Code != "9004" && e.RetryAfter > 0 {
			wait = e.RetryAfter
		}
		return providers.Reconciled{Outcome: providers.Undecided, Wait: wait}, nil
	}
	return providers.Reconciled{}, err
}

// newer reports whether a save is certainly newer than the newest one known
// before. Without one known, every save is.
func newer(id, after string) bool {
	if !digits(id) {
		return false
	}
	return after == "" || digits(after) && compareIDs(id, after) > 0
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
