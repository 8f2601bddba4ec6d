package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
)

// What a version that is written may hold in memory, in MiB.
const (
	rowsMemory     = 48
	inFlightMemory = 5 // for each request in flight
)

// rowsCase is one way to write one report.
type rowsCase struct {
	name, format string
	links        bool
	many         bool // also look at memory over ten times the rows
}

// rowsBenchmark fetches a report of a million rows of 12 columns.
func rowsBenchmark(ctx context.Context, b *bench) error {
	for _, c := range []rowsCase{
		{"rows to CSV", "csv", false, true},
		{"rows to JSON Lines", "jsonl", false, true},
		{"rows with links to CSV", "csv", true, false},
	} {
		if err := b.rows(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) rows(ctx context.Context, c rowsCase) error {
	b.say("%s: %d rows", c.name, b.size.chunks*b.size.rowsPerChunk)
	used, err := b.compareRows(ctx, c.format, b.size.chunks, 1, "-rows", strconv.Itoa(b.size.rowsPerChunk), "-links="+strconv.FormatBool(c.links))
	if err != nil {
		return err
	}
	b.print(line{what: c.name + ", wall / limit", figure: ratio(used[0], used[1], wall), target: 1.25})
	b.print(line{what: c.name + ", processor / limit", figure: ratio(used[0], used[1], cpu), target: 1.4})
	b.print(line{what: c.name + ", peak memory", figure: absolute(used[0], memory), unit: "MiB", target: rowsMemory + inFlightMemory})
	b.print(line{what: c.name + ", peak memory of the limit", figure: absolute(used[1], memory), unit: "MiB"})
	if !c.many {
		return nil
	}
	many, err := b.manyRows(ctx, c)
	if err != nil {
		return err
	}
	b.print(line{what: c.name + ", peak memory at ten times the rows / once", figure: over(many, memory, absolute(used[0], memory).value), target: 1.1})
	return nil
}

// compareRows runs the product and the limit over a report, and sees to it that
// they write the same.
func (b *bench) compareRows(ctx context.Context, format string, chunks, inFlight int, service ...string) (used [][]usage, err error) {
	s, err := b.start(ctx, append([]string{"-chunks", strconv.Itoa(chunks)}, service...)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	conf := config{url: s.rest(), format: format, reports: 1, inFlight: inFlight}
	product, ours := b.applied(conf)
	theirs := &workplace{b: b}
	limit := func(ctx context.Context) (usage, error) {
		if err := theirs.fresh(); err != nil {
			return usage{}, err
		}
		return measure(ctx, b.role(theirs.dir, "limit-rows", "-url", s.rest(), "-format", format, "-in-flight", strconv.Itoa(inFlight), "-out", "rows"))
	}
	if used, err = inTurn(ctx, b.size.warm, b.size.pairs, product, limit); err != nil {
		return nil, err
	}
	file, err := exported(ours.dir, conf)
	if err == nil {
		err = same(file, filepath.Join(theirs.dir, "rows"))
	}
	return used, errors.Join(err, ours.clear(), theirs.clear())
}

// manyRows runs the product over a report of ten times the rows.
func (b *bench) manyRows(ctx context.Context, c rowsCase) (_ []usage, err error) {
	b.say("%s: %d rows", c.name, b.size.manyChunks*b.size.rowsPerChunk)
	s, err := b.start(ctx, "-chunks", strconv.Itoa(b.size.manyChunks), "-rows", strconv.Itoa(b.size.rowsPerChunk), fmt.Sprintf("-links=%t", c.links))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	product, w := b.applied(config{url: s.rest(), format: c.format, reports: 1})
	used, err := inTurn(ctx, 0, b.size.manyRuns, product)
	if err != nil {
		return nil, err
	}
	return used[0], w.clear()
}
