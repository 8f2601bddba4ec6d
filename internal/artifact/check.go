package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"syscall"
	"time"

	"reportsync/internal/export"
)

// Check looks at a file that should be there. Size and modification time that are
// as they were count as proof unless deep is set; otherwise the file is hashed.
// The error says that the file could not be looked at.
func (s *Store) Check(a export.Artifact, deep bool) (export.Condition, error) {
	d, err := s.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return export.Missing, nil
	}
	if err != nil {
		return "", err
	}
	c, _, err := check(d, &a, deep)
	return c, err
}

func check(d disk, a *export.Artifact, deep bool) (export.Condition, fs.FileInfo, error) {
	if err := checkPath(a.Path); err != nil {
		return "", nil, err
	}
	info, err := d.Lstat(a.Path)
	switch {
	case absent(err):
		return export.Missing, nil, nil
	case err != nil:
		return "", nil, failed(d, "check", a.Path, err)
	case !info.Mode().IsRegular(), info.Size() != a.Size:
		return export.Damaged, info, nil
	case !deep && sameMoment(info.ModTime(), a.ModTime):
		return export.Whole, info, nil
	}
	sum, err := hashFile(d, a.Path)
	switch {
	case absent(err):
		return export.Missing, nil, nil
	case err != nil:
		return "", nil, failed(d, "check", a.Path, err)
	case sum != a.SHA256:
		return export.Damaged, info, nil
	}
	return export.Whole, info, nil
}

// sameMoment compares modification times as precisely as they can be kept on the
// way through a state.
func sameMoment(a, b time.Time) bool {
	return a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond))
}

// absent reports whether an error says that there is no such file, also because a
// folder on the way to it is none.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func hashFile(d disk, name string) (_ string, err error) {
	f, err := d.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buf := standardBuffers.get()
	defer standardBuffers.put(buf)
	buf = buf[:cap(buf)]
	h := sha256.New()
	for {
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
