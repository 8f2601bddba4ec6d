package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"

	"reportsync/internal/export"
)

// Staged is a version whose files are complete and durable, but have temporary
// names. It must be ended by [Staged.Publish] or [Staged.Discard].
type Staged struct {
	store    *Store
	disk     disk
	files    []export.Artifact // under their final paths
	temps    []string          // where they are, in the same order
	manifest string
	rows     int64
	ended    bool
}

// Finish makes everything that was written durable under temporary names. After
// an error nothing is left of it.
func (w *Writer) Finish(ctx context.Context) (*Staged, error) {
	if w.ended {
		return nil, errors.New("the version is finished already")
	}
	st, err := w.finish(ctx)
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	w.ended = true
	return st, nil
}

func (w *Writer) finish(ctx context.Context) (*Staged, error) {
	if w.broken != nil {
		return nil, fmt.Errorf("the last part is not whole: %w", w.broken)
	}
	if len(w.streams) == 0 && w.spec.Format != export.FormatRaw {
		// A version without parts is an empty table.
		if _, err := w.begin(&export.Part{}, false); err != nil {
			return nil, err
		}
	}
	st := &Staged{store: w.store, disk: w.disk, rows: -1}
	names, single := newNamer(), w.single()
	for _, s := range w.streams {
		stale, err := s.finish(ctx, func() (file, string, error) { return w.store.temp(w.disk, w.planned(s)) })
		if stale != "" {
			err = errors.Join(err, onFile(w.disk.Remove(stale)))
		}
		if err != nil {
			return nil, w.explain(s, err)
		}
		a, err := w.artifact(s)
		if err != nil {
			return nil, err
		}
		if a.Path = w.spec.Path; !single {
			a.Path = w.name(s, names)
		}
		if s.rows >= 0 {
			st.rows = max(st.rows, 0) + s.rows
		}
		st.files, st.temps = append(st.files, a), append(st.temps, s.temp)
	}
	st.manifest = w.store.ManifestPath(w.spec, st.files)
	return st, nil
}

// single reports whether the version is one table, which gets the planned path.
func (w *Writer) single() bool {
	return len(w.streams) == 1 && w.streams[0].ext == "" && w.streams[0].sheet == ""
}

// name gives a file of several its path.
func (w *Writer) name(s *stream, names namer) string {
	stem, ext := s.sheet, s.ext
	if stem == "" {
		stem = strconv.Itoa(s.part)
	}
	if ext == "" {
		if ext = w.spec.ext(); ext == "" {
			ext = "." + string(w.spec.Format)
		}
	}
	return path.Join(w.spec.stem(), names.name(stem, ext))
}

func (w *Writer) artifact(s *stream) (export.Artifact, error) {
	info, err := w.disk.Lstat(s.temp)
	if err != nil {
		return export.Artifact{}, failed(w.disk, "check", w.planned(s), err)
	}
	a := export.Artifact{
		Sheet: s.sheet, Size: s.sink.base, Rows: s.rows, SHA256: s.sink.sum,
		ModTime: info.ModTime().UTC(), Columns: s.cols,
	}
	if s.ext != "" {
		a.Rows = -1
	}
	return a, nil
}

// Files returns the files under the paths they will have.
func (s *Staged) Files() []export.Artifact { return slices.Clone(s.files) }

// Rows returns the number of rows in all files, -1 if they are documents.
func (s *Staged) Rows() int64 { return s.rows }

// Columns returns the columns of the first table.
func (s *Staged) Columns() []export.Column {
	for i := range s.files {
		if s.files[i].Columns != nil {
			return s.files[i].Columns
		}
	}
	return nil
}

// ContentHash identifies the content of the version: see [ContentHash].
func (s *Staged) ContentHash() string { return ContentHash(s.files) }

// ContentHash returns a hash of what is in files, headers and rows, whatever their
// paths are. Two versions with equal renderings and equal content have equal hashes.
func ContentHash(files []export.Artifact) string {
	h := sha256.New()
	for i := range files {
		fmt.Fprintf(h, "%q %s\n", files[i].Sheet, files[i].SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Discard throws the files away. It does nothing after Publish has succeeded.
func (s *Staged) Discard() error {
	if s.ended {
		return nil
	}
	s.ended = true
	var errs []error
	for i, t := range s.temps {
		if t != "" {
			errs = append(errs, failed(s.disk, "remove the temporary file of", s.files[i].Path, s.disk.Remove(t)))
		}
	}
	return errors.Join(errs...)
}
