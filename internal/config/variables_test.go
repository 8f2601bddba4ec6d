package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/config"
)

// jsonOf shows a value in the canonical JSON form.
func jsonOf(v cty.Value) string { return string(config.AppendJSON(nil, v)) }

func TestVariablePrecedence(t *testing.T) {
	t.Parallel()
	const declare = "-- main.hcl --\nvariable \"v\" { default = \"default\" }\n"
	env := []string{"REPORTSYNC_VAR_v=env"}
	files := []string{
		"-- reportsync.rsvars --\nv = \"main\"\n",
		"-- reportsync.rsvars.json --\n{\"v\": \"main json\"}\n",
		"-- b.auto.rsvars --\nv = \"auto b\"\n",
		"-- c.auto.rsvars.json --\n{\"v\": \"auto c\"}\n",
	}
	const extra = "-- x.rsvars --\nv = \"file x\"\n-- y.rsvars --\nv = \"file y\"\n"
	tests := map[string]struct {
		files string
		env   []string
		vars  []config.VarSource
		want  string
	}{
		"default":                 {files: declare, want: "default"},
		"environment":             {files: declare, env: env, want: "env"},
		"main file":               {files: declare + files[0], env: env, want: "main"},
		"main JSON file":          {files: declare + files[1] + files[0], env: env, want: "main json"},
		"auto file":               {files: declare + files[2] + files[1] + files[0], want: "auto b"},
		"auto files in order":     {files: declare + files[3] + files[2], want: "auto c"},
		"-var-file":               {files: declare + files[3] + extra, vars: []config.VarSource{{File: "x.rsvars"}}, want: "file x"},
		"-var-file after -var":    {files: declare + extra, vars: []config.VarSource{{Name: "v", Value: "flag"}, {File: "y.rsvars"}}, want: "file y"},
		"-var after -var-file":    {files: declare + extra, vars: []config.VarSource{{File: "y.rsvars"}, {Name: "v", Value: "flag"}}, want: "flag"},
		"last of two -var":        {files: declare, vars: []config.VarSource{{Name: "v", Value: "1"}, {Name: "v", Value: "2"}}, want: "2"},
		"empty -var is a value":   {files: declare, env: env, vars: []config.VarSource{{Name: "v"}}, want: ""},
		"files of other folders":  {files: declare + "-- sub/reportsync.rsvars --\nv = \"sub\"\n", want: "default"},
		"files that are no -auto": {files: declare + extra, want: "default"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := must(t, tt.files, func(o *config.Options) { o.Environ, o.Vars = tt.env, tt.vars })
			if got := c.NewEval().Variables()["v"].Value; !got.RawEquals(cty.StringVal(tt.want)) {
				t.Errorf("var.v is %#v, want %q", got, tt.want)
			}
		})
	}
}

func TestVariableText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		declare, text, want string
	}{
		"string as it is":       {`type = string`, `["a"] ${x}`, `"[\"a\"] ${x}"`},
		"no type as it is":      {``, `12`, `"12"`},
		"number":                {`type = number`, `12.5`, `12.5`},
		"bool":                  {`type = bool`, `true`, `true`},
		"list":                  {`type = list(string)`, `["a", "b"]`, `["a","b"]`},
		"any is an expression":  {`type = any`, `{ a = [1, true] }`, `{"a":[1,true]}`},
		"set sorts and dedupes": {`type = set(string)`, `["b", "a", "b"]`, `["a","b"]`},
		"optional":              {`type = object({ a = string, b = optional(number, 2), c = optional(string) })`, `{ a = 1 }`, `{"a":"1","b":2,"c":null}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := "variable \"v\" {\n" + tt.declare + "\n}\n"
			fromFlag := must(t, files, func(o *config.Options) { o.Vars = []config.VarSource{{Name: "v", Value: tt.text}} })
			fromEnv := must(t, files, func(o *config.Options) { o.Environ = []string{"REPORTSYNC_VAR_v=" + tt.text} })
			for _, c := range []*config.Config{fromFlag, fromEnv} {
				if diff := cmp.Diff(tt.want, jsonOf(c.NewEval().Variables()["v"].Value)); diff != "" {
					t.Errorf("value (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestVariableProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files string
		opt   config.Options
		want  string
	}{
		"-var that is not declared": {
			files: `variable "region" { default = "" }`,
			opt:   config.Options{Vars: []config.VarSource{{Name: "regoin", Value: "x"}}},
			want:  "Value for a variable that is not declared; -var sets \"regoin\", but there is no such variable. Did you mean \"region\"?\n",
		},
		"file that sets what is not declared": {
			files: "-- main.hcl --\nvariable \"region\" { default = \"\" }\n-- reportsync.rsvars --\n\nregoin = 1\n",
			want:  "warning: reportsync.rsvars:2: Value for a variable that is not declared; reportsync.rsvars sets \"regoin\", but there is no such variable. Did you mean \"region\"?\n",
		},
		"environment may set anything": {
			files: `variable "region" { default = "" }`,
			opt:   config.Options{Environ: []string{"REPORTSYNC_VAR_regoin=x"}},
		},
		"missing file": {
			files: ``,
			opt:   config.Options{Vars: []config.VarSource{{File: "no.rsvars"}}},
			want:  "Variable file cannot be read; read no.rsvars: no such file or directory. Give -var-file a file that exists; it is looked for from the working folder.\n",
		},
		"wrong type in a file": {
			files: "-- main.hcl --\nvariable \"v\" { type = object({ a = list(number) }) }\n-- reportsync.rsvars --\nv = { a = [1, \"x\"] }\n",
			want:  "reportsync.rsvars:1: Invalid value for variable; The value of var.v does not fit its type: a[1]: a number is required.\n",
		},
		"wrong type of a sensitive variable points at its block": {
			files: "-- main.hcl --\nvariable \"v\" {\n  type = number\n  sensitive = true\n}\n-- reportsync.rsvars --\nv = \"s3cret\"\n",
			want:  "main.hcl:1: Invalid value for variable; The value of var.v does not fit its type: a number is required.\n",
		},
		"not an expression": {
			files: "variable \"v\" { type = list(string) }",
			opt:   config.Options{Vars: []config.VarSource{{Name: "v", Value: "[s3cret"}}},
			want:  "main.hcl:1: Invalid value for variable; The value of var.v in the option -var is not an HCL expression; write it as in a file, such as [\"a\", \"b\"] or {a = 1}.\n",
		},
		"reference in an expression": {
			files: "variable \"v\" { type = list(string) }",
			opt:   config.Options{Environ: []string{"REPORTSYNC_VAR_v=[s3cret]"}},
			want:  "main.hcl:1: Invalid value for variable; The value of var.v in the environment variable REPORTSYNC_VAR_v is not an HCL expression; write it as in a file, such as [\"a\", \"b\"] or {a = 1}.\n",
		},
		"null for a variable that is not nullable": {
			files: "-- main.hcl --\nvariable \"v\" { nullable = false }\n-- reportsync.rsvars --\nv = null\n",
			want:  "reportsync.rsvars:1: Invalid value for variable; var.v must not be null.\n",
		},
		"block in a file": {
			files: "-- main.hcl --\n-- reportsync.rsvars --\nv {}\n",
			want:  "reportsync.rsvars:1: Unexpected \"v\" block; Blocks are not allowed here.\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := source{files: tt.files, opt: tt.opt}.load(t)
			if diff := cmp.Diff(tt.want, show(diags)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
			if strings.Contains(show(diags), "s3cret") {
				t.Error("a diagnostic holds the value")
			}
		})
	}
}

func TestNotNullableFallsBack(t *testing.T) {
	t.Parallel()
	c := must(t, "-- main.hcl --\nvariable \"v\" {\n  default = 7\n  nullable = false\n}\n-- reportsync.rsvars --\nv = null\n")
	if got := jsonOf(c.NewEval().Variables()["v"].Value); got != "7" {
		t.Errorf("var.v is %s, want the default", got)
	}
}

func TestSensitiveVariables(t *testing.T) {
	t.Parallel()
	c := must(t, `
variable "token" {
  type        = string
  description = "the key"
  sensitive   = true
}
variable "deep" {
  sensitive = true
  default   = { a = ["inner-one"], b = { c = "inner-two" }, n = 12 }
}
variable "open" { default = "visible" }
`, func(o *config.Options) { o.Environ = []string{"REPORTSYNC_VAR_token=tok-123"} })
	if diff := cmp.Diff([]string{"inner-one", "inner-two", "tok-123"}, c.Sensitive()); diff != "" {
		t.Errorf("sensitive texts (-want +got):\n%s", diff)
	}
	vars := c.NewEval().Variables()
	if v := vars["token"]; !v.Sensitive || v.Value.IsMarked() || v.Description != "the key" {
		t.Errorf("var.token is %#v", v)
	}
	if vars["open"].Sensitive {
		t.Error("var.open is sensitive")
	}
}

// A function that objects to a secret quotes it; the diagnostic must not.
func TestSecretsInErrorsOfFunctions(t *testing.T) {
	t.Parallel()
	c := must(t, `
variable "token" {
  sensitive = true
  default   = "tok-123"
}
locals { hidden = sensitive("hid-456") }
export "shop_report" "a" { report_id = parseint(var.token, 10) }
export "shop_report" "b" { report_id = parseint(local.hidden, 10) }
export "shop_report" "c" { report_id = timeadd(var.token, "1h") }
`)
	got := show(c.Validate())
	if strings.Contains(got, "tok-123") || strings.Contains(got, "hid-456") || strings.Count(got, "(sensitive)") != 3 {
		t.Errorf("diagnostics:\n%s", got)
	}
}

func TestUnsetVariablesWhenOnlyChecking(t *testing.T) {
	t.Parallel()
	c := must(t, `
variable "id" { type = string }
variable "names" { type = set(string) }
reportsync { state = "${var.id}.db" }
export "shop_report" "a" {
  for_each  = var.names
  report_id = "${var.id}-${each.key}"
  lifecycle { prevent_destroy = var.id == "x" }
}
`, func(o *config.Options) { o.AllowUnset = true })
	noErrors(t, c.Validate())
}
