package sandbox

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"reportsync/internal/sandbox/sim"
)

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !loopback(r.Host) {
		// A web page that resolved its own name to 127.0.0.1.
		http.Error(w, "the sandbox answers on loopback names only", http.StatusForbidden)
		return
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch svc, ok := s.services[first]; {
	case ok:
		s.serve(w, r, svc)
	case first == controlRoot:
		s.control(w, r)
	case first == elsewhereRoot:
		s.elsewhere(w, r)
	default:
		http.NotFound(w, r)
	}
}

// serve hands a request to a simulator and counts it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, svc *service) {
	endpoint, charged := svc.Classify(r)
	now := s.memory.Timeline().Now()
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if err := svc.meter.Came(endpoint, charged, now); err != nil {
		s.broken(w, err)
		return
	}
	call := &sim.Call{Endpoint: endpoint}
	fault := s.faults.Pick(&svc.info, endpoint)
	settle := sync.OnceValue(func() error { return svc.meter.Went(call, fault) })
	defer func() {
		// Deferred, because some faults end in a panic that closes the connection.
		if err := settle(); err != nil {
			s.opt.Log.Error("sandbox: count a request", slog.Any("error", err))
		}
		s.opt.Log.Debug("sandbox: request", slog.String("provider", svc.info.Provider), slog.String("endpoint", endpoint),
			slog.String("fault", fault), slog.String("refusal", call.Refusal), slog.Time("virtual", now))
	}()
	r = r.WithContext(sim.WithCall(r.Context(), call))
	s.play(&settled{ResponseWriter: w, settle: settle}, r, svc, call, fault)
}

// settled counts what became of a request before the client learns of it, so that
// a client that is killed by the answer finds it counted.
type settled struct {
	http.ResponseWriter
	settle func() error
}

// WriteHeader implements [http.ResponseWriter].
func (w *settled) WriteHeader(status int) {
	_ = w.settle() // the error is logged when the request ends
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *settled) Write(p []byte) (int, error) {
	_ = w.settle()
	return w.ResponseWriter.Write(p)
}

// Unwrap serves [http.ResponseController].
func (w *settled) Unwrap() http.ResponseWriter {
	_ = w.settle()
	return w.ResponseWriter
}

// broken answers a request that the sandbox itself failed at.
func (s *Server) broken(w http.ResponseWriter, err error) {
	s.opt.Log.Error("sandbox: serve a request", slog.Any("error", err))
	http.Error(w, "the sandbox is broken: "+err.Error(), http.StatusInternalServerError)
}
