package main

import "time"

// size is how much work the benchmarks do.
type size struct {
	pairs, warm int

	rowsPerChunk int
	chunks       int // of the report that is timed
	manyChunks   int // of the one that shows that memory does not grow
	manyRuns     int

	few, some, many int // instances
	slowRuns        int // of what takes terraform half a minute

	listLatency   time.Duration
	chunkLatency  time.Duration
	latencyChunks int

	issues        int
	sheet         int64
	pageLatencies []time.Duration
}

// full are the sizes that the targets are about.
var full = size{
	pairs: 5, warm: 1,
	rowsPerChunk: 10_000, chunks: 100, manyChunks: 1_000, manyRuns: 3,
	few: 100, some: 1_000, many: 5_000, slowRuns: 2,
	listLatency: 20 * time.Millisecond, chunkLatency: 100 * time.Millisecond, latencyChunks: 24,
	issues: 200_000, sheet: 1 << 30, pageLatencies: []time.Duration{50 * time.Millisecond, 20 * time.Millisecond, 10 * time.Millisecond},
}

// tiny are sizes for finding out whether everything runs.
var tiny = size{
	pairs: 1, warm: 0,
	rowsPerChunk: 200, chunks: 3, manyChunks: 6, manyRuns: 1,
	few: 3, some: 6, many: 9, slowRuns: 1,
	listLatency: time.Millisecond, chunkLatency: time.Millisecond, latencyChunks: 4,
	issues: 3_000, sheet: 1 << 20, pageLatencies: []time.Duration{time.Millisecond},
}
