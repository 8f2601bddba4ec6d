package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// refreshBenchmark plans over reports that all have to be asked for.
func refreshBenchmark(ctx context.Context, b *bench) (err error) {
	const inFlight = 10
	n, latency := b.size.some, b.size.listLatency
	b.say("refresh: %d reports at %s, %d in flight", n, latency, inFlight)
	s, err := b.start(ctx, "-list-latency", latency.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	dir, err := b.mirror(ctx, config{url: s.rest(), format: "csv", reports: n, inFlight: inFlight})
	if err != nil {
		return err
	}
	if _, _, err := s.requests(ctx); err != nil {
		return err
	}
	product := b.counted(s, n, b.plan(dir))
	limit := b.counted(s, n, b.role(b.dir, "limit-lists", "-url", s.rest(), "-reports", strconv.Itoa(n), "-in-flight", strconv.Itoa(inFlight)))
	used, err := inTurn(ctx, b.size.warm, b.size.pairs, product, limit)
	if err != nil {
		return err
	}
	ideal := (time.Duration(n) * latency / inFlight).Seconds()
	what := fmt.Sprintf("refresh of %d", n)
	b.print(line{what: what + ", wall / limit", figure: ratio(used[0], used[1], wall), target: 1.15})
	b.print(line{what: what + ", wall / ideal", figure: over(used[0], wall, ideal)})
	b.print(line{what: what + ", wall of the limit / ideal", figure: over(used[1], wall, ideal)})
	b.print(line{what: what + ", processor / limit", figure: ratio(used[0], used[1], cpu)})
	return nil
}

// counted runs a command and sees to it that it asks for n lists and no chunk.
func (b *bench) counted(s *served, n int, c command) runner {
	return func(ctx context.Context) (usage, error) {
		u, err := measure(ctx, c)
		if err != nil {
			return usage{}, err
		}
		lists, reads, err := s.requests(ctx)
		if err == nil && (lists != n || reads != 0) {
			err = fmt.Errorf("%s asked for %d lists and %d chunks, not for %d and none", c.args[0], lists, reads, n)
		}
		return u, err
	}
}

// mirror applies a configuration in a folder that stays.
func (b *bench) mirror(ctx context.Context, c config) (string, error) {
	dir, err := b.folder()
	if err == nil {
		err = c.write(dir)
	}
	if err == nil {
		_, err = measure(ctx, b.apply(dir))
	}
	return dir, err
}
