package artifact

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// Remove removes files, and the folders that are empty without them. Files that
// are not there count as removed; what is no longer a file is left alone and is an
// error.
func (s *Store) Remove(paths ...string) error {
	if len(paths) == 0 {
		return nil
	}
	d, err := s.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var dirs []string
	for _, p := range paths {
		if err := removeFile(d, p); err != nil {
			return err
		}
		if dir := path.Dir(p); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return tidy(d, dirs)
}

func removeFile(d disk, p string) error {
	if err := checkPath(p); err != nil {
		return err
	}
	info, err := d.Lstat(p)
	switch {
	case absent(err):
		return nil
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("remove %s: it is not a file any more; move it away", p)
	case err == nil:
		err = d.Remove(p)
	}
	if absent(err) {
		return nil
	}
	return failed(d, "remove", p, err)
}

// tidy removes folders that are empty and those above them that become empty, and
// makes durable what has changed in the others.
func tidy(d disk, dirs []string) error {
	var changed []string
	for _, dir := range dirs {
		for dir != "." && d.Remove(dir) == nil { // fails while there is something in it
			dir = path.Dir(dir)
		}
		if !slices.Contains(changed, dir) {
			changed = append(changed, dir)
		}
	}
	for _, dir := range changed {
		if err := d.SyncDir(dir); err != nil && !absent(err) {
			return failed(d, "make durable the names in", dir, err)
		}
	}
	return nil
}
