package cli

import (
	"context"
	"errors"

	"reportsync/internal/engine"
	"reportsync/internal/state"
)

// running is a session with a run of the engine over it.
type running struct {
	*session
	run *engine.Run
}

// reading begins a run that changes nothing.
func (a *app) reading(ctx context.Context, v vars, command string) (*running, error) {
	s, err := a.open(ctx, v, command)
	if err != nil {
		return nil, err
	}
	return s.begin(ctx, engine.Read)
}

// writing begins a run that holds the state's lock.
func (a *app) writing(ctx context.Context, o *editOptions, command string) (*running, error) {
	timeout, err := duration("-lock-timeout", o.lockTimeout)
	if err != nil {
		return nil, err
	}
	s, err := a.open(ctx, o.vars, command)
	if err != nil {
		return nil, err
	}
	s.opt.LockTimeout = timeout
	if !o.anew && !state.Exists(s.opt.StatePath) {
		return nil, errors.Join(noState(s.opt.StatePath), s.close())
	}
	return s.begin(ctx, engine.Write)
}

func (s *session) begin(ctx context.Context, how func(context.Context, engine.Options) (*engine.Run, error)) (*running, error) {
	run, err := how(ctx, s.opt)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return &running{s, run}, nil
}

func (r *running) close() error { return errors.Join(r.run.Close(), r.session.close()) }
