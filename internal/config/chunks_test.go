package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// sameAsWhole compares a file that was parsed in pieces with the whole.
func sameAsWhole(t *testing.T, text string, size int) (inPieces bool) {
	t.Helper()
	s := source{"main.hcl", []byte(text)}
	whole, wholeDiags := hclsyntax.ParseConfig(s.text, s.name, hcl.InitialPos)
	pieces := parseChunks(s, cuts(s.text, size))
	if pieces == nil {
		got, diags := parseNative(s, size)
		if !reflect.DeepEqual(whole, got) || !reflect.DeepEqual(wholeDiags, diags) {
			t.Errorf("%q: not what the parser gives", text)
		}
		return false
	}
	if len(wholeDiags) > 0 {
		t.Errorf("%q has no errors in pieces, but as a whole: %s", text, wholeDiags)
	}
	if !reflect.DeepEqual(whole, pieces) {
		t.Errorf("%q: pieces differ from the whole", text)
	}
	return true
}

var chunked = []struct {
	name, text string
	inPieces   bool
}{
	{"blocks", "a \"x\" {\n  b = 1\n}\n\nc {\n  d {\n  }\n}\n# end\ne {\n}\nf {}\n", true},
	{"carriage returns", "a {\r\n}\r\nb {\r\n  c = \"é\"\r\n}\r\nc {}\r\n", true},
	{"no end of line", "a {\n}\nb {\n}", true},
	{"a brace inside a text", "a {\n  b = <<EOT\n{\n}\nc {\n}\nEOT\n}\n", false},
	{"a brace inside a comment", "/*\n}\nc {\n}\n*/\na {\n}\n", false},
	{"no indentation", "a {\nb {\n}\nc {\n}\n}\n", false},
	{"an object", "a {\n  b = {\nc = 1\n}\nd = 2\n}\n", false},
	{"attributes", "a = 1\nb {\n}\na = 2\nc {\n}\n", false},
	{"errors", "a {\n}\nb {\n}\n=\n", false},
	{"templates", "a {\n  b = \"x${{\n}\n== 1}y\"\n}\nc {\n}\nd {}\n", false},
}

func TestChunks(t *testing.T) {
	t.Parallel()
	for _, tt := range chunked {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := sameAsWhole(t, tt.text, 1); got != tt.inPieces {
				t.Errorf("parsed in pieces: %t, want %t", got, tt.inPieces)
			}
		})
	}
	many := strings.Repeat(chunked[0].text, 10)
	if n := len(cuts([]byte(many), 100)); n < 3 || n > len(many)/100 {
		t.Errorf("%d cuts in %d bytes", n, len(many))
	}
	if !sameAsWhole(t, many, 100) {
		t.Error("many blocks are not parsed in pieces")
	}
}

func FuzzChunks(f *testing.F) {
	for _, tt := range chunked {
		f.Add(tt.text, 1)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		if len(text) > 1<<12 || nesting(source{"main.hcl", []byte(text)}) != nil {
			return
		}
		sameAsWhole(t, text, min(max(size, 1), 1<<12))
	})
}
