package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"reportsync/internal/export"
)

// Parts are parts of a version that is not whole yet, kept for a later run: what a
// service has once answered need not be paid for again. Each part is a file with the
// bytes as they came, and a second one that vouches for it.
type Parts struct {
	store *Store
	dir   string
	count int // how many there are, as far as List and Keep know
}

// vouched is what is recorded of a part.
type vouched struct {
	Sheet  string `json:"sheet,omitempty"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// keptDir is where parts are, beside the temporary files that [Store.Sweep] removes.
func (s *Store) keptDir() string { return s.tmp + ".kept" }

// Parts returns the parts of the version that name stands for, which can be any text.
func (s *Store) Parts(name string) *Parts {
	return &Parts{store: s, dir: s.keptDir() + "/" + partsFolder(name)}
}

func partsFolder(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:12])
}

// DropPartsExcept removes all parts but those of the versions with the given names. No
// other run of the same state may be writing.
func (s *Store) DropPartsExcept(names ...string) error {
	d, err := s.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := d.ReadDir(s.keptDir())
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return failed(d, "look for kept parts in", s.keptDir(), err)
	}
	var wanted []string
	for _, n := range names {
		wanted = append(wanted, partsFolder(n))
	}
	for _, e := range list {
		if slices.Contains(wanted, e.Name()) {
			continue
		}
		if err := d.RemoveAll(s.keptDir() + "/" + e.Name()); err != nil {
			return failed(d, "remove kept parts in", s.keptDir(), err)
		}
	}
	s.removeEmpty(d)
	return nil
}

// removeEmpty removes the folders that nothing is in any more; others stay.
func (s *Store) removeEmpty(d disk) {
	s.folders.Lock()
	defer s.folders.Unlock()
	_ = d.Remove(s.keptDir())
	_ = d.Remove(tempDir)
}

func (p *Parts) name(index int) string { return p.dir + "/" + strconv.Itoa(index) }

// List returns the kept parts from the first on. It ends where one is missing or not
// as it was recorded: those behind it are of no use.
func (p *Parts) List() ([]export.KeptPart, error) {
	d, err := p.store.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []export.KeptPart
	for i := 0; ; i++ {
		v, err := p.check(d, i)
		if err != nil {
			return nil, failed(d, "read kept part", p.name(i), err)
		}
		if v == nil {
			p.count = i
			return out, nil
		}
		out = append(out, export.KeptPart{Index: i, Sheet: v.Sheet, Open: func() (io.ReadCloser, error) {
			f, err := d.Open(p.name(i))
			if err != nil {
				return nil, failed(d, "read kept part", p.name(i), err)
			}
			return f, nil
		}})
	}
}

// check returns what is recorded of a part, nil if there is no such part as recorded.
func (p *Parts) check(d disk, index int) (*vouched, error) {
	text, err := readFile(d, p.name(index)+".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var v vouched
	if json.Unmarshal(text, &v) != nil {
		return nil, nil
	}
	f, err := d.Open(p.name(index))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if n != v.Size || hex.EncodeToString(h.Sum(nil)) != v.SHA256 {
		return nil, nil
	}
	return &v, nil
}

func readFile(d disk, name string) ([]byte, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	return text, errors.Join(err, f.Close())
}

// Keep keeps a part while it is read. Those from its index on, of an earlier
// reading, are gone with that. The part counts once it was committed, and must be
// ended by [KeptBody.Commit] or [KeptBody.Discard].
func (p *Parts) Keep(index int, sheet string, body io.Reader) (*KeptBody, error) {
	d, err := p.store.writing()
	if err != nil {
		return nil, err
	}
	p.store.folders.Lock()
	err = makeFolders(d, tempDir, p.store.keptDir(), p.dir)
	p.store.folders.Unlock()
	if err != nil {
		return nil, err
	}
	for p.count > index {
		// The voucher goes first: without it the part does not count.
		if err := remove(d, p.name(p.count-1)+".json", p.name(p.count-1)); err != nil {
			return nil, failed(d, "remove kept part", p.name(p.count-1), err)
		}
		p.count--
	}
	if err := remove(d, p.name(index)); err != nil { // what a killed run has left
		return nil, failed(d, "remove kept part", p.name(index), err)
	}
	f, err := d.Create(p.name(index))
	if err != nil {
		return nil, failed(d, "keep part", p.name(index), err)
	}
	return &KeptBody{parts: p, disk: d, index: index, sheet: sheet, body: body, file: f, hash: sha256.New()}, nil
}

func remove(d disk, names ...string) error {
	for _, n := range names {
		if err := d.Remove(n); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Drop removes all parts.
func (p *Parts) Drop() error {
	d, err := p.store.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p.count = 0
	if err := d.RemoveAll(p.dir); err != nil {
		return failed(d, "remove kept parts in", p.dir, err)
	}
	p.store.removeEmpty(d)
	return nil
}

// KeptBody is the body of a part that is kept while it is read.
type KeptBody struct {
	parts *Parts
	disk  disk
	index int
	sheet string
	body  io.Reader
	file  file
	hash  hash.Hash
	size  int64
}

// Read implements [io.Reader].
func (b *KeptBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if n > 0 {
		b.hash.Write(p[:n])
		b.size += int64(n)
		if _, werr := b.file.Write(p[:n]); werr != nil {
			return n, onFile(failed(b.disk, "keep part", b.parts.name(b.index), werr))
		}
	}
	return n, err
}

// Commit makes the part durable. What was not read of the body is read now.
func (b *KeptBody) Commit() error {
	if _, err := io.Copy(io.Discard, b); err != nil {
		return errors.Join(err, b.Discard())
	}
	name := b.parts.name(b.index)
	if err := errors.Join(b.file.Sync(), b.file.Close()); err != nil {
		return failed(b.disk, "keep part", name, err)
	}
	text, err := json.Marshal(vouched{Sheet: b.sheet, Size: b.size, SHA256: hex.EncodeToString(b.hash.Sum(nil))})
	if err != nil {
		return fmt.Errorf("keep part %s: %w", name, err)
	}
	if err := b.vouch(name, text); err != nil {
		return failed(b.disk, "keep part", name, err)
	}
	b.parts.count = b.index + 1
	return nil
}

// vouch writes the file that makes a part count.
func (b *KeptBody) vouch(name string, text []byte) error {
	temp := name + ".new"
	if err := remove(b.disk, temp); err != nil {
		return err
	}
	f, err := b.disk.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := b.disk.Rename(temp, name+".json"); err != nil {
		return err
	}
	return b.disk.SyncDir(b.parts.dir)
}

// Discard throws the part away.
func (b *KeptBody) Discard() error {
	return errors.Join(b.file.Close(), remove(b.disk, b.parts.name(b.index)))
}
