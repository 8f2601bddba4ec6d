package artifact

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestManifestsThatAreRefused(t *testing.T) {
	t.Parallel()
	file := func(name, hash string) string {
		return `{"format_version":1,"address":"a.b","files":[{"name":` + name + `,"sha256":"` + hash + `"}]}`
	}
	for _, tc := range []struct{ name, text, want string }{
		{"no JSON", "hello", "read manifest: invalid character"},
		{"cut off", `{"format_version":1,"address":"a.b"`, "unexpected end"},
		{"somebody else's", `{"name":"app","version":{}}`, "it was not written by reportsync"},
		{"a newer one", `{"format_version":2,"address":"a.b"}`, "it has format_version 2 and this reportsync knows 1; use the version that wrote it"},
		{"a file above", file(`"../x.csv"`, sum), `file 1: "../x.csv" is not a file's name`},
		{"a file below", file(`"x/y.csv"`, sum), "is not a file's name"},
		{"an absolute file", file(`"/etc/passwd"`, sum), "is not a file's name"},
		{"the folder itself", file(`"."`, sum), "is not a file's name"},
		{"a file of Windows", file(`"..\\x"`, sum), "is not a file's name"},
		{"no name", file(`""`, sum), "is not a file's name"},
		{"no hash", file(`"x"`, ""), `"" is not a SHA-256`},
		{"half a hash", file(`"x"`, sum[:32]), "is not a SHA-256"},
		{"a loud hash", file(`"x"`, strings.ToUpper(sum)), "is not a SHA-256"},
		{"a file twice", `{"format_version":1,"address":"a.b","files":[{"name":"x","sha256":"` + sum + `"},{"name":"x","sha256":"` + sum + `"}]}`, "file 2: \"x\" is listed twice"},
		{"less than nothing", `{"format_version":1,"address":"a.b","files":[{"name":"x","size":-1,"sha256":"` + sum + `"}]}`, "impossible size"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if m, err := DecodeManifest([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("DecodeManifest = %v, %v, want %q", m, err, tc.want)
			}
		})
	}
	if _, err := DecodeManifest([]byte(file(`"x.csv"`, sum))); err != nil {
		t.Error(err)
	}
}

func TestManifestWithBadParams(t *testing.T) {
	t.Parallel()
	m := manifest("1")
	m.Params = json.RawMessage("{")
	if _, err := m.Encode(); err == nil || !strings.Contains(err.Error(), "encode manifest") {
		t.Errorf("error is %v", err)
	}
}

func FuzzManifest(f *testing.F) {
	m := manifest("5388")
	m.FormatVersion, m.Files = 1, []ManifestFile{{Name: "5388.csv", Size: 3, Rows: 1, SHA256: sum}}
	text, err := m.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format_version":1,"address":"a.b","files":null,"rows":-1}`))
	f.Add([]byte(`{"format_version":1,"address":"a.b","files":[{"name":"../x","sha256":"` + sum + `"}]}`))
	f.Add([]byte(`{"format_version":1e400,"version":{"period":{}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := DecodeManifest(text)
		if err != nil {
			return
		}
		for _, a := range m.artifacts("dir/5388.manifest.json") {
			if !strings.HasPrefix(a.Path, "dir/") || checkPath(a.Path) != nil || strings.Count(a.Path, "/") != 1 {
				t.Errorf("a manifest names %q", a.Path)
			}
		}
		once, err := m.Encode()
		if err != nil {
			t.Fatalf("cannot be encoded again: %v", err)
		}
		again, err := DecodeManifest(once)
		if err != nil {
			t.Fatalf("cannot be decoded again: %v", err)
		}
		twice, err := again.Encode()
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("encodes differently (%v):\n%s", err, cmp.Diff(string(once), string(twice)))
		}
	})
}
