package config

import (
	"bytes"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// chunkSize is about how much of a file is parsed at once. The parser first makes
// one list of all tokens, fifty times as large as the text, and copies it each
// time it has to grow; with small lists that costs little, and chunks are parsed
// side by side.
const chunkSize = 16 << 10

// parseNative parses a file in the native syntax.
func parseNative(s source, size int) (*hcl.File, hcl.Diagnostics) {
	if f := parseChunks(s, cuts(s.text, size)); f != nil {
		return f, nil
	}
	return hclsyntax.ParseConfig(s.text, s.name, hcl.InitialPos)
}

// cuts are offsets at which a new block probably begins: behind lines that hold
// nothing but a closing brace, about size bytes from each other.
func cuts(text []byte, size int) []int {
	var out []int
	for at := size; at < len(text); {
		i := bytes.Index(text[at:], []byte("\n}"))
		if i < 0 {
			break
		}
		at += i + len("\n}")
		rest := bytes.TrimPrefix(text[at:], []byte("\r"))
		if len(rest) < 2 || rest[0] != '\n' || bytes.IndexByte([]byte(" \t}"), rest[1]) >= 0 {
			continue
		}
		at = len(text) - len(rest) + 1
		out = append(out, at)
		at += size
	}
	return out
}

// parseChunks parses a text in pieces and puts their blocks together. It returns
// nil if that is not the same as parsing the whole, which it is when every piece
// is a list of whole blocks: a cut inside of a text, a comment or a bracket leaves
// something open in the piece before it, which is an error there. The whole is
// then parsed at once, for its diagnostics, too.
func parseChunks(s source, at []int) *hcl.File {
	if len(at) == 0 {
		return nil
	}
	files := make([]*hcl.File, len(at)+1)
	var wg sync.WaitGroup
	start := hcl.InitialPos
	for i := range files {
		end := len(s.text)
		if i < len(at) {
			end = at[i]
		}
		piece, pos := s.text[start.Byte:end:end], start
		wg.Go(func() {
			if f, diags := hclsyntax.ParseConfig(piece, s.name, pos); len(diags) == 0 {
				files[i] = f
			}
		})
		start.Line += bytes.Count(piece, []byte("\n"))
		start.Byte = end
	}
	wg.Wait()
	var whole *hclsyntax.Body
	for _, f := range files {
		if f == nil {
			return nil
		}
		body, ok := f.Body.(*hclsyntax.Body)
		if !ok || len(body.Attributes) > 0 {
			return nil // the same one may be in two pieces
		}
		if whole == nil {
			whole = body
			continue
		}
		whole.Blocks = append(whole.Blocks, body.Blocks...)
		whole.SrcRange.End, whole.EndRange = body.SrcRange.End, body.EndRange
	}
	files[0].Bytes = s.text
	return files[0]
}
