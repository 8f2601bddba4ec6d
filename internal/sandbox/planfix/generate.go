package planfix

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// generationGap is how long after the start of a generation the next may start.
	generationGap = 10 * time.Minute
	// A generation takes about forty seconds.
	generationLeast = 35 * time.Second
	generationMore  = 10 * time.Second

	requestLength  = 32
	requestLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// generate answers /report/{id}/generate.
func (s *Service) generate(in *request) (reply, error) {
	if s.opt.SmallTariff || in.call.Fault == faultTariff {
		return reply{}, errTariff
	}
	r, err := s.find(in)
	if err != nil {
		return reply{}, err
	}
	now := s.env.Clock.Now()
	var g generation
	err = s.memory.Update(func(m *memory) error {
		if last := m.last(); last != nil {
			if now.Before(last.Ready) {
				return &refusal{http.StatusForbidden, 9002, "Report already in progress by requestId - " + last.Request}
			}
			if now.Before(last.Started.Add(generationGap)) {
				return errOften
			}
		}
		g = s.newGeneration(r, now)
		m.forget(now)
		m.Generations = append(m.Generations, g)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	in.call.Generated = true
	return succeed(http.StatusCreated, field{"requestId", g.Request}), nil
}

// newGeneration decides everything about a generation that starts now.
func (s *Service) newGeneration(r *report, now time.Time) generation {
	// No two start in the same nanosecond, so the start is as good as a number.
	rnd := rand.New(rand.NewPCG(s.world.seed, uint64(now.UnixNano())))
	request := make([]byte, requestLength)
	for i := range request {
		request[i] = requestLetters[rnd.IntN(len(requestLetters))]
	}
	ready := now.Add(generationLeast + time.Duration(rnd.Int64N(int64(generationMore))))
	return generation{
		Request: string(request), Report: r.id, Started: now, Ready: ready,
		Save: s.world.saveID(ready, s.world.generatedSlot()),
	}
}

// status answers /report/status/{requestId}.
func (s *Service) status(in *request) (answer reply, err error) {
	now := s.env.Clock.Now()
	viewed := s.memory.View(func(m *memory) {
		g := m.find(in.request)
		switch {
		case g == nil || !now.Before(g.Ready.Add(keepGenerated)):
			err = errRequest
		case in.call.Fault == faultGenError:
			answer = succeed(http.StatusOK, field{"status", "error"})
		case now.Before(g.Ready):
			answer = succeed(http.StatusOK, field{"status", "in_progress"})
		default:
			answer = succeed(http.StatusOK, field{"status", "ready"},
				field{"save", object{{"id", g.Save}, {"name", generatedName}, {"reportId", g.Report}}})
		}
	})
	if viewed != nil {
		return reply{}, fmt.Errorf("read the generations: %w", viewed)
	}
	return answer, err
}
