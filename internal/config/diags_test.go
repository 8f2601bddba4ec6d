package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"reportsync/internal/config"
)

var update = flag.Bool("update", false, "rewrite the wanted diagnostics in testdata")

// TestDiagnostics loads each archive of testdata/diags, validates it if it loads,
// and compares what is reported with the file "want" in the archive.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("testdata", "diags", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatalf("%s does not end with the file want", path)
			}
			input := *archive
			input.Files = archive.Files[:len(archive.Files)-1]
			c, diags := source{files: string(txtar.Format(&input)), opt: config.Options{Version: "0.9.0"}}.load(t)
			if !diags.HasErrors() {
				diags = append(diags, c.Validate()...)
			}
			got := show(diags)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("diagnostics differ (-want +got):\n%s", diff)
			}
			if strings.Contains(got, "s3cret") || strings.Contains(got, "12ab") {
				t.Error("a diagnostic holds a sensitive value")
			}
		})
	}
}
