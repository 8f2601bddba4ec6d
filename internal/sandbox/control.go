package sandbox

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"reportsync/internal/sandbox/sim"
)

const (
	controlRoot   = "_sandbox"
	elsewhereRoot = "_elsewhere"
)

// Stats are what the sandbox has counted since its memory was made.
type Stats struct {
	// Virtual is the sandbox's time.
	Virtual time.Time `json:"virtual"`
	// Services by provider.
	Services map[string]sim.Counts `json:"services"`
}

// Stats returns the counts so far; over a memory that another process shares they
// include what that process was asked.
func (s *Server) Stats() (Stats, error) {
	st := Stats{Virtual: s.memory.Timeline().Now(), Services: make(map[string]sim.Counts)}
	for name, svc := range s.services {
		counts, err := svc.meter.Counts()
		if err != nil {
			return Stats{}, err
		}
		st.Services[name] = counts
	}
	return st, nil
}

// control serves what is the sandbox's own:
//
//	GET  /_sandbox/stats            the counts
//	GET  /_sandbox/clock            the virtual time
//	POST /_sandbox/advance?d=1h     moves the clock forward
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/"+controlRoot) {
	case "GET /stats":
		st, err := s.Stats()
		if err != nil {
			s.broken(w, err)
			return
		}
		reply(w, st)
	case "GET /clock":
		reply(w, map[string]any{"virtual": s.memory.Timeline().Now(), "speed": s.opt.Speed})
	case "POST /advance":
		d, err := time.ParseDuration(r.URL.Query().Get("d"))
		if err != nil || d <= 0 {
			http.Error(w, fmt.Sprintf("d=%q: give how far the clock moves forward, such as d=90m", r.URL.Query().Get("d")), http.StatusBadRequest)
			return
		}
		s.Advance(d)
		if err := s.memory.Touch(); err != nil {
			s.broken(w, err)
			return
		}
		reply(w, map[string]any{"virtual": s.memory.Timeline().Now(), "speed": s.opt.Speed})
	default:
		http.Error(w, "the sandbox knows GET /_sandbox/stats, GET /_sandbox/clock and POST /_sandbox/advance?d=DURATION", http.StatusNotFound)
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
}

// elsewhereURL is where the redirect fault leads: another host by name, which is
// this server too.
func (s *Server) elsewhereURL(provider string) string {
	host, port, _ := net.SplitHostPort(s.Addr())
	other := "localhost"
	if host != "127.0.0.1" && host != "::1" {
		other = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(other, port) + "/" + elsewhereRoot + "/" + provider
}

// elsewhere plays the other host. It answers as if all were well, and counts those
// who hand it a credential.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request) {
	svc, ok := s.services[strings.TrimPrefix(r.URL.Path, "/"+elsewhereRoot+"/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("Authorization") != "" || r.Header.Get("Api-Key") != "" || r.URL.RawQuery != "" {
		if err := svc.meter.Leaked(); err != nil {
			s.broken(w, err)
			return
		}
	}
	reply(w, map[string]string{"result": "success"})
}
