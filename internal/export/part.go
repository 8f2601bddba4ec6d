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
