package funcs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/config/funcs"
)

var now = time.Date(2025, 4, 24, 15, 30, 0, 0, time.FixedZone("MSK", 3*3600))

func environ(name string) (string, bool) {
	v, ok := map[string]string{"SET": "value", "EMPTY": ""}[name]
	return v, ok
}

// eval evaluates an expression with all functions.
func eval(t *testing.T, env funcs.Env, text string) (cty.Value, hcl.Diagnostics) {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return expr.Value(&hcl.EvalContext{
		Functions: funcs.Table(env),
		Variables: map[string]cty.Value{"unknown": cty.UnknownVal(cty.String), "null": cty.NullVal(cty.String)},
	})
}

// check compares an expression's value as JSON; a want of "!text" is an error
// that holds the text.
func check(t *testing.T, env funcs.Env, text, want string) {
	t.Helper()
	v, diags := eval(t, env, text)
	if expected, ok := strings.CutPrefix(want, "!"); ok {
		if !diags.HasErrors() || !strings.Contains(diags.Error(), expected) {
			t.Errorf("%s: %v, want an error with %q", text, diags, expected)
		}
		return
	}
	if diags.HasErrors() {
		t.Errorf("%s: %v", text, diags)
		return
	}
	if want == "?" {
		if v.IsKnown() {
			t.Errorf("%s = %#v, want unknown", text, v)
		}
		return
	}
	v, _ = v.UnmarkDeep()
	got, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s = %s, want %s", text, got, want)
	}
}

func TestPureFunctions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// numbers
		`abs(-2)`: "2", `ceil(1.2)`: "2", `floor(1.8)`: "1", `max(1, 3, 2)`: "3", `min(1, 3)`: "1",
		`log(8, 2)`: "3", `pow(2, 10)`: "1024", `signum(-5)`: "-1", `parseint("ff", 16)`: "255",
		`sum([1, 2.5])`: "3.5", `sum(toset([1, 1, 2]))`: "3", `sum(["1", 2])`: "3", `sum([])`: "0", `sum(["x"])`: "!must be numbers", `sum("x")`: "!list or set",
		// text
		`chomp("a\n")`: `"a"`, `format("%s-%03d", "a", 7)`: `"a-007"`, `formatlist("%s!", ["a"])`: `["a!"]`, `indent(2, "a\nb")`: `"a\n  b"`,
		`join(",", ["a", "b"])`: `"a,b"`, `lower("AB")`: `"ab"`, `upper("ab")`: `"AB"`, `title("a b")`: `"A B"`, `strrev("abc")`: `"cba"`,
		`split(",", "a,b")`: `["a","b"]`, `substr("hello", 1, 3)`: `"ell"`, `trim("..a..", ".")`: `"a"`, `trimprefix("xa", "x")`: `"a"`,
		`trimsuffix("ax", "x")`: `"a"`, `trimspace(" a ")`: `"a"`, `regex("[0-9]+", "a12")`: `"12"`, `regexall("[a-z]", "a1b")`: `["a","b"]`,
		`replace("a.b.c", ".", "-")`: `"a-b-c"`, `replace("a12b", "/[0-9]+/", "<$0>")`: `"a\u003c12\u003eb"`, `replace("a", "/[/", "")`: "!not a regular expression",
		`replace("a/b", "/", "_")`: `"a_b"`, `startswith("abc", "ab")`: "true", `endswith("abc", "ab")`: "false", `strcontains("abc", "b")`: "true",
		`basename("a/b.csv")`: `"b.csv"`, `dirname("a/b.csv")`: `"a"`,
		// collections
		`alltrue([])`: "true", `alltrue([true, false])`: "false", `alltrue([true, null])`: "false", `anytrue([])`: "false", `anytrue([false, true])`: "true",
		`alltrue([true, unknown == "x"])`: "?", `alltrue([false, unknown == "x"])`: "false", `anytrue([true, unknown == "x"])`: "true",
		`chunklist(["a", "b", "c"], 2)`: `[["a","b"],["c"]]`, `coalesce("", null, "x")`: `"x"`, `coalesce(null, 1)`: "1", `coalesce("", "")`: "!null or empty", `coalesce(unknown, "x")`: "?",
		`coalesce([], {})`: "!same type", `coalescelist([], ["a"])`: `["a"]`, `compact(["a", "", null])`: `["a"]`, `concat(["a"], ["b"])`: `["a","b"]`, `contains(["a"], "a")`: "true",
		`distinct(["a", "a"])`: `["a"]`, `element(["a", "b"], 3)`: `"b"`, `flatten([["a"], [["b"]]])`: `["a","b"]`, `index(["a", "b"], "b")`: "1", `index(["a"], "x")`: "!does not contain", `index("a", "x")`: "!list is needed",
		`keys({ b = 1, a = 2 })`: `["a","b"]`, `values({ b = 1, a = 2 })`: `[2,1]`, `length("яb")`: "2", `length([1, 2])`: "2", `length({ a = 1 })`: "1", `length(5)`: "!has no length",
		`lookup({ a = 1 }, "a")`: "1", `lookup({ a = 1 }, "b", 2)`: "2", `lookup(tomap({ a = "1" }), "b", "2")`: `"2"`, `lookup({}, "b")`: "!no element", `lookup([], "b")`: "!map or an object", `lookup({}, "a", 1, 2)`: "!too many",
		`matchkeys(["x", "y"], ["a", "b"], ["b"])`: `["y"]`, `matchkeys(["x"], ["a"], ["q"])`: `[]`, `matchkeys(["x"], ["a", "b"], ["a"])`: "!as many keys",
		`merge({ a = 1 }, { b = 2 })`: `{"a":1,"b":2}`, `one([])`: "null", `one(["a"])`: `"a"`, `one(toset(["a"]))`: `"a"`, `one([1, 2])`: "!at most one", `one("x")`: "!list, set or tuple",
		`range(3)`: "[0,1,2]", `reverse(["a", "b"])`: `["b","a"]`, `slice(["a", "b"], 0, 1)`: `["a"]`, `sort(["b", "a"])`: `["a","b"]`,
		`setproduct(["a"], [1, 2])`: `[["a",1],["a",2]]`, `setunion(["a"], ["b"])`: `["a","b"]`, `setintersection(["a"], ["b"])`: `[]`, `setsubtract(["a", "b"], ["b"])`: `["a"]`,
		`transpose({ a = ["x", "y"], b = ["x"] })`: `{"x":["a","b"],"y":["a"]}`, `transpose({})`: "{}", `transpose({ a = [null] })`: "!must not hold null", `zipmap(["a"], [1])`: `{"a":1}`,
		// encodings
		`base64encode("hé")`: `"aMOp"`, `base64decode("aMOp")`: `"hé"`, `base64decode("!")`: "!not base64", `base64decode("/w==")`: "!not UTF-8",
		`length(base64gzip("x")) > 10`: "true", `csvdecode("a,b\n1,2\n")`: `[{"a":"1","b":"2"}]`, `jsondecode("{\"a\": 1}")`: `{"a":1}`, `jsonencode({ a = [1, "x", null] })`: `"{\"a\":[1,\"x\",null]}"`,
		`urlencode("a b&я")`: `"a+b%26%D1%8F"`, `urldecode("a+b%26")`: `"a b\u0026"`, `urldecode("%zz")`: "!not URL-encoded", `urldecode("%ff")`: "!not UTF-8",
		`yamldecode("a: [1, x]")`: `{"a":[1,"x"]}`, `yamlencode({ a = 1 })`: `"\"a\": 1\n"`,
		// hashes
		`md5("a")`: `"0cc175b9c0f1b6a831c399e269772661"`, `sha1("a")`: `"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"`,
		`sha256("a")`: `"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"`, `substr(sha512("a"), 0, 8)`: `"1f40fc92"`,
		`base64sha256("a")`: `"ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="`, `substr(base64sha512("a"), 0, 8)`: `"H0D8ktok"`,
		`uuidv5("dns", "example.com")`: `"cfbff0d1-9375-5685-968c-48ce8b15ae17"`, `uuidv5("x", "y")`: "!not a namespace",
		`uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "example.com")`: `"cfbff0d1-9375-5685-968c-48ce8b15ae17"`,
		// dates
		`timestamp()`: `"2025-04-24T12:30:00Z"`, `plantimestamp()`: `"2025-04-24T12:30:00Z"`,
		`timeadd("2025-04-24T12:00:00Z", "1h30m")`: `"2025-04-24T13:30:00Z"`, `timeadd("2025-04-24T12:00:00+03:00", "-2d")`: `"2025-04-22T12:00:00+03:00"`,
		`timeadd("2025-04-24", "-1w")`: `"2025-04-17"`, `timeadd("2025-04-24", "12h")`: `"2025-04-24T12:00:00Z"`, `timeadd("now", "1h")`: "!not a time", `timeadd("2025-04-24", "soon")`: "!not a duration",
		`timecmp("2025-04-24", "2025-04-24T03:00:00+03:00")`: "0", `timecmp("2025-04-23", "2025-04-24")`: "-1", `timecmp("2025-04-25", "2025-04-24")`: "1", `timecmp("x", "2025-04-24")`: "!not a time",
		`formatdate("DD.MM.YYYY", "2025-04-24")`: `"24.04.2025"`, `formatdate("hh:mm", "2025-04-24T12:30:00Z")`: `"12:30"`, `formatdate("YYYY", "soon")`: "!not a time",
		// types
		`tostring(1)`: `"1"`, `tonumber("1")`: "1", `tonumber("x")`: "!a number is required", `tobool("true")`: "true", `tolist(["a", 1])`: `["a","1"]`, `toset(["a", "a"])`: `["a"]`, `tomap({ a = 1 })`: `{"a":1}`, `tostring([])`: "!cannot convert",
		`tostring(null)`: "null", `try(jsondecode("{"), "x")`: `"x"`, `can(jsondecode("{"))`: "false",
		`issensitive(sensitive("x"))`: "true", `issensitive("x")`: "false", `issensitive(nonsensitive(sensitive("x")))`: "false", `issensitive("a${sensitive("x")}")`: "true", `issensitive(unknown)`: "?",
		// environment
		`env("SET")`: `"value"`, `env("EMPTY", "x")`: `""`, `env("NO", "x")`: `"x"`, `env("NO", null)`: "null", `env("NO")`: "!the environment variable NO is not set", `env("NO", "a", "b")`: "!too many",
		`try(env("NO"), "y")`: `"y"`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			check(t, funcs.Env{Now: now, Lookup: environ}, text, want)
		})
	}
}

func TestSensitiveIsHeardOf(t *testing.T) {
	t.Parallel()
	var heard []cty.Value
	v, diags := eval(t, funcs.Env{Hide: func(v cty.Value) { heard = append(heard, v) }}, `upper(sensitive("x"))`)
	if diags.HasErrors() || !v.HasMark(funcs.Sensitive) {
		t.Errorf("%#v, %v", v, diags)
	}
	if len(heard) != 1 || !heard[0].RawEquals(cty.StringVal("x")) {
		t.Errorf("heard of %#v", heard)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	names := funcs.Names()
	if len(names) < 100 || !funcs.Has("templatefile") || funcs.Has("uuid") {
		t.Errorf("%d functions: %v", len(names), names)
	}
	for _, n := range names {
		if why, refused := funcs.Refused(n); refused {
			t.Errorf("%s exists and is refused: %s", n, why)
		}
	}
}

func TestGroupsHoldEveryFunctionOnce(t *testing.T) {
	t.Parallel()
	var all []string
	for _, g := range funcs.Groups() {
		if g.Title == "" || len(g.Names) == 0 {
			t.Errorf("group %q has %q", g.Title, g.Names)
		}
		all = append(all, g.Names...)
	}
	slices.Sort(all)
	if diff := cmp.Diff(funcs.Names(), all); diff != "" {
		t.Errorf("functions (-table +groups):\n%s", diff)
	}
}

// folder makes a configuration folder with a secret beside it.
func folder(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	for name, text := range map[string]string{
		"secret.txt":            "outside",
		"conf/a.txt":            "text",
		"conf/b.bin":            "\xff\x00",
		"conf/q/one.sql":        "select 1",
		"conf/q/two.sql":        "select 2",
		"conf/q/deep/three.sql": "select 3",
		"conf/q/note.md":        "",
		"conf/t.tpl":            "Hello %{ for n in names ~}${upper(n)} %{ endfor ~}!",
		"conf/self.tpl":         `${templatefile("self.tpl", {})}`,
		"conf/broken.tpl":       "\n${",
		"conf/fails.tpl":        "${1 + \"x\"}",
	} {
		path := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root := filepath.Join(base, "conf")
	for link, target := range map[string]string{"out.txt": "../secret.txt", "outdir": "..", "in.txt": "a.txt"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	return root
}

func TestFiles(t *testing.T) {
	t.Parallel()
	root := folder(t)
	abs := filepath.ToSlash(filepath.Join(root, "a.txt"))
	outside := filepath.ToSlash(filepath.Join(filepath.Dir(root), "secret.txt"))
	for text, want := range map[string]string{
		`file("a.txt")`: `"text"`, `file("./q/../a.txt")`: `"text"`, `file("` + abs + `")`: `"text"`, `file("in.txt")`: `"text"`,
		`file("b.bin")`: "!filebase64", `filebase64("b.bin")`: `"/wA="`, `file("no.txt")`: "!there is no file no.txt", `file("q")`: "!is a folder",
		`file("../secret.txt")`: "!outside the configuration's folder", `file("q/../../secret.txt")`: "!outside", `file("` + outside + `")`: "!outside",
		`file("out.txt")`: "!read out.txt", `file("outdir/secret.txt")`: "!read outdir/secret.txt", `file("/etc/hostname")`: "!outside",
		`fileexists("a.txt")`: "true", `fileexists("no")`: "false", `fileexists("q")`: "false", `fileexists("../secret.txt")`: "!outside", `fileexists("out.txt")`: "!out.txt",
		`filesha256("a.txt") == sha256("text")`: "true", `filemd5("a.txt") == md5("text")`: "true", `filesha1("a.txt") == sha1("text")`: "true", `filesha512("a.txt") == sha512("text")`: "true",
		`filebase64sha256("a.txt") == base64sha256("text")`: "true", `filebase64sha512("a.txt") == base64sha512("text")`: "true", `filesha256("../secret.txt")`: "!outside",
		`fileset("q", "*.sql")`: `["one.sql","two.sql"]`, `fileset("q", "**/*.sql")`: `["deep/three.sql","one.sql","two.sql"]`, `fileset(".", "q/{one,two}.*")`: `["q/one.sql","q/two.sql"]`,
		`fileset(".", "*.txt")`: `["a.txt"]`, `fileset("no", "*")`: `[]`, `fileset("..", "*")`: "!outside", `fileset(".", "[")`: "!not a file pattern",
		`templatefile("t.tpl", { names = ["a", "b"] })`: `"Hello A B !"`, `templatefile("t.tpl", {})`: "!there is no variable \"names\"", `templatefile("t.tpl", "x")`: "!must be an object",
		`templatefile("self.tpl", {})`: "!templatefile", `templatefile("broken.tpl", {})`: "!broken.tpl:2", `templatefile("fails.tpl", {})`: "!number is required", `templatefile("../secret.txt", {})`: "!outside",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			check(t, funcs.Env{Root: root}, text, want)
		})
	}
	check(t, funcs.Env{}, `file("a.txt")`, "!no configuration folder")
}

func TestLargeFilesAreRefused(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f, err := os.Create(filepath.Join(root, "big"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(65 << 20); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, funcs.Env{Root: root}, `filesha256("big")`, "!larger than 64 MiB")
}
