package artifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"reportsync/internal/export"
)

// RowReader gives the rows of a file that a [Writer] wrote.
type RowReader interface {
	// Next returns io.EOF only after the whole file was read and has the size, the
	// number of rows and the hash that were recorded; see [DamagedError].
	export.Rows
	// Close gives the file back. What was not read is not checked.
	Close() error
}

// DamagedError means that a file is not what was recorded of it.
type DamagedError struct {
	// Path is relative to the export root.
	Path string
	// Why is what was found, as the end of a sentence about the file.
	Why string
	// Err is the cause, if it was an error: [fs.ErrNotExist] for a missing file.
	Err error
}

// Error implements error.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("read %s: %s; run verify, then apply to repair it", e.Path, e.Why)
}

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

// Read opens a file of rows. The columns are the recorded ones. Cells are what
// stands in the file: spec must give the format and the csv options that it was
// written with, and an apostrophe before a formula is part of the cell.
func (s *Store) Read(a export.Artifact, spec Spec) (RowReader, error) {
	if err := checkPath(a.Path); err != nil {
		return nil, err
	}
	p, err := newParser(&a, spec)
	if err != nil {
		return nil, err
	}
	d, err := s.reading()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(&a, err)
	}
	if err != nil {
		return nil, err
	}
	f, err := openWhole(d, &a)
	if err != nil {
		return nil, err
	}
	r := &fileRows{disk: d, artifact: a, parser: p, source: newSource(f, s.buffers, a.Size)}
	if err := r.skip(p.head()); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func missing(a *export.Artifact, err error) error {
	return &DamagedError{Path: a.Path, Why: "it is missing", Err: err}
}

// openWhole opens a file that has its recorded size.
func openWhole(d disk, a *export.Artifact) (file, error) {
	info, err := d.Lstat(a.Path)
	switch {
	case absent(err):
		return nil, missing(a, err)
	case err != nil:
		return nil, failed(d, "read", a.Path, err)
	case !info.Mode().IsRegular():
		return nil, &DamagedError{Path: a.Path, Why: "what has this name is not a file"}
	case info.Size() != a.Size:
		return nil, &DamagedError{Path: a.Path, Why: fmt.Sprintf("it has %d bytes, and %d were recorded", info.Size(), a.Size)}
	}
	f, err := d.Open(a.Path)
	if absent(err) {
		return nil, missing(a, err)
	}
	if err != nil {
		return nil, failed(d, "read", a.Path, err)
	}
	return f, nil
}

// parser finds records in the bytes of a file. It never writes to them.
type parser interface {
	// head is what stands before the records.
	head() []byte
	// record returns the size of the first record of b and its cells, which are
	// valid until the next call. The size is 0 if b ends within the record.
	record(b []byte) (size int, cells [][]byte, err error)
}

func newParser(a *export.Artifact, spec Spec) (parser, error) {
	switch {
	case a.Rows < 0:
		return nil, fmt.Errorf("read %s: it was kept as it came and has no rows that can be read back", a.Path)
	case spec.Format == export.FormatCSV:
		if err := checkDelimiter(spec.CSV.Delimiter); err != nil {
			return nil, fmt.Errorf("read %s: %w", a.Path, err)
		}
		return newCSVParser(a.Columns, spec.CSV), nil
	case spec.Format == export.FormatJSONL:
		return newJSONLParser(a.Columns), nil
	}
	return nil, fmt.Errorf("read %s: rows of the format %q cannot be read back; they can of csv and jsonl", a.Path, spec.Format)
}

// fileRows is a [RowReader].
type fileRows struct {
	disk     disk
	artifact export.Artifact
	parser   parser
	source   *source
	buf      []byte // read, and rest of it yet to be parsed
	rest     []byte
	rows     int64
	err      error // the answer to all calls from now on
}

// Columns implements [export.Rows].
func (r *fileRows) Columns() []export.Column { return r.artifact.Columns }

// Next implements [export.Rows].
func (r *fileRows) Next() ([][]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	for {
		size, cells, err := r.parser.record(r.rest)
		switch {
		case err != nil:
			return nil, r.fail(r.damaged("row %d %w", r.rows+1, err))
		case size > 0:
			r.rest = r.rest[size:]
			r.rows++
			return cells, nil
		}
		err = r.more()
		if errors.Is(err, io.EOF) {
			err = r.end()
		}
		if err != nil {
			return nil, r.fail(err)
		}
	}
}

func (r *fileRows) fail(err error) error {
	r.err = err
	return err
}

func (r *fileRows) damaged(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &DamagedError{Path: r.artifact.Path, Why: err.Error()}
}

// more reads on, or returns io.EOF. A record that is not whole is parsed again from
// its start, so what there is of it is at least doubled each time.
func (r *fileRows) more() (err error) {
	r.buf = append(r.buf[:0], r.rest...) // to the front
	n := len(r.buf)
	for err == nil && (len(r.buf) == n || len(r.buf) < 2*n) {
		r.buf, err = r.source.read(r.buf)
	}
	r.rest = r.buf
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return failed(r.disk, "read", r.artifact.Path, err)
	case len(r.buf) > n:
		return nil
	}
	return err
}

// skip passes over what must stand before the records.
func (r *fileRows) skip(head []byte) error {
	for len(r.rest) < len(head) {
		if err := r.more(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	if !bytes.HasPrefix(r.rest, head) {
		return r.damaged("its header is not the one of the recorded columns")
	}
	r.rest = r.rest[len(head):]
	return nil
}

// end checks what can only be checked once all was read. It returns io.EOF if all
// is well.
func (r *fileRows) end() error {
	switch size, sum := r.source.sum(); {
	case size != r.artifact.Size:
		return r.damaged("it has %d bytes, and %d were recorded", size, r.artifact.Size)
	case sum != r.artifact.SHA256:
		return r.damaged("its SHA-256 is not the recorded one")
	case len(r.rest) > 0:
		return r.damaged("it ends within row %d", r.rows+1)
	case r.rows != r.artifact.Rows:
		return r.damaged("it has %d rows, and %d were recorded", r.rows, r.artifact.Rows)
	}
	return io.EOF
}

// Close implements [RowReader].
func (r *fileRows) Close() error {
	if r.source == nil {
		return nil
	}
	err := r.source.close()
	r.source, r.rest, r.buf = nil, nil, nil
	if r.err == nil {
		r.err = fmt.Errorf("read %s: %w", r.artifact.Path, fs.ErrClosed)
	}
	return failed(r.disk, "close", r.artifact.Path, err)
}
