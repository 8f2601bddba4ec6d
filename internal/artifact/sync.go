package artifact

import "sync"

// syncs lets those who make names in one folder at the same time share the sync of
// it: who comes while one is under way joins the next, which begins after all who
// share it have made their names.
type syncs struct {
	mu      sync.Mutex
	folders map[string]*folderSync
}

type folderSync struct {
	running sync.Mutex
	next    *sharedSync // has not begun
}

type sharedSync struct {
	done chan struct{}
	err  error
}

// folder makes the names in a folder durable.
func (s *syncs) folder(d disk, dir string) error {
	s.mu.Lock()
	if s.folders == nil {
		s.folders = map[string]*folderSync{}
	}
	f := s.folders[dir]
	if f == nil {
		f = &folderSync{}
		s.folders[dir] = f
	}
	if shared := f.next; shared != nil {
		s.mu.Unlock()
		<-shared.done
		return shared.err
	}
	shared := &sharedSync{done: make(chan struct{})}
	f.next = shared
	s.mu.Unlock()

	f.running.Lock()
	s.mu.Lock()
	f.next = nil // who comes from now on may be too late for this one
	s.mu.Unlock()
	shared.err = d.SyncDir(dir)
	f.running.Unlock()
	close(shared.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.next == nil && s.folders[dir] == f {
		delete(s.folders, dir)
	}
	return shared.err
}
