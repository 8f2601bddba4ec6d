package tracker

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// recent is the last search and what it found: what was counted is mostly read next.
type recent struct {
	mu   sync.Mutex
	what string
	rows []*issue
}

func (r *recent) recall(what string) (rows []*issue, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rows, r.what == what
}

func (r *recent) keep(what string, rows []*issue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.what, r.rows = what, rows
}

// matching are the issues that a selection names, in its order. The list is shared.
func (s *Service) matching(sel *selection, snap *snapshot, now time.Time, user int) ([]*issue, *refusal) {
	now = now.Truncate(time.Minute) // queries know no shorter time
	text, err := json.Marshal(sel)
	if err != nil {
		return nil, malformed(sel.Kind)
	}
	what := fmt.Sprintf("%s after %d events at %d for %d", text, snap.events, now.Unix(), user)
	if rows, known := s.recent.recall(what); known {
		return rows, nil
	}
	rows, ref := s.look(sel, snap, now, user)
	if ref == nil {
		s.recent.keep(what, rows)
	}
	return rows, ref
}
