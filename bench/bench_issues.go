package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The organisation that the sandbox simulates.
const (
	trackerToken = "sandbox-tracker-token"
	trackerOrg   = "7012345"
	issueQuery   = `Updated: >= "2000-01-01"`
	issueFields  = "key,summary,status,assignee,createdAt,updatedAt"
	// changeTime is in which about 100 of 200,000 issues change.
	changeTime = "72m"
)

// issuesBenchmark exports all issues of an organisation by scroll, and then those
// that have changed since. The service is the sandbox in a process of its own.
func issuesBenchmark(ctx context.Context, b *bench) (err error) {
	n := b.size.issues
	b.say("issues: %d by scroll", n)
	home, err := b.folder()
	if err != nil {
		return err
	}
	s, err := b.sandbox(ctx, home, n)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d issues to CSV", n)
	for _, latency := range b.size.pageLatencies {
		slow, err := b.start(ctx, "-forward", s.url, "-list-latency", latency.String())
		if err != nil {
			return errors.Join(err, s.stop())
		}
		_, err = b.drained(ctx, slow.url, fmt.Sprintf("%s, pages take %s more", what, latency))
		if err = errors.Join(err, slow.stop()); err != nil {
			return errors.Join(err, s.stop())
		}
		what = "the same"
	}
	used, err := b.drained(ctx, s.url, "the same, pages at the sandbox's own speed")
	if err != nil {
		return errors.Join(err, s.stop())
	}
	b.print(line{what: "the same, peak memory", figure: absolute(used, memory), unit: "MiB", target: 64})
	if err := b.shared(ctx, s.url); err != nil {
		return errors.Join(err, s.stop())
	}

	dir, err := b.folder()
	if err == nil {
		err = issueConfig(dir, s.url, "incremental")
	}
	if err == nil {
		_, err = measure(ctx, b.apply(dir))
	}
	if err = errors.Join(err, s.stop()); err != nil {
		return err
	}
	changed, err := b.changed(ctx, home, dir)
	if err != nil {
		return err
	}
	b.print(line{what: "the changes of 72 minutes, wall / reading all of them", figure: ratio(changed, used, wall)})
	b.print(line{what: "the same, peak memory", figure: absolute(changed, memory), unit: "MiB", target: 64})
	return b.diffed(ctx, dir)
}

// diffed compares the two versions of an export, against sort and comm.
func (b *bench) diffed(ctx context.Context, dir string) error {
	for _, tool := range []string{"sort", "comm"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.say("diff: left out, %s is not installed", tool)
			return nil
		}
	}
	product := command{path: b.product, dir: dir, args: []string{"diff", "-config=bench.hcl", "-key=id", "yandex_tracker_issues.all"}}
	byHand := command{path: "/bin/sh", dir: dir, args: []string{"-ec", `set -- exports/*/*.csv; LC_ALL=C sort "$1" >a; LC_ALL=C sort "$2" >b; LC_ALL=C comm -3 a b >c`}}
	used, err := inTurn(ctx, b.size.warm, b.size.pairs, product.measured, byHand.measured)
	if err != nil {
		return err
	}
	b.print(line{what: "diff of the two versions by their key, wall / sort and comm", figure: ratio(used[0], used[1], wall)})
	b.print(line{what: "the same, peak memory", figure: absolute(used[0], memory), unit: "MiB", target: 64})
	return nil
}

// drained compares the product with a client that drains the scroll. It returns what
// the product took.
func (b *bench) drained(ctx context.Context, url, what string) ([]usage, error) {
	w := &workplace{b: b}
	full := func(ctx context.Context) (usage, error) {
		if err := w.fresh(); err != nil {
			return usage{}, err
		}
		if err := issueConfig(w.dir, url, "full"); err != nil {
			return usage{}, err
		}
		return measure(ctx, b.apply(w.dir))
	}
	used, err := inTurn(ctx, b.size.warm, b.size.pairs, full, b.drainer(url).measured)
	if err != nil {
		return nil, err
	}
	b.print(line{what: what + ", rate / draining the scroll", figure: ratio(used[1], used[0], wall), least: 0.9})
	return used[0], nil
}

// drainer is a client that drains the scroll.
func (b *bench) drainer(url string, more ...string) command {
	return b.role(b.dir, append([]string{"limit-scroll", "-url", url, "-fields", "id,version," + issueFields}, more...)...)
}

// shared shows what it costs that service and client share the cores: a client that
// drains the scroll while it keeps a core busy.
func (b *bench) shared(ctx context.Context, url string) error {
	used, err := inTurn(ctx, b.size.warm, b.size.pairs, b.drainer(url, "-busy", "4ms").measured, b.drainer(url).measured)
	if err != nil {
		return err
	}
	b.print(line{what: "a drain beside 4 of 10 ms of work on one core, rate / a drain alone", figure: ratio(used[1], used[0], wall)})
	return nil
}

// changed lets issues change and measures an apply that reads the changes.
func (b *bench) changed(ctx context.Context, home, dir string) (_ []usage, err error) {
	cmd := exec.CommandContext(ctx, b.product, "sandbox", "-advance="+changeTime)
	cmd.Dir = home
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("move the sandbox's clock: %w\n%s", err, text)
	}
	s, err := b.sandbox(ctx, home, b.size.issues)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := issueConfig(dir, s.url, "incremental"); err != nil {
		return nil, err
	}
	wait(ctx, 1100*time.Millisecond) // readings are named by the second
	u, err := measure(ctx, b.apply(dir))
	if err != nil {
		return nil, err
	}
	return []usage{u}, nil
}

// sandbox starts the product's own simulators in a process.
func (b *bench) sandbox(ctx context.Context, home string, issues int) (*served, error) {
	cmd := exec.CommandContext(ctx, b.product, "sandbox", "-listen=127.0.0.1:0",
		"-profile=yandex_tracker.rate=0,yandex_tracker.issues="+strconv.Itoa(issues))
	cmd.Dir = home
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &served{cmd: cmd, stdin: interrupter{cmd}}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if _, rest, ok := strings.Cut(lines.Text(), `base_url = "`); ok && strings.Contains(rest, "yandex_tracker") {
			s.url = strings.TrimSuffix(rest, `"`)
			return s, nil
		}
	}
	return nil, errors.Join(errors.New("the sandbox does not say where it listens"), s.stop())
}

// interrupter ends a process that does not look at its stdin.
type interrupter struct{ cmd *exec.Cmd }

func (i interrupter) Close() error { return i.cmd.Process.Signal(os.Interrupt) }

func issueConfig(dir, url, sync string) error {
	var fields []string
	for f := range strings.SplitSeq(issueFields, ",") {
		fields = append(fields, strconv.Quote(f))
	}
	text := fmt.Sprintf(`provider "yandex_tracker" {
  base_url            = %q
  token               = %q
  org_id              = %q
  requests_per_second = 100000
}

export "yandex_tracker_issues" "all" {
  query  = %q
  sync   = %q
  every  = "10ms"
  fields = [%s]
}
`, url, trackerToken, trackerOrg, issueQuery, sync, strings.Join(fields, ", "))
	return os.WriteFile(filepath.Join(dir, "bench.hcl"), []byte(text), 0o600)
}
