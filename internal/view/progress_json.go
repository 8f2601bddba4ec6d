package view

import (
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// progressJSON tells progress as events.
type progressJSON struct{ p *Progress }

type hookJSON struct {
	Resource resourceJSON `json:"resource"`
	Action   string       `json:"action,omitempty"`
	IDKey    string       `json:"id_key,omitempty"`
	IDValue  string       `json:"id_value,omitempty"`
	Elapsed  *int64       `json:"elapsed_seconds,omitempty"`
}

func (t *task) hook() hookJSON { return hookJSON{Resource: resource(t.addr, t.provider)} }

// applying is the hook of a change that took the given time.
func (t *task) applying(elapsed time.Duration) hookJSON {
	h := t.hook()
	h.Action = eventAction(t.actions)
	s := int64(max(elapsed, 0) / time.Second)
	h.Elapsed = &s
	return h
}

func (s *progressJSON) now() time.Time { return s.p.view.options.Now() }

func (s *progressJSON) every() time.Duration { return heartbeatEvery }

func (s *progressJSON) refreshing(t *task) {
	s.p.view.emit(levelInfo, "refresh_start", t.name+": Refreshing...", field{"hook", t.hook()})
}

func (s *progressJSON) refreshed(t *task, err error) {
	if err != nil {
		s.p.view.emit(levelError, "refresh_errored", t.name+": Refresh failed: "+s.p.view.text(err.Error()), field{"hook", t.hook()})
		return
	}
	s.p.view.emit(levelInfo, "refresh_complete", t.name+": Refresh complete", field{"hook", t.hook()})
}

func (s *progressJSON) started(t *task) {
	h := t.hook()
	h.Action = eventAction(t.actions)
	s.p.view.emit(levelInfo, "apply_start", t.name+": "+h.Action+" begins", field{"hook", h})
}

// stepStarted tells of the steps that ask a service for more than reading.
func (s *progressJSON) stepStarted(t *task) {
	switch t.step.Action {
	case plan.StepGenerate, plan.StepResume, plan.StepCreate, plan.StepReplace, plan.StepDelete:
		s.p.view.emit(levelInfo, "remote_request", t.name+": "+t.doing, field{"remote_request", struct {
			Resource  resourceJSON `json:"resource"`
			Action    string       `json:"action"`
			RequestID string       `json:"request_id,omitempty"`
			Period    string       `json:"period,omitempty"`
		}{resource(t.addr, t.provider), string(t.step.Action), t.step.RequestID, periodName(t.step.Version.Period)}})
	}
}

func periodName(p *export.Period) string {
	if p == nil {
		return ""
	}
	return p.Name
}

func (s *progressJSON) waiting(t *task) {
	w := struct {
		Resource resourceJSON `json:"resource"`
		Reason   string       `json:"reason"`
		Until    *time.Time   `json:"until"`
		Seconds  int64        `json:"wait_seconds,omitempty"`
	}{Resource: resource(t.addr, t.provider), Reason: t.reason}
	if !t.until.IsZero() {
		w.Until = &t.until
		w.Seconds = int64(max(t.until.Sub(s.now()), 0).Round(time.Second) / time.Second)
	}
	s.p.view.emit(levelInfo, "rate_limited", t.name+": "+s.p.waits(t, s.now()), field{"rate_limited", w})
}

type artifactJSON struct {
	Resource resourceJSON `json:"resource"`
	Version  string       `json:"version,omitempty"`
	Action   string       `json:"action"`
	Path     string       `json:"path"`
	Size     int64        `json:"size"`
	Rows     *int64       `json:"rows"`
	SHA256   string       `json:"sha256"`
}

func (s *progressJSON) stepDone(t *task, r *plan.StepResult) {
	for i := range r.Files {
		f := &r.Files[i]
		a := artifactJSON{resource(t.addr, t.provider), r.Step.Version.ID, string(r.Step.Action), f.Path, f.Size, nil, f.SHA256}
		if f.Rows >= 0 {
			a.Rows = &f.Rows
		}
		s.p.view.emit(levelInfo, "artifact", t.name+": "+s.p.view.stepVerb(&r.Step, 1)+" -> "+
			s.p.view.text(rooted(s.p.root, f.Path)), field{"artifact", a})
	}
}

// finished ends a change: complete, or errored. Pending and skipped changes are
// neither done nor wrong; they are complete with their outcome beside the hook.
func (s *progressJSON) finished(t *task, r *plan.Result) {
	h := t.applying(s.now().Sub(t.started))
	took := Duration(s.now().Sub(t.started))
	fields := []field{{"hook", h}, {"outcome", string(r.Outcome)}}
	switch r.Outcome {
	case plan.Failed:
		why := ""
		if r.Err != nil {
			why = ": " + s.p.view.text(r.Err.Error())
		}
		s.p.view.emit(levelError, "apply_errored", t.name+": "+h.Action+" failed after "+took+why, fields...)
	case plan.Done:
		if n := len(r.Steps); n > 0 && r.Steps[n-1].Step.Version.ID != "" {
			h.IDKey, h.IDValue = "version", r.Steps[n-1].Step.Version.ID
			fields[0].value = h
		}
		s.p.view.emit(levelInfo, "apply_complete", t.name+": "+h.Action+" complete after "+took, fields...)
	default:
		why := s.p.view.pending(r)
		if r.Err != nil {
			why = s.p.view.text(r.Err.Error())
		}
		s.p.view.emit(levelWarn, "apply_complete", t.name+": "+list(string(r.Outcome)+" after "+took, why), fields...)
	}
}

func (s *progressJSON) note(addr export.Address, text string) {
	s.p.view.emit(levelWarn, "log", s.p.noteLine(addr, text))
}

// tick tells every few seconds of each change that is not done yet.
func (s *progressJSON) tick(now time.Time) {
	for _, t := range s.p.order {
		if t.refresh {
			continue
		}
		took := now.Sub(t.started)
		h := t.applying(took)
		doing := t.doing
		if t.reason != "" {
			doing = s.p.waits(t, now)
		}
		s.p.view.emit(levelInfo, "apply_progress", t.name+": "+list(doing, Duration(took)+" elapsed"), field{"hook", h})
		if t.reason == "" && t.bytes+t.rows+int64(t.part) > 0 {
			s.p.view.emit(levelInfo, "download_progress", t.name+": "+list(t.doing, t.state()), field{"download_progress", struct {
				Resource resourceJSON `json:"resource"`
				Version  string       `json:"version,omitempty"`
				Part     int          `json:"part"`
				Parts    int          `json:"parts,omitempty"`
				Rows     int64        `json:"rows"`
				Bytes    int64        `json:"bytes"`
			}{resource(t.addr, t.provider), t.step.Version.ID, t.part, t.of, t.rows, t.bytes}})
		}
	}
}

func (s *progressJSON) close() {}
