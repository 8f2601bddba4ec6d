package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	ctyjson "github.com/zclconf/go-cty/cty/json"

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
		if addr.Type != d.Type || k.Account != account {
			continue
		}
		if d.ImportID != "" && k.Find(d.ImportID) != nil || holds(k.Attributes, d.Args) {
			return true
		}
	}
	return false
}

// holds reports whether recorded arguments have the given values. Blocks do not make
// an export another one.
func holds(attributes []byte, args []providers.Argument) bool {
	var have map[string]any
	if json.Unmarshal(attributes, &have) != nil {
		return false
	}
	for _, a := range args {
		if a.Block {
			continue
		}
		text, err := ctyjson.Marshal(a.Value, a.Value.Type())
		var want any
		if err != nil || json.Unmarshal(text, &want) != nil || !reflect.DeepEqual(have[a.Name], want) {
			return false
		}
	}
	return true
}
