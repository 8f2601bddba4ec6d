package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/spf13/cobra"

	"reportsync/internal/config"
)

// fmtOptions are the options of fmt.
type fmtOptions struct{ check, diff, recursive bool }

func newFmtCmd(a *app) *cobra.Command {
	o := &fmtOptions{}
	cmd := &cobra.Command{
		Use:   "fmt [PATH]...",
		Short: "Format configuration files",
		Long: `fmt rewrites the *.hcl and *.rsvars files of the working folder, or of the given
paths, in the canonical layout, and prints the names of files that it changed.
With -check nothing is written, and the exit status is 7 if something would be.`,
		Example: `  reportsync fmt
  reportsync fmt -check -diff -recursive`,
		RunE: func(_ *cobra.Command, args []string) error { return a.runFmt(o, args) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.check, "check", false, "write nothing; exit 7 if a file is not formatted")
	f.BoolVar(&o.diff, "diff", false, "print what changes")
	f.BoolVar(&o.recursive, "recursive", false, "format folders below too")
	return cmd
}

func (a *app) runFmt(o *fmtOptions, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	var files []string
	for _, arg := range args {
		found, err := formattable(a.abs(arg), o.recursive)
		if err != nil {
			return usage("Give files or folders that exist.", "fmt %s: %s", arg, reason(err))
		}
		files = append(files, found...)
	}
	changed := false
	for _, file := range files {
		c, err := a.format(o, file)
		if err != nil {
			return err
		}
		changed = changed || c
	}
	if changed && o.check {
		return status(exitCheck)
	}
	return nil
}

// formattable lists the files that a path stands for.
func formattable(path string, recursive bool) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var out []string
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != path && (!recursive || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.Type().IsRegular() && (strings.HasSuffix(p, ".hcl") || strings.HasSuffix(p, ".rsvars")):
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

// format formats one file and reports whether it was or would be changed.
func (a *app) format(o *fmtOptions, file string) (bool, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("format: %w", err)
	}
	name := file
	if rel, err := filepath.Rel(a.env.Dir, file); err == nil {
		name = rel
	}
	if f, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos); diags.HasErrors() {
		a.view.Diagnostics(diags, map[string]*hcl.File{name: f})
		return false, status(exitError)
	}
	out := config.Format(src)
	if bytes.Equal(src, out) {
		return false, nil
	}
	a.view.Say("%s", name)
	if o.diff {
		a.view.Diff(name, string(src), string(out))
	}
	if o.check {
		return true, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return true, fmt.Errorf("format: %w", err)
	}
	return true, replaceFile(file, out, info.Mode().Perm())
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, data []byte, mode fs.FileMode) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write %s: what has this name is not a file", path)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, reason(err))
	}
	_, werr := tmp.Write(data)
	err = errors.Join(werr, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}

// reason is an error of the file system without the call and the path, which the
// message around it names, or would rather not: the path of a temporary file.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
