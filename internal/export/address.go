package export

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Address names one instance of an export (TYPE.NAME or TYPE.NAME["key"]) or of
// a data source (data.TYPE.NAME). It is comparable and can be a map key.
type Address struct {
	Data   bool
	Type   string
	Name   string
	Key    string
	HasKey bool
}

// String returns the address as it is written in configurations and on the
// command line. The key is quoted as HCL quotes it, template introducers included.
func (a Address) String() string {
	var b strings.Builder
	if a.Data {
		b.WriteString("data.")
	}
	b.WriteString(a.Type)
	b.WriteByte('.')
	b.WriteString(a.Name)
	if a.HasKey {
		b.WriteByte('[')
		b.WriteString(quoteKey(a.Key))
		b.WriteByte(']')
	}
	return b.String()
}

// Block returns the address of the block that declares the instance.
func (a Address) Block() Address {
	a.Key, a.HasKey = "", false
	return a
}

// Instance returns the address of the block's instance with the given key.
func (a Address) Instance(key string) Address {
	a.Key, a.HasKey = key, true
	return a
}

// Covers reports whether b is a itself or an instance of the block a.
func (a Address) Covers(b Address) bool {
	return a == b || (!a.HasKey && a == b.Block())
}

// IsZero reports whether the address names nothing.
func (a Address) IsZero() bool { return a == Address{} }

// Compare orders addresses by type, name and key, data sources first.
func (a Address) Compare(b Address) int {
	if a.Data != b.Data {
		if a.Data {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(a.Type, b.Type); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	if a.HasKey != b.HasKey {
		if b.HasKey {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Key, b.Key)
}

// ParseAddress reads an address as a user writes it: TYPE.NAME,
// TYPE.NAME["key"], data.TYPE.NAME. The error says what is wrong and shows the
// expected form.
func ParseAddress(s string) (Address, error) {
	fail := func(why string) (Address, error) {
		return Address{}, fmt.Errorf("%q is not an address: %s; write TYPE.NAME or TYPE.NAME[\"key\"]", s, why)
	}
	rest := strings.TrimSpace(s)
	var a Address
	if after, ok := strings.CutPrefix(rest, "data."); ok {
		a.Data, rest = true, after
	}
	typ, rest, ok := strings.Cut(rest, ".")
	if !ok {
		return fail("it has no dot")
	}
	name, index, hasIndex := strings.Cut(rest, "[")
	if !isIdentifier(typ) {
		return fail(fmt.Sprintf("the type %q is not an identifier", typ))
	}
	if !isIdentifier(name) {
		return fail(fmt.Sprintf("the name %q is not an identifier", name))
	}
	a.Type, a.Name = typ, name
	if !hasIndex {
		return a, nil
	}
	quoted, ok := strings.CutSuffix(index, "]")
	if !ok {
		return fail("the bracket is not closed")
	}
	key, err := unquoteKey(quoted)
	if err != nil {
		return fail("the key must be a quoted string")
	}
	a.Key, a.HasKey = key, true
	return a, nil
}

func quoteKey(key string) string {
	q := strconv.Quote(key)
	q = strings.ReplaceAll(q, "${", "$${")
	return strings.ReplaceAll(q, "%{", "%%{")
}

func unquoteKey(q string) (string, error) {
	q = strings.ReplaceAll(q, "$${", "${")
	q = strings.ReplaceAll(q, "%%{", "%{")
	if len(q) < 2 || q[0] != '"' {
		return "", strconv.ErrSyntax
	}
	return strconv.Unquote(q)
}

// isIdentifier reports whether s is a name as HCL allows it in block labels
// that are referred to: letters, digits, underscores and dashes.
func isIdentifier(s string) bool {
	for i, r := range s {
		switch {
		case r == '_', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= 0x80:
		case i > 0 && (r == '-' || r >= '0' && r <= '9'):
		default:
			return false
		}
	}
	return s != ""
}
