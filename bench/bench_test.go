package main

import (
	"bytes"
	"os/exec"
	"testing"
)

// The program runs, with tiny sizes; nothing is timed.
func TestShort(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs processes")
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", ".", "-short")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"rows to CSV", "refresh of", "issues to CSV", "plan of", "version"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("no figures for %q:\n%s", want, out)
		}
	}
}
