package tracker

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"reportsync/internal/sandbox/sim"
)

// burst is how many requests may come at once.
const burst = 5

// Service is the simulated organisation.
type Service struct {
	env    sim.Env
	opt    settings
	gate   *sim.Gate // nil if any number of requests is let in
	world  *world
	memory *sim.Cell[memory]
	found  results
}

var _ sim.Service = (*Service)(nil)

// New returns an organisation with the memory, the clock and the profile of env.
func New(env sim.Env, o Options) (*Service, error) {
	set, err := o.settle(env.Profile)
	if err != nil {
		return nil, err
	}
	s := &Service{
		env: env, opt: set, memory: sim.NewCell[memory](env.Memory, Provider),
		world: newWorld(env.Memory.Seed(), env.Memory.Born(), set),
	}
	if set.rate > 0 {
		s.gate = sim.NewGate(env, time.Second/time.Duration(set.rate)).Burst(burst)
	}
	return s, nil
}

// Info implements [sim.Service].
func (s *Service) Info() sim.Info { return Info() }

// Classify implements [sim.Service].
func (s *Service) Classify(r *http.Request) (endpoint string, charged bool) {
	return route(r.Method, r.URL.Path, r.URL.Query()).endpoint, false
}

// ServeHTTP implements [http.Handler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := &request{
		path: route(r.Method, r.URL.Path, r.URL.Query()), call: sim.CallOf(r.Context()),
		lang: language(r), now: s.env.Clock.Now(),
	}
	answer, err := s.answer(r, in)
	if ref, ok := errors.AsType[*refusal](err); ok {
		answer.refusal, err = ref, nil
	}
	if err == nil {
		if answer.refusal != nil {
			in.call.Refusal = itoa(answer.refusal.status)
		}
		err = answer.send(w, in.lang)
	}
	if err != nil {
		// Either the client has gone, or the sandbox cannot keep its memory; then
		// a closed connection is the only honest answer.
		s.env.Log.Warn("sandbox: answer a request", slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
}

// answer carries a request out. A [*refusal] as the error is an answer too.
func (s *Service) answer(r *http.Request, in *request) (reply, error) {
	var a reply
	if s.gate != nil {
		if in.call.Violation = s.gate.Pass(); in.call.Violation != "" {
			if s.opt.is(swRetry, on) {
				a.set("Retry-After", "1")
			}
			return a, errOften
		}
	}
	t, ref := authorize(r, in.endpoint)
	if ref != nil {
		return a, ref
	}
	in.token = t
	switch {
	case in.endpoint == sim.Unknown:
		return a, errPath
	case in.allow != "":
		a.set("Allow", in.allow)
		return a, errMethod
	}
	if s.opt.Latency > 0 {
		if err := s.env.Wall.Sleep(r.Context(), s.opt.Latency); err != nil {
			return a, err
		}
	}
	switch in.call.Fault {
	case faultError:
		return a, errInternal
	case faultBusy:
		in.call.Refusal = "503"
		return reply{status: http.StatusServiceUnavailable, raw: []byte("upstream connect error or disconnect/reset before headers"), kind: "text/plain"}, nil
	case faultOften:
		return a, errOften
	case faultToken:
		return a, errToken
	case faultRights:
		return a, errRights
	}
	if ref := read(r, in); ref != nil {
		return a, ref
	}
	a, err := handlers[in.endpoint](s, in)
	if err != nil {
		return a, err
	}
	switch in.call.Fault {
	case faultLate:
		return reply{}, errInternal
	case faultConflict:
		return reply{}, errConflict
	}
	return a, nil
}

// handlers answer the endpoints.
var handlers = map[string]func(*Service, *request) (reply, error){
	endMyself:      (*Service).myself,
	endFields:      (*Service).fields,
	endLocalFields: (*Service).localFields,
	endFilter:      (*Service).filter,
	endCount:       (*Service).count,
	endSearch:      (*Service).search,
	endScroll:      (*Service).scroll,
	endClear:       (*Service).clear,
	endIssue:       (*Service).issue,
	endChangelog:   (*Service).changelog,
	endCreate:      (*Service).create,
	endReports:     (*Service).reports,
	endReport:      (*Service).report,
	endPatch:       (*Service).patch,
	endDelete:      (*Service).delete,
	endAttachments: (*Service).attachments,
	endMeta:        (*Service).metaAttachments,
	endDownload:    (*Service).download,
}
