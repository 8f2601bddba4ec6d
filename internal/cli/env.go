package cli

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/user"
	"syscall"

	"golang.org/x/term"

	"reportsync/internal/clock"
)

// Version is the version of the tool, set when it is built for a release.
var Version = "0.1.0-dev"

// Env is everything outside the process that a command may use. Commands reach
// for nothing else, so that a test runs them without a process.
type Env struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string
	// Dir is the working folder.
	Dir       string
	Clock     clock.Clock
	Transport http.RoundTripper
	// Signals delivers interrupts; the first stops gently, the second at once.
	Signals <-chan os.Signal

	StdinTTY, StdoutTTY, StderrTTY bool
	// Width is the width of the terminal in columns, asked anew each time.
	Width func() int

	User, Host string
	PID        int
	// Place names where process ids mean what they mean here; empty if that
	// cannot be told. Gone reports whether a process of this place has ended.
	Place string
	Gone  func(pid int) bool
}

// Process is the environment of this process.
func Process(args []string, stdin, stdout, stderr *os.File, environ []string, transport http.RoundTripper, signals <-chan os.Signal) Env {
	e := Env{
		Args: args, Stdin: stdin, Stdout: stdout, Stderr: stderr, Environ: environ, Transport: transport, Signals: signals,
		Clock: clock.Wall{}, PID: os.Getpid(),
		StdinTTY: isTerminal(stdin), StdoutTTY: isTerminal(stdout), StderrTTY: isTerminal(stderr),
		Width: func() int {
			if w, _, err := term.GetSize(int(stdout.Fd())); err == nil && w > 0 {
				return w
			}
			return 80
		},
	}
	e.Dir, _ = os.Getwd()
	e.Place, _ = os.Readlink("/proc/self/ns/pid")
	e.Gone = gone
	e.Host, _ = os.Hostname()
	if u, err := user.Current(); err == nil {
		e.User = u.Username
	}
	return e
}

// gone reports whether a process has ended, and false wherever that is not sure.
func gone(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return errors.Is(err, os.ErrProcessDone)
	}
	defer func() { _ = p.Release() }()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// lookup returns an environment variable.
func (e *Env) lookup(name string) (string, bool) {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		kv := e.Environ[i]
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:], true
		}
	}
	return "", false
}

// set reports whether an environment variable is set to something.
func (e *Env) set(name string) bool {
	v, ok := e.lookup(name)
	return ok && v != ""
}
