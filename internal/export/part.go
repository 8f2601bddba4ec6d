package export

import (
	"context"
	"io"
)

// Reader is an opened version: its parts, in order.
//
// A reader promises completeness: Next returns io.EOF only when every part the
// version has was returned, and any doubt about that is an error.
type Reader interface {
	// Next returns the next part, or io.EOF after the last one. The part before
	// it must not be used any more.
	Next(ctx context.Context) (*Part, error)
	// Again opens the current part once more, after its body broke off. The rows
	// of the first try must be thrown away.
	Again(ctx context.Context) (*Part, error)
	// Warnings returns what was odd about the parts read so far, a sentence each.
	Warnings() []string
	Close() error
}

// Part is a chunk, page or sheet of a version: bytes, and how to read them.
type Part struct {
	// Index counts from 0 within the version.
	Index int
	// Sheet is the stable stem of the sheet the part belongs to; empty when the
	// version has a single sheet.
	Sheet string
	// Ext is the extension of the part's raw file, without a dot: json, zip, pdf.
	Ext string
	// Body is the part as the service sent it (transfer encodings undone).
	Body io.Reader
	// Rows decodes the body, or a copy of it that is read through a tee. It is nil
	// for documents, which are kept as they came.
	Rows func(io.Reader) Rows
	// Kind says what the rows are; the zero value is rows of the version.
	Kind PartKind
	// Key is the column by which changes and keys are matched with the rows of the
	// base; set unless Kind is PartRows.
	Key string
	// Keep asks for the body to be kept until the version is whole, because it
	// would cost to ask for it again: a later run gets it back as a [KeptPart].
	Keep bool
}

// PartKind says what the rows of a part are.
type PartKind string

// The kinds of parts. A reader that returns changes or keys was opened on a base,
// an earlier version, and what it returns is applied to that.
const (
	// PartRows: rows of the version.
	PartRows PartKind = ""
	// PartChanges: rows that replace the base's row with the same key, or are new.
	PartChanges PartKind = "changes"
	// PartKeys: the keys, in a single column, of all rows that still exist. Rows of
	// the base with another key are dropped; changes are not.
	PartKeys PartKind = "keys"
)

// KeptPart is a part that an earlier run has read of a version it could not
// finish.
type KeptPart struct {
	// Index and Sheet are those of the part.
	Index int
	Sheet string
	// Open gives the body as the service sent it.
	Open func() (io.ReadCloser, error)
}

// Concluder is a [Reader] that knows more about the version once all of it was
// read: a watermark, the moment, the number of parts.
type Concluder interface {
	// Conclude fills in what was found out. It is called once, after Next has
	// returned io.EOF.
	Conclude(v *Version)
}

// Rows is a stream of records with equal columns.
type Rows interface {
	// Next returns the cells of the next record, one for each column and valid
	// until the next call, or io.EOF when the part ended as a whole part ends.
	// A body that breaks off is io.ErrUnexpectedEOF or another error, never io.EOF.
	// A record may have fewer cells than there are columns; the rest is empty.
	Next() ([][]byte, error)
	// Columns returns the columns known so far. They can grow while rows are
	// read, but a column never changes or moves. The slice is replaced, not
	// edited, when it grows.
	Columns() []Column
}

// Column is one column of a version.
type Column struct {
	// Name is unique within the version: Title, Title_2, column_3.
	Name string `json:"name"`
	// Title is the column's title as the service sent it.
	Title string `json:"title,omitempty"`
}
