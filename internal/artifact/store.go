package artifact

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// tempDir holds what is not complete yet. It is inside the root, because a rename
// does not cross file systems.
const tempDir = ".reportsync-tmp"

// Store is an export root. It is safe for concurrent use.
type Store struct {
	dir     string
	tmp     string
	wrap    func(disk) disk // what tests put in between, or nil
	buffers *buffers
	seq     atomic.Int64
	used    atomic.Bool // a temporary file was made

	// folders is held by who makes or removes folders for temporary files, while they
	// are empty.
	folders sync.Mutex

	mu   sync.Mutex
	disk disk // nil until the root exists
	// fresh counts, by folder, those who have made it and not yet made its name
	// durable. Whoever puts a file into such a folder must not rely on the other.
	fresh map[string]int
	syncs syncs
}

// Open opens the folder root for the state with the given lineage. The folder is
// made when something is written for the first time: what only reads never makes
// it. Several states can share one root.
func Open(root, lineage string) (*Store, error) { return open(root, lineage, nil) }

func open(root, lineage string, wrap func(disk) disk) (*Store, error) {
	s := &Store{dir: root, wrap: wrap, buffers: standardBuffers, fresh: map[string]int{}}
	s.tmp = tempDir + "/" + segment(lineage[:min(8, len(lineage))])
	if _, err := s.reading(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
}

// Close gives the folder back.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.disk == nil {
		return nil
	}
	if s.used.Load() {
		// Only empty folders can be removed this way; leftovers stay for Sweep.
		_ = s.disk.Remove(s.tmp)
		_ = s.disk.Remove(tempDir)
	}
	err := s.disk.Close()
	s.disk = nil
	return err
}

// reading returns the disk, or an error that is [fs.ErrNotExist] when the root
// does not exist.
func (s *Store) reading() (disk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open()
}

func (s *Store) open() (disk, error) {
	if s.disk != nil {
		return s.disk, nil
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		if info, serr := os.Stat(s.dir); serr == nil && !info.IsDir() {
			err = syscall.ENOTDIR // which OpenRoot says in words only
		}
		return nil, rootFailed("open export root", s.dir, err)
	}
	s.disk = rootDisk{root}
	if s.wrap != nil {
		s.disk = s.wrap(s.disk)
	}
	return s.disk, nil
}

// writing returns the disk and makes the root if it does not exist.
func (s *Store) writing() (disk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.open()
	if !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, rootFailed("make export root", s.dir, err)
	}
	if parent, err := os.OpenRoot(filepath.Dir(s.dir)); err == nil {
		err = errors.Join(rootDisk{parent}.SyncDir("."), parent.Close())
		if err != nil {
			return nil, rootFailed("make export root", s.dir, err)
		}
	}
	return s.open()
}

// temp makes a temporary file. The planned name is for the error.
func (s *Store) temp(d disk, planned string) (file, string, error) {
	s.used.Store(true)
	for range 10_000 {
		name := s.tmp + "/" + strconv.FormatInt(s.seq.Add(1), 10)
		f, err := d.Create(name)
		if errors.Is(err, fs.ErrNotExist) {
			f, err = s.createFirst(d, name)
		}
		switch {
		case err == nil:
			return f, name, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, "", failed(d, "create a temporary file for", planned, err)
		}
	}
	return nil, "", fmt.Errorf("create a temporary file for %s: %s is full of leftovers; remove it while no reportsync runs", planned, s.tmp)
}

// createFirst creates a temporary file in a folder that does not exist yet.
func (s *Store) createFirst(d disk, name string) (file, error) {
	s.folders.Lock()
	defer s.folders.Unlock()
	if err := makeFolders(d, tempDir, s.tmp); err != nil {
		return nil, err
	}
	return d.Create(name)
}

// makeFolders makes folders, one in the other. Those who call it hold the lock
// folders, or an empty one could be removed again under their hands.
func makeFolders(d disk, dirs ...string) error {
	for _, dir := range dirs {
		if err := d.Mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return failed(d, "make the folder", dir, err)
		}
	}
	return nil
}

// Sweep removes the temporary files that earlier runs of the same state have
// left. No other run of that state may be writing.
func (s *Store) Sweep() error {
	d, err := s.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, dir := range []string{tempDir, s.tmp} {
		info, err := d.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !info.IsDir() {
			return fmt.Errorf("clear temporary files: %s is not a folder; move it away", dir)
		}
	}
	if err := d.RemoveAll(s.tmp); err != nil {
		return failed(d, "clear temporary files in", s.tmp, err)
	}
	_ = d.Remove(tempDir) // stays if another state uses it
	return nil
}
