package funcs

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Env is what functions know of the world outside their arguments.
type Env struct {
	// Root is the absolute folder that file functions are confined to.
	Root string
	// Now is the moment the run began.
	Now time.Time
	// Lookup returns an environment variable. It may be nil.
	Lookup func(name string) (string, bool)
	// Hide hears of every value that is made sensitive. It may be nil.
	Hide func(cty.Value)
}

// group is a part of the table as the reference page shows it.
type group struct {
	title string
	// pure are its functions that depend on their arguments only.
	pure map[string]function.Function
	// bound are the names of those that depend on [Env], which [Table] adds.
	bound []string
}

// groups are all functions, in the order of the reference page.
var groups = []group{
	{"text", map[string]function.Function{
		"chomp":       stdlib.ChompFunc,
		"endswith":    endsWithFunc,
		"format":      stdlib.FormatFunc,
		"formatlist":  stdlib.FormatListFunc,
		"indent":      stdlib.IndentFunc,
		"join":        stdlib.JoinFunc,
		"lower":       stdlib.LowerFunc,
		"regex":       stdlib.RegexFunc,
		"regexall":    stdlib.RegexAllFunc,
		"replace":     replaceFunc,
		"split":       stdlib.SplitFunc,
		"startswith":  startsWithFunc,
		"strcontains": strContainsFunc,
		"strrev":      stdlib.ReverseFunc,
		"substr":      stdlib.SubstrFunc,
		"title":       stdlib.TitleFunc,
		"trim":        stdlib.TrimFunc,
		"trimprefix":  stdlib.TrimPrefixFunc,
		"trimspace":   stdlib.TrimSpaceFunc,
		"trimsuffix":  stdlib.TrimSuffixFunc,
		"upper":       stdlib.UpperFunc,
	}, nil},
	{"numbers", map[string]function.Function{
		"abs":      stdlib.AbsoluteFunc,
		"ceil":     stdlib.CeilFunc,
		"floor":    stdlib.FloorFunc,
		"log":      stdlib.LogFunc,
		"max":      stdlib.MaxFunc,
		"min":      stdlib.MinFunc,
		"parseint": stdlib.ParseIntFunc,
		"pow":      stdlib.PowFunc,
		"signum":   stdlib.SignumFunc,
		"sum":      sumFunc,
	}, nil},
	{"collections", map[string]function.Function{
		"alltrue":         allTrueFunc,
		"anytrue":         anyTrueFunc,
		"chunklist":       stdlib.ChunklistFunc,
		"coalesce":        coalesceFunc,
		"coalescelist":    stdlib.CoalesceListFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        stdlib.ContainsFunc,
		"distinct":        stdlib.DistinctFunc,
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"index":           indexFunc,
		"keys":            stdlib.KeysFunc,
		"length":          lengthFunc,
		"lookup":          lookupFunc,
		"matchkeys":       matchKeysFunc,
		"merge":           stdlib.MergeFunc,
		"one":             oneFunc,
		"range":           stdlib.RangeFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setproduct":      stdlib.SetProductFunc,
		"setsubtract":     stdlib.SetSubtractFunc,
		"setunion":        stdlib.SetUnionFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"transpose":       transposeFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          stdlib.ZipmapFunc,
	}, nil},
	{"encodings", map[string]function.Function{
		"base64decode": base64DecodeFunc,
		"base64encode": base64EncodeFunc,
		"base64gzip":   base64GzipFunc,
		"csvdecode":    stdlib.CSVDecodeFunc,
		"jsondecode":   stdlib.JSONDecodeFunc,
		"jsonencode":   stdlib.JSONEncodeFunc,
		"urldecode":    urlDecodeFunc,
		"urlencode":    urlEncodeFunc,
		"yamldecode":   ctyyaml.YAMLDecodeFunc,
		"yamlencode":   ctyyaml.YAMLEncodeFunc,
	}, nil},
	{"hashes", map[string]function.Function{
		"base64sha256": hashFunc(sha256Sum, inBase64),
		"base64sha512": hashFunc(sha512Sum, inBase64),
		"md5":          hashFunc(md5Sum, inHex),
		"sha1":         hashFunc(sha1Sum, inHex),
		"sha256":       hashFunc(sha256Sum, inHex),
		"sha512":       hashFunc(sha512Sum, inHex),
		"uuidv5":       uuidV5Func,
	}, nil},
	{"dates and times", map[string]function.Function{
		"formatdate": formatDateFunc,
		"timeadd":    timeAddFunc,
		"timecmp":    timeCmpFunc,
	}, []string{"plantimestamp", "timestamp"}},
	{"types and secrets", map[string]function.Function{
		"can":          tryfunc.CanFunc,
		"issensitive":  isSensitiveFunc,
		"nonsensitive": nonSensitiveFunc,
		"tobool":       toFunc(cty.Bool),
		"tolist":       toFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":        toFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber":     toFunc(cty.Number),
		"toset":        toFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring":     toFunc(cty.String),
		"try":          tryfunc.TryFunc,
	}, []string{"sensitive"}},
	{"names of paths", map[string]function.Function{
		"basename": basenameFunc,
		"dirname":  dirnameFunc,
	}, nil},
	{"files, inside the configuration's folder only", nil, []string{
		"file", "filebase64", "fileexists", "fileset", "templatefile",
		"filemd5", "filesha1", "filesha256", "filesha512", "filebase64sha256", "filebase64sha512",
	}},
	{"environment", nil, []string{"env"}},
}

// Group is a part of the functions with a title for people.
type Group struct {
	Title string
	Names []string
}

// Groups returns the names of all functions by what they are for.
func Groups() []Group {
	out := make([]Group, len(groups))
	for i, g := range groups {
		out[i] = Group{Title: g.title, Names: slices.Sorted(maps.Keys(g.pure))}
		out[i].Names = append(out[i].Names, g.bound...)
		slices.Sort(out[i].Names)
	}
	return out
}

// refused are functions that a Terraform user may look for in vain, and why.
var refused = map[string]string{
	"abspath":     "paths are relative to the configuration's folder, which is path.config",
	"bcrypt":      "its result differs at every call, so that no two plans would be alike",
	"count":       "there is no count; use for_each, and length() to count elements",
	"pathexpand":  "files are read from the configuration's folder only; use env(\"HOME\") to build a text",
	"random":      "its result differs at every call, so that no two plans would be alike",
	"rsadecrypt":  "secrets come from variables or the environment",
	"uuid":        "its result differs at every call, so that no two plans would be alike; uuidv5() gives a stable id",
	"list":        "write [a, b], or tolist([a, b])",
	"map":         "write {a = b}, or tomap({a = b})",
	"getenv":      "write env(\"NAME\")",
	"templatestr": "write a quoted template, or templatefile()",
}

// Refused tells why there is no function of that name although people may expect one.
func Refused(name string) (why string, ok bool) {
	why, ok = refused[name]
	return why, ok
}

// Table returns all functions.
func Table(env Env) map[string]function.Function {
	t := make(map[string]function.Function, 128)
	for i := range groups {
		maps.Copy(t, groups[i].pure)
	}
	now := constFunc(env.Now.UTC().Format(time.RFC3339))
	t["timestamp"] = now
	t["plantimestamp"] = now
	t["env"] = envFunc(env.Lookup)
	t["sensitive"] = sensitiveFunc(env.Hide)
	addFiles(t, folder{root: env.Root})
	return t
}

// Names returns the names of all functions, sorted.
var Names = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(Table(Env{}))) })

func constFunc(s string) function.Function {
	return function.New(&function.Spec{
		Type: function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) { return cty.StringVal(s), nil },
	})
}

// stringFunc is a function from text to text.
func stringFunc(param string, f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: param, Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

var known = sync.OnceValue(func() map[string]struct{} {
	m := make(map[string]struct{})
	for _, n := range Names() {
		m[n] = struct{}{}
	}
	return m
})

// Has reports whether there is a function of that name.
func Has(name string) bool {
	_, ok := known()[name]
	return ok
}
