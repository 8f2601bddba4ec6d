package artifact

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"reportsync/internal/export"
)

// Spec says what the files of a version are to be.
type Spec struct {
	// Path is where the version goes, relative to the export root, with forward
	// slashes. Several sheets, raw parts and documents go into a folder of that
	// name without its extension.
	Path   string
	Format export.Format
	CSV    export.CSVOptions
}

func (s Spec) validate() error {
	if err := checkPath(s.Path); err != nil {
		return err
	}
	switch s.Format {
	case export.FormatCSV:
		return checkDelimiter(s.CSV.Delimiter)
	case export.FormatJSONL, export.FormatRaw:
		return nil
	}
	return fmt.Errorf("format %q cannot be written; use csv, jsonl or raw", s.Format)
}

// checkPath refuses paths that are not the name of a file below the root.
func checkPath(p string) error {
	switch {
	case !fs.ValidPath(p) || p == "." || strings.ContainsAny(p, "\\\x00"):
		return fmt.Errorf("path %q is not a relative path below the export root", p)
	case strings.EqualFold(firstSegment(p), tempDir):
		return fmt.Errorf("path %q is in %s, which is kept for temporary files; choose another folder", p, tempDir)
	}
	return nil
}

func firstSegment(p string) string {
	first, _, _ := strings.Cut(p, "/")
	return first
}

func checkDelimiter(r rune) error {
	if r == '"' || r == '\r' || r == '\n' || r == utf8.RuneError || !utf8.ValidRune(r) {
		return fmt.Errorf("csv delimiter %q cannot separate cells; use a comma, semicolon or tab", r)
	}
	return nil
}

// stem is the planned path without its extension: the name of the folder for
// several files.
func (s Spec) stem() string { return strings.TrimSuffix(s.Path, s.ext()) }

// ext is the extension of the planned path, with its dot.
func (s Spec) ext() string {
	ext := path.Ext(s.Path)
	if ext == "." || ext == path.Base(s.Path) {
		return ""
	}
	return ext
}

func (s Spec) singleManifest() string { return s.stem() + ".manifest.json" }
func (s Spec) folderManifest() string { return s.stem() + "/" + folderManifestName }

const folderManifestName = "manifest.json"

// ManifestPath returns where the manifest of a version with these files is.
func (s *Store) ManifestPath(spec Spec, files []export.Artifact) string {
	if len(files) == 1 && files[0].Path == spec.Path {
		return spec.singleManifest()
	}
	return spec.folderManifest()
}

// namer gives the files of one folder names that are different for everybody,
// also where upper and lower case are the same. Extensions have their dot.
type namer map[string]bool

func (n namer) name(stem, ext string) string {
	stem = segment(stem)
	name := stem + ext
	for i := 2; n[fold(name)]; i++ {
		name = stem + "_" + strconv.Itoa(i) + ext
	}
	n[fold(name)] = true
	return name
}

func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

func newNamer() namer { return namer{folderManifestName: true} }

// segmentLimit is in bytes and leaves room for a number and an extension.
const segmentLimit = 180

// segment makes one segment of a path out of any text. What some system does not
// allow in names becomes an underscore.
func segment(text string) string {
	s := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || strings.ContainsRune(`/\<>:"|?*`, r) || !unicode.IsGraphic(r) {
			return '_'
		}
		return r
	}, text)
	for len(s) > segmentLimit {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	s = strings.TrimFunc(s, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
	if s == "" || reserved(s) {
		return "_" + s
	}
	return s
}

// reserved reports whether Windows takes a name for a device, whatever its extension.
func reserved(s string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(s), ".")
	switch stem = strings.TrimSpace(stem); stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, isPort := strings.CutPrefix(stem, "COM")
	if !isPort {
		port, isPort = strings.CutPrefix(stem, "LPT")
	}
	return isPort && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// extension returns a service's word for a kind of file as an extension with its
// dot. What does not look like one becomes .bin.
func extension(ext string) string {
	ext = strings.TrimPrefix(ext, ".")
	if ext == "" || len(ext) > 16 {
		return ".bin"
	}
	for i := range len(ext) {
		c := ext[i] | 0x20
		if (c < 'a' || c > 'z') && (ext[i] < '0' || ext[i] > '9') {
			return ".bin"
		}
	}
	return "." + ext
}
