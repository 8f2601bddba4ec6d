package config

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/schema"
)

// Keep puts the values that the state has in place of those of the arguments that
// lifecycle.ignore_changes names. old is Attributes as it was when the instance
// was applied; whoever expands a block calls Keep for each instance that the state
// knows, before it looks at the arguments.
//
// An argument that old does not hold was not set then, so it is not set now. Two
// kinds stay as they are written, because old cannot tell what they were: those
// with sensitive values, which no state holds, and required ones.
func (i *Instance) Keep(old []byte) hcl.Diagnostics {
	if i.keeper == nil {
		return nil
	}
	diags := i.keeper.keep(i, old)
	if !i.Enabled {
		return nil // a block that is switched off need not work
	}
	return i.config.redact(diags)
}

// keeper is what is needed to put arguments of an instance back.
type keeper struct {
	b      *block
	args   *arguments
	common *common
}

const keptUnusable = "Kept value cannot be used"

func (k *keeper) keep(in *Instance, old []byte) hcl.Diagnostics {
	state, err := stateValues(old)
	if err != nil {
		return hcl.Diagnostics{diag(k.b.lifecycle.ignoreRange, keptUnusable,
			"The arguments of %s cannot be read from the state: %s. Remove ignore_changes to go on with what is written.", in.Address, err)}
	}
	s := k.b.args.shape
	var diags hcl.Diagnostics
	var kept []string
	put := func(name string, into **decoded, absent *decoded, required bool, read func(cty.Value) (cty.Value, hcl.Diagnostics)) {
		if !slices.Contains(in.IgnoreChanges, name) {
			return
		}
		v, d := k.argument(*into, absent, required, state[name], read)
		diags = append(diags, k.explain(in, name, d)...)
		if v != *into {
			*into, kept = v, append(kept, name)
		}
	}
	for i := range s.attrs {
		if spec := &s.attrs[i]; !spec.common {
			put(spec.Name, &k.args.attrs[i], spec.absent, spec.Required, func(v cty.Value) (cty.Value, hcl.Diagnostics) {
				return k.value(spec.Attribute, v)
			})
		}
	}
	for i := range s.blocks {
		if spec := &s.blocks[i]; !spec.common {
			put(spec.Name, &k.args.blocks[i], spec.null, false, func(v cty.Value) (cty.Value, hcl.Diagnostics) {
				return k.block(spec, v)
			})
		}
	}
	if diags.HasErrors() || len(kept) == 0 {
		return diags
	}
	k.finish(in, kept)
	return append(diags, k.explain(in, strings.Join(kept, ", "), checkGroups(k.b.args, k.args.attrs, k.args.blocks, nil))...)
}

// argument returns what an ignored argument is: cur when there is nothing to put
// back. old is cty.NilVal when the state does not hold the argument.
func (k *keeper) argument(cur, absent *decoded, required bool, old cty.Value, read func(cty.Value) (cty.Value, hcl.Diagnostics)) (*decoded, hcl.Diagnostics) {
	missing := old == cty.NilVal || old.IsNull()
	switch {
	case missing && cur.sensitive && cur.set:
		return cur, hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Change is not ignored", Subject: k.b.lifecycle.ignoreRange.Ptr(),
			Detail: "The value is sensitive, so that the state does not hold it; what is written counts.",
		}}
	case missing && (required || !cur.set && !cur.unknown):
		return cur, nil
	case missing:
		return absent, nil
	case !cur.unknown && !cur.sensitive && bytes.Equal(appendJSON(nil, cur.shown), appendJSON(nil, old)):
		return cur, nil // also when it has parts that are filled in for each version
	}
	v, diags := read(old)
	if diags.HasErrors() {
		return cur, diags
	}
	if absent.value.RawEquals(v) {
		return absent, nil
	}
	return &decoded{value: v, shown: v, set: true}, nil
}

// value is an argument as the schema has it.
func (k *keeper) value(spec *schema.Attribute, old cty.Value) (cty.Value, hcl.Diagnostics) {
	rng := k.b.lifecycle.ignoreRange
	if spec.Late && mentionsLate(old) {
		return cty.NilVal, hcl.Diagnostics{diag(rng, keptUnusable,
			"The state has the argument %q with parts that are filled in for each version, as it was written then, and that cannot be evaluated again.", spec.Name)}
	}
	v, err := convert.Convert(old, spec.Type)
	if err != nil {
		return cty.NilVal, hcl.Diagnostics{diag(rng, keptUnusable, "The argument %q (from the state) is not right: %s.", spec.Name, describe(err))}
	}
	if d := check(spec, &decoded{value: v}, "the state", rng); d != nil {
		return cty.NilVal, hcl.Diagnostics{d}
	}
	return v, nil
}

// block is the value of the blocks of one type.
func (k *keeper) block(spec *blockShape, old cty.Value) (cty.Value, hcl.Diagnostics) {
	if old.IsNull() {
		return spec.null.value, nil
	}
	if !spec.Repeated {
		return k.object(spec, old)
	}
	if !old.Type().IsTupleType() {
		return cty.NilVal, hcl.Diagnostics{diag(k.b.lifecycle.ignoreRange, keptUnusable, "The state holds no list of %s blocks.", spec.Name)}
	}
	var values []cty.Value
	for it := old.ElementIterator(); it.Next(); {
		_, el := it.Element()
		v, diags := k.object(spec, el)
		if diags.HasErrors() {
			return cty.NilVal, diags
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return spec.null.value, nil
	}
	return sequence(values), nil
}

// object is the value of one block. What the state does not hold, because the
// schema did not have it then, is absent.
func (k *keeper) object(spec *blockShape, old cty.Value) (cty.Value, hcl.Diagnostics) {
	if old.IsNull() || !old.Type().IsObjectType() {
		return cty.NilVal, hcl.Diagnostics{diag(k.b.lifecycle.ignoreRange, keptUnusable, "The state holds no %s block.", spec.Name)}
	}
	have := old.AsValueMap()
	out := make(map[string]cty.Value, len(spec.shape.attrs)+len(spec.shape.blocks))
	var diags hcl.Diagnostics
	for _, a := range spec.shape.attrs {
		out[a.Name] = a.absent.value
		if v, ok := have[a.Name]; ok {
			var d hcl.Diagnostics
			out[a.Name], d = k.value(a.Attribute, v)
			diags = append(diags, d...)
		}
	}
	for i := range spec.shape.blocks {
		inner := &spec.shape.blocks[i]
		out[inner.Name] = inner.null.value
		if v, ok := have[inner.Name]; ok {
			var d hcl.Diagnostics
			out[inner.Name], d = k.block(inner, v)
			diags = append(diags, d...)
		}
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return cty.ObjectVal(out), nil
}

// finish makes the instance consistent with the arguments that were put back.
func (k *keeper) finish(in *Instance, kept []string) {
	in.kept = kept
	in.Args = maps.Clone(in.Args)
	for _, name := range kept {
		in.Args[name] = pick(k.b.args.shape, name, k.args.attrs, k.args.blocks).value
	}
	back := func(name string) bool { return slices.Contains(kept, name) }
	in.Sensitive = slices.DeleteFunc(slices.Clone(in.Sensitive), back)
	in.Unknown = slices.DeleteFunc(slices.Clone(in.Unknown), back)
	in.OnDestroy = in.Args.String("on_destroy")
	p := printsOf(k.b, k.args, k.common)
	in.Identity, in.Rendering, in.Attributes = p.identity, p.rendering, p.attributes
}

// explain adds to diagnostics what they are about.
func (k *keeper) explain(in *Instance, names string, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			d.Detail += "\n\nThis is about " + in.Address.String() + ", of which lifecycle.ignore_changes keeps the values that the state has: " +
				names + ". Take what is wrong off that list, or write it as it was."
			continue
		}
		d.Detail = in.Address.String() + ", argument " + names + ": " + d.Detail
	}
	return diags
}

// stateValues reads the arguments that the state holds.
func stateValues(old []byte) (map[string]cty.Value, error) {
	if len(old) == 0 {
		return nil, nil
	}
	t, err := ctyjson.ImpliedType(old)
	if err != nil {
		return nil, err
	}
	if !t.IsObjectType() {
		return nil, errors.New("they are not a JSON object")
	}
	v, err := ctyjson.Unmarshal(old, t)
	if err != nil {
		return nil, err
	}
	return v.AsValueMap(), nil
}

// mentionsLate reports whether a text names an attribute of version or period, as
// the state has them for arguments that are evaluated for each version.
func mentionsLate(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) { // the function returns no error
		if v.Type() == cty.String && !v.IsNull() {
			text := strings.ToLower(v.AsString())
			for i := range LateAttributes {
				found = found || strings.Contains(text, LateAttributes[i].Object+"."+LateAttributes[i].Name)
			}
		}
		return !found, nil
	})
	return found
}
