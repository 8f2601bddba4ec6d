package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// ErrStale means that a saved plan must not be applied any more: state or
// configuration moved on, or it was applied before.
var ErrStale = errors.New("the saved plan is stale")

// File is the saved form of a plan.
func (r *Run) File(p *Planned) *plan.File {
	return &plan.File{
		ID: uuid.NewString(), Version: r.opt.Version, CreatedAt: p.CreatedAt,
		Lineage: r.snap.Lineage, Serial: r.snap.Serial,
		Config: r.configHash(), Variables: r.variableHashes(r.snap.Lineage != ""),
		Values: r.variableValues(), Outputs: fileOutputs(p.Outputs), Incomplete: p.Incomplete || len(p.Failed) > 0,
		Destroy: p.Destroy, Changes: plan.FileChanges(p.Plan), Estimate: p.Estimate,
	}
}

// variableValues are the values of the variables that may be shown.
func (r *Run) variableValues() map[string]json.RawMessage {
	r.evalMu.Lock()
	defer r.evalMu.Unlock()
	out := map[string]json.RawMessage{}
	for name, v := range r.eval.Variables() {
		if text := plainJSON(v.Value); text != nil && !v.Sensitive {
			out[name] = text
		}
	}
	return out
}

func fileOutputs(list []OutputChange) []plan.FileOutput {
	var out []plan.FileOutput
	for _, o := range list {
		f := plan.FileOutput{Name: o.Name, Sensitive: o.Sensitive, Unknown: o.After != cty.NilVal && !o.After.IsWhollyKnown()}
		if o.Before != cty.NilVal {
			f.Before = json.RawMessage("null")
		}
		if o.After != cty.NilVal && !f.Unknown {
			f.After = json.RawMessage("null")
		}
		if !o.Sensitive {
			if text := plainJSON(o.Before); text != nil {
				f.Before = text
			}
			if text := plainJSON(o.After); text != nil {
				f.After = text
			}
		}
		out = append(out, f)
	}
	return out
}

// plainJSON is a known value as JSON without its type, nil for others.
func plainJSON(v cty.Value) json.RawMessage {
	if v == cty.NilVal || !v.IsWhollyKnown() {
		return nil
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return nil
	}
	return text
}

// Load turns a saved plan into one that can be applied in this run. The error
// wraps [ErrStale] when the plan no longer fits, with the reason.
func (r *Run) Load(ctx context.Context, f *plan.File) (*Planned, hcl.Diagnostics, error) {
	stale := func(format string, args ...any) (*Planned, hcl.Diagnostics, error) {
		return nil, nil, fmt.Errorf("%w: %s; make a new plan", ErrStale, fmt.Sprintf(format, args...))
	}
	if when, ok, err := r.st.PlanApplied(ctx, f.ID); err != nil {
		return nil, nil, err
	} else if ok {
		return stale("it was applied at %s", when.UTC().Format("2006-01-02 15:04 MST"))
	}
	switch {
	case f.Lineage == "" && r.snap.Serial > 0, f.Lineage != "" && f.Lineage != r.snap.Lineage:
		return stale("it was made for another state")
	case f.Lineage != "" && f.Serial != r.snap.Serial:
		return stale("the state has changed since (serial %d, the plan has %d)", r.snap.Serial, f.Serial)
	case f.Config != r.configHash():
		return stale("the configuration has changed since")
	}
	have := r.variableHashes(f.Lineage != "")
	for _, name := range slices.Sorted(maps.Keys(f.Variables)) {
		if have[name] != f.Variables[name] {
			return stale("variable %q has another value now", name)
		}
	}
	saved, err := f.Plan()
	if err != nil {
		return nil, nil, err
	}
	p := &Planned{Plan: saved, Destroy: f.Destroy, CreatedAt: f.CreatedAt, walk: &walk{byAddress: map[export.Address]*instance{}}}
	if f.Destroy {
		return p, nil, nil
	}
	p.walk = r.walk(ctx, walkOptions{})
	diags := append(p.walk.diags, r.providerDiags()...)
	if diags.HasErrors() {
		return nil, diags, nil
	}
	for i := range saved.Changes {
		c := &saved.Changes[i]
		if in := p.walk.byAddress[c.Address]; !c.Ends() && in == nil {
			return stale("%s does not exist any more", c.Address)
		}
	}
	return p, diags, nil
}

// Spend records that a saved plan is being applied, so that it cannot be again.
func (r *Run) Spend(ctx context.Context, f *plan.File) error {
	return r.lease.RecordAppliedPlan(ctx, f.ID)
}

// configHash is a hash over the configuration's files.
func (r *Run) configHash() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(r.cfg.Files)) {
		src := r.cfg.Files[name].Bytes
		fmt.Fprintf(h, "%s\n%d\n", filepath.Base(name), len(src))
		_, _ = h.Write(src) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// variableHashes are hashes of the variables' values, made with the state's key.
// While there is no state there is no key: sensitive variables are then left out,
// because the hash of a short secret could be guessed.
func (r *Run) variableHashes(keyed bool) map[string]string {
	r.evalMu.Lock()
	defer r.evalMu.Unlock()
	out := map[string]string{}
	for name, v := range r.eval.Variables() {
		text, err := ctyjson.Marshal(v.Value, v.Value.Type())
		switch {
		case err != nil:
		case keyed:
			out[name] = r.st.Hash(text)
		case !v.Sensitive:
			sum := sha256.Sum256(text)
			out[name] = hex.EncodeToString(sum[:])
		}
	}
	return out
}
