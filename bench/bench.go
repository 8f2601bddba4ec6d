package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// bench is what all benchmarks share.
type bench struct {
	size    size
	out     io.Writer // the figures
	log     io.Writer // everything else
	product string    // the binary under test
	self    string    // this program
	dir     string    // holds everything that is made
	folders int
}

// open makes the folder, and the product unless it was given.
func (b *bench) open(ctx context.Context) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "reportsync-bench-"); err != nil {
		return err
	}
	if b.product != "" {
		b.product, err = filepath.Abs(b.product)
		return err
	}
	b.product = filepath.Join(b.dir, "reportsync")
	b.say("building the product")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.product, "reportsync/cmd/reportsync")
	if text, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("build the product: %w\n%s", err, text), b.close())
	}
	return nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

func (b *bench) say(format string, args ...any) { _, _ = fmt.Fprintf(b.log, "# "+format+"\n", args...) }

// folder makes an empty folder.
func (b *bench) folder() (string, error) {
	b.folders++
	dir := filepath.Join(b.dir, fmt.Sprintf("%04d", b.folders))
	return dir, os.Mkdir(dir, 0o700)
}

// workplace gives each run an empty folder, and keeps the last one.
type workplace struct {
	b   *bench
	dir string
	// large is set when a folder takes more room than is to be had twice.
	large bool
}

// fresh makes another folder. The last one stays until the end: a file system that
// has just deleted thousands of files is slow at making new ones, and that is not
// what is measured.
func (w *workplace) fresh() (err error) {
	if w.large {
		if err := w.clear(); err != nil {
			return err
		}
	}
	w.dir, err = w.b.folder()
	return err
}

func (w *workplace) clear() error {
	if w.dir == "" {
		return nil
	}
	return os.RemoveAll(w.dir)
}

// role is this program in another role.
func (b *bench) role(dir string, args ...string) command {
	return command{path: b.self, args: args, dir: dir}
}

// hash is the SHA-256 of a file.
func hash(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// same fails unless two files hold the same bytes: programs that do not make the
// same cannot be compared.
func same(a, b string) error {
	x, err := hash(a)
	if err != nil {
		return err
	}
	y, err := hash(b)
	if err != nil {
		return err
	}
	if x != y {
		return fmt.Errorf("%s and %s differ", a, b)
	}
	return nil
}
