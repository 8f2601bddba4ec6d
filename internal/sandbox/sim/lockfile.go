package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"reportsync/internal/clock"
)

const (
	lockName  = "memory.lock"
	lockRetry = time.Millisecond
	// lockStale is how many looks at one and the same lock file it takes to
	// believe that its owner was killed: a lock is held for one write of a small
	// file, and two seconds are an age.
	lockStale = 2000
)

// lockFile takes the lock of a folder and returns what gives it back. The lock
// is a file that exists: nothing more is needed to keep two processes from
// writing over each other, and it works on every file system. The wait ends by itself, because a lock that
// does not change is taken for one whose owner was killed.
func lockFile(root *os.Root, wall clock.Clock) (unlock func(), err error) {
	var seen fs.FileInfo
	for looks := 0; ; {
		f, err := root.OpenFile(lockName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			if err := f.Close(); err != nil {
				return nil, fmt.Errorf("take the lock of the sandbox's memory: %w", err)
			}
			return func() { _ = root.Remove(lockName) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("take the lock of the sandbox's memory: %w", err)
		}
		info, err := root.Stat(lockName)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("take the lock of the sandbox's memory: %w", err)
		case same(seen, info):
			looks++
		default:
			seen, looks = info, 0
		}
		if looks >= lockStale {
			if err := root.Remove(lockName); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("remove the lock of a sandbox that was killed: %w", err)
			}
			seen, looks = nil, 0
			continue
		}
		if err := wall.Sleep(context.Background(), lockRetry); err != nil {
			return nil, fmt.Errorf("wait for the lock of the sandbox's memory: %w", err)
		}
	}
}

// same reports whether two looks saw one and the same unchanged file.
func same(a, b fs.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
