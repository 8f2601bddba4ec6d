package artifact

import "errors"

// Scratch is a temporary file for bytes that have to be looked at more than once.
type Scratch struct {
	disk disk
	file file
	name string
}

// Scratch makes an empty temporary file.
func (s *Store) Scratch() (*Scratch, error) {
	d, err := s.writing()
	if err != nil {
		return nil, err
	}
	f, name, err := s.temp(d, "rows")
	if err != nil {
		return nil, err
	}
	return &Scratch{disk: d, file: f, name: name}, nil
}

// Write appends.
func (f *Scratch) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, failed(f.disk, "write", f.name, err)
}

// ReadAt reads what was written.
func (f *Scratch) ReadAt(p []byte, off int64) (int, error) { return f.file.ReadAt(p, off) }

// Close removes the file.
func (f *Scratch) Close() error {
	return errors.Join(f.file.Close(), failed(f.disk, "remove", f.name, f.disk.Remove(f.name)))
}
