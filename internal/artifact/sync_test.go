package artifact

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// slowDisk counts the syncs of a folder and what had been made in it before each.
type slowDisk struct {
	disk
	made, syncs, covered atomic.Int64
	err                  error
}

func (d *slowDisk) SyncDir(string) error {
	d.syncs.Add(1)
	d.covered.Store(d.made.Load())
	return d.err
}

func TestSyncsAreSharedAndCoverEveryName(t *testing.T) {
	t.Parallel()
	var s syncs
	d := &slowDisk{}
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			mine := d.made.Add(1)
			if err := s.folder(d, "x"); err != nil {
				t.Error(err)
			}
			if got := d.covered.Load(); got < mine {
				t.Errorf("name %d is not durable, the last sync covered %d", mine, got)
			}
		})
	}
	wg.Wait()
	if n := d.syncs.Load(); n == 0 || n > 200 {
		t.Errorf("%d syncs", n)
	}
	if len(s.folders) != 0 {
		t.Errorf("%d folders are remembered", len(s.folders))
	}
	d.err = errors.New("input/output error")
	if err := s.folder(d, "x"); !errors.Is(err, d.err) {
		t.Errorf("error %v", err)
	}
}
