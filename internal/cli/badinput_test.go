package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStatesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := fake(t, nil)
	made := func(t *testing.T) (dir, file string) {
		t.Helper()
		dir = t.TempDir()
		write(t, dir, "main.hcl", only(s.URL))
		if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
			t.Fatalf("status %d\n%s%s", code, out, errs)
		}
		return dir, filepath.Join(dir, ".reportsync", "state.db")
	}
	for name, damage := range map[string]func([]byte) []byte{
		"of a newer version": func(b []byte) []byte { b[63] = 99; return b }, // user_version is at 60
		"cut":                func(b []byte) []byte { return b[:len(b)/2] },
		"overwritten": func(b []byte) []byte {
			for i := 100; i < len(b); i++ {
				b[i] = 0xff
			}
			return b
		},
		"something else": func([]byte) []byte { return []byte(strings.Repeat("rubbish ", 100)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file := made(t)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			before := tree(t, filepath.Join(dir, "exports"))
			for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}, {"versions"}, {"verify"}} {
				code, out, errs := call(t, dir, args...)
				if code != 1 || !strings.Contains(strings.ReplaceAll(errs, "\n", ""), "state") {
					t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
				}
			}
			after, err := os.ReadFile(file)
			if err != nil || string(after) != string(damage(data)) && name != "of a newer version" {
				t.Errorf("the state's file was changed (%v)", err)
			}
			if got := tree(t, filepath.Join(dir, "exports")); len(got) != len(before) {
				t.Errorf("%d exported files after %d", len(got), len(before))
			}
		})
	}
}
