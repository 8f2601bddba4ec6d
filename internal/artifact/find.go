package artifact

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"

	"reportsync/internal/export"
)

// Found is a manifest that lies below the export root.
type Found struct {
	*Manifest
	// Path is relative to the export root.
	Path string
}

// Artifacts returns the files that the manifest describes, under their paths. It
// does not look at them.
func (f Found) Artifacts() []export.Artifact { return f.artifacts(f.Path) }

// Manifests finds the manifests below the root, for those who have lost their
// state: versions that a service does not list cannot be asked for otherwise.
// Symbolic links are not followed. What is not a whole manifest is passed over.
func (s *Store) Manifests(ctx context.Context) iter.Seq2[Found, error] {
	return func(yield func(Found, error) bool) {
		d, err := s.reading()
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(Found{}, err)
			return
		}
		find(ctx, d, ".", yield)
	}
}

// find yields the manifests in and below a folder. It reports whether to go on.
func find(ctx context.Context, d disk, dir string, yield func(Found, error) bool) bool {
	if ctx.Err() != nil {
		yield(Found{}, context.Cause(ctx))
		return false
	}
	entries, err := d.ReadDir(dir)
	if absent(err) {
		return true
	}
	if err != nil {
		return yield(Found{}, failed(d, "look for manifests in", dir, err))
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if name != tempDir && !find(ctx, d, name, yield) {
				return false
			}
		case e.Type().IsRegular() && (e.Name() == folderManifestName || strings.HasSuffix(e.Name(), "."+folderManifestName)):
			m, _, err := manifestAt(d, name)
			if (m != nil || err != nil) && !yield(Found{m, name}, err) {
				return false
			}
		}
	}
	return true
}
