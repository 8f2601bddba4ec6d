package state

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with a state, for errors.Is.
var (
	// ErrNotExist: there is no state yet.
	ErrNotExist = errors.New("there is no state")
	// ErrNotState: the file is something else.
	ErrNotState = errors.New("the file is not a reportsync state")
	// ErrCorrupt: the file was a state and is damaged.
	ErrCorrupt = errors.New("the state file is damaged")
	// ErrAccess: the file or its folder may not be read or written.
	ErrAccess = errors.New("the state file cannot be accessed")
	// ErrFull: there is no room left on the disk.
	ErrFull = errors.New("the disk is full")
	// ErrBusy: another program keeps the database locked.
	ErrBusy = errors.New("the state file is in use by another program")
	// ErrReadOnly: the state was opened for reading only.
	ErrReadOnly = errors.New("the state was opened for reading only")
	// ErrLeaseLost: another process took the lease over, or it could not be
	// renewed in time. Nothing was written.
	ErrLeaseLost = errors.New("the lock on the state was lost to another run")
	// ErrUnknown: what the write is about is not in the state.
	ErrUnknown = errors.New("not in the state")
)

// Error is an error of the state file, with the way out.
type Error struct {
	// Op is what was being done: "open state".
	Op string
	// Path is the state file.
	Path string
	// Hint says how to go on; it may be empty.
	Hint string
	// Kind is one of the errors of this package, or nil.
	Kind error
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.Kind == nil:
		return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err)
	case e.Err == nil:
		return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Kind)
	}
	return fmt.Sprintf("%s %s: %v: %v", e.Op, e.Path, e.Kind, e.Err)
}

// Unwrap returns kind and cause.
func (e *Error) Unwrap() []error {
	var out []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// ErrNewer means that the state has a schema that this version does not know.
type ErrNewer struct {
	Path string
	// Have is the file's schema version, Known the newest one known here.
	Have, Known int
}

// Error implements error.
func (e *ErrNewer) Error() string {
	return fmt.Sprintf("state %s was written by a newer reportsync: its schema version is %d, this reportsync knows up to %d; use the newer reportsync",
		e.Path, e.Have, e.Known)
}

// ErrLocked means that another run holds the lease.
type ErrLocked struct{ Holder Holder }

// Error implements error.
func (e *ErrLocked) Error() string {
	h := e.Holder
	return fmt.Sprintf("the state is locked by %s@%s (pid %d, %q) since %s, lock id %s; should that run be dead, the lock expires %s after its last heartbeat, which was at %s",
		h.User, h.Host, h.PID, h.Command, second(h.Since), h.ID, leaseTTL, second(h.Heartbeat))
}

// fail wraps an error of an operation on the state file. It returns nil for nil
// and leaves alone what is already an error of this package.
func fail(op, path string, err error) error {
	if err == nil || known(err) {
		return err
	}
	e := &Error{Op: op, Path: path, Err: err}
	e.Kind, e.Hint = classify(err)
	return e
}

func known(err error) bool {
	for _, sentinel := range []error{ErrLeaseLost, ErrReadOnly, ErrUnknown} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*ErrNewer](err); ok {
		return true
	}
	_, ok := errors.AsType[*ErrLocked](err)
	return ok
}

const (
	hintCorrupt = "Put a backup in its place: the newest state.db.backup-* beside it, or your own. " +
		"Without one, move the file and its -wal and -shm files away and run apply: files on disk with a matching manifest are adopted, not fetched again. " +
		"A generation that was in progress is then not known any more."
	hintNotState  = "Check the path of the state: the reportsync block's state argument. The file was left as it is."
	hintAccess    = "The state file must belong to you, and its folder must let you create files beside it. Check owner and permissions, and that the disk is not mounted read-only."
	hintNotFolder = "Above the state, a file has the name of a folder: move it away, or change the reportsync block's state argument."
	hintFull      = "Free some space and run again: nothing was lost, the last write did not happen."
	hintBusy      = "Close other programs that have the file open (a database browser, a backup) and run again."
	hintIO        = "The disk or file system reports an error. The state needs a local disk; network folders do not work."
)

var errClosed = errors.New("the state is closed")

// errOrphan is a state whose rows do not fit together.
var errOrphan = fmt.Errorf("%w: a row that belongs to another is alone", ErrCorrupt)

// classify tells what kind of trouble an error of SQLite or of the file system is.
func classify(err error) (kind error, hint string) {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		if e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE {
			return ErrFull, hintFull // the index of the log finds no room
		}
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT:
			return ErrCorrupt, hintCorrupt
		case sqlite3.SQLITE_NOTADB:
			return ErrNotState, hintNotState
		case sqlite3.SQLITE_FULL:
			return ErrFull, hintFull
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
			return ErrBusy, hintBusy
		case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
			return ErrAccess, hintAccess
		case sqlite3.SQLITE_IOERR:
			return nil, hintIO
		}
		return nil, ""
	}
	if errors.Is(err, errOrphan) {
		return nil, hintCorrupt // the error says ErrCorrupt itself
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		if errors.Is(e.Err, syscall.ENOTDIR) {
			return ErrAccess, hintNotFolder
		}
		return ErrAccess, hintAccess
	}
	return nil, ""
}
