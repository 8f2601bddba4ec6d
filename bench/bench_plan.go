package main

import (
	"context"
	"errors"
	"fmt"
)

// planBenchmark plans over what is there already, without asking the service.
func planBenchmark(ctx context.Context, b *bench) (err error) {
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	some, err := b.planOf(ctx, s, b.size.some, 64)
	if err != nil {
		return err
	}
	many, err := b.planOf(ctx, s, b.size.many, 160)
	if err != nil {
		return err
	}
	b.print(line{
		what:   fmt.Sprintf("plan of %d / plan of %d, wall", b.size.many, b.size.some),
		figure: over(many, wall, absolute(some, wall).value), target: 6,
	})
	return nil
}

// planOf compares plans over n instances.
func (b *bench) planOf(ctx context.Context, s *served, n int, memoryTarget float64) ([]usage, error) {
	b.say("plan: making %d instances", n)
	dir, err := b.mirror(ctx, config{url: s.rest(), format: "csv", reports: n, inFlight: 10})
	if err != nil {
		return nil, err
	}
	runners := []runner{b.plan(dir, "-refresh=false").measured}
	tf := b.terraform()
	if tf != nil {
		other, err := b.folder()
		if err != nil {
			return nil, err
		}
		if err := tf.write(other, n, true); err != nil {
			return nil, err
		}
		runners = append(runners, tf.plan(other).measured)
	}
	b.say("plan: %d instances", n)
	used, err := inTurn(ctx, b.size.warm, b.size.pairs, runners...)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("plan of %d", n)
	if tf != nil {
		b.print(line{what: what + ", wall / terraform", figure: ratio(used[0], used[1], wall), target: 0.1})
		b.print(line{what: what + ", peak memory / terraform", figure: ratio(used[0], used[1], memory), target: 0.33})
	}
	b.print(line{what: what + ", peak memory", figure: absolute(used[0], memory), unit: "MiB", target: memoryTarget})
	return used[0], nil
}
