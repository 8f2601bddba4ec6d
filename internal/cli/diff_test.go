package cli_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// large writes a table and returns it as a state document has it. Of every thousand
// rows one is not in it, and one has another sum for another version.
func large(t *testing.T, dir string, version, rows int) string {
	t.Helper()
	name := fmt.Sprintf("planfix_report.big/%d.csv", version)
	path := filepath.Join(dir, "exports", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := sha256.New(), 0
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
	fmt.Fprintln(w, "id,sum,text")
	for i := range rows {
		if i%1000 == version {
			continue
		}
		n++
		amount := 0
		if i%1000 == 500 {
			amount = version
		}
		fmt.Fprintf(w, "%d,%d,%s\n", i, amount, strings.Repeat("x", 80))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"id":"%d","status":"kept","path":%q,"rows":%d,"files":[{"path":%q,"size":%d,"rows":%d,"sha256":%q,"columns":[{"name":"id"},{"name":"sum"},{"name":"text"}]}]}`,
		version, name, n, name, info.Size(), n, hex.EncodeToString(sum.Sum(nil)))
}

// Files beyond what is held in memory are divided, which leaves nothing behind and
// finds the same.
func TestDiffOfLargeFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "main.hcl", "provider \"planfix\" {\n  base_url = \"http://127.0.0.1:1/rest\"\n  token = \"t\"\n}\n")
	write(t, dir, "state.json", fmt.Sprintf(`{"format":1,"lineage":"x","serial":1,"instances":[{"address":"planfix_report.big","provider":"planfix","versions":[%s,%s]}]}`,
		large(t, dir, 1, 120_000), large(t, dir, 2, 120_000)))
	if code, out, errs := call(t, dir, "state", "push", "state.json"); code != 0 {
		t.Fatalf("status %d\n%s%s", code, out, errs)
	}
	before, err := filepath.Glob(filepath.Join(dir, ".reportsync", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"-key=id":  "Rows: 120 added, 120 removed, 120 changed, 119,640 the same.",
		"-limit=0": "Rows: 240 added, 240 removed, 0 changed, 119,640 the same.",
	} {
		if code, out, errs := call(t, dir, "diff", args, "planfix_report.big"); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: status %d, want %s\n%.2000s%s", args, code, want, out, errs)
		}
	}
	if code, _, errs := call(t, dir, "diff", "-key=sum", "planfix_report.big"); code != 1 || !strings.Contains(errs, "not a key") {
		t.Errorf("status %d\n%s", code, errs)
	}
	after, err := filepath.Glob(filepath.Join(dir, ".reportsync", "*"))
	if err != nil || len(after) != len(before) {
		t.Errorf("left: %v, before: %v, %v", after, before, err)
	}
}
