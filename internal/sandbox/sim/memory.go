package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"reportsync/internal/clock"
)

const (
	memoryName   = "memory.json"
	memoryTemp   = "memory.json.tmp"
	memoryFormat = 1
)

// Memory is what the sandbox knows after its process has ended. Every change is
// a transaction: lock, read what another process may have written, change, write
// a new file, rename it into place. So a process can be killed at any moment, and
// two that run at once see one world; neither can damage it.
//
// Nothing is flushed to the disk: a power cut may cost the last changes, which is
// no loss in a simulator.
type Memory struct {
	dir  string   // "" when the memory has no folder
	root *os.Root // nil when the memory has no folder
	wall clock.Clock
	pace Pace
	time *Timeline

	mu   sync.Mutex
	doc  document
	rev  int // grows whenever doc came from the file
	seen fs.FileInfo
}

// document is the file's content.
type document struct {
	Format  int                        `json:"format"`
	Seed    uint64                     `json:"seed"`
	Born    time.Time                  `json:"born"`
	Virtual time.Time                  `json:"virtual"`
	Wall    time.Time                  `json:"wall"`
	Cells   map[string]json.RawMessage `json:"cells"`
}

// now is the virtual time at a wall time: it went on with the wall clock since
// the document was written, and never went back.
func (d *document) now(wall time.Time) time.Time {
	return d.Virtual.Add(max(wall.Sub(d.Wall), 0))
}

// Open opens the memory in a folder, which it makes if need be, or makes an empty
// one that lasts as long as the process, if dir is "". The clock continues where
// the last process left it. seed is for a memory that is new.
func Open(dir string, wall clock.Clock, seed uint64, pace Pace) (*Memory, error) {
	m := &Memory{dir: dir, wall: wall, pace: pace}
	born := wall.Now().UTC().Truncate(time.Second)
	m.doc = document{Format: memoryFormat, Seed: seed, Born: born, Virtual: born, Wall: wall.Now(), Cells: map[string]json.RawMessage{}}
	if dir == "" {
		m.time = NewTimeline(wall, born, pace)
		return m, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the sandbox's folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the sandbox's folder: %w", err)
	}
	m.root = root
	if err := m.begin(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return m, nil
}

// begin reads the file, or writes the first one.
func (m *Memory) begin() error {
	unlock, err := lockFile(m.root, m.wall)
	if err != nil {
		return err
	}
	defer unlock()
	if err := m.read(); err != nil {
		return err
	}
	return m.write()
}

// Timeline is the clock of this memory's world.
func (m *Memory) Timeline() *Timeline { return m.time }

// Seed is what the world is made from.
func (m *Memory) Seed() uint64 { return m.doc.Seed }

// Born is the virtual time at which the world was made.
func (m *Memory) Born() time.Time { return m.doc.Born }

// Touch writes the virtual time down.
func (m *Memory) Touch() error {
	return m.update(func() error { return nil })
}

// Close writes the virtual time down and lets go of the folder.
func (m *Memory) Close() error {
	if m.root == nil {
		return nil
	}
	return errors.Join(m.Touch(), m.root.Close())
}

// update runs fn as one transaction.
func (m *Memory) update(fn func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.root == nil {
		return fn()
	}
	unlock, err := lockFile(m.root, m.wall)
	if err != nil {
		return err
	}
	defer unlock()
	if err := m.read(); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return m.write()
}

// view runs fn over what is newest.
func (m *Memory) view(fn func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.root != nil {
		if err := m.read(); err != nil {
			return err
		}
	}
	return fn()
}

// read takes over what another process wrote since the last look.
func (m *Memory) read() error {
	info, err := m.root.Stat(memoryName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		m.start()
		return nil
	case err != nil:
		return fmt.Errorf("read the sandbox's memory: %w", err)
	case same(m.seen, info):
		return nil
	}
	raw, err := m.root.ReadFile(memoryName)
	if err != nil {
		return fmt.Errorf("read the sandbox's memory: %w", err)
	}
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("read the sandbox's memory: %s is damaged (%w); delete it to start a new sandbox", m.file(), err)
	}
	if doc.Format != memoryFormat {
		return fmt.Errorf("read the sandbox's memory: %s has format %d and this version knows format %d; delete it to start a new sandbox",
			m.file(), doc.Format, memoryFormat)
	}
	if doc.Born.IsZero() || doc.Virtual.Before(doc.Born) {
		return fmt.Errorf("read the sandbox's memory: %s is damaged (its times make no sense); delete it to start a new sandbox", m.file())
	}
	if doc.Cells == nil {
		doc.Cells = map[string]json.RawMessage{}
	}
	m.doc, m.seen = doc, info
	m.rev++
	m.start()
	return nil
}

// start makes the clock, or moves it on to where another process has taken it.
func (m *Memory) start() {
	now := m.doc.now(m.wall.Now())
	if m.time == nil {
		m.time = NewTimeline(m.wall, now, m.pace)
		return
	}
	if ahead := now.Sub(m.time.Now()); ahead > 0 {
		m.time.Advance(ahead)
	}
}

// write replaces the file.
func (m *Memory) write() error {
	m.doc.Virtual, m.doc.Wall = m.time.Now(), m.wall.Now()
	raw, err := json.MarshalIndent(&m.doc, "", " ")
	if err != nil {
		return fmt.Errorf("write the sandbox's memory: %w", err)
	}
	if err := m.root.WriteFile(memoryTemp, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the sandbox's memory: %w", err)
	}
	if err := m.root.Rename(memoryTemp, memoryName); err != nil {
		return fmt.Errorf("write the sandbox's memory: %w", err)
	}
	if m.seen, err = m.root.Stat(memoryName); err != nil {
		return fmt.Errorf("write the sandbox's memory: %w", err)
	}
	return nil
}

func (m *Memory) file() string { return filepath.Join(m.dir, memoryName) }
