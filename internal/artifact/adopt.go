package artifact

import (
	"errors"
	"io/fs"

	"reportsync/internal/export"
)

// AdoptWant is what a manifest must say for its files to be adopted.
type AdoptWant struct {
	// Identity is the hash of the arguments that make it this export.
	Identity  string
	VersionID string
	Rendering string
}

func (w AdoptWant) matches(m *Manifest) bool {
	return m != nil && w.Identity != "" && m.Identity == w.Identity &&
		m.Version.ID == w.VersionID && m.Rendering == w.Rendering
}

// Adopt looks for the files of a version where they are planned, and returns them
// with their manifest if that says they are the wanted ones and each has its hash.
// It returns nil when there is nothing to adopt; the error says that something
// could not be looked at.
func (s *Store) Adopt(spec Spec, want AdoptWant) (*Manifest, []export.Artifact, error) {
	if err := spec.validate(); err != nil {
		return nil, nil, err
	}
	d, err := s.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, at := range []string{spec.singleManifest(), spec.folderManifest()} {
		m, _, err := manifestAt(d, at)
		if err != nil {
			return nil, nil, err
		}
		if !want.matches(m) {
			continue
		}
		files := m.artifacts(at)
		if at == spec.singleManifest() && (len(files) != 1 || files[0].Path != spec.Path) {
			continue
		}
		whole, err := allWhole(d, files)
		if err != nil {
			return nil, nil, err
		}
		if whole {
			return m, files, nil
		}
	}
	return nil, nil, nil
}

// allWhole hashes files and notes their modification times.
func allWhole(d disk, files []export.Artifact) (bool, error) {
	for i := range files {
		c, info, err := check(d, &files[i], true)
		if err != nil || c != export.Whole {
			return false, err
		}
		files[i].ModTime = info.ModTime().UTC()
	}
	return true, nil
}
