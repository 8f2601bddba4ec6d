package reliability

import (
	"sync"
	"testing"
)

// Many processes on one state: they take turns, and all is asked for once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t, scenario)
	n := 6
	if long {
		n = 16
	}
	var group sync.WaitGroup
	for range n {
		q := &place{t: t, bin: p.bin, dir: p.dir}
		group.Go(func() {
			if out, code := q.run(nil, "apply", "-auto-approve", "-lock-timeout=2m"); code != 0 {
				t.Errorf("exit status %d\n%s", code, out)
			}
		})
		group.Go(func() { // readers never wait
			for _, args := range [][]string{{"plan"}, {"show"}, {"versions"}, {"history"}} {
				if out, code := (&place{t: t, bin: p.bin, dir: p.dir}).run(nil, args...); code != 0 {
					t.Errorf("%s: exit status %d\n%s", args, code, out)
				}
			}
		})
	}
	group.Wait()
	p.settled()
	if made := p.made(); made.planfix != 1 || made.tracker != 1 {
		t.Errorf("made: %+v", made)
	}
}
