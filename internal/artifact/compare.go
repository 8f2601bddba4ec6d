package artifact

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"

	"reportsync/internal/export"
)

// RowChange hears of a row that is in one of two versions only, or not the same in
// both. Before is nil for a row that was added, after for one that was removed. Cells
// belong to [Comparison.Columns] and are valid until it returns.
type RowChange func(before, after [][]byte)

// RowCounts is how many rows changed, and how many did not.
type RowCounts struct {
	Added, Removed, Changed, Same int64
}

// partitionSize is about how many bytes of both files are held in memory at once;
// maxPartitions bounds the files that are open meanwhile.
const (
	partitionSize = 16 << 20
	maxPartitions = 128
)

// Comparison compares the rows of two tables. It holds the rows of about 16 MiB of
// both files at once, and of a 128th of them beyond 2 GiB: large tables are first
// divided by the hash of the rows' keys.
type Comparison struct {
	// Columns are those in both tables, then Added, then Removed.
	Columns []string
	// Added and Removed are the columns in one of them.
	Added, Removed []string
	// Keys are indexes of the columns that tell which row is which; none means that
	// whole rows are compared.
	Keys []int

	common     int
	from, to   []int // where each of their columns goes
	partitions int
	scratch    func() (*Scratch, error)
}

// Compare prepares a comparison. Columns are matched by name; columns that only one
// table has do not make its rows different. The size is that of both files in
// bytes; scratch is asked for files when it is large.
func Compare(from, to []export.Column, keys []string, size int64, scratch func() (*Scratch, error)) (*Comparison, error) {
	c := &Comparison{scratch: scratch, partitions: int(min(size/partitionSize+1, maxPartitions))}
	before, after := positions(from), positions(to)
	for _, col := range to {
		if _, both := before[col.Name]; both {
			c.Columns = append(c.Columns, col.Name)
		} else {
			c.Added = append(c.Added, col.Name)
		}
	}
	c.common = len(c.Columns)
	for _, col := range from {
		if _, both := after[col.Name]; !both {
			c.Removed = append(c.Removed, col.Name)
		}
	}
	c.Columns = append(append(c.Columns, c.Added...), c.Removed...)
	c.from, c.to = make([]int, len(from)), make([]int, len(to))
	at := map[string]int{}
	for i, name := range c.Columns {
		at[name] = i
		if j, ok := before[name]; ok {
			c.from[j] = i
		}
		if j, ok := after[name]; ok {
			c.to[j] = i
		}
	}
	for _, k := range keys {
		i, ok := at[k]
		if !ok || i >= c.common {
			return nil, fmt.Errorf("there is no column %q in both versions; the columns are %q", k, c.Columns[:c.common])
		}
		c.Keys = append(c.Keys, i)
	}
	return c, nil
}

// positions are the places of columns by name.
func positions(list []export.Column) map[string]int {
	m := make(map[string]int, len(list))
	for i := range list {
		m[list[i].Name] = i
	}
	return m
}

// Run tells every difference. Rows that were added or changed come in the order of
// the new table, then those that were removed in the order of the old one; of large
// tables one group after the other.
func (c *Comparison) Run(ctx context.Context, from, to export.Rows, each RowChange) (n RowCounts, err error) {
	if c.partitions == 1 {
		t := c.matcher(each)
		if err := c.read(ctx, from, c.from, t.before); err != nil {
			return t.n, err
		}
		if err := c.read(ctx, to, c.to, t.after); err != nil {
			return t.n, err
		}
		t.end()
		return t.n, nil
	}
	parts, err := c.divide(ctx, from, to)
	defer func() {
		for _, p := range parts {
			err = errors.Join(err, p.file.Close())
		}
	}()
	if err != nil {
		return n, err
	}
	for _, p := range parts {
		t := c.matcher(each)
		if err := p.replay(ctx, c, t); err != nil {
			return n, err
		}
		t.end()
		n.Added, n.Removed, n.Changed, n.Same = n.Added+t.n.Added, n.Removed+t.n.Removed, n.Changed+t.n.Changed, n.Same+t.n.Same
	}
	return n, nil
}

// read gives every row of a table with its cells in the order of Columns.
func (c *Comparison) read(ctx context.Context, rows export.Rows, place []int, use func(row [][]byte) error) error {
	row := make([][]byte, len(c.Columns))
	for i := 0; ; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cells, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		clear(row)
		for j, cell := range cells {
			if j < len(place) {
				row[place[j]] = cell
			}
		}
		if err := use(row); err != nil {
			return err
		}
	}
}

// key tells rows apart.
func (c *Comparison) key(buf []byte, row [][]byte) []byte {
	if len(c.Keys) == 0 {
		return appendCells(buf, row[:c.common])
	}
	for _, i := range c.Keys {
		buf = appendCells(buf, row[i:i+1])
	}
	return buf
}

func appendCells(buf []byte, cells [][]byte) []byte {
	for _, cell := range cells {
		buf = binary.AppendUvarint(buf, uint64(len(cell)))
		buf = append(buf, cell...)
	}
	return buf
}

// cut undoes appendCells for text that is known to be whole.
func cut(row [][]byte, text []byte) [][]byte {
	for i := range row {
		n, used := binary.Uvarint(text)
		text = text[used:]
		row[i], text = text[:n:n], text[n:]
	}
	return row
}

// matcher holds the old rows that share a partition.
type matcher struct {
	c     *Comparison
	each  RowChange
	n     RowCounts
	index map[string]int
	rows  []oldRow
	buf   []byte
	old   [][]byte
}

type oldRow struct {
	text  string
	count int // how many rows like this are not accounted for
}

func (c *Comparison) matcher(each RowChange) *matcher {
	return &matcher{c: c, each: each, index: map[string]int{}, old: make([][]byte, len(c.Columns))}
}

func (t *matcher) before(row [][]byte) error {
	t.buf = t.c.key(t.buf[:0], row)
	if i, ok := t.index[string(t.buf)]; ok {
		if len(t.c.Keys) > 0 {
			return t.twice(row)
		}
		t.rows[i].count++
		return nil
	}
	t.index[string(t.buf)] = len(t.rows)
	t.rows = append(t.rows, oldRow{text: string(appendCells(nil, row)), count: 1})
	return nil
}

func (t *matcher) after(row [][]byte) error {
	t.buf = t.c.key(t.buf[:0], row)
	i, ok := t.index[string(t.buf)]
	switch {
	case ok && t.rows[i].count > 0:
		t.rows[i].count--
		cut(t.old, []byte(t.rows[i].text))
		if !slices.EqualFunc(t.old[:t.c.common], row[:t.c.common], bytes.Equal) {
			t.n.Changed++
			t.each(t.old, row)
			return nil
		}
		t.n.Same++
		return nil
	case ok && len(t.c.Keys) > 0:
		return t.twice(row)
	case !ok && len(t.c.Keys) > 0:
		t.index[string(t.buf)] = len(t.rows) // a second one is noticed
		t.rows = append(t.rows, oldRow{})
	}
	t.n.Added++
	t.each(nil, row)
	return nil
}

// end tells what is left: rows that were removed.
func (t *matcher) end() {
	for i := range t.rows {
		for ; t.rows[i].count > 0; t.rows[i].count-- {
			t.n.Removed++
			t.each(cut(t.old, []byte(t.rows[i].text)), nil)
		}
	}
}

func (t *matcher) twice(row [][]byte) error {
	var names, values []string
	for _, i := range t.c.Keys {
		names, values = append(names, t.c.Columns[i]), append(values, string(row[i]))
	}
	return fmt.Errorf("two rows of one version have %q = %q, so that it is not a key; name more columns, or none to compare whole rows", names, values)
}

// partition is a temporary file with the rows whose keys have the same hash: those
// of the old table, then those of the new one.
type partition struct {
	file *Scratch
	out  *bufio.Writer
	old  int64 // rows of the old table
	new  int64
}

// partitionSeed is the same for the whole run, so that equal keys meet.
var partitionSeed = maphash.MakeSeed()

// divide puts every row into its partition. What it returns must be closed, also
// after an error.
func (c *Comparison) divide(ctx context.Context, from, to export.Rows) ([]*partition, error) {
	var parts []*partition
	for range c.partitions {
		f, err := c.scratch()
		if err != nil {
			return parts, err
		}
		parts = append(parts, &partition{file: f, out: bufio.NewWriterSize(f, 64<<10)})
	}
	var key, text, head []byte
	put := func(row [][]byte) (*partition, error) {
		key = c.key(key[:0], row)
		p := parts[maphash.Bytes(partitionSeed, key)%uint64(len(parts))]
		text = appendCells(text[:0], row)
		head = binary.AppendUvarint(head[:0], uint64(len(text)))
		_, _ = p.out.Write(head)
		_, err := p.out.Write(text)
		return p, err
	}
	err := c.read(ctx, from, c.from, func(row [][]byte) error {
		p, err := put(row)
		p.old++
		return err
	})
	if err != nil {
		return parts, err
	}
	err = c.read(ctx, to, c.to, func(row [][]byte) error {
		p, err := put(row)
		p.new++
		return err
	})
	for _, p := range parts {
		err = errors.Join(err, p.out.Flush())
	}
	return parts, err
}

// replay gives the rows of a partition to a matcher.
func (p *partition) replay(ctx context.Context, c *Comparison, t *matcher) error {
	r := bufio.NewReaderSize(io.NewSectionReader(p.file, 0, 1<<62), 256<<10)
	row := make([][]byte, len(c.Columns))
	var text []byte
	for i := range p.old + p.new {
		if i%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return fmt.Errorf("read back a temporary file: %w", err)
		}
		text = slices.Grow(text[:0], int(n))[:n]
		if _, err := io.ReadFull(r, text); err != nil {
			return fmt.Errorf("read back a temporary file: %w", err)
		}
		use := t.before
		if i >= p.old {
			use = t.after
		}
		if err := use(cut(row, text)); err != nil {
			return err
		}
	}
	return nil
}
