package artifact

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"
)

// ForeignFileError means that something stands where a file should go and that
// nothing says reportsync has put it there.
type ForeignFileError struct {
	// Path is relative to the export root.
	Path string
	// Owner is the address of another export that the file belongs to, if a
	// manifest says so.
	Owner string
	// Version is the version that the file belongs to, if it is one of the same
	// export.
	Version string
}

// Error implements error.
func (e *ForeignFileError) Error() string {
	switch {
	case e.Version != "":
		return fmt.Sprintf("%s belongs to version %s of the same export; give each version a path of its own", e.Path, e.Version)
	case e.Owner != "":
		return fmt.Sprintf("%s belongs to %s; give the two exports different paths", e.Path, e.Owner)
	}
	return e.Path + " exists and was not written by reportsync; move it away or change path"
}

// fileError marks an error of writing a file, which is none of the version's.
type fileError struct{ err error }

func (e *fileError) Error() string { return e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

func onFile(err error) error {
	if err == nil {
		return nil
	}
	return &fileError{err}
}

func isFileError(err error) bool {
	_, ok := errors.AsType[*fileError](err)
	return ok
}

// failed says what was being done to which file, why it did not work, and what to
// do about it where that is known. The names of temporary files are left out:
// nobody can do anything with them.
func failed(d disk, doing, name string, err error) error {
	if err == nil {
		return nil
	}
	if name == "." {
		name = "the export root"
	} else if link := escape(d, name); link != "" {
		return fmt.Errorf("%s %s: %s is a symbolic link out of the export root, and nothing outside it is touched; "+
			"remove the link, or set export_root to the folder it leads to", doing, name, link)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	hint := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = "; make room, or set export_root to another disk"
	case errors.Is(err, syscall.EROFS):
		hint = "; set export_root to a place that can be written to"
	case errors.Is(err, fs.ErrPermission):
		hint = "; check the owner and the permissions of the folder"
	case errors.Is(err, syscall.ENOTDIR):
		hint = "; a file has the name of a folder that is needed: move it away or change path"
	case errors.Is(err, syscall.ENAMETOOLONG):
		hint = "; shorten path"
	}
	if hint == "" {
		return fmt.Errorf("%s %s: %w", doing, name, err)
	}
	return fmt.Errorf("%s %s: %w%s", doing, name, err, hint)
}

// rootFailed is failed for the export root itself.
func rootFailed(doing, dir string, err error) error {
	var hint string
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		hint = "a file has this name, or the name of a folder above: move it away"
	case errors.Is(err, fs.ErrExist):
		hint = "a symbolic link that leads nowhere has this name: remove it"
	default:
		return failed(nil, doing, dir, err)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("%s %s: %w; %s, or set export_root to another folder", doing, dir, err, hint)
}

// escape returns the folder on the way to name, or name itself, that is a
// symbolic link out of the root, or "".
func escape(d disk, name string) string {
	if d == nil {
		return ""
	}
	for dir := name; dir != "." && dir != "/"; dir = path.Dir(dir) {
		info, err := d.Lstat(dir)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		if _, err := d.Stat(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return dir
		}
	}
	return ""
}
