package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := dispatch(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // this is the main of its own program
	}
}

// role is what this program does when it is run again by itself.
type role func(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error

var roles = map[string]role{
	"serve":        serve,
	"limit-rows":   limitRows,
	"limit-lists":  limitLists,
	"limit-scroll": limitScroll,
	"serve-market": serveMarket,
}

func dispatch(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		if r, ok := roles[args[0]]; ok {
			return r(ctx, args[1:], stdin, stdout)
		}
	}
	return run(ctx, args, stdout, stderr)
}

// benchmark is one question and how it is answered.
type benchmark struct {
	name, about string
	run         func(ctx context.Context, b *bench) error
}

var benchmarks = []benchmark{
	{"version", "starting up, against terraform version", versionBenchmark},
	{"rows", "chunks of rows to CSV and JSON Lines, against a bare program", rowsBenchmark},
	{"latency", "chunks that take their time, several in flight", latencyBenchmark},
	{"refresh", "asking the service about 1,000 reports, against a bare client", refreshBenchmark},
	{"issues", "200,000 issues by scroll, against a bare client, and what has changed since", issuesBenchmark},
	{"archive", "a report with a sheet of 1 GiB in an archive, against curl, unzip and sync", archiveBenchmark},
	{"plan", "a plan without changes, against terraform plan", planBenchmark},
	{"apply", "fetching new small reports, against terraform apply", applyBenchmark},
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	short := flags.Bool("short", false, "tiny sizes and one pair of each: shows that the program runs, measures nothing")
	pairs := flags.Int("pairs", 5, "how often each pair is run")
	product := flags.String("product", "", "the reportsync binary to measure (default: built from ./cmd/reportsync)")
	flags.Usage = func() { usageText(stderr, flags) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	b := &bench{size: full, out: stdout, log: stderr, product: *product}
	b.size.pairs = max(*pairs, 1)
	if *short {
		b.size = tiny
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	b.heading()
	for _, bm := range chosen {
		if err := bm.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", bm.name, err)
		}
	}
	return nil
}

func usageText(w io.Writer, flags *flag.FlagSet) {
	_, _ = fmt.Fprintf(w, "Usage: go run ./bench [flags] [name...]\n\nBenchmarks:\n")
	for _, bm := range benchmarks {
		_, _ = fmt.Fprintf(w, "  %-9s %s\n", bm.name, bm.about)
	}
	_, _ = fmt.Fprintf(w, "\nFlags:\n")
	flags.PrintDefaults()
}

// choose returns the benchmarks of these names, or all.
func choose(names []string) ([]benchmark, error) {
	if len(names) == 0 {
		return benchmarks, nil
	}
	var out []benchmark
	for _, name := range names {
		i := slices.IndexFunc(benchmarks, func(b benchmark) bool { return b.name == name })
		if i < 0 {
			var known []string
			for _, b := range benchmarks {
				known = append(known, b.name)
			}
			return nil, fmt.Errorf("there is no benchmark %q; there are %s", name, strings.Join(known, ", "))
		}
		out = append(out, benchmarks[i])
	}
	return out, nil
}
