package planfix

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// rows is the stream of records of one chunk.
type rows struct {
	scan  *scanner
	table *table
	op    string
	chunk int
	clean func(string) string
	// judge says what a failure inside a good answer means.
	judge func(*envelope) *providers.Error
	count *int64 // rows of any kind, for the reader
	err   error
}

var _ export.Rows = (*rows)(nil)

// Next implements [export.Rows].
func (r *rows) Next() ([][]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	for {
		row, err := r.scan.next()
		if err != nil {
			r.err = r.verdict(err)
			r.scan.close()
			return nil, r.err
		}
		*r.count++
		if cells, ok := r.table.record(row); ok {
			return cells, nil
		}
	}
}

// Columns implements [export.Rows].
func (r *rows) Columns() []export.Column { return r.table.columns.Columns() }

// verdict says how the chunk ended. The end of the bytes is the end of the chunk
// only if nothing in the answer speaks against it.
func (r *rows) verdict(err error) error {
	fail := func(kind providers.Kind, message, hint string) error {
		e := &providers.Error{Kind: kind, Op: r.op, Message: transport.Clean(r.clean(message), 500), Hint: hint}
		if !errors.Is(err, io.EOF) { // which whoever reads would take for the end
			e.Err = err
		}
		return e
	}
	s := r.scan
	if _, ok := errors.AsType[*formatError](err); ok {
		return fail(providers.Protocol, err.Error(), "The service's API may have changed; look for a newer version of reportsync.")
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && providers.KindOf(err) == "":
		return fail(providers.Transient, "the answer broke off inside the data", "Try again; check the network if it goes on.")
	case !errors.Is(err, io.EOF):
		return err
	case s.env.failed(200):
		return r.judge(&s.env)
	case !s.found:
		return fail(providers.Protocol, "the answer has no rows", "The service's API may have changed; look for a newer version of reportsync.")
	case s.chunk != "" && s.chunk != strconv.Itoa(r.chunk):
		return fail(providers.Protocol, fmt.Sprintf("chunk %d was asked for and chunk %.20s came", r.chunk, s.chunk), "Try again.")
	}
	return io.EOF
}
