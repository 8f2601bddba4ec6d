package reliability

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// watch looks at the peaks of a process until the function is called that it returns,
// which tells them. What the system says of a process that has ended counts what its
// parent had, too.
func watch(pid int) (stop func() peaks) {
	end, told := make(chan struct{}), make(chan peaks)
	go func() {
		var last peaks
		for {
			if n := highWater(pid); n > 0 {
				last.memory = n
			}
			if open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
				last.files = max(last.files, len(open))
			}
			select {
			case <-end:
				told <- last
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() peaks {
		close(end)
		return <-told
	}
}

func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := bytes.Cut(status, []byte("VmHWM:"))
	var kib int64
	if _, err := fmt.Sscan(string(rest), &kib); !ok || err != nil {
		return 0
	}
	return kib
}
