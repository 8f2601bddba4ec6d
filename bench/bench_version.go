package main

import "context"

// versionBenchmark is what starting the program costs.
func versionBenchmark(ctx context.Context, b *bench) error {
	b.say("version")
	runners := []runner{command{path: b.product, args: []string{"version"}, dir: b.dir}.measured}
	tf := b.terraform()
	if tf != nil {
		runners = append(runners, tf.version(b.dir).measured)
	}
	used, err := inTurn(ctx, b.size.warm, 3*b.size.pairs, runners...) // they are short, and vary
	if err != nil {
		return err
	}
	if tf != nil {
		b.print(line{what: "version, wall / terraform", figure: ratio(used[0], used[1], wall), target: 0.25})
		b.print(line{what: "version, peak memory / terraform", figure: ratio(used[0], used[1], memory)})
	}
	b.print(line{what: "version, peak memory", figure: absolute(used[0], memory), unit: "MiB", target: 24})
	return nil
}
