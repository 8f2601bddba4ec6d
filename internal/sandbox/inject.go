package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"reportsync/internal/sandbox/sim"
)

const (
	retryAfter = 30 * time.Second
	slowness   = 20 * time.Second
	drops      = 8
	skew       = 3 * time.Hour
	delay      = 30 * time.Second
	statusCalm = 420
)

// play serves a request, misbehaving as the fault says. A fault that is not the
// server's own is the service's.
func (s *Server) play(w http.ResponseWriter, r *http.Request, svc *service, call *sim.Call, fault string) {
	switch fault {
	case sim.BadGateway:
		page(w, http.StatusBadGateway, "502 Bad Gateway")
	case sim.NotFound:
		page(w, http.StatusNotFound, "404 Not Found")
	case sim.TooMany:
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		page(w, http.StatusTooManyRequests, "429 Too Many Requests")
	case sim.Redirect:
		w.Header().Set("Location", s.elsewhereURL(svc.info.Provider))
		page(w, http.StatusTemporaryRedirect, "307 Temporary Redirect")
	case sim.NeverAnswer:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case sim.LostAnswer:
		svc.ServeHTTP(newRecorder(w), r)
		cut(w, false)
	case sim.Truncate:
		rec := newRecorder(w)
		svc.ServeHTTP(rec, r)
		rec.send(w, rec.body.Len()/2, rec.body.Len()/2)
	case sim.Reset:
		rec := newRecorder(w)
		svc.ServeHTTP(rec, r)
		rec.send(w, rec.body.Len(), rec.body.Len()/2)
		cut(w, true)
	case sim.Slow:
		rec := newRecorder(w)
		svc.ServeHTTP(rec, r)
		s.drip(w, r, rec)
	case sim.ServerError:
		w.WriteHeader(http.StatusInternalServerError)
	case sim.Calm:
		http.Error(w, "Enhance Your Calm", statusCalm)
	case sim.Corrupt:
		rec := newRecorder(w)
		svc.ServeHTTP(rec, r)
		if b := rec.body.Bytes(); len(b) > 0 {
			b[len(b)/2] = 0
		}
		rec.send(w, rec.body.Len(), rec.body.Len())
	case sim.Duplicate:
		s.twice(w, r, svc)
	case sim.Throttle:
		rec := newRecorder(w)
		svc.ServeHTTP(rec, r)
		s.throttle(w, r, rec)
	case sim.Delay:
		if s.memory.Timeline().Sleep(r.Context(), delay) != nil {
			panic(http.ErrAbortHandler)
		}
		svc.ServeHTTP(w, r)
	case sim.ClockSkew:
		w.Header().Set("Date", s.memory.Timeline().Now().Add(skew).UTC().Format(http.TimeFormat))
		svc.ServeHTTP(w, r)
	default:
		call.Fault = fault
		svc.ServeHTTP(w, r)
	}
}

// page answers with what stands in front of a service.
func page(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", title)
}

// cut ends a connection, by a reset or as if everything had been said.
func cut(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // closes the connection all the same
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// drip sends an answer in drops.
func (s *Server) drip(w http.ResponseWriter, r *http.Request, rec *recorder) {
	clk := s.memory.Timeline()
	rest := rec.body.Bytes()
	rec.send(w, len(rest), 0)
	flush := http.NewResponseController(w).Flush
	for i := drops; i > 0; i-- {
		if clk.Sleep(r.Context(), slowness/drops) != nil {
			panic(http.ErrAbortHandler)
		}
		n := len(rest) / i
		if _, err := w.Write(rest[:n]); err != nil {
			return
		}
		_ = flush()
		rest = rest[n:]
	}
}

// twice carries a request out two times.
func (s *Server) twice(w http.ResponseWriter, r *http.Request, svc *service) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	svc.ServeHTTP(newRecorder(w), r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	svc.ServeHTTP(w, r)
}

// throttle sends an answer at 1 KiB a second.
func (s *Server) throttle(w http.ResponseWriter, r *http.Request, rec *recorder) {
	rest := rec.body.Bytes()
	rec.send(w, len(rest), 0)
	for len(rest) > 0 {
		n := min(len(rest), 1<<10)
		if _, err := w.Write(rest[:n]); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		if rest = rest[n:]; s.memory.Timeline().Sleep(r.Context(), time.Second) != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newRecorder(w http.ResponseWriter) *recorder {
	return &recorder{header: w.Header().Clone(), status: http.StatusOK}
}

// Header implements [http.ResponseWriter].
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write implements [http.ResponseWriter].
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// send sends the head of the answer, which promises so many bytes, and the first
// of them.
func (r *recorder) send(w http.ResponseWriter, promised, sent int) {
	for k, v := range r.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(promised))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes()[:sent])
	_ = http.NewResponseController(w).Flush()
}
