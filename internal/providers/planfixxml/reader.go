package planfixxml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// reader reads a list page by page. A page is held in memory whole.
type reader struct {
	p      *provider
	method Method
	params []element
	span   *span
	walk   walk
	table  *table
	newest time.Time // moment in the data, of methods that are asked by that
	kept   []export.KeptPart

	began    bool
	next     int // index of the next part
	part     *part
	done     error
	warnings []string
}

// part is a page that was taken.
type part struct {
	body  []byte
	items []*node
	keep  bool
}

var (
	_ export.Reader    = (*reader)(nil)
	_ export.Concluder = (*reader)(nil)
)

func newReader(p *provider, t providers.Target, v export.Version) (*reader, error) {
	r := &reader{p: p, method: methodOf(t.Args), kept: t.Kept}
	if r.span = p.since(&r.method, t, v); r.span != nil {
		r.newest = r.span.newest
	}
	r.params = asked(&r.method, t, v, r.span)
	r.walk = newWalk(&r.method)
	r.table = newTable(t.Args.Strings("fields"), t.Args.Bool("text"), p.zone)
	return r, nil
}

// Next implements [export.Reader].
func (r *reader) Next(ctx context.Context) (*export.Part, error) {
	if r.done != nil {
		return nil, r.done
	}
	if !r.began {
		r.began = true
		if err := r.recheck(ctx); err != nil {
			r.done = err
			return nil, err
		}
	}
	for {
		a, more := r.walk.next()
		if !more {
			r.done = io.EOF
			return nil, io.EOF
		}
		pt, again, err := r.take(ctx, a)
		if err != nil {
			r.done = err
			return nil, err
		}
		if again {
			if err := r.p.clock.Sleep(ctx, 2*time.Second); err != nil {
				return nil, err
			}
			continue
		}
		r.part = pt
		r.next++
		return r.Again(ctx)
	}
}

// take asks for a page, or takes the one that was kept.
func (r *reader) take(ctx context.Context, a ask) (*part, bool, error) {
	pt := &part{keep: r.method.Style != Once}
	var err error
	if r.next < len(r.kept) {
		pt.keep = false
		pt.body, err = read(r.kept[r.next])
	} else {
		pt.body, err = r.p.call(ctx, r.op(a), r.method.Name, slices.Concat(r.params, a.params))
	}
	if err != nil {
		return nil, false, err
	}
	pg, err := parsePage(pt.body, r.method.List, r.method.Item)
	if err != nil {
		return nil, false, r.p.odd(r.op(a), err)
	}
	items, again, err := r.walk.take(pg)
	if err != nil {
		return nil, false, r.incomplete(a, err)
	}
	pt.items = items
	return pt, again, nil
}

func (r *reader) op(a ask) string { return fmt.Sprintf("read %s of %s", a.what, r.method.Name) }

// incomplete is the error of a list that does not arrive whole.
func (r *reader) incomplete(a ask, err error) error {
	return &providers.Error{Kind: providers.Protocol, Op: r.op(a), Message: err.Error()}
}

func read(k export.KeptPart) ([]byte, error) {
	f, err := k.Open()
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(f)
	return body, errors.Join(err, f.Close())
}

// recheck asks once more for the last page that an earlier run has kept. If it is not
// what it was, the list has shifted meanwhile and is read from its beginning.
func (r *reader) recheck(ctx context.Context) error {
	if len(r.kept) == 0 {
		return nil
	}
	w := newWalk(&r.method)
	var last ask
	var before *page
	for _, k := range r.kept {
		a, more := w.next()
		if !more {
			return nil
		}
		body, err := read(k)
		if err != nil {
			return err
		}
		pg, err := parsePage(body, r.method.List, r.method.Item)
		if err != nil {
			return r.startOver("what an earlier run has kept cannot be read")
		}
		last, before = a, pg
		if _, again, err := w.take(pg); err != nil || again {
			return r.startOver("what an earlier run has kept does not fit together")
		}
	}
	body, err := r.p.call(ctx, r.op(last), r.method.Name, slices.Concat(r.params, last.params))
	if err != nil {
		return err
	}
	now, err := parsePage(body, r.method.List, r.method.Item)
	if err != nil {
		return r.p.odd(r.op(last), err)
	}
	same := slices.EqualFunc(before.items, now.items[:min(len(before.items), len(now.items))], func(a, b *node) bool {
		return a.child(r.method.Key).value() == b.child(r.method.Key).value()
	})
	if !same {
		return r.startOver("the list has shifted since an earlier run has read a part of it")
	}
	return nil
}

func (r *reader) startOver(why string) error {
	r.kept = nil
	r.warnings = append(r.warnings, why+"; it was read from the beginning")
	return nil
}

// Again implements [export.Reader].
func (r *reader) Again(context.Context) (*export.Part, error) {
	if r.part == nil {
		return nil, &providers.Error{Kind: providers.Invalid, Op: "read a page again", Message: "no page is open"}
	}
	out := &export.Part{Index: r.next - 1, Ext: "xml", Body: bytes.NewReader(r.part.body), Keep: r.part.keep}
	items := r.part.items
	out.Rows = func(src io.Reader) export.Rows { return providers.Drained(&rows{items: items, reader: r}, src) }
	if r.span != nil {
		out.Kind, out.Key = export.PartChanges, r.method.Key
	}
	return out, nil
}

// rows are the items of a page, which was read and parsed as a whole.
type rows struct {
	items  []*node
	reader *reader
}

// Next implements [export.Rows].
func (r *rows) Next() ([][]byte, error) {
	if len(r.items) == 0 {
		return nil, io.EOF
	}
	item := r.items[0]
	r.items = r.items[1:]
	if r.reader.method.Changes == ByPeriod {
		at, err := time.ParseInLocation(momentForm, item.child("dateTime").value(), r.reader.p.where())
		if err == nil && at.After(r.reader.newest) {
			r.reader.newest = at
		}
	}
	return r.reader.table.row(item), nil
}

// Columns implements [export.Rows].
func (r *rows) Columns() []export.Column { return r.reader.table.columns.Columns() }

// Warnings implements [export.Reader].
func (r *reader) Warnings() []string {
	out := slices.Clone(r.warnings)
	if missing := r.table.missing(); len(missing) > 0 && r.next > 0 && r.span == nil {
		out = append(out, fmt.Sprintf("no item has %s; leave fields out once to see what there is", strings.Join(missing, ", ")))
	}
	return out
}

// Conclude implements [export.Concluder].
func (r *reader) Conclude(v *export.Version) {
	full := v.CreatedAt.UTC().Format(time.RFC3339)
	if r.span != nil {
		full = r.span.base.Meta[metaFull]
	}
	v.Meta = map[string]string{metaFull: full, metaZone: r.p.zoneName()}
	if !r.newest.IsZero() {
		v.Meta[metaNewer] = r.newest.Format(momentForm)
	}
	v.Parts = r.next
}

// Close implements [export.Reader].
func (r *reader) Close() error {
	if r.done == nil {
		r.done = &providers.Error{Kind: providers.Invalid, Op: "read " + r.method.Name, Message: "the reading was closed"}
	}
	return nil
}
