// Package archive reads the files that the service's reports come in: ZIPs of CSV or
// JSON sheets, workbooks, PDF documents. What is not whole, or not what it should be,
// is an error before anything of it is used, or at the latest where it breaks off.
package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/klauspost/compress/flate"

	"reportsync/internal/export"
)

// Bounds of what is taken for a report.
const (
	maxMembers = 1000
	// maxRatio is how far a member may have been compressed; text of repeating rows
	// comes to a tenth of it. Small members are free of it.
	maxRatio  = 500
	freeRatio = 1 << 20
	// tail is where the end of a PDF document is looked for.
	tail = 2 << 10
)

// The kinds of files.
const (
	ZIP  = "zip"
	XLSX = "xlsx"
	PDF  = "pdf"
)

// BadError means that a file is not what it should be.
type BadError struct {
	// Why is a sentence without its end; Hint says how to go on.
	Why, Hint string
	// Broken is set when the file looks damaged on the way: another download may help.
	Broken bool
	Err    error
}

// Error implements error.
func (e *BadError) Error() string { return e.Why }

// Unwrap returns the cause.
func (e *BadError) Unwrap() error { return e.Err }

func bad(format string, a ...any) *BadError { return &BadError{Why: fmt.Sprintf(format, a...)} }

// broken is the error of a file that was damaged on the way.
func broken(format string, a ...any) *BadError {
	e := bad(format, a...)
	e.Broken = true
	return e
}

// File is a file that was opened.
type File struct {
	Kind string
	// Members are what is in it, in the order of their names. A file that is no
	// archive, or is to be kept as it came, has none.
	Members []*Member
	zip     *zip.Reader
	max     int64
}

// Member is a sheet of a report, or another file in its archive.
type Member struct {
	// Stem is the name without its extension: the sheet's stable name.
	Stem string
	// Ext is the extension in lower case, without the dot.
	Ext  string
	file *zip.File
	max  int64
}

// Open looks at a file of so many bytes. Nothing that is unpacked from it may be larger
// than max bytes.
func Open(f io.ReaderAt, size, most int64) (*File, error) {
	head := make([]byte, min(size, 512))
	if n, err := f.ReadAt(head, 0); err != nil && (!errors.Is(err, io.EOF) || n < len(head)) {
		return nil, fmt.Errorf("read the downloaded file: %w", err)
	}
	switch {
	case size == 0:
		return nil, broken("the file is empty")
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return &File{Kind: PDF}, wholePDF(f, size)
	case !bytes.HasPrefix(head, []byte("PK")):
		return nil, foreign(head)
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, &BadError{Why: "the archive is cut off or damaged", Broken: true, Err: err}
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(bufio.NewReaderSize(r, csvBuffer)) })
	file := &File{Kind: ZIP, zip: z, max: most}
	if slices.ContainsFunc(z.File, func(m *zip.File) bool { return m.Name == "[Content_Types].xml" }) {
		file.Kind = XLSX
		return file, nil // its inside is not ours to read
	}
	return file, file.list()
}

// wholePDF reports a document whose end is missing.
func wholePDF(f io.ReaderAt, size int64) error {
	n := min(size, tail)
	end := make([]byte, n)
	if _, err := f.ReadAt(end, size-n); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the downloaded file: %w", err)
	}
	if !bytes.Contains(end, []byte("%%EOF")) {
		return broken("the PDF document is cut off")
	}
	return nil
}

// foreign says what came instead of a report, without repeating it: it may be signed.
func foreign(head []byte) error {
	text := bytes.ToLower(bytes.TrimLeft(head, "\ufeff \t\r\n"))
	switch {
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return broken("a web page came instead of the file")
	case bytes.HasPrefix(text, []byte("<?xml")), bytes.HasPrefix(text, []byte("<error")):
		return broken("an XML document, perhaps an error of the store, came instead of the file")
	case bytes.HasPrefix(text, []byte("{")), bytes.HasPrefix(text, []byte("[")):
		return broken("JSON came instead of the file")
	}
	return broken("what came is no archive, no workbook and no PDF document")
}

// list checks the directory of the archive before anything of it is read.
func (f *File) list() error {
	if len(f.zip.File) > maxMembers {
		return bad("the archive has %d members; a report has at most %d", len(f.zip.File), maxMembers)
	}
	seen := map[string]bool{}
	for _, m := range f.zip.File {
		if why := unsafe(m); why != "" {
			return &BadError{Why: fmt.Sprintf("the archive has a member %q that %s", shown(m.Name), why), Hint: "A report has no such member; nothing of it was unpacked."}
		}
		if m.UncompressedSize64 > uint64(max(f.max, 0)) {
			return f.tooLarge(m)
		}
		if ratio(m) {
			return bomb(m)
		}
		ext := strings.ToLower(strings.TrimPrefix(path.Ext(m.Name), "."))
		stem := strings.TrimSuffix(m.Name, path.Ext(m.Name))
		if key := strings.ToLower(stem); seen[key] {
			return bad("the archive has two members called %q", shown(stem))
		}
		seen[strings.ToLower(stem)] = true
		f.Members = append(f.Members, &Member{Stem: stem, Ext: ext, file: m, max: f.max})
	}
	slices.SortFunc(f.Members, func(a, b *Member) int { return strings.Compare(a.Stem, b.Stem) })
	return nil
}

func (f *File) tooLarge(m *zip.File) error {
	return &BadError{
		Why:  fmt.Sprintf("%q would have %d MiB unpacked; the limit is %d MiB", shown(m.Name), m.UncompressedSize64>>20, f.max>>20),
		Hint: "Raise max_file_size in the provider block if the report is that large.",
	}
}

func ratio(m *zip.File) bool {
	return m.UncompressedSize64 > freeRatio && m.UncompressedSize64/maxRatio > m.CompressedSize64
}

func bomb(m *zip.File) error {
	return &BadError{
		Why:  fmt.Sprintf("%q claims to be more than %d times as large unpacked, which no report is", shown(m.Name), maxRatio),
		Hint: "Nothing of it was kept. Run again; if it stays, ask the service's support.",
	}
}

// unsafe says why a member cannot be a part of a report.
func unsafe(m *zip.File) string {
	name := m.Name
	switch {
	case name == "" || path.Ext(name) == name:
		return "has no name"
	case strings.ContainsAny(name, `/\`):
		return "has a path"
	case len(name) > 200:
		return "has a name that is too long"
	case strings.ContainsFunc(name, unicode.IsControl), strings.Contains(name, ":"), strings.Trim(name, ". ") == "":
		return "has a name that is not one of a file"
	case m.Mode()&fs.ModeType != 0:
		return "is no plain file"
	case m.Flags&1 != 0:
		return "is encrypted"
	case m.Method != zip.Deflate && m.Method != zip.Store:
		return "is compressed in a way that is not known"
	}
	return ""
}

func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60]) + "…"
	}
	return name
}

// Test reads everything in the archive and compares its checksums.
func (f *File) Test() error {
	if f.zip == nil {
		return nil
	}
	for _, m := range f.zip.File {
		if m.UncompressedSize64 > uint64(max(f.max, 0)) {
			return f.tooLarge(m)
		}
		if ratio(m) {
			return bomb(m)
		}
		r, err := (&Member{file: m, max: f.max}).Open()
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r)
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Rows reports whether the member is a sheet.
func (m *Member) Rows() func(io.Reader) export.Rows {
	switch m.Ext {
	case "csv":
		return CSV
	case "json":
		return JSON
	}
	return nil
}

// Open unpacks the member. Reading ends with io.EOF only when its size and checksum
// are right.
func (m *Member) Open() (io.ReadCloser, error) {
	r, err := m.file.Open()
	if err != nil {
		return nil, &BadError{Why: fmt.Sprintf("%q cannot be unpacked", shown(m.file.Name)), Broken: true, Err: err}
	}
	u := &unpacked{from: r, m: m, left: int64(min(m.file.UncompressedSize64, 1<<62))} //nolint:gosec // it is bounded
	if u.left <= aheadSize {
		return u, nil
	}
	return readAhead(u), nil
}

// unpacked does not believe the archive how large the member is.
type unpacked struct {
	from io.ReadCloser
	m    *Member
	left int64
}

// Read implements [io.Reader].
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	if u.left -= int64(n); u.left < 0 {
		return 0, broken("%q is larger than the archive says", shown(u.m.file.Name))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = &BadError{Why: fmt.Sprintf("%q is cut off or damaged", shown(u.m.file.Name)), Broken: true, Err: errors.Join(io.ErrUnexpectedEOF, err)}
	}
	return n, err
}

// Close implements [io.Closer].
func (u *unpacked) Close() error { return u.from.Close() }
