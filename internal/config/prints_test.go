package config_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"reportsync/internal/config"
)

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	big, err := cty.ParseNumberVal("123456789012345678901234567890.5")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		value cty.Value
		want  string
	}{
		"null":    {cty.NullVal(cty.String), `null`},
		"unknown": {cty.UnknownVal(cty.String), `null`},
		"nothing": {cty.NilVal, `null`},
		"integer": {cty.NumberIntVal(-12), `-12`},
		"large":   {cty.NumberFloatVal(1e21), `1000000000000000000000`},
		"decimal": {big, `123456789012345678901234567890.5`},
		"text":    {cty.StringVal("a\"\\\n<я>\u2028"), "\"a\\\"\\\\\\u000a<я>\u2028\""},
		"object":  {cty.ObjectVal(map[string]cty.Value{"b": cty.True, "a": cty.EmptyTupleVal}), `{"a":[],"b":true}`},
		"set":     {cty.SetVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")}), `["a","b"]`},
		"map":     {cty.MapVal(map[string]cty.Value{"k": cty.Zero}), `{"k":0}`},
		"empty":   {cty.ListValEmpty(cty.String), `[]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, string(config.AppendJSON(nil, tt.value))); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendJSONOfAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := cty.NormalizeString(rapid.String().Draw(rt, "text"))
		var got string
		if err := json.Unmarshal(config.AppendJSON(nil, cty.StringVal(want)), &got); err != nil || got != want {
			rt.Fatalf("%q becomes %q, %v", want, got, err)
		}
	})
}
