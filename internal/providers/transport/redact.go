package transport

import (
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
// a URL.
func NewRedactor(secrets ...string) Redactor {
	var pairs []string
	seen := map[string]bool{}
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
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
