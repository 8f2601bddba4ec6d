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
	b := []byte(s)
	return []string{
		s, url.QueryEscape(s), url.PathEscape(s), inJSON(s, true), inJSON(s, false), hex.EncodeToString(b),
		base64.RawStdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
	}
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
