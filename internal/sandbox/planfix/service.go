package planfix

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"reportsync/internal/sandbox/sim"
)

const (
	// gap is a little less than the documented second between two requests.
	gap = 900 * time.Millisecond
	// refresh is how often the number of remaining requests is counted anew.
	refresh = 10 * time.Minute
)

// Service is the simulated account.
type Service struct {
	env    sim.Env
	opt    Options
	gate   *sim.Gate
	world  *world
	memory *sim.Cell[memory]
	remain remaining
}

var _ sim.Service = (*Service)(nil)

// New returns an account with the memory and the clock of env.
func New(env sim.Env, o Options) (*Service, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Service{
		env: env, opt: o, gate: sim.NewGate(env, gap),
		world:  newWorld(env.Memory.Seed(), env.Memory.Born(), o),
		memory: sim.NewCell[memory](env.Memory, Provider),
	}, nil
}

// Info implements [sim.Service].
func (s *Service) Info() sim.Info {
	info := Info()
	if s.opt.Reports > 0 {
		info.Reports = nil // uniform ones need no description
	}
	return info
}

// Classify implements [sim.Service].
func (s *Service) Classify(r *http.Request) (endpoint string, charged bool) {
	rt := route(r.URL.Path)
	known, _ := authorize(r, rt.endpoint)
	return rt.endpoint, known && rt.endpoint != sim.Unknown
}

// ServeHTTP implements [http.Handler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := sim.CallOf(r.Context())
	rt := route(r.URL.Path)
	if rt.endpoint == sim.Unknown {
		notFound(w)
		return
	}
	answer, err := s.answer(w, r, rt, call)
	if err == nil {
		if answer.refusal != nil {
			call.Refusal = strconv.Itoa(answer.refusal.code)
		}
		err = answer.send(w)
	}
	if err != nil {
		// Either the client has gone, or the sandbox cannot keep its memory; then
		// a closed connection is the only honest answer.
		s.env.Log.Warn("sandbox: answer a request", slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
}

// answer carries a request out.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, rt path, call *sim.Call) (reply, error) {
	if r.Method != rt.method {
		w.Header().Set("Allow", rt.method)
		return refuse(errMethod), nil
	}
	known, ref := authorize(r, rt.endpoint)
	if known {
		if !s.opt.Lax {
			violation, leave := s.gate.Enter(r.Context())
			defer leave()
			call.Violation = violation
		}
		over, err := s.spend(w.Header(), call)
		if err != nil {
			return reply{}, err
		}
		if over || call.Violation != "" {
			return refuse(errQuota), nil
		}
	}
	if ref != nil {
		return refuse(ref), nil
	}
	if s.opt.Latency > 0 {
		if err := s.env.Wall.Sleep(r.Context(), s.opt.Latency); err != nil {
			return reply{}, err
		}
	}
	switch call.Fault {
	case faultError:
		return refuse(errRest), nil
	case faultFail200:
		return refuse(errFail200), nil
	case faultMoment, faultQuota:
		return refuse(errQuota), nil
	}
	in, ref := read(r)
	if ref != nil {
		return refuse(ref), nil
	}
	in.path, in.call = rt, call
	answer, err := handlers[rt.endpoint](s, in)
	if ref, ok := errors.AsType[*refusal](err); ok {
		return refuse(ref), nil
	}
	return answer, err
}

// Error implements error, so that a refusal can travel as one.
func (r *refusal) Error() string { return strconv.Itoa(r.code) + " " + r.text }

// handlers answer the endpoints. A [*refusal] as the error is an answer too.
var handlers = map[string]func(*Service, *request) (reply, error){
	endPing:     func(*Service, *request) (reply, error) { return succeed(http.StatusOK), nil },
	endReports:  (*Service).reports,
	endReport:   (*Service).report,
	endSaves:    (*Service).saves,
	endData:     (*Service).data,
	endGenerate: (*Service).generate,
	endStatus:   (*Service).status,
}
