package artifact

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"reportsync/internal/failpoint"
)

// disk is everything that is ever done to the export root. Tests put a disk in
// between whose calls fail.
type disk interface {
	Create(name string) (file, error) // fails if the name is taken
	Open(name string) (file, error)
	Lstat(name string) (fs.FileInfo, error)
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Mkdir(name string) error
	Rename(from, to string) error
	Remove(name string) error
	RemoveAll(name string) error
	SyncDir(name string) error
	Close() error
}

type file interface {
	io.ReadWriteSeeker
	io.ReaderAt
	io.Closer
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
}

// rootDisk is a folder of the machine, confined by [os.Root]. Names are relative
// with forward slashes, which all systems understand.
type rootDisk struct{ root *os.Root }

func (d rootDisk) Create(name string) (file, error) {
	failpoint.Hit("create.before")
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("create.after")
	return failpoint.Watch(f), nil
}

func (d rootDisk) Open(name string) (file, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d rootDisk) Lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }
func (d rootDisk) Stat(name string) (fs.FileInfo, error)  { return d.root.Stat(name) }
func (d rootDisk) Close() error                           { return d.root.Close() }

func (d rootDisk) Mkdir(name string) error {
	return around("mkdir", func() error { return d.root.Mkdir(name, 0o700) })
}

func (d rootDisk) Rename(from, to string) error {
	return around("rename", func() error { return d.root.Rename(from, to) })
}

func (d rootDisk) Remove(name string) error {
	return around("remove", func() error { return d.root.Remove(name) })
}

func (d rootDisk) RemoveAll(name string) error {
	return around("remove", func() error { return d.root.RemoveAll(name) })
}

// around does something between two boundaries.
func around(name string, do func() error) error {
	failpoint.Hit(name + ".before")
	err := do()
	failpoint.Hit(name + ".after")
	return err
}

func (d rootDisk) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	list, err := f.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, errors.Join(err, f.Close())
}

// SyncDir makes the names in a folder durable. Where the system cannot do that
// for folders, there is nothing more to be done.
func (d rootDisk) SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	err = around("fsync-folder", f.Sync)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
