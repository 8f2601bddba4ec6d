package constraint_test

import (
	"slices"
	"strings"
	"testing"

	"reportsync/internal/config/constraint"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ yes, no string }{
		"1.2.3":              {"1.2.3 v1.2.3 1.2.3+build", "1.2.4 1.2.3-rc.1"},
		"= 1.2":              {"1.2.0", "1.2.1"},
		"!= 1.2.0":           {"1.2.1", "1.2.0"},
		">= 0.1.0":           {"0.1.0 0.2.0 1.0.0", "0.0.9 0.1.0-rc.1"},
		"> 1":                {"1.0.1", "1.0.0"},
		"<= 2.0":             {"2.0.0 1.9.9 2.0.0-rc.1", "2.0.1"},
		"< 2":                {"1.99.99 2.0.0-alpha", "2.0.0"},
		"~> 1.2":             {"1.2.0 1.99.0", "1.1.9 2.0.0"},
		"~> 1.2.3":           {"1.2.3 1.2.99", "1.3.0 1.2.2"},
		"~> 1":               {"1.0.0 2.0.0", "0.9.0"},
		">= 1.0, < 2, !=1.5": {"1.0.0 1.4.9 1.5.1", "0.9.0 1.5.0 2.0.0"},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			set, err := constraint.ParseSet(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []bool{true, false} {
				list := tt.yes
				if !want {
					list = tt.no
				}
				for _, s := range strings.Fields(list) {
					v, err := constraint.Parse(s)
					if err != nil {
						t.Fatal(err)
					}
					if set.Allows(v) != want {
						t.Errorf("%s allows %s: %v", text, s, !want)
					}
				}
			}
		})
	}
}

// The order is the one that semantic versioning gives as its example.
func TestPrereleaseOrder(t *testing.T) {
	t.Parallel()
	order := []string{"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"}
	var versions []constraint.Version
	for _, s := range order {
		v, err := constraint.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, v)
	}
	if !slices.IsSortedFunc(versions, constraint.Version.Compare) {
		t.Error("not in order")
	}
	for i := range versions[1:] {
		if versions[i].Compare(versions[i+1]) != -1 || versions[i+1].Compare(versions[i]) != 1 {
			t.Errorf("%s and %s", order[i], order[i+1])
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "latest", "1.x", "1.2.3.4", ">=", "=> 1", "1..2", "-1", "1.2.3-", "1.2.3+", "1.0,", "+1.2", "1.2.3-a b", "99999999999.0"} {
		if _, err := constraint.ParseSet(s); err == nil {
			t.Errorf("%q is taken for a constraint", s)
		} else if !strings.Contains(err.Error(), "write for example") {
			t.Errorf("%q: the error gives no example: %v", s, err)
		}
	}
}
