package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// headerSize is the size of the header that every database has.
const headerSize = 100

// Exists reports whether there is a state at path. An empty file is none.
func Exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// inspect refuses what SQLite would take for a database to be made: files too
// small to be one, and empty files with a log. It reports whether there is
// anything in the file; a missing file is no error.
func inspect(op, path string) (something bool, err error) {
	refuse := func(kind error, hint, format string, args ...any) (bool, error) {
		return false, &Error{Op: op, Path: path, Kind: kind, Hint: hint, Err: fmt.Errorf(format, args...)}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return refuse(ErrNotState, hintNotState, "it is not a file")
	case info.Size() >= headerSize:
		return true, nil
	case info.Size() > 0:
		return refuse(ErrNotState, hintNotState, "it has only %d bytes", info.Size())
	}
	log, err := os.Stat(path + "-wal")
	if err != nil || log.Size() == 0 {
		return false, nil
	}
	if Exists(path) {
		return true, nil // it has been made just now
	}
	return refuse(ErrCorrupt, hintCorrupt, "the file is empty or gone, but %s holds writes that belong to it", filepath.Base(path)+"-wal")
}

// makeFile makes folder and file where they are missing. SQLite gives its -wal and
// -shm files the permissions of the file.
func makeFile(op, path string) error {
	if something, err := inspect(op, path); something || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // an empty one, or somebody else was faster
	}
	if err != nil {
		return err
	}
	return f.Close()
}
