//go:build failpoints

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// point is where to die: at a hit of a name, or of any.
type point struct {
	name string
	n    int
}

var (
	mu    sync.Mutex
	hits  = map[string]int{}
	all   int
	die   = parse(os.Getenv("REPORTSYNC_FAILPOINT"))           //nolint:forbidigo // a test orders it so, and only in its own binary
	trace = openTrace(os.Getenv("REPORTSYNC_FAILPOINT_TRACE")) //nolint:forbidigo // as above
)

func parse(order string) point {
	if n, err := strconv.Atoi(strings.TrimPrefix(order, "#")); err == nil && strings.HasPrefix(order, "#") {
		return point{n: n}
	}
	name, count, ok := strings.Cut(order, ":")
	p := point{name: name, n: 1}
	if ok {
		p.n, _ = strconv.Atoi(count)
	}
	if name == "" {
		p.n = -1
	}
	return p
}

func openTrace(path string) *os.File {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return f
}

// Hit is a boundary.
func Hit(name string) {
	mu.Lock()
	defer mu.Unlock()
	hits[name]++
	all++
	if trace != nil {
		_, _ = trace.WriteString(name + "\n")
	}
	if die.name == "" && all == die.n || die.name == name && hits[name] == die.n {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err != nil {
			panic(err)
		}
		select {} // nothing more is done until it has died
	}
}

// File is a file whose writes are boundaries.
type File struct{ *os.File }

// Watch returns the file, with boundaries around its writes.
func Watch(f *os.File) File { return File{f} }

// Write implements [io.Writer].
func (f File) Write(p []byte) (int, error) {
	Hit("write.before")
	n, err := f.File.Write(p)
	Hit("write.after")
	return n, err
}

// Sync makes what was written durable.
func (f File) Sync() error {
	Hit("fsync.before")
	err := f.File.Sync()
	Hit("fsync.after")
	return err
}
