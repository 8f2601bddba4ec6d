package market

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/market/methods"
	"reportsync/internal/providers/transport"
)

const (
	// longestID is how long the id of a report may be.
	longestID = 255
	// hollowTries is how often a report that is done without a file is asked about
	// again before it counts as one without data.
	hollowTries = 2
	// afterLost is how much longer than the window of the limit to wait before asking
	// again, when the answer to a call was lost.
	afterLost = 10 * time.Second
)

// Generate implements [providers.Generator].
func (p *provider) Generate(ctx context.Context, t providers.Target, period *export.Period) (string, error) {
	in, err := p.input(ctx, t, period)
	if err != nil {
		return "", err
	}
	in.Subscription, in.Now = p.subscribed(), p.clock.Now()
	req, err := methods.Build(in)
	if err != nil {
		return "", err
	}
	limit := p.Slot(t).Limit
	a, err := p.do(ctx, call{
		op: "ask for the report " + in.Report, method: http.MethodPost, path: req.Path, query: req.Query, body: req.Body, once: true,
		judge: func(c *transport.Call, a *transport.Answer) transport.Verdict {
			p.told(ctx, limit, a.Header)
			return judgeGenerate(c, a)
		},
	})
	if err != nil {
		return "", err
	}
	id, estimate := started(a.Body)
	p.mu.Lock()
	p.estimates[id] = estimate
	p.mu.Unlock()
	return id, nil
}

// told passes on what the service says about the window of a limit.
func (p *provider) told(ctx context.Context, limit string, h http.Header) {
	allowed := providers.TraceOf(ctx).Allowed
	remaining, left, ok := window(h)
	if allowed == nil || !ok {
		return
	}
	if remaining != "0" && remaining != "" {
		left = 0
	}
	allowed(limit, p.clock.Now().Add(left))
}

// started reads the answer to a call that starts a generation.
func started(body []byte) (id string, estimate time.Duration) {
	var answer struct {
		Status string `json:"status"`
		Result struct {
			ID       string  `json:"reportId"`
			Estimate float64 `json:"estimatedGenerationTime"` // milliseconds
		} `json:"result"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Status == "ERROR" || len(answer.Result.ID) > longestID {
		return "", 0
	}
	ms := min(max(answer.Result.Estimate, 0), 1e9)
	return answer.Result.ID, time.Duration(ms) * time.Millisecond
}

// judgeGenerate decides which refusals prove that nothing was started.
func judgeGenerate(c *transport.Call, a *transport.Answer) transport.Verdict {
	v := judge(c, a)
	if v.Err == nil {
		if id, _ := started(a.Body); id == "" {
			v.Err = &providers.Error{Kind: providers.Uncertain, Message: "the answer names no report"}
		}
	}
	e := v.Err
	switch {
	case e == nil:
		return v
	case a.Status >= 500, a.Status == http.StatusRequestTimeout, a.Status == 499, e.Kind == providers.Uncertain:
		e.Kind = providers.Uncertain
		e.Hint = "The service may have started it all the same, and cannot tell. It is asked again after the window of the limit."
	}
	return v
}

// Estimate implements [providers.Estimator].
func (p *provider) Estimate(requestID string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.estimates[requestID]
}

// info is how far a report is.
type info struct {
	Status    string    `json:"status"`
	SubStatus string    `json:"subStatus"`
	Requested time.Time `json:"generationRequestedAt"`
	Finished  time.Time `json:"generationFinishedAt"`
	File      string    `json:"file"` // a credential for an hour
}

// detail is the service's own word.
func (i *info) detail() string {
	if i.SubStatus != "" {
		return transport.Clean(i.Status+", "+i.SubStatus, 80)
	}
	return transport.Clean(i.Status, 80)
}

// info asks how far a report is.
func (p *provider) info(ctx context.Context, t providers.Target, id string) (*info, error) {
	var q url.Values
	if s := t.Args.String("source_type"); s != "" {
		q = url.Values{"sourceType": {s}}
	}
	var i info
	err := p.read(ctx, call{op: "ask for the report " + transport.Clean(id, 60), method: http.MethodGet, path: "/v2/reports/info/" + url.PathEscape(id), query: q}, &i)
	if err == nil && i.Status == "" {
		err = &providers.Error{Kind: providers.Protocol, Op: "ask for the report " + transport.Clean(id, 60), Message: "the answer tells no status"}
	}
	return &i, err
}

// Poll implements [providers.Generator].
func (p *provider) Poll(ctx context.Context, t providers.Target, r export.Request) (providers.Progress, error) {
	i, err := p.info(ctx, t, r.ID)
	switch {
	case providers.KindOf(err) == providers.NotFound:
		return providers.Progress{State: providers.Lost, Detail: "unknown to the service"}, nil
	case err != nil:
		return providers.Progress{}, err
	}
	out := providers.Progress{State: providers.Running, Detail: i.detail()}
	sub := strings.ToUpper(i.SubStatus)
	switch status := strings.ToUpper(i.Status); {
	case status == "NO_DATA", status == "NODATA", (status == "FAILED" || status == "DONE") && sub == "NO_DATA":
		return p.empty(t, r, i, ""), nil
	case status == "DONE" && i.File != "":
		return p.ready(r, i), nil
	case status == "DONE":
		return p.noFile(t, r, i), nil
	case status == "FAILED" && sub == "TOO_LARGE":
		return tooLarge(t, out), nil
	case status == "FAILED" && sub == "RESOURCE_NOT_FOUND":
		out.State = providers.Failed
		out.Err = &providers.Error{
			Kind: providers.NotFound, Op: "ask for the report", Code: sub, Message: "the service does not find what params name",
			Hint: "Check the ids in params: those of the API, not the numbers that the cabinet shows.",
		}
	case status == "FAILED":
		out.State, out.Again = providers.Failed, true
	case status == "PENDING" && p.stuck(r):
		out.State, out.Again = providers.Failed, true
		out.Detail = fmt.Sprintf("it has been pending for %s, and such reports never end", p.patience())
	}
	return out, nil // a word that is not known is not an end
}

// patience is how long a report may be pending.
func (p *provider) patience() time.Duration { return p.limits.PollTimeout }

func (p *provider) stuck(r export.Request) bool {
	return p.clock.Now().Sub(r.StartedAt) >= p.patience()
}

// version is what a report is to the state.
func version(r export.Request, i *info) *export.Version {
	v := &export.Version{ID: r.ID, CreatedAt: i.Requested, Period: r.Period}
	if v.CreatedAt.IsZero() {
		v.CreatedAt = r.StartedAt
	}
	return v
}

func (p *provider) ready(r export.Request, i *info) providers.Progress {
	return providers.Progress{State: providers.Ready, Detail: i.detail(), Version: version(r, i)}
}

// noFile is a report that is done and has no file. It is asked about again, because the
// file may come a moment later.
func (p *provider) noFile(t providers.Target, r export.Request, i *info) providers.Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hollow[r.ID]++; p.hollow[r.ID] <= hollowTries {
		return providers.Progress{State: providers.Running, Detail: "done, without a file yet"}
	}
	return p.empty(t, r, i, "the service says that the report is done, and has no file for it")
}

// empty is a report without data.
func (p *provider) empty(t providers.Target, r export.Request, i *info, why string) providers.Progress {
	if t.Args.String("on_no_data") == onNoDataError {
		return providers.Progress{State: providers.Failed, Detail: i.detail(), Err: &providers.Error{
			Kind: providers.Refused, Op: "ask for the report", Code: "NO_DATA", Message: "the service has no data for it, and on_no_data is \"error\"",
			Hint: "Check the ids and the period, or set on_no_data = \"empty\" if that is right.",
		}}
	}
	v := version(r, i)
	v.Empty = true
	if m, ok := methods.Find(t.Args.String("report")); ok && !m.Final() {
		v.Provisional = true // it appears some days after the end of the month
	}
	if why == "" {
		why = allEmpty(t.Known)
	}
	return providers.Progress{State: providers.Ready, Detail: i.detail(), Version: v, Warning: why}
}

// allEmpty says that nothing has had data so far, which is odd.
func allEmpty(known []export.KnownVersion) string {
	n := 0
	for i := range known {
		switch {
		case known[i].Status != export.Kept:
			continue
		case !known[i].Empty:
			return ""
		}
		n++
	}
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("the service has no data for this one either, as for all %d before it; check the ids and the period", n)
}

// tooLarge asks for halves where that is possible.
func tooLarge(t providers.Target, out providers.Progress) providers.Progress {
	m, ok := methods.Find(t.Args.String("report"))
	if t.Cut != nil && ok && m.Halves() {
		out.State = providers.TooLarge
		return out
	}
	hint := "Narrow params down, for example by shops or categories."
	if ok && m.Halves() {
		hint = "Ask for shorter dates, or add a period block: it cuts them by itself."
	}
	out.State = providers.Failed
	out.Err = &providers.Error{Kind: providers.Refused, Op: "ask for the report", Code: "TOO_LARGE", Message: "the report would be too large for the service to make", Hint: hint}
	return out
}

// Reconcile implements [providers.Generator]. The service has no list of reports, so
// that a report whose id was lost cannot be found again. Once the window of its limit is
// over it is asked for anew.
func (p *provider) Reconcile(ctx context.Context, t providers.Target, in export.Intent) (providers.Reconciled, error) {
	if err := context.Cause(ctx); err != nil {
		return providers.Reconciled{}, err
	}
	wait := in.StartedAt.Add(p.Slot(t).Interval + afterLost).Sub(p.clock.Now())
	if wait > 0 {
		return providers.Reconciled{Outcome: providers.Undecided, Wait: wait}, nil
	}
	return providers.Reconciled{Outcome: providers.NotStarted}, nil
}
