package providertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"reportsync/internal/export"
)

// part is a part that was read whole.
type part struct {
	Index int
	Sheet string
	Ext   string
	Body  []byte
	Cells [][]string
	Names []string
}

// newest returns the newest version of the fixture's target, and the target as
// the engine would hand it on.
func newest(t *testing.T, f *Fixture) export.Version {
	t.Helper()
	obs, err := f.Provider.Observe(t.Context(), f.Target)
	if err != nil {
		t.Fatalf("observe: %v", err)
	}
	if f.Made != nil {
		return *f.Made
	}
	if f.Reading {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		return export.Version{ID: "20260101T000000Z", CreatedAt: at}
	}
	if len(obs.Versions) < 2 {
		t.Fatalf("the target has %d versions, the suite needs two", len(obs.Versions))
	}
	f.Target.Resolved = obs.Resolved
	return obs.Versions[len(obs.Versions)-1]
}

func open(t *testing.T, f *Fixture, v export.Version) export.Reader {
	t.Helper()
	r, err := f.Provider.Open(t.Context(), f.Target, v)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// readAll reads every part of a version.
func readAll(ctx context.Context, r export.Reader) ([]part, error) {
	var out []part
	for {
		p, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		read, err := readPart(p)
		if err != nil {
			return out, err
		}
		out = append(out, read)
	}
}

// readPart reads a part, its rows through a copy of the body.
func readPart(p *export.Part) (part, error) {
	out := part{Index: p.Index, Sheet: p.Sheet, Ext: p.Ext}
	var copied bytes.Buffer
	body := io.TeeReader(p.Body, &copied)
	if p.Rows != nil {
		rows := p.Rows(body)
		for {
			cells, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return out, err
			}
			if len(cells) > len(rows.Columns()) {
				return out, errors.New("a record has more cells than there are columns")
			}
			record := make([]string, len(cells))
			for i, c := range cells {
				record[i] = string(c)
			}
			out.Cells = append(out.Cells, record)
		}
		for _, c := range rows.Columns() {
			out.Names = append(out.Names, c.Name)
		}
	}
	_, err := io.Copy(io.Discard, body)
	out.Body = copied.Bytes()
	return out, err
}
