package state

import "context"

// later are the real migrations and some from the future.
func later(extra []string) []migration {
	list := append([]migration(nil), migrations()...)
	for _, sql := range extra {
		list = append(list, migration{name: "later.sql", sql: sql})
	}
	return list
}

// OpenLater opens a state as a later version with more migrations would.
func OpenLater(ctx context.Context, path string, opt Options, extra ...string) (*State, error) {
	return open(ctx, path, opt, later(extra))
}

// OpenReadOnlyLater is the same for reading.
func OpenReadOnlyLater(ctx context.Context, path string, extra ...string) (*State, error) {
	return openReadOnly(ctx, path, later(extra))
}

// OpenFrozen opens a state as if nothing could be written in its folder.
func OpenFrozen(path string) (*State, error) {
	s := &State{path: path}
	return s, s.read(frozen, migrations())
}

// Script runs statements on the connection that writes.
func (s *State) Script(text string) error {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return s.writer.session.script(text)
}
