package funcs

import (
	"crypto/md5"  //nolint:gosec // offered for fingerprints, as elsewhere
	"crypto/sha1" //nolint:gosec // offered for fingerprints, as elsewhere
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"

	"github.com/google/uuid"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func md5Sum(b []byte) []byte    { s := md5.Sum(b); return s[:] }  //nolint:gosec // see above
func sha1Sum(b []byte) []byte   { s := sha1.Sum(b); return s[:] } //nolint:gosec // see above
func sha256Sum(b []byte) []byte { s := sha256.Sum256(b); return s[:] }
func sha512Sum(b []byte) []byte { s := sha512.Sum512(b); return s[:] }

func inHex(b []byte) string    { return hex.EncodeToString(b) }
func inBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func hashFunc(sum func([]byte) []byte, show func([]byte) string) function.Function {
	return stringFunc("str", func(s string) (string, error) { return show(sum([]byte(s))), nil })
}

var namespaces = map[string]uuid.UUID{
	"dns": uuid.NameSpaceDNS, "url": uuid.NameSpaceURL, "oid": uuid.NameSpaceOID, "x500": uuid.NameSpaceX500,
}

var uuidV5Func = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "namespace", Type: cty.String}, {Name: "name", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		space, ok := namespaces[args[0].AsString()]
		if !ok {
			var err error
			if space, err = uuid.Parse(args[0].AsString()); err != nil {
				return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "not a namespace: write dns, url, oid, x500 or a UUID")
			}
		}
		return cty.StringVal(uuid.NewSHA1(space, []byte(args[1].AsString())).String()), nil
	},
})
