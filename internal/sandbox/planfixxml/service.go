package planfixxml

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"reportsync/internal/sandbox/sim"
)

// gap is a little less than the documented second between two requests.
const gap = 900 * time.Millisecond

// Service is the simulated account.
type Service struct {
	env    sim.Env
	opt    settings
	gate   *sim.Gate // nil if any pace is allowed
	world  *world
	memory *sim.Cell[memory]
}

var _ sim.Service = (*Service)(nil)

// New returns an account with the memory, the clock and the profile of env.
func New(env sim.Env, o Options) (*Service, error) {
	set, err := o.settle(env.Profile)
	if err != nil {
		return nil, err
	}
	s := &Service{env: env, opt: set, memory: sim.NewCell[memory](env.Memory, Provider), world: newWorld(env.Memory.Seed(), env.Memory.Born(), set)}
	if !set.Lax {
		s.gate = sim.NewGate(env, gap)
	}
	return s, nil
}

// Info implements [sim.Service].
func (s *Service) Info() sim.Info { return Info() }

// ours reports whether the path is the service's; the slash at its end does not matter.
func ours(r *http.Request) bool { return strings.TrimSuffix(r.URL.Path, "/") == basePath }

// Classify implements [sim.Service]. The endpoint is the method that the body names.
func (s *Service) Classify(r *http.Request) (endpoint string, charged bool) {
	if !ours(r) || r.Method != http.MethodPost {
		return sim.Unknown, false
	}
	in := read(r)
	if in.method == endLogin || find(in.method) != nil {
		return in.method, in.broken == nil
	}
	return sim.Unknown, false
}

// ServeHTTP implements [http.Handler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !ours(r):
		http.Error(w, "<html><body><h1>404 Not Found</h1></body></html>", http.StatusNotFound)
		return
	case r.Method != http.MethodPost:
		http.Error(w, "<html><body><h1>405 Not Allowed</h1></body></html>", http.StatusMethodNotAllowed)
		return
	}
	in := read(r)
	body, err := s.answer(w, r, in)
	if ref, ok := errors.AsType[*refusal](err); ok {
		in.call.Refusal = ref.code
		body, err = s.refused(ref), nil
	}
	if err == nil {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		body = spoil(in.call.Fault, body)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, err = w.Write([]byte(body))
	}
	if err != nil {
		// Either the client has gone, or the sandbox cannot keep its memory; then a
		// closed connection is the only honest answer.
		s.env.Log.Warn("sandbox: answer a request", slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
}

// answer carries a request out. A [*refusal] as the error is an answer too.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, in *request) (string, error) {
	if s.gate != nil {
		if in.call.Violation = s.gate.Pass(); in.call.Violation != "" {
			return "", errQuota // what the service says to those who come too fast is not documented
		}
	}
	if err := s.authorize(r, in); err != nil {
		return "", err
	}
	now := s.env.Clock.Now()
	used, err := s.env.Meter.Today(now)
	if err != nil {
		return "", err
	}
	w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(s.opt.quota-used, 0)))
	if used > s.opt.quota {
		return "", errQuota
	}
	switch in.call.Fault {
	case faultQuota:
		return "", errQuota
	case faultBusy:
		return "", errBusy
	case faultUpdate:
		return "", errUpdate
	case faultSession:
		return "", errSession
	case faultFive:
		return "", errRights
	}
	if in.method == endLogin {
		sid, err := s.login(in)
		return response(func(b *builder) { b.text("sid", sid) }), err
	}
	l := find(in.method)
	if l == nil {
		return "", errMethod
	}
	if err := s.upset(in); err != nil {
		return "", err
	}
	return s.list(l, in, now)
}

// upset changes the tasks right before an answer.
func (s *Service) upset(in *request) error {
	if in.method != "task.getList" || in.call.Fault != faultGrow && in.call.Fault != faultShrink {
		return nil
	}
	return s.memory.Update(func(m *memory) error {
		m.Extra = append(m.Extra, extra{At: s.env.Clock.Now(), Deleted: in.call.Fault == faultShrink})
		return nil
	})
}

// refused is the answer to what is refused.
func (s *Service) refused(ref *refusal) string {
	b := &builder{}
	b.WriteString(head + `<response status="error">`)
	b.text("code", ref.code)
	if s.opt.is(swMessages, "on") {
		b.text("message", ref.message)
	}
	b.WriteString(`</response>`)
	return b.String()
}

// spoil misbehaves with an answer that is ready.
func spoil(fault, body string) string {
	switch fault {
	case faultCut:
		return body[:len(body)*2/3]
	case faultForeign:
		return strings.Replace(body, `encoding="UTF-8"`, `encoding="windows-1251"`, 1)
	case faultBomb:
		const bomb = `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>`
		body = strings.Replace(body, "<response", bomb+"<response", 1)
		return strings.Replace(body, "<title>", "<title>&c;", 1)
	case faultControl:
		return strings.Replace(body, "<title>", "<title>\x0b", 1)
	}
	return body
}
