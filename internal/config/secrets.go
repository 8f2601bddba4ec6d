package config

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config/funcs"
)

// secrets are the texts that must not be shown.
type secrets struct {
	mu    sync.Mutex
	texts map[string]struct{}
}

func (s *secrets) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := names(s.texts)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return out
}

// shortest is the length below which a secret is not looked for in messages: it
// would be found in every other word.
const shortest = 4

// redact takes secrets out of diagnostics. Functions quote their arguments when
// they object to them.
func (c *Config) redact(diags hcl.Diagnostics) hcl.Diagnostics {
	if len(diags) == 0 {
		return diags
	}
	for _, s := range c.secrets.list() {
		if len(s) < shortest {
			break
		}
		for _, d := range diags {
			d.Summary = strings.ReplaceAll(d.Summary, s, redacted)
			d.Detail = strings.ReplaceAll(d.Detail, s, redacted)
		}
	}
	return diags
}

const redacted = "(sensitive)"

// Sensitive returns the texts of all sensitive values seen so far: of variables,
// and of arguments of providers and blocks that were evaluated. Longer texts come
// first, so that replacing them in this order hides each whole.
func (c *Config) Sensitive() []string {
	return c.secrets.list()
}

// hide adds the texts inside a value to those that must not be shown.
func (c *Config) hide(v cty.Value) {
	if v == cty.NilVal {
		return
	}
	v, _ = v.UnmarkDeep()
	c.secrets.mu.Lock()
	defer c.secrets.mu.Unlock()
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) { // the function returns no error
		if v.IsKnown() && !v.IsNull() && v.Type() == cty.String && v.AsString() != "" {
			c.secrets.texts[v.AsString()] = struct{}{}
		}
		return true, nil
	})
}

// unmark removes the marks of a value and reports whether it was sensitive, in
// which case its texts are remembered.
func (c *Config) unmark(v cty.Value) (cty.Value, bool) {
	if !v.ContainsMarked() {
		return v, false
	}
	plain, paths := v.UnmarkDeepWithPaths()
	sensitive := false
	for _, p := range paths {
		if _, ok := p.Marks[funcs.Sensitive]; !ok {
			continue
		}
		sensitive = true
		if part, err := p.Path.Apply(plain); err == nil {
			c.hide(part)
		}
	}
	return plain, sensitive
}
