package engine

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/state"
)

// OutputChange is an output that a plan changes. [cty.NilVal] stands for one that
// is not there; sensitive values are not shown, so they are null.
type OutputChange struct {
	Name          string
	Before, After cty.Value
	Sensitive     bool
}

// plannedOutputs evaluates the outputs with what is known before apply, and
// returns those that differ from what the last apply has left.
func (r *Run) plannedOutputs(ctx context.Context, p *Planned) ([]OutputChange, hcl.Diagnostics) {
	if p.Destroy || p.Incomplete || len(p.Failed) > 0 {
		return nil, nil
	}
	old, err := r.oldOutputs(ctx)
	if err != nil {
		return nil, hcl.Diagnostics{stateDiagnostic(err)}
	}
	if !r.cfg.HasOutputs() && len(old) == 0 {
		return nil, nil
	}
	r.publishPlanned(p)
	r.evalMu.Lock()
	outputs, diags := r.eval.Outputs()
	r.evalMu.Unlock()
	if diags.HasErrors() && p.limited() {
		return nil, nil // for want of what was left out; they stay as they are
	}
	var out []OutputChange
	for _, o := range outputs {
		before, had := old[o.Name]
		delete(old, o.Name)
		if had && r.sameOutput(o, before) {
			continue
		}
		c := OutputChange{Name: o.Name, Before: cty.NilVal, After: o.Value, Sensitive: o.Sensitive}
		if had {
			if c.Before, err = StoredOutput(before); err != nil {
				return nil, append(diags, stateDiagnostic(err))
			}
		}
		out = append(out, c)
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		before, err := StoredOutput(old[name])
		if err != nil {
			return nil, append(diags, stateDiagnostic(err))
		}
		out = append(out, OutputChange{Name: name, Before: before, After: cty.NilVal, Sensitive: old[name].Sensitive})
	}
	return out, diags
}

// limited reports whether the plan leaves out wanted instances, as -target and
// -exclude make it.
func (p *Planned) limited() bool {
	planned := make(map[export.Address]bool, len(p.Changes))
	for i := range p.Changes {
		planned[p.Changes[i].Address] = true
	}
	return slices.ContainsFunc(p.walk.instances, func(in *instance) bool { return !planned[in.cfg.Address] })
}

func (r *Run) oldOutputs(ctx context.Context) (map[string]state.OutputValue, error) {
	if r.st == nil {
		return map[string]state.OutputValue{}, nil
	}
	return r.st.Outputs(ctx)
}

// sameOutput compares by keyed hash, because sensitive values are not kept.
func (r *Run) sameOutput(o config.Output, old state.OutputValue) bool {
	text, err := ctyjson.Marshal(o.Value, o.Value.Type())
	return err == nil && o.Sensitive == old.Sensitive && r.st.Hash(text) == old.Hash
}

// StoredOutput is the value of an output as the state keeps it, null if it was
// sensitive.
func StoredOutput(o state.OutputValue) (cty.Value, error) {
	if o.Sensitive || len(o.Value) == 0 || len(o.Type) == 0 {
		return cty.NullVal(cty.DynamicPseudoType), nil
	}
	typ, err := ctyjson.UnmarshalType(o.Type)
	if err != nil {
		return cty.NullVal(cty.DynamicPseudoType), err
	}
	return ctyjson.Unmarshal(o.Value, typ)
}

// stored are outputs as the state keeps them; their values are known.
func stored(outputs []config.Output) map[string]state.OutputValue {
	m := make(map[string]state.OutputValue, len(outputs))
	for _, o := range outputs {
		v := state.OutputValue{Sensitive: o.Sensitive}
		var errValue, errType error
		v.Value, errValue = ctyjson.Marshal(o.Value, o.Value.Type())
		v.Type, errType = ctyjson.MarshalType(o.Value.Type())
		if errors.Join(errValue, errType) == nil {
			m[o.Name] = v
		}
	}
	return m
}
