package main

import (
	"context"
	"errors"
	"fmt"
)

// applyBenchmark fetches many new reports of three rows.
func applyBenchmark(ctx context.Context, b *bench) (err error) {
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	few, someCase := b.size.few, b.size.some
	b.say("apply: %d and %d new reports", few, someCase)
	conf := config{url: s.rest(), format: "csv", inFlight: 10, reports: few}
	runFew, placeFew := b.applied(conf)
	conf.reports = someCase
	runSome, placeSome := b.applied(conf)
	used, err := inTurn(ctx, b.size.warm, b.size.pairs, runFew, runSome)
	if err != nil {
		return err
	}
	b.print(line{what: fmt.Sprintf("apply of %d / apply of %d, wall", someCase, few), figure: ratio(used[1], used[0], wall), target: 12})
	b.print(line{what: fmt.Sprintf("apply of %d, peak memory", someCase), figure: absolute(used[1], memory), unit: "MiB"})
	if err := b.applyAgainst(ctx, runSome, someCase); err != nil {
		return err
	}
	return errors.Join(placeFew.clear(), placeSome.clear())
}

// applyAgainst compares with terraform, which takes long.
func (b *bench) applyAgainst(ctx context.Context, product runner, n int) error {
	tf := b.terraform()
	if tf == nil {
		return nil
	}
	b.say("apply: %d new objects with terraform", n)
	w := &workplace{b: b}
	theirs := func(ctx context.Context) (usage, error) {
		if err := w.fresh(); err != nil {
			return usage{}, err
		}
		if err := tf.write(w.dir, n, false); err != nil {
			return usage{}, err
		}
		return measure(ctx, tf.apply(w.dir))
	}
	used, err := inTurn(ctx, 0, b.size.slowRuns, product, theirs)
	if err != nil {
		return err
	}
	b.print(line{what: fmt.Sprintf("apply of %d, wall / terraform", n), figure: ratio(used[0], used[1], wall), target: 0.08})
	return w.clear()
}
