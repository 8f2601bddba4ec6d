package view

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// OutputChange is an output before and after. cty.NilVal stands for an output
// that is not there.
type OutputChange struct {
	Name          string
	Before, After cty.Value
	Sensitive     bool
}

// action is what happens to the output, in Terraform's words.
func (o *OutputChange) action() string {
	switch {
	case o.Before == cty.NilVal && o.After == cty.NilVal:
		return "noop"
	case o.Before == cty.NilVal:
		return "create"
	case o.After == cty.NilVal:
		return "delete"
	case o.Before.RawEquals(o.After):
		return "noop"
	default:
		return "update"
	}
}

// outputs shows the outputs that change.
func (w *planText) outputs(outs []OutputChange) {
	var b strings.Builder
	for i := range outs {
		o := &outs[i]
		name := short(w.view.text(o.Name), longestName)
		switch o.action() {
		case "create":
			b.WriteString("  " + paint(green, "+") + " " + name + " = " + w.outputValue(o, o.After) + "\n")
		case "delete":
			b.WriteString("  " + paint(red, "-") + " " + name + " = " + w.outputValue(o, o.Before) + "\n")
		case "update":
			b.WriteString("  " + paint(yellow, "~") + " " + name + " = ")
			if o.Sensitive {
				b.WriteString(sensitiveValue + "\n")
				continue
			}
			w.diff(&b, o.Before, o.After, 4)
			b.WriteByte('\n')
		}
	}
	if b.Len() > 0 {
		w.b.WriteString("Changes to outputs:\n" + b.String() + "\n")
	}
}

func (w *planText) outputValue(o *OutputChange, val cty.Value) string {
	if o.Sensitive {
		return sensitiveValue
	}
	return w.view.value(val, 4)
}

// diff shows the change of a value: member by member for objects and maps, as
// before -> after for all else.
func (w *planText) diff(b *strings.Builder, before, after cty.Value, indent int) {
	if !members(before) || !members(after) {
		b.WriteString(w.view.value(before, indent) + " -> " + w.view.value(after, indent))
		return
	}
	old, now := before.AsValueMap(), after.AsValueMap()
	var keys []string
	for k := range old {
		keys = append(keys, k)
	}
	for k := range now {
		if _, ok := old[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	margin := "\n" + strings.Repeat(" ", indent)
	b.WriteByte('{')
	same := 0
	for _, k := range keys {
		name := quote(w.view.redact(k)) + " = "
		was, had := old[k]
		is, has := now[k]
		switch {
		case !had:
			b.WriteString(margin + "  " + paint(green, "+") + " " + name + w.view.value(is, indent+4))
		case !has:
			b.WriteString(margin + "  " + paint(red, "-") + " " + name + w.view.value(was, indent+4))
		case was.RawEquals(is):
			same++
		default:
			b.WriteString(margin + "  " + paint(yellow, "~") + " " + name)
			w.diff(b, was, is, indent+4)
		}
	}
	if same > 0 {
		b.WriteString(margin + "    " + paint(faint, "# ("+plural(same, "unchanged element")+" hidden)"))
	}
	b.WriteString(margin + "}")
}

// members reports whether a value has named members that can be looked into.
func members(v cty.Value) bool {
	if v == cty.NilVal || v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return false
	}
	ty := v.Type()
	return (ty.IsObjectType() || ty.IsMapType()) && v.LengthInt() > 0
}
