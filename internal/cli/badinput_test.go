package cli_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// A state that cannot be used is refused by every command that needs it, with the
// way out, and neither it nor any other file is touched.
func TestStatesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := fake(t, nil)
	edit := func(f func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			t.Helper()
			data, err := os.ReadFile(file)
			if err == nil {
				err = os.WriteFile(file, f(data), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	query := func(q string) func(*testing.T, string) {
		return func(t *testing.T, file string) {
			t.Helper()
			db, err := sql.Open("sqlite", file)
			if err == nil {
				_, err = db.ExecContext(t.Context(), q)
			}
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		damage func(*testing.T, string)
		words  []string
	}{
		"of a newer version": {query("PRAGMA user_version = 99"), []string{"newer reportsync", "99"}},
		"of another program": {query("PRAGMA application_id = 5"), []string{"not a reportsync state", "another program", "left as it is"}},
		"cut in the middle":  {edit(func(b []byte) []byte { return b[:len(b)/2] }), []string{"damaged", "backup"}},
		"cut to a header":    {edit(func(b []byte) []byte { return b[:200] }), []string{"damaged", "backup"}},
		"flipped in the middle": {edit(func(b []byte) []byte {
			for i := 100; i < len(b)-100; i++ {
				b[i] ^= 0x5a
			}
			return b
		}), []string{"damaged", "backup"}},
		"flipped in one page": {edit(func(b []byte) []byte {
			for i := len(b) / 2 &^ 4095; i < len(b)/2&^4095+8192; i++ {
				b[i] ^= 0x5a
			}
			return b
		}), []string{"damaged", "backup"}},
		"something else": {edit(func([]byte) []byte { return []byte(strings.Repeat("rubbish ", 100)) }), []string{"not a reportsync state", "left as it is"}},
		"a folder": {func(t *testing.T, file string) {
			t.Helper()
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			mkdir(t, file)
		}, []string{"not a reportsync state", "not a file"}},
		"below a file": {func(t *testing.T, file string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Dir(file)); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Dir(filepath.Dir(file)), ".reportsync", "a file")
		}, []string{"not a directory", "a file has the name of a folder"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "main.hcl", only(s.URL))
			if code, out, errs := call(t, dir, "apply", "-auto-approve"); code != 0 {
				t.Fatalf("status %d\n%s%s", code, out, errs)
			}
			tt.damage(t, filepath.Join(dir, ".reportsync", "state.db"))
			before := tree(t, dir)
			for _, args := range [][]string{
				{"plan"}, {"apply", "-auto-approve"}, {"destroy", "-auto-approve"}, {"versions"}, {"verify"}, {"show"}, {"history"}, {"output"},
			} {
				code, out, errs := call(t, dir, args...)
				if reads := args[0] != "apply" && args[0] != "destroy"; name == "flipped in one page" && reads {
					continue // it may be one that is not read
				}
				if code != 1 {
					t.Errorf("%s: status %d\n%s%s", args, code, out, errs)
				}
				mentions(t, errs, tt.words...)
				mentions(t, errs, ".reportsync")
			}
			unchanged(t, before, tree(t, dir))
		})
	}
}
