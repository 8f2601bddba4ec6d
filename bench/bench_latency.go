package main

import (
	"context"
	"fmt"
	"time"
)

// latencyBenchmark fetches chunks of a service that thinks before each, with
// several requests in flight.
func latencyBenchmark(ctx context.Context, b *bench) error {
	n, latency := b.size.latencyChunks, b.size.chunkLatency
	for _, inFlight := range []int{2, 4, 8} {
		b.say("latency: %d chunks at %s, %d in flight", n, latency, inFlight)
		used, err := b.compareRows(ctx, "csv", n, inFlight, "-rows", "1000", "-chunk-latency", latency.String())
		if err != nil {
			return err
		}
		ideal := (time.Duration(n) * latency / time.Duration(inFlight)).Seconds()
		limit := absolute(used[1], wall).value
		what := fmt.Sprintf("slow chunks, %d in flight", inFlight)
		b.print(line{what: what + ", wall / ideal or limit", figure: over(used[0], wall, max(ideal, limit)), target: 1.3})
		b.print(line{what: what + ", wall of the limit / ideal", figure: over(used[1], wall, ideal)})
		b.print(line{what: what + ", peak memory", figure: absolute(used[0], memory), unit: "MiB", target: float64(rowsMemory + inFlightMemory*inFlight)})
	}
	return nil
}
