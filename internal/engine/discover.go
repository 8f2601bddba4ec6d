package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// Discovered is an export that the account of a provider could have.
type Discovered struct {
	providers.Discovered
	// Declared is set when the state knows an instance that is it already.
	Declared bool
}

// Discover asks a provider for everything that could be exported from its account.
// Ref is planfix, or planfix.alias.
func (r *Run) Discover(ctx context.Context, ref string) ([]Discovered, error) {
	a := r.account(ref)
	if a.provider == nil {
		return nil, a.diags
	}
	d, ok := a.provider.(providers.Discoverer)
	if !ok {
		return nil, fmt.Errorf("provider %s cannot tell what its account has", ref)
	}
	found, err := d.Discover(r.traced(ctx, export.Address{}, a, nil))
	if err != nil {
		return nil, err
	}
	out := make([]Discovered, len(found))
	for i := range found {
		out[i] = Discovered{found[i], r.declared(a.provider.Account(), &found[i])}
	}
	return out, nil
}

// declared reports whether the state knows an instance with the arguments.
func (r *Run) declared(account string, d *providers.Discovered) bool {
	for addr, k := range r.snap.Instances {
		if addr.Type == d.Type && k.Account == account && holds(k.Attributes, d.Args) {
			return true
		}
	}
	return false
}

// holds reports whether recorded arguments have the given texts.
func holds(attributes []byte, args []providers.Argument) bool {
	var have map[string]any
	if json.Unmarshal(attributes, &have) != nil {
		return false
	}
	for _, a := range args {
		if have[a.Name] != a.Value {
			return false
		}
	}
	return true
}
