package funcs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxFile limits what a function reads into memory.
const maxFile = 64 << 20

// folder reads files below root and nothing else.
type folder struct{ root string }

// inside returns the name relative to the root, and refuses what lies elsewhere.
// Symbolic links that lead out are refused by os.Root when the file is opened.
func (f folder) inside(name string) (string, error) {
	if f.root == "" {
		return "", errors.New("there is no configuration folder to read from")
	}
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		rel, err := filepath.Rel(f.root, name)
		if err != nil {
			return "", f.outside(name)
		}
		name = rel
	}
	name = filepath.Clean(name)
	if !filepath.IsLocal(name) {
		return "", f.outside(name)
	}
	return name, nil
}

func (f folder) outside(name string) error {
	return fmt.Errorf("%s is outside the configuration's folder; only files below it can be read", filepath.ToSlash(name))
}

// stat returns nil without an error when there is no such file.
func (f folder) stat(name string) (fs.FileInfo, error) {
	rel, err := f.inside(name)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, reason(name, err)
	}
	defer root.Close() //nolint:errcheck // nothing was written
	info, err := root.Stat(rel)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, reason(name, err)
	}
	return info, nil
}

func (f folder) read(name string) ([]byte, error) {
	info, err := f.stat(name)
	switch {
	case err != nil:
		return nil, err
	case info == nil:
		return nil, fmt.Errorf("there is no file %s in the configuration's folder", name)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder", name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", name)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxFile>>20)
	}
	rel, err := f.inside(name)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, reason(name, err)
	}
	defer root.Close() //nolint:errcheck // nothing was written
	file, err := root.Open(rel)
	if err != nil {
		return nil, reason(name, err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, reason(name, err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxFile>>20)
	}
	return b, nil
}

func (f folder) text(name string) (string, error) {
	b, err := f.read(name)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%s is not UTF-8 text; filebase64() reads any bytes", name)
	}
	return string(b), nil
}

// set returns the files below dir whose path relative to it matches the pattern.
func (f folder) set(dir, pattern string) ([]string, error) {
	rel, err := f.inside(dir)
	if err != nil {
		return nil, err
	}
	match, err := compileGlob(pattern)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, reason(dir, err)
	}
	defer root.Close() //nolint:errcheck // nothing was written
	base := filepath.ToSlash(rel)
	var out []string
	err = fs.WalkDir(root.FS(), base, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && p == base && errors.Is(err, fs.ErrNotExist):
			return fs.SkipAll
		case err != nil:
			return err
		case !d.Type().IsRegular():
			return nil
		}
		if name := strings.TrimPrefix(strings.TrimPrefix(p, base), "/"); base == "." && match(p) {
			out = append(out, p)
		} else if base != "." && match(name) {
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		return nil, reason(dir, err)
	}
	return out, nil
}

// reason shortens an error of the file system to what went wrong.
func reason(name string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return fmt.Errorf("read %s: %w", name, err)
}

// addFiles adds the functions that read files below the folder.
func addFiles(t map[string]function.Function, f folder) {
	t["file"] = stringFunc("path", f.text)
	t["filebase64"] = stringFunc("path", func(name string) (string, error) {
		b, err := f.read(name)
		return base64.StdEncoding.EncodeToString(b), err
	})
	for name, h := range map[string]struct {
		sum  func([]byte) []byte
		show func([]byte) string
	}{
		"filemd5": {md5Sum, inHex}, "filesha1": {sha1Sum, inHex}, "filesha256": {sha256Sum, inHex}, "filesha512": {sha512Sum, inHex},
		"filebase64sha256": {sha256Sum, inBase64}, "filebase64sha512": {sha512Sum, inBase64},
	} {
		t[name] = stringFunc("path", func(name string) (string, error) {
			b, err := f.read(name)
			return h.show(h.sum(b)), err
		})
	}
	t["fileexists"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			info, err := f.stat(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.Bool), function.NewArgError(0, err)
			}
			return cty.BoolVal(info != nil && info.Mode().IsRegular()), nil
		},
	})
	t["fileset"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			names, err := f.set(args[0].AsString(), args[1].AsString())
			if err != nil {
				return cty.UnknownVal(cty.Set(cty.String)), err
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			vals := make([]cty.Value, len(names))
			for i, n := range names {
				vals[i] = cty.StringVal(n)
			}
			return cty.SetVal(vals), nil
		},
	})
	t["templatefile"] = templateFileFunc(f, t)
}
