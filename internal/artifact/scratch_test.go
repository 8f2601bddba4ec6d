package artifact

import (
	"os"
	"testing"
)

func TestScratchIsGoneWhenClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, "lineage")
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("PK whatever")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if n, err := f.ReadAt(got, 3); n != 4 || err != nil || string(got) != "what" {
		t.Errorf("read %q, %v", got[:n], err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
