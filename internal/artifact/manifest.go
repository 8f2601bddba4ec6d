package artifact

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"reportsync/internal/export"
)

// manifestVersion is raised when an older reportsync would misread a manifest.
const manifestVersion = 1

// manifestLimit is far more than a manifest needs: 10,000 sheets of 100 columns.
const manifestLimit = 128 << 20

// Manifest explains the files of one version to whoever finds them. It holds no
// secret.
type Manifest struct {
	FormatVersion int    `json:"format_version"`
	Tool          string `json:"tool"`
	// Address, Identity, Provider and Type say which export the version is of.
	Address  string `json:"address"`
	Identity string `json:"identity,omitempty"`
	Provider string `json:"provider,omitempty"`
	Type     string `json:"type,omitempty"`
	// Version is the snapshot as the service names it, with its period and times.
	Version   export.Version `json:"version"`
	RequestID string         `json:"request_id,omitempty"`
	// Params are the export's arguments as JSON, sensitive ones left out.
	Params json.RawMessage `json:"params,omitempty"`
	// Rendering identifies format and arguments that shape the files.
	Rendering string        `json:"rendering,omitempty"`
	Format    export.Format `json:"format"`
	FetchedAt time.Time     `json:"fetched_at"`
	// Rows is the number of rows in all files, -1 when they are documents.
	Rows  int64          `json:"rows"`
	Files []ManifestFile `json:"files"`
	// Warnings are what was odd about the version, a sentence each.
	Warnings []string `json:"warnings,omitempty"`
}

// ManifestFile is one file of the version.
type ManifestFile struct {
	// Name is the file's name in the folder of the manifest.
	Name    string          `json:"name"`
	Sheet   string          `json:"sheet,omitempty"`
	Size    int64           `json:"size"`
	Rows    int64           `json:"rows"`
	SHA256  string          `json:"sha256"`
	Columns []export.Column `json:"columns,omitempty"`
}

// Encode returns the manifest as it is written: indented JSON.
func (m *Manifest) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return b.Bytes(), nil
}

// DecodeManifest reads a manifest, and refuses one that is damaged, made by a
// newer reportsync, or names files outside its folder.
func DecodeManifest(text []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	switch {
	case m.FormatVersion > manifestVersion:
		return nil, fmt.Errorf("read manifest: it has format_version %d and this reportsync knows %d; use the version that wrote it", m.FormatVersion, manifestVersion)
	case m.FormatVersion < 1 || m.Address == "":
		return nil, errors.New("read manifest: it was not written by reportsync")
	}
	seen := map[string]bool{}
	for i := range m.Files {
		if err := m.Files[i].check(seen); err != nil {
			return nil, fmt.Errorf("read manifest: file %d: %w", i+1, err)
		}
	}
	return &m, nil
}

func (f *ManifestFile) check(seen map[string]bool) error {
	sum, err := hex.DecodeString(f.SHA256)
	switch {
	case !fs.ValidPath(f.Name) || f.Name == "." || strings.ContainsAny(f.Name, "/\\\x00"):
		return fmt.Errorf("%q is not a file's name", f.Name)
	case seen[f.Name]:
		return fmt.Errorf("%q is listed twice", f.Name)
	case err != nil || len(sum) != sha256.Size || f.SHA256 != strings.ToLower(f.SHA256):
		return fmt.Errorf("%q is not a SHA-256", f.SHA256)
	case f.Size < 0 || f.Rows < -1:
		return fmt.Errorf("%q has an impossible size", f.Name)
	}
	seen[f.Name] = true
	return nil
}

// lists reports whether the manifest at a path explains the file at another.
func (m *Manifest) lists(at, name string) bool {
	if m == nil {
		return false
	}
	for i := range m.Files {
		if path.Join(path.Dir(at), m.Files[i].Name) == name {
			return true
		}
	}
	return false
}

// sameExport reports whether two manifests are of the same export, which may have
// another name meanwhile.
func (m *Manifest) sameExport(o *Manifest) bool {
	return m.Address == o.Address || (m.Identity != "" && m.Identity == o.Identity)
}

// artifacts returns the files of the manifest at a path.
func (m *Manifest) artifacts(at string) []export.Artifact {
	out := make([]export.Artifact, len(m.Files))
	for i, f := range m.Files {
		out[i] = export.Artifact{
			Path: path.Join(path.Dir(at), f.Name), Sheet: f.Sheet,
			Size: f.Size, Rows: f.Rows, SHA256: f.SHA256, Columns: f.Columns,
		}
	}
	return out
}

// describe fills in what the files tell.
func (m *Manifest) describe(files []export.Artifact, rows int64) {
	m.FormatVersion, m.Rows = manifestVersion, rows
	m.Files = make([]ManifestFile, len(files))
	for i := range files {
		f := &files[i]
		m.Files[i] = ManifestFile{
			Name: path.Base(f.Path), Sheet: f.Sheet,
			Size: f.Size, Rows: f.Rows, SHA256: f.SHA256, Columns: f.Columns,
		}
	}
}

// manifestAt reads the manifest at a path. It returns nil without an error when
// there is none, or something else that has its name.
func manifestAt(d disk, name string) (*Manifest, []byte, error) {
	info, err := d.Lstat(name)
	if absent(err) || err == nil && !info.Mode().IsRegular() {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, failed(d, "read", name, err)
	}
	f, err := d.Open(name)
	if absent(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, failed(d, "read", name, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, manifestLimit))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, nil, failed(d, "read", name, err)
	}
	m, err := DecodeManifest(text)
	if err != nil {
		return nil, nil, nil // not a manifest of ours, or not whole: it vouches for nothing
	}
	return m, text, nil
}

// writeManifest writes a manifest under a temporary name and makes it durable.
func (s *Store) writeManifest(d disk, name string, text []byte) (string, error) {
	f, tmp, err := s.temp(d, name)
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = d.Remove(tmp)
		return "", failed(d, "write", name, err)
	}
	return tmp, nil
}
