package transport

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// snippetSize is how much of an answer that is not understood goes into a message.
const snippetSize = 300

// Clean makes text from a service fit for a message: one line, no control
// characters, no bytes that are not text, no space around it, and not longer than
// limit bytes.
func Clean(s string, limit int) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Bidi_Control, r):
			continue
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = b.Len() > 0
			continue
		}
		if b.Len()+utf8.RuneLen(r)+1 > limit {
			b.WriteString("…")
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Snippet is the beginning of an answer for a message, with the tags of HTML
// left out.
func Snippet(body []byte) string {
	body = body[:min(len(body), 16*snippetSize)]
	if IsHTML(body) {
		body = withoutTags(body)
	}
	return Clean(string(body), snippetSize)
}

// Charset is the charset that an answer says it is in, if that is not UTF-8 or a
// part of it; else "".
func Charset(h http.Header) string {
	_, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	switch name := params["charset"]; strings.ToLower(name) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return ""
	default:
		return Clean(name, 50)
	}
}

// IsHTML reports whether an answer looks like a web page.
func IsHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, "\ufeff \t\r\n"), []byte("<"))
}

func withoutTags(body []byte) []byte {
	out := make([]byte, 0, len(body))
	tag := false
	for _, c := range body {
		switch {
		case c == '<':
			tag = true
			out = append(out, ' ')
		case c == '>' && tag:
			tag = false
		case !tag:
			out = append(out, c)
		}
	}
	return out
}
