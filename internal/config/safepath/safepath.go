// Package safepath turns text that nobody has vouched for into names of files.
//
// [Segment] makes a single path segment out of any text: a report's title, a key,
// an id that a service made up. [Clean] checks a whole relative path. What comes
// out of either is a name on Linux, macOS and Windows alike and cannot leave the
// folder it is joined to. The package touches no file system; symbolic links are
// the business of whoever opens the path.
package safepath

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// SegmentLimit is the length in bytes that a segment made by [Segment] has at most.
	SegmentLimit = 160
	// nameLimit is the same for a segment of a whole path. It leaves room for the
	// endings that are put behind a file name, within the 255 bytes of file systems.
	nameLimit = 200
	// empty stands for text of which nothing is left.
	empty = "_"
)

// Segment returns text as one path segment. Equal texts give equal segments, and
// a segment is its own segment. Characters that are separators or not allowed
// somewhere become underscores, so two texts can give one segment; [Distinct]
// tells them apart.
func Segment(text string) string {
	s := strings.ToValidUTF8(text, empty)
	s = strings.Map(func(r rune) rune {
		if forbidden(r) || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, s)
	s = strings.TrimFunc(s, trimmed)
	return shorten(device(s), text, SegmentLimit)
}

// Distinct returns [Segment] of the text with a short hash of the text behind it.
func Distinct(text string) string {
	s := Segment(text)
	if len(s) > SegmentLimit-hashLength {
		s = cut(s, SegmentLimit-hashLength)
	}
	return s + hash(text)
}

// Clean returns a relative path with forward slashes in the form it is used in,
// or an error that says what is wrong with it. Segments may begin with a dot, and
// characters that some file system refuses become underscores.
func Clean(path string) (string, error) {
	switch {
	case path == "":
		return "", errors.New("the path is empty")
	case !utf8.ValidString(path):
		return "", errors.New("the path is not UTF-8 text")
	case strings.HasPrefix(path, "/"):
		return "", errors.New("the path is absolute; it must be relative to the export root")
	case strings.ContainsRune(path, '\\'):
		return "", errors.New("the path contains a backslash; folders are separated by /")
	case len(path) > 1 && path[1] == ':' && isLetter(path[0]):
		return "", errors.New("the path names a drive; it must be relative to the export root")
	}
	for _, r := range path {
		if invisible(r) {
			return "", fmt.Errorf("the path contains the control character %U", r)
		}
	}
	var out []string
	for seg := range strings.SplitSeq(path, "/") {
		switch seg {
		case "":
			return "", errors.New("the path has an empty segment: a slash at the end, or two in a row")
		case ".":
			continue
		case "..":
			return "", errors.New("the path contains \"..\"; nothing is written outside the export root")
		}
		clean := strings.Map(func(r rune) rune {
			if forbidden(r) {
				return '_'
			}
			return r
		}, seg)
		clean = strings.TrimRightFunc(clean, trimmed)
		if clean == "" {
			return "", fmt.Errorf("the segment %q of the path is only dots and spaces", seg)
		}
		out = append(out, shortenName(device(clean), seg))
	}
	if len(out) == 0 {
		return "", errors.New("the path names no file")
	}
	return strings.Join(out, "/"), nil
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// invisible characters can hide what a name is: controls, bidirectional and other
// format characters, line separators.
func invisible(r rune) bool {
	if r < 0x80 {
		return r < 0x20 || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs, unicode.Noncharacter_Code_Point)
}

// forbidden characters are refused by some file system.
func forbidden(r rune) bool {
	switch r {
	case '<', '>', ':', '"', '|', '?', '*', utf8.RuneError:
		return true
	}
	return invisible(r)
}

func trimmed(r rune) bool { return r == '.' || unicode.IsSpace(r) }

// device puts an underscore before a name that Windows takes for a device,
// whatever its extension is.
func device(s string) string {
	stem, _, _ := strings.Cut(s, ".")
	stem = strings.ToUpper(strings.TrimRightFunc(stem, unicode.IsSpace))
	switch stem {
	case "":
		if s == "" {
			return empty
		}
		return s
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return "_" + s
	}
	if port, ok := strings.CutPrefix(stem, "COM"); ok && isPort(port) {
		return "_" + s
	}
	if port, ok := strings.CutPrefix(stem, "LPT"); ok && isPort(port) {
		return "_" + s
	}
	return s
}

func isPort(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n == len(s) && n > 0 && strings.ContainsRune("0123456789¹²³", r)
}

// hashLength is the length of what hash returns.
const hashLength = 9

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "~" + hex.EncodeToString(sum[:4])
}

// shorten cuts s to the limit; a hash of the original keeps names apart that
// begin alike.
func shorten(s, original string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return cut(s, limit-hashLength) + hash(original)
}

// shortenName is shorten for a file name, whose extension stays.
func shortenName(s, original string) string {
	if len(s) <= nameLimit {
		return s
	}
	ext := ""
	if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= 16 {
		s, ext = s[:i], s[i:]
	}
	return shorten(s, original, nameLimit-len(ext)) + ext
}

// cut returns at most n bytes of s, ending between characters and not in a space
// or dot.
func cut(s string, n int) string {
	s = s[:n]
	for s != "" && !utf8.ValidString(s[lastStart(s):]) {
		s = s[:lastStart(s)]
	}
	return strings.TrimRightFunc(s, trimmed)
}

func lastStart(s string) int {
	i := len(s) - 1
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}
