package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// archiveBenchmark fetches a report that is an archive with one large sheet, against
// curl, unzip and sync doing the same by hand.
func archiveBenchmark(ctx context.Context, b *bench) (err error) {
	for _, tool := range []string{"curl", "unzip", "sync"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.say("archive: left out, %s is not installed", tool)
			return nil
		}
	}
	b.say("archive: a sheet of %d MiB", b.size.sheet>>20)
	home, err := b.folder()
	if err != nil {
		return err
	}
	s, err := b.startRole(ctx, "serve-market", "-file", filepath.Join(home, "file.zip"), "-size", strconv.FormatInt(b.size.sheet, 10))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	w := &workplace{b: b, large: true}
	product := func(ctx context.Context) (usage, error) {
		if err := w.fresh(); err != nil {
			return usage{}, err
		}
		text := fmt.Sprintf(`provider "yandex_market" {
  base_url      = %q
  api_key       = "ACMA:x"
  business_id   = "1"
  subscription  = "none"
  poll_interval = "10ms"
}

export "yandex_market_report" "prices" {
  report = "goods_prices"
}
`, s.url)
		if err := os.WriteFile(filepath.Join(w.dir, "bench.hcl"), []byte(text), 0o600); err != nil {
			return usage{}, err
		}
		return measure(ctx, b.apply(w.dir))
	}
	v := &workplace{b: b, large: true}
	byHand := func(ctx context.Context) (usage, error) {
		if err := v.fresh(); err != nil {
			return usage{}, err
		}
		return measure(ctx, command{
			path: "/bin/sh", dir: v.dir,
			args: []string{"-ec", "curl -sS -o file.zip " + s.url + "/file.zip; unzip -q file.zip; sync business_prices.csv file.zip"},
		})
	}
	used, err := inTurn(ctx, b.size.warm, b.size.slowRuns, product, byHand)
	if err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(w.dir, "exports", "*", "*", "business_prices.csv"))
	if err != nil || len(found) != 1 {
		return errors.Join(err, fmt.Errorf("%d sheets were written, not one", len(found)))
	}
	if err := same(found[0], filepath.Join(v.dir, "business_prices.csv")); err != nil {
		return err
	}
	b.print(line{what: fmt.Sprintf("a sheet of %d MiB from an archive, wall / curl, unzip and sync", b.size.sheet>>20), figure: ratio(used[0], used[1], wall), target: 1.05})
	b.print(line{what: "the same, peak memory", figure: absolute(used[0], memory), unit: "MiB", target: 48})
	return errors.Join(w.clear(), v.clear())
}
