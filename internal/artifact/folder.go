package artifact

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// folders collects the folders whose lists of names have changed and must be made
// durable before a publication counts.
type folders struct {
	store *Store
	disk  disk
	made  []string // folders that were not there before
	mine  []string // folders whose own names we are to make durable
	dirty []string
}

// touch remembers that the names in dir have changed.
func (f *folders) touch(dir string) {
	for _, d := range f.dirty {
		if d == dir {
			return
		}
	}
	f.dirty = append(f.dirty, dir)
}

// make makes a folder and those above it.
func (f *folders) make(dir string) error {
	if dir == "." {
		return nil
	}
	for end := 0; end < len(dir); end++ {
		if i := strings.IndexByte(dir[end:], '/'); i >= 0 {
			end += i
		} else {
			end = len(dir)
		}
		made, mine, err := f.store.mkdir(f.disk, dir[:end])
		if err != nil {
			return err
		}
		if made {
			f.made = append(f.made, dir[:end])
		}
		if mine {
			f.mine = append(f.mine, dir[:end])
			f.touch(path.Dir(dir[:end]))
		}
	}
	return nil
}

// sync makes all names durable, those in the deepest folders first.
func (f *folders) sync() error {
	for i := len(f.dirty) - 1; i >= 0; i-- {
		if err := f.store.syncs.folder(f.disk, f.dirty[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failed(f.disk, "make durable the names in", f.dirty[i], err)
		}
	}
	f.dirty = f.dirty[:0]
	f.done()
	return nil
}

// unmake removes the folders that were made, unless something is in them by now.
func (f *folders) unmake() {
	for i := len(f.made) - 1; i >= 0; i-- {
		_ = f.disk.Remove(f.made[i])
	}
}

// done ends the responsibility for folders that were made.
func (f *folders) done() {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	for _, m := range f.mine {
		if f.store.fresh[m]--; f.store.fresh[m] <= 0 {
			delete(f.store.fresh, m)
		}
	}
	f.mine = nil
}

// mkdir makes a folder unless it is there. It reports whether it has, and whether
// the caller has to make its name durable: also when somebody else has made it just
// now and may not have come to that yet.
func (s *Store) mkdir(d disk, dir string) (made, mine bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = d.Mkdir(dir)
	made = err == nil
	if errors.Is(err, fs.ErrExist) {
		info, err := d.Stat(dir)
		switch {
		case err != nil:
			return false, false, failed(d, "make folder", dir, err)
		case !info.IsDir():
			return false, false, fmt.Errorf("make folder %s: a file has this name; move it away or change path", dir)
		case s.fresh[dir] == 0:
			return false, false, nil
		}
	} else if err != nil {
		return false, false, failed(d, "make folder", dir, err)
	}
	s.fresh[dir]++
	return made, true, nil
}

// place renames a file into its folder, which is made first. Somebody may remove
// the folder in between because it is empty; then it is made again.
func (f *folders) place(from, to string) error {
	dir := path.Dir(to)
	var err error
	for range 5 {
		if err = f.make(dir); err == nil {
			if err = f.disk.Rename(from, to); err == nil {
				f.touch(dir)
				return nil
			}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		if _, gone := f.disk.Lstat(from); gone != nil {
			break
		}
	}
	return failed(f.disk, "publish", to, err)
}
