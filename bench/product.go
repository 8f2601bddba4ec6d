package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// config is a configuration for the product.
type config struct {
	url      string
	inFlight int
	format   string
	reports  int // one block for each
}

func (c config) text() string {
	var s strings.Builder
	fmt.Fprintf(&s, "provider \"planfix\" {\n  base_url            = %q\n  token               = \"x\"\n  requests_per_second = 100000\n  max_in_flight       = %d\n}\n",
		c.url, max(c.inFlight, 1))
	for i := range c.reports {
		fmt.Fprintf(&s, "\nexport \"planfix_report\" \"r%05d\" {\n  report_id = \"%d\"\n  format    = %q\n}\n", i+1, i+1, c.format)
	}
	return s.String()
}

// write puts the configuration into a folder.
func (c config) write(dir string) error {
	return os.WriteFile(filepath.Join(dir, "bench.hcl"), []byte(c.text()), 0o600)
}

// apply is the product fetching everything into a folder.
func (b *bench) apply(dir string) command {
	return command{path: b.product, args: []string{"apply", "-auto-approve", "-config=bench.hcl"}, dir: dir}
}

// plan is the product making a plan that must come out empty.
func (b *bench) plan(dir string, flags ...string) command {
	args := append([]string{"plan", "-detailed-exitcode", "-config=bench.hcl"}, flags...)
	return command{path: b.product, args: args, dir: dir}
}

// applied returns a runner that applies a configuration in an empty folder, and
// the workplace where it does.
func (b *bench) applied(c config) (runner, *workplace) {
	w := &workplace{b: b, large: c.reports == 1}
	return func(ctx context.Context) (usage, error) {
		if err := w.fresh(); err != nil {
			return usage{}, err
		}
		if err := c.write(w.dir); err != nil {
			return usage{}, err
		}
		return measure(ctx, b.apply(w.dir))
	}, w
}

// exported is the one file of a report that was fetched below a folder.
func exported(dir string, c config) (string, error) {
	pattern := filepath.Join(dir, "exports", "planfix_report.r00001", "*."+c.format)
	found, err := filepath.Glob(pattern)
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%d files match %s, not one", len(found), pattern)
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}
