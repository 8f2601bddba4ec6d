package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"reportsync/internal/export"
)

// Published is a version under its final names.
type Published struct {
	Files        []export.Artifact
	ManifestPath string
}

// Publish gives the files their final names, the manifest first, and makes the
// names durable. What m says about files and rows is filled in.
//
// Files that are in the way are replaced if replaces lists them, or a manifest
// beside them says they are of the same export, or they are equal to what replaces
// them; anything else is a [ForeignFileError], and nothing has changed. After
// another error, files that had no predecessor are taken away again.
func (s *Staged) Publish(ctx context.Context, m Manifest, replaces []string) (Published, error) {
	switch {
	case s.ended:
		return Published{}, errors.New("the version is published or discarded already")
	case ctx.Err() != nil:
		return Published{}, context.Cause(ctx)
	}
	m.describe(s.files, s.rows)
	text, err := m.Encode()
	if err != nil {
		return Published{}, err
	}
	c := claim{disk: s.disk, manifest: s.manifest, want: &m, replaces: replaces}
	if err := c.check(s.files); err != nil {
		return Published{}, err
	}
	tmp, err := s.store.writeManifest(s.disk, s.manifest, text)
	if err != nil {
		return Published{}, err
	}
	if err := s.rename(tmp, &c); err != nil {
		return Published{}, errors.Join(err, s.Discard())
	}
	s.ended = true
	return Published{Files: s.Files(), ManifestPath: s.manifest}, nil
}

// rename moves everything into place.
func (s *Staged) rename(manifest string, c *claim) error {
	f := folders{store: s.store, disk: s.disk}
	defer f.done()
	if err := f.place(manifest, s.manifest); err != nil {
		_ = s.disk.Remove(manifest)
		f.unmake()
		return err
	}
	// The names of the files must not reach the disk before the manifest's does.
	err := f.sync()
	placed := 0
	for ; err == nil && placed < len(s.files); placed++ {
		if err = f.place(s.temps[placed], s.files[placed].Path); err != nil {
			break
		}
		s.temps[placed] = ""
	}
	if err == nil {
		err = f.sync()
	}
	if err != nil {
		s.undo(c, placed)
		f.unmake()
	}
	return err
}

// undo takes back a publication that broke off. If it has replaced files, their
// old content is gone; then the new manifest stays to explain what is there.
func (s *Staged) undo(c *claim, placed int) {
	for i := range placed {
		if c.existed[s.files[i].Path] {
			return
		}
	}
	for i := range placed {
		_ = s.disk.Remove(s.files[i].Path)
	}
	if c.old == nil {
		_ = s.disk.Remove(s.manifest)
	} else if tmp, err := s.store.writeManifest(s.disk, s.manifest, c.old); err == nil {
		_ = s.disk.Rename(tmp, s.manifest)
	}
	_ = s.disk.SyncDir(path.Dir(s.manifest))
}

// claim is the right to put files somewhere.
type claim struct {
	disk     disk
	manifest string    // path of the new manifest
	want     *Manifest // the new manifest
	replaces []string
	// version restricts what a manifest vouches for to the same version.
	version bool

	owner   *Manifest // the manifest that is there
	old     []byte    // its text
	existed map[string]bool
}

// check makes sure that nothing of somebody else's is in the way.
func (c *claim) check(files []export.Artifact) error {
	var err error
	if c.owner, c.old, err = manifestAt(c.disk, c.manifest); err != nil {
		return err
	}
	c.existed = map[string]bool{}
	if err := c.clear(c.manifest, nil); err != nil {
		return err
	}
	for i := range files {
		if err := c.clear(files[i].Path, &files[i]); err != nil {
			return err
		}
	}
	return nil
}

// clear checks one path; a is nil for the manifest.
func (c *claim) clear(name string, a *export.Artifact) error {
	info, err := c.disk.Lstat(name)
	switch {
	case absent(err):
		return nil // a file in a folder's place is found when the folder is made
	case err != nil:
		return failed(c.disk, "publish", name, err)
	case info.IsDir():
		return fmt.Errorf("publish %s: a folder has this name; move it away or change path", name)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("publish %s: a symbolic link has this name; remove the link or change path", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("publish %s: what has this name is not a file; move it away or change path", name)
	}
	c.existed[name] = true
	for _, r := range c.replaces {
		if r == name {
			return nil
		}
	}
	explained := c.owner != nil && (a == nil || c.owner.lists(c.manifest, name))
	if explained && c.owner.sameExport(c.want) && (!c.version || c.owner.Version.ID == c.want.Version.ID) {
		return nil
	}
	if a != nil {
		if condition, _, err := check(c.disk, a, true); err == nil && condition == export.Whole {
			return nil
		}
	}
	e := &ForeignFileError{Path: name}
	if explained {
		e.Owner = c.owner.Address
		if c.owner.sameExport(c.want) {
			e.Version = c.owner.Version.ID
		}
	}
	return e
}
