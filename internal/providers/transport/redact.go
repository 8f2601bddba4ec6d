package transport

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
)

// redacted stands where a secret was.
const redacted = "(redacted)"

// shortestSecret is the length from which a secret is searched for: a shorter
// one would turn every message into nonsense, and protects nothing.
const shortestSecret = 4

// Redactor replaces known secrets in text. The zero value knows none.
type Redactor struct{ r *strings.Replacer }

// NewRedactor returns a redactor of the secrets, as they are and as they look in
// URLs, JSON, base64 and hexadecimal: services repeat what they were sent in any of
// these.
func NewRedactor(secrets ...string) Redactor {
	var pairs []string
	seen := map[string]bool{}
	for _, s := range secrets {
		for _, form := range spellings(s) {
			if len(form) >= shortestSecret && !seen[form] {
				seen[form] = true
				pairs = append(pairs, form, redacted)
			}
		}
	}
	if pairs == nil {
		return Redactor{}
	}
	return Redactor{strings.NewReplacer(pairs...)}
}

// spellings are the ways in which a secret may be written.
func spellings(s string) []string {
	out := []string{
		s, url.QueryEscape(s), url.PathEscape(s), inJSON(s, true), inJSON(s, false), hex.EncodeToString([]byte(s)),
		inJSON(inJSON(s, true), true), inJSON(inJSON(s, false), false), // JSON within JSON
		base64.RawStdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)),
	}
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			out = append(out, within(e, s, before))
		}
	}
	return out
}

// within is the part of a longer text in base64 that the secret determines, if so many
// bytes modulo three come before it.
func within(e *base64.Encoding, s string, before int) string {
	text := e.EncodeToString(append(make([]byte, before), s...))
	text = text[[]int{0, 2, 3}[before]:]
	if (before+len(s))%3 != 0 && text != "" {
		text = text[:len(text)-1]
	}
	return text
}

// inJSON is the inside of a JSON string.
func inJSON(s string, escapeHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	if e.Encode(s) != nil {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// Redact returns the text without the secrets.
func (r Redactor) Redact(s string) string {
	if r.r == nil {
		return s
	}
	return r.r.Replace(s)
}

// Wrap returns an error with the same tree whose text holds no secret.
func (r Redactor) Wrap(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := r.Redact(text)
	if clean == text {
		return err
	}
	return &redactedError{clean, err}
}

// redactedError keeps errors.Is and errors.As working below a cleaned text.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }
