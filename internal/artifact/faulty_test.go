package artifact

import (
	"errors"
	"io/fs"
	"sync"
	"syscall"
)

// faults decides which calls of a disk fail. It counts the calls that change
// something, and those that make changes durable.
type faults struct {
	mu   sync.Mutex
	log  []string
	fail func(n int, op string) error // n counts from 1
}

func (f *faults) call(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, op+" "+name)
	if f.fail == nil {
		return nil
	}
	if err := f.fail(len(f.log), op); err != nil {
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return nil
}

// wrap puts the faults into a store.
func (f *faults) wrap(d disk) disk { return &faultyDisk{d, f} }

// once makes the n-th call fail.
func once(n int) func(int, string) error {
	return func(i int, _ string) error {
		if i == n {
			return syscall.ENOSPC
		}
		return nil
	}
}

var errKilled = errors.New("the process was killed")

// killed makes the n-th call and all after it fail: nothing can be cleaned up.
func killed(n int) func(int, string) error {
	return func(i int, _ string) error {
		if i >= n {
			return errKilled
		}
		return nil
	}
}

type faultyDisk struct {
	disk
	faults *faults
}

func (d *faultyDisk) Create(name string) (file, error) {
	if err := d.faults.call("create", name); err != nil {
		return nil, err
	}
	f, err := d.disk.Create(name)
	if err != nil {
		return nil, err
	}
	return &faultyFile{f, name, d.faults}, nil
}

func (d *faultyDisk) Mkdir(name string) error {
	if err := d.faults.call("mkdir", name); err != nil {
		return err
	}
	return d.disk.Mkdir(name)
}

func (d *faultyDisk) Rename(from, to string) error {
	if err := d.faults.call("rename", to); err != nil {
		return err
	}
	return d.disk.Rename(from, to)
}

func (d *faultyDisk) Remove(name string) error {
	if err := d.faults.call("remove", name); err != nil {
		return err
	}
	return d.disk.Remove(name)
}

func (d *faultyDisk) SyncDir(name string) error {
	if err := d.faults.call("sync folder", name); err != nil {
		return err
	}
	return nil // tests need no durable files
}

type faultyFile struct {
	file
	name   string
	faults *faults
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.faults.call("write", f.name); err != nil {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, err
	}
	return f.file.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.faults.call("sync", f.name); err != nil {
		return err
	}
	return nil
}

func (f *faultyFile) Truncate(n int64) error {
	if err := f.faults.call("truncate", f.name); err != nil {
		return err
	}
	return f.file.Truncate(n)
}

func (f *faultyFile) Close() error {
	err := f.faults.call("close", f.name)
	return errors.Join(err, f.file.Close())
}
