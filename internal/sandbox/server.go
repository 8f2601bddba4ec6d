package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"reportsync/internal/clock"
	"reportsync/internal/sandbox/sim"
)

// closing is how long answers that are under way may take when the server stops.
const closing = time.Second

// Server is a running sandbox.
type Server struct {
	opt      Options
	memory   *sim.Memory
	faults   *sim.Faults
	services map[string]*service
	order    []string

	listen net.Listener
	http   *http.Server
	stop   context.CancelFunc // ends what requests wait for
	done   chan error         // the result of serving
	close  func() error
}

// service is a simulator with what the server keeps about it.
type service struct {
	sim.Service
	info  sim.Info
	meter *sim.Meter
}

// Start opens the memory, starts the simulators and listens. ctx bounds the start
// only: the sandbox outlives the interruption of a run, so that the run can finish
// what it is doing, and stops with [Server.Close].
func Start(ctx context.Context, o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	memory, err := sim.Open(o.Dir, o.Wall, o.Seed, sim.Pace{Speed: o.Speed, Always: o.Addr != ""})
	if err != nil {
		return nil, err
	}
	s := &Server{opt: o, memory: memory, services: make(map[string]*service), done: make(chan error, 1)}
	if err := s.begin(ctx); err != nil {
		return nil, errors.Join(err, memory.Close())
	}
	s.close = sync.OnceValue(s.shut)
	return s, nil
}

func (s *Server) begin(ctx context.Context) error {
	s.faults = sim.NewFaults(s.opt.Faults, s.memory.Seed())
	meters := make(map[string]*sim.Meter)
	all, err := services(func(provider string) sim.Env {
		meters[provider] = sim.NewMeter(s.memory, provider)
		return sim.Env{
			Clock: s.memory.Timeline(), Wall: s.opt.Wall, Speed: s.opt.Speed, Memory: s.memory,
			Profile: s.opt.Profile.Of(provider), Meter: meters[provider], Log: s.opt.Log.With(slog.String("provider", provider)),
		}
	}, &s.opt)
	if err != nil {
		return err
	}
	for _, svc := range all {
		info := svc.Info()
		s.order = append(s.order, info.Provider)
		s.services[info.Provider] = &service{Service: svc, info: info, meter: meters[info.Provider]}
	}

	addr := s.opt.Addr
	if addr == "" {
		addr = defaultAddr
	}
	if s.listen, err = (&net.ListenConfig{}).Listen(ctx, "tcp", addr); err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.http = &http.Server{
		Handler:           s,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug),
	}
	go func() { s.done <- s.http.Serve(s.listen) }()
	return nil
}

// Clock is the sandbox's virtual clock. A client in this process must run on it:
// the services measure its pace by it, and it hurries while somebody sleeps on it.
func (s *Server) Clock() clock.Clock { return s.memory.Timeline() }

// Advance moves the virtual clock forward.
func (s *Server) Advance(d time.Duration) { s.memory.Timeline().Advance(d) }

// Addr is the address that the server listens on.
func (s *Server) Addr() string { return s.listen.Addr().String() }

// URL is the base address of a provider's service, or "" if the sandbox does not
// simulate it.
func (s *Server) URL(provider string) string {
	svc, ok := s.services[provider]
	if !ok {
		return ""
	}
	return "http://" + s.Addr() + "/" + provider + svc.info.Path
}

// Credentials are the provider arguments that lead to the sandbox: base_url, the
// token and what else the provider asks for. They are nil for a provider that the
// sandbox does not simulate.
func (s *Server) Credentials(provider string) map[string]string {
	svc, ok := s.services[provider]
	if !ok {
		return nil
	}
	args := map[string]string{"base_url": s.URL(provider)}
	for _, a := range svc.info.Arguments {
		args[a.Name] = a.Value
	}
	return args
}

// Close stops serving, saves the memory and waits until everything has ended. It
// may be called more than once.
func (s *Server) Close() error { return s.close() }

func (s *Server) shut() error {
	s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close() // what did not end in time is cut off
	}
	err := <-s.done
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.memory.Close())
}
