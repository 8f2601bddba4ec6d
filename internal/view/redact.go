package view

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Redacted stands where a secret would have been.
const Redacted = "(sensitive)"

// shortestSecret is the length from which a secret is looked for.
const shortestSecret = 4

// redactor replaces secrets in all the spellings in which they can turn up.
type redactor struct{ r *strings.Replacer }

func newRedactor(secrets []string) *redactor {
	seen := map[string]bool{}
	var words []string
	add := func(s string) {
		if len(s) >= shortestSecret && !seen[s] {
			seen[s] = true
			words = append(words, s)
		}
	}
	for _, s := range secrets {
		if len(s) < shortestSecret {
			continue
		}
		spellings(s, add)
		// A key or certificate is shown line by line in excerpts.
		if strings.ContainsRune(s, '\n') {
			for line := range strings.Lines(s) {
				if line = strings.TrimSpace(line); len(line) >= 2*shortestSecret {
					spellings(line, add)
				}
			}
		}
	}
	if len(words) == 0 {
		return &redactor{}
	}
	// At one place the longest wins, so that a secret that begins another one
	// leaves no tail behind.
	slices.SortFunc(words, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	pairs := make([]string, 0, 2*len(words))
	for _, w := range words {
		pairs = append(pairs, w, Redacted)
	}
	return &redactor{strings.NewReplacer(pairs...)}
}

// spellings calls add with the secret and its forms in quotes, URLs and JSON.
func spellings(s string, add func(string)) {
	add(s)
	add(strings.TrimSpace(s))
	add(Clean(s))
	add(unquoted(strconv.Quote(s)))
	add(unquoted(quote(s)))
	add(url.QueryEscape(s))
	add(url.PathEscape(s))
	if j, err := json.Marshal(s); err == nil {
		add(unquoted(string(j)))
	}
	add(unquoted(string(encodeJSON(s))))
}

func unquoted(q string) string {
	if len(q) < 2 {
		return ""
	}
	return q[1 : len(q)-1]
}

func (r *redactor) replace(s string) string {
	if r.r == nil {
		return s
	}
	return r.r.Replace(s)
}

func (v *View) redact(s string) string { return v.secrets.Load().replace(s) }

// redactJSON redacts the strings of an encoded document. Keys are left alone
// unless asked for: those of our own events are no secrets, and must stay.
func (v *View) redactJSON(doc []byte, keys bool) []byte {
	r := v.secrets.Load()
	if r.r == nil {
		return doc
	}
	out := make([]byte, 0, len(doc))
	for {
		start := bytes.IndexByte(doc, '"')
		if start < 0 {
			return append(out, doc...)
		}
		end := start + literal(doc[start:])
		lit := doc[start:end]
		out = append(out, doc[:start]...)
		doc = doc[end:]
		var s string
		if isKey := bytes.HasPrefix(doc, []byte{':'}); isKey && !keys || json.Unmarshal(lit, &s) != nil {
			out = append(out, lit...)
		} else if clean := r.replace(s); clean != s {
			out = append(out, encodeJSON(clean)...)
		} else {
			out = append(out, lit...)
		}
	}
}

// literal returns the length of the string literal that doc begins with.
func literal(doc []byte) int {
	for i := 1; i < len(doc); i++ {
		switch doc[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(doc)
}
