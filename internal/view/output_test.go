package view

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"
)

func sampleValues() []OutputValue {
	return []OutputValue{
		{Name: "text", Value: cty.StringVal(`a "b" ${c} %{d} \e` + "\x1b\u202e\t")},
		{Name: "lines", Value: cty.StringVal("one ${x}\n\n  two\n")},
		{Name: "number", Value: cty.NumberFloatVal(1.5)},
		{Name: "huge", Value: cty.MustParseNumberVal("1e4000")},
		{Name: "yes", Value: cty.True},
		{Name: "nothing", Value: cty.NullVal(cty.String)},
		{Name: "absent", Value: cty.NilVal},
		{Name: "later", Value: cty.UnknownVal(cty.String)},
		{Name: "none", Value: cty.ListValEmpty(cty.String)},
		{Name: "empty", Value: cty.EmptyObjectVal},
		{Name: "set", Value: cty.SetVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")})},
		{Name: "deep", Value: cty.ObjectVal(map[string]cty.Value{
			"Sales": cty.TupleVal([]cty.Value{cty.NumberIntVal(1), cty.MapVal(map[string]cty.Value{"a b": cty.StringVal("x\ny\n")})}),
			"token": cty.StringVal("swordfish").Mark("sensitive"),
		})},
		{Name: "secret", Value: cty.StringVal("swordfish"), Sensitive: true},
		{Name: "marked", Value: cty.StringVal("swordfish").Mark("sensitive")},
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"pipe", "color", "json"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			v, k := shapes[kind].view()
			v.Outputs(sampleValues())
			v.Outputs(nil)
			if err := v.OutputList(sampleValues()); err != nil {
				t.Fatal(err)
			}
			if err := v.OutputList(nil); err != nil {
				t.Fatal(err)
			}
			for _, o := range sampleValues() {
				if err := v.Output(o); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, "outputs_"+kind, k.all())
			harmless(t, k.all(), kind == "color")
			if strings.Contains(k.all(), "swordfish") {
				t.Error("a sensitive value is shown")
			}
		})
	}
}

func TestOutputRaw(t *testing.T) {
	t.Parallel()
	raw := "a\x1b[1m\nb\r\n"
	for _, c := range []struct {
		tty   bool
		value OutputValue
		want  string
	}{
		{false, OutputValue{Value: cty.StringVal(raw)}, raw},
		{true, OutputValue{Value: cty.StringVal(raw)}, "a\\x1b[1m\nb\n"},
		{false, OutputValue{Value: cty.NumberIntVal(7)}, "7"},
		{false, OutputValue{Value: cty.False}, "false"},
		{false, OutputValue{Name: "x", Value: cty.EmptyTupleVal}, `show output "x" raw: only strings`},
		{false, OutputValue{Name: "x", Value: cty.NullVal(cty.String)}, `show output "x" raw: the value is null`},
		{false, OutputValue{Name: "x", Value: cty.NilVal}, `show output "x" raw: the value is not known`},
		{false, OutputValue{Name: "x", Value: cty.UnknownVal(cty.String)}, `show output "x" raw: the value is not known`},
		{false, OutputValue{Name: "x", Value: cty.StringVal("s"), Sensitive: true}, `show output "x" raw: the value is sensitive`},
	} {
		v, k := shape{tty: c.tty, width: 80}.view()
		var got string
		if err := v.OutputRaw(c.value); err != nil {
			got = err.Error()
			if k.out.Len() > 0 {
				t.Errorf("an error, and yet %q", k.out.String())
			}
		} else {
			got = k.out.String()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// What is quoted for people is HCL: read back, it is the same text.
func TestQuoteIsHCL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// HCL normalises text, so that only text without combining marks comes back
		// as it was.
		s := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("ab\"\\$%{}\n\r\t\x00\x1b\u202e\U000e0041Жю")), rapid.RuneFrom([]rune("$${")))).Draw(t, "text")
		expr, diags := hclsyntax.ParseExpression([]byte(quote(s)), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", quote(s), diags)
		}
		val, diags := expr.Value(nil)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", quote(s), diags)
		}
		if val.AsString() != s {
			t.Errorf("%q became %s and then %q", s, quote(s), val.AsString())
		}
	})
}
