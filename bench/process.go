package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration
	// rss is the peak of resident memory in bytes, 0 where the system does not
	// tell. A process inherits the peak of the one that started it, so this program
	// keeps small: whatever needs memory here runs in a process of its own.
	rss int64
}

// command is a process to run.
type command struct {
	path string
	args []string
	dir  string
	env  []string
}

// measured is a [runner].
func (c command) measured(ctx context.Context) (usage, error) { return measure(ctx, c) }

// measure runs a process to its end. What it prints to stdout is thrown away by
// the system, and does not cost this program anything.
func measure(ctx context.Context, c command) (usage, error) {
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Dir = c.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, "TMPDIR=" + os.TempDir(), "CI=true"}, c.env...) //nolint:forbidigo // a measured process gets a small environment, made here
	var messages bytes.Buffer
	cmd.Stderr = &messages
	started := now()
	err := cmd.Run()
	wall := now().Sub(started)
	if err != nil {
		return usage{}, fmt.Errorf("%s %s: %w\n%s", c.path, strings.Join(c.args, " "), err, strings.TrimSpace(messages.String()))
	}
	state := cmd.ProcessState
	return usage{wall: wall, cpu: state.UserTime() + state.SystemTime(), rss: peak(state)}, nil
}

// now is the wall clock, which is what is measured here.
func now() time.Time { return time.Now() } //nolint:forbidigo // a stopwatch needs the real time

// runner runs something to measure once.
type runner func(ctx context.Context) (usage, error)

// inTurn runs all runners once after the other, warm times without looking and
// then n times. It returns what each took, in the order of the runs.
func inTurn(ctx context.Context, warm, n int, runners ...runner) ([][]usage, error) {
	out := make([][]usage, len(runners))
	for i := range warm + n {
		for j, r := range runners {
			u, err := r(ctx)
			if err != nil {
				return nil, err
			}
			if i >= warm {
				out[j] = append(out[j], u)
			}
		}
	}
	return out, nil
}
