package state_test

import (
	"os"
	"path/filepath"
	"testing"

	"reportsync/internal/state"
)

// FuzzDamagedFile overwrites a part of a good state. Whatever comes of it must be
// an error or data, and the reader must not come to harm.
func FuzzDamagedFile(f *testing.F) {
	good := stateFile(f)
	f.Add(uint32(0), []byte("SQLite format 4"))
	f.Add(uint32(18), []byte{9, 9})                                // read and write version
	f.Add(uint32(60), []byte{0, 0, 0, 0})                          // schema version
	f.Add(uint32(60), []byte{0xf0})                                // a negative one
	f.Add(uint32(100), []byte{0x0d, 0xff, 0xff, 0xff, 0xff, 0xff}) // header of the first page
	f.Add(uint32(4096), []byte{5, 0, 0, 0, 9, 0, 0})
	f.Add(uint32(8192+8), []byte{0xff, 0xff, 0, 1, 0xff})
	f.Add(uint32(30000), []byte(`{"name": 1, "start": "x"}`))
	f.Add(uint32(50000), []byte("\x80\x80\x80\x80\x80\x80\x80\x80\x80"))
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		data := append([]byte(nil), good...)
		copy(data[int(at)%len(data):], with)
		path := filepath.Join(t.TempDir(), "state.db")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := state.OpenReadOnly(t.Context(), path)
		if err != nil {
			return
		}
		defer func() { _ = s.Close() }() // may object to what it has seen
		if snap, err := s.Snapshot(t.Context()); err == nil {
			for addr, k := range snap.Instances {
				if k.Address != addr {
					t.Errorf("%s is filed under %s", k.Address, addr)
				}
			}
		}
		_, _ = s.Runs(t.Context(), 0)
		_, _ = s.Outputs(t.Context())
		_, _ = s.Holder(t.Context())
		_ = s.IntegrityCheck(t.Context())
	})
}
