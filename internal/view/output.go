package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// OutputValue is an output with its value. A marked value is sensitive, too.
type OutputValue struct {
	Name      string
	Value     cty.Value
	Sensitive bool
}

func (o *OutputValue) sensitive() bool {
	return o.Sensitive || o.Value != cty.NilVal && o.Value.ContainsMarked()
}

// Outputs shows all outputs after a run. With JSON it is an event.
func (v *View) Outputs(outs []OutputValue) {
	if v.options.JSON {
		v.emit(levelInfo, "outputs", "Outputs: "+Count(int64(len(outs))), field{"outputs", v.outputDocs(outs)})
		return
	}
	if len(outs) == 0 {
		return
	}
	v.print("\n" + paint(bold+green, "Outputs:") + "\n\n" + v.outputLines(outs))
}

// OutputList answers the command that shows all outputs. With JSON it is one
// document.
func (v *View) OutputList(outs []OutputValue) error {
	if v.options.JSON {
		return v.Document(v.outputDocs(outs))
	}
	if len(outs) == 0 {
		v.printErr("The state has no outputs. They are recorded by apply.\n")
		return nil
	}
	v.print(v.outputLines(outs))
	return nil
}

func (v *View) outputLines(outs []OutputValue) string {
	var b strings.Builder
	for i := range outs {
		o := &outs[i]
		b.WriteString(v.text(o.Name) + " = ")
		if o.Sensitive {
			b.WriteString(sensitiveValue)
		} else {
			v.writeValue(&b, o.Value, 0)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Output shows the value of one output: in HCL's notation, or as JSON.
func (v *View) Output(o OutputValue) error {
	if v.options.JSON {
		doc := v.outputJSON(o)
		if doc.Value == nil {
			doc.Value = json.RawMessage("null")
		}
		return v.Document(doc.Value)
	}
	if o.Sensitive {
		v.print(sensitiveValue + "\n")
		return nil
	}
	v.print(v.value(o.Value, 0) + "\n")
	return nil
}

// OutputRaw writes the value of one output as it is, without quotes and without
// a line end, for scripts. Only strings, numbers and bools have such a form. On
// a terminal control characters are made visible.
func (v *View) OutputRaw(o OutputValue) error {
	refuse := func(why string) error {
		return fmt.Errorf("show output %q raw: %s", v.text(o.Name), why)
	}
	switch {
	case v.options.JSON:
		return refuse("-raw and -json exclude each other")
	case o.sensitive():
		return refuse("the value is sensitive and is not kept in the state")
	case o.Value == cty.NilVal || !o.Value.IsKnown():
		return refuse("the value is not known before apply")
	case o.Value.IsNull():
		return refuse("the value is null")
	case !o.Value.Type().IsPrimitiveType():
		return refuse("only strings, numbers and bools can be shown raw; use -json for a value of type " + o.Value.Type().FriendlyName())
	}
	s := primitive(o.Value)
	if o.Value.Type() == cty.String {
		s = o.Value.AsString()
	}
	s = v.redact(s)
	if v.streams.OutTTY {
		s = v.finish(cleanLines(s))
	}
	v.write(v.streams.Out, s)
	return nil
}

type outputJSON struct {
	Action    string          `json:"action,omitempty"`
	Sensitive bool            `json:"sensitive"`
	Type      json.RawMessage `json:"type,omitempty"`
	Value     json.RawMessage `json:"value,omitempty"`
}

func (v *View) outputDocs(outs []OutputValue) map[string]outputJSON {
	docs := make(map[string]outputJSON, len(outs))
	for _, o := range outs {
		docs[v.redact(o.Name)] = v.outputJSON(o)
	}
	return docs
}

// outputJSON leaves the value out when it is sensitive or not known yet.
func (v *View) outputJSON(o OutputValue) outputJSON {
	out := outputJSON{Sensitive: o.sensitive()}
	if o.Value == cty.NilVal {
		return out
	}
	val, _ := o.Value.UnmarkDeep()
	if t, err := ctyjson.MarshalType(val.Type()); err == nil {
		out.Type = v.redactJSON(t, true)
	}
	if out.Sensitive || !val.IsWhollyKnown() {
		return out
	}
	if j, err := ctyjson.Marshal(val, val.Type()); err == nil {
		out.Value = v.redactJSON(j, true)
	}
	return out
}
