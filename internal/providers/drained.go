package providers

import (
	"io"

	"reportsync/internal/export"
)

// Drained are rows of a body that was parsed before. Whoever reads along with src gets
// all of it before the first row.
func Drained(rows export.Rows, src io.Reader) export.Rows { return &drained{rows, src} }

type drained struct {
	export.Rows
	src io.Reader
}

// Next implements [export.Rows].
func (d *drained) Next() ([][]byte, error) {
	if d.src != nil {
		if _, err := io.Copy(io.Discard, d.src); err != nil {
			return nil, err
		}
		d.src = nil
	}
	return d.Rows.Next()
}
