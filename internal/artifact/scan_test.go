package artifact

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// cell draws text that is full of what matters to CSV and JSON.
func cell() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "a", "text", "Задача", `"`, ",", "\n", "\r", "\r\n", "\t", " ", ";", "=1+1", "-5", "@", `\.`, `\`, "\x00", "\x1f", "\x7f",
			"\xff", "\xd0", "\xed\xa0\x80", "\u2028", "\u00a0", "\u3000", "😀", "{}", "}", `"}`, "<&>",
		}),
		rapid.StringN(0, 12, -1),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 5).Draw(t, "pieces"), "")
	})
}

func TestScanAgreesWithLoops(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := []byte(cell().Draw(t, "cell"))
		delim := rapid.SampledFrom([]byte{',', ';', '\t', '|', 0xd0, 0x01, 0x80}).Draw(t, "delim")
		if got, want := plainCSV(c, repeat(delim)), !bytes.ContainsAny(c, "\"\r\n") && bytes.IndexByte(c, delim) < 0; got != want {
			t.Fatalf("plainCSV(%q, %q) = %t", c, delim, got)
		}
		var escaped, wide bool
		for _, b := range c {
			escaped = escaped || b < ' ' || b == '"' || b == '\\'
			wide = wide || b >= utf8.RuneSelf
		}
		if e, w := scanJSON(c); e != escaped || w != wide {
			t.Fatalf("scanJSON(%q) = %t, %t, want %t, %t", c, e, w, escaped, wide)
		}
	})
}

// TestScanFindsEveryByteEverywhere puts each byte at each place of cells of all
// lengths around the width of a word.
func TestScanFindsEveryByteEverywhere(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 25; n++ {
		for at := range n {
			for b := range 256 {
				c := bytes.Repeat([]byte("a"), n)
				c[at] = byte(b)
				if got, want := plainCSV(c, repeat(';')), !strings.ContainsRune("\"\r\n;", rune(b)); got != want {
					t.Fatalf("plainCSV(%q) = %t", c, got)
				}
				if e, w := scanJSON(c); e != (b < ' ' || b == '"' || b == '\\') || w != (b >= 0x80) {
					t.Fatalf("scanJSON(%q) = %t, %t", c, e, w)
				}
			}
		}
	}
}
