package artifact

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"reportsync/internal/export"
)

// Move gives the files of a version the names that spec plans now, and returns
// them with the path of their manifest. Nothing that belongs to another version or
// to somebody else is replaced.
//
// A copy of the manifest gets its new name before the files do, and the old one
// goes last: if the work breaks off, calling Move again completes it.
func (s *Store) Move(spec Spec, files []export.Artifact, manifest string) ([]export.Artifact, string, error) {
	if err := spec.validate(); err != nil {
		return nil, "", err
	}
	d, err := s.writing()
	if err != nil {
		return nil, "", err
	}
	moved := slices.Clone(files)
	single := len(files) == 1 && path.Dir(manifest) == path.Dir(files[0].Path) && path.Base(manifest) != folderManifestName
	for i := range moved {
		if moved[i].Path = spec.Path; !single {
			moved[i].Path = path.Join(spec.stem(), path.Base(files[i].Path))
		}
	}
	to := s.ManifestPath(spec, moved)
	m, _, err := manifestAt(d, manifest)
	if err != nil {
		return nil, "", err
	}
	if m == nil { // a move that broke off has taken it already
		if m, _, err = manifestAt(d, to); err != nil {
			return nil, "", err
		}
	}
	if m == nil {
		return nil, "", fmt.Errorf("move %s: its manifest %s is missing or damaged; run verify, then apply to repair it", spec.Path, manifest)
	}
	if err := s.move(d, m, files, moved, manifest, to); err != nil {
		return nil, "", err
	}
	return moved, to, nil
}

func (s *Store) move(d disk, m *Manifest, files, moved []export.Artifact, from, to string) error {
	old := []string{from}
	for i := range files {
		old = append(old, files[i].Path)
	}
	m.describe(moved, m.Rows)
	c := claim{disk: d, manifest: to, want: m, replaces: old, version: true}
	if err := c.check(moved); err != nil {
		return err
	}
	text, err := m.Encode()
	if err != nil {
		return err
	}
	f := folders{store: s, disk: d}
	defer f.done()
	tmp, err := s.writeManifest(d, to, text)
	if err != nil {
		return err
	}
	if err := f.place(tmp, to); err != nil {
		_ = d.Remove(tmp)
		return err
	}
	if err := f.sync(); err != nil {
		return err
	}
	var left []string
	for i := range files {
		if files[i].Path == moved[i].Path {
			continue
		}
		if err := moveFile(d, &f, files[i].Path, &moved[i]); err != nil {
			return err
		}
		left = append(left, path.Dir(files[i].Path))
	}
	if err := f.sync(); err != nil {
		return err
	}
	if from != to {
		if err := removeFile(d, from); err != nil {
			return err
		}
		left = append(left, path.Dir(from))
	}
	return tidy(d, left)
}

// moveFile renames a file, unless that was done before.
func moveFile(d disk, f *folders, from string, to *export.Artifact) error {
	_, err := d.Lstat(from)
	if err == nil {
		return f.place(from, to.Path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return failed(d, "move", from, err)
	}
	c, _, err := check(d, to, true)
	if err != nil {
		return err
	}
	if c != export.Whole {
		return fmt.Errorf("move %s: it is missing; run verify, then apply to repair it", from)
	}
	return nil
}
